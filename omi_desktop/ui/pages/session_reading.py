"""What the page of one session reads before it shows anything. Runs on worker threads: no widgets here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from omi_desktop.domain.session import Outcome
from omi_desktop.services import drafts
from omi_desktop.services.records import RecordGone
from omi_desktop.services.sessions import ends_at, record_id_of_plan
from omi_desktop.ui import sentences
from omi_desktop.ui.record.summary import Shown

if TYPE_CHECKING:
    from omi_desktop.services.desk import Desk
    from omi_desktop.services.drafts import Draft
    from omi_desktop.services.plans import PlanView
    from omi_desktop.services.sessions import SessionView
    from omi_desktop.ui.room import Room


@dataclass(frozen=True, slots=True)
class NewRecord:
    """Where a new record starts: its draft, else the planned session that has just ended, else nothing."""

    draft: Draft | None
    due: PlanView | None
    due_draft: Draft | None


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that is shown of one session: its record, its plan, or both, and the drafts of their forms."""

    shown: Shown | None
    plan: PlanView | None
    plan_draft: Draft | None
    record_draft: Draft | None


def read_new(desk: Desk, *, skips_due: bool) -> NewRecord:
    """What a new record starts from. `skips_due`: the person wants another than the planned one."""
    draft = desk.drafts.get(drafts.NEW_RECORD)
    due = None if draft or skips_due else desk.sessions.latest_due()
    due_draft = desk.drafts.get(drafts.record_of_plan(due.record_id)) if due else None
    return NewRecord(draft, due, due_draft)


def read_found(room: Room, record_id: str) -> Found:
    """A session by the id of its record or of its plan. Raises RecordGone."""
    desk = room.desk
    view = _session(desk, record_id)
    plan_id = view.details.plan_id if view else record_id
    plan = _plan(desk, plan_id) if plan_id else None
    if view is None and plan is None:
        raise RecordGone
    if view is None and plan is not None:
        recorded = _session(desk, record_id_of_plan(plan.record_id))
        view = recorded if recorded is not None and not recorded.record.is_removed else None
    shown, record_key = None, drafts.record_of_plan(record_id)
    if view is not None:
        record_key = drafts.correction_of(view.record_id)
        shown = Shown(
            view,
            tuple(desk.sessions.versions(view.record_id)),
            tuple(desk.sessions.leaves(view.record_id)),
            room.pages.title,
        )
    plan_draft = desk.drafts.get(drafts.edit_of_plan(plan.record_id)) if plan else None
    return Found(shown, plan, plan_draft, desk.drafts.get(record_key))


def standing(found: Found, now: datetime) -> str:
    """When it is, and both statuses: that of the session and that of its record. `now` is UK civil time."""
    if found.shown is not None:
        view = found.shown.view
        state = "Cancelled" if view.details.outcome is Outcome.CANCELLED else "Recorded"
        if view.record.is_removed:
            state = "Removed"
        return f"{sentences.when(view.details)} · {state} · {view.record.standing.label}"
    if found.plan is None:
        return ""
    state = "To record" if ends_at(found.plan) <= now else "Planned"
    return f"{sentences.when(found.plan.details)} · {state} · {found.plan.record.standing.label}"


def _session(desk: Desk, record_id: str) -> SessionView | None:
    try:
        return desk.sessions.get(record_id)
    except RecordGone:
        return None


def _plan(desk: Desk, plan_id: str) -> PlanView | None:
    """The plan, unless it was removed."""
    try:
        plan = desk.plans.get(plan_id)
    except RecordGone:
        return None
    return None if plan.record.is_removed else plan
