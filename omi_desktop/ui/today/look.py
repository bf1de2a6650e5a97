"""Everything that Today shows, read at one moment off the UI thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from omi_desktop.domain.clock import uk_now
from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.domain.session import Outcome
from omi_desktop.services.drafts import NEW_RECORD, record_of_plan
from omi_desktop.ui.record.entry import Entry, from_form, to_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omi_desktop.domain.online import Million
    from omi_desktop.services.backups import Recovery
    from omi_desktop.services.desk import FolderRisk
    from omi_desktop.services.plans import PlanView
    from omi_desktop.services.sessions import SessionView
    from omi_desktop.services.today import Today
    from omi_desktop.ui.room import Room

FIRST_VISIT = "first-visit"
"""The handbook chapter that an empty Today offers."""

KNOWN_RISK = "folder_risk_known"
"""The preference that keeps which risk of their folder the person knows of."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A planned session whose end has passed.

    `entry` is the form that records it, with what was typed and not saved yet; `is_begun` says that more than
    the number was. `last` is how many came the time before, a hint for the eye.
    """

    plan: PlanView
    entry: Entry
    is_begun: bool = False
    last: int | None = None

    @property
    def draft_key(self) -> str:
        """The draft of the form, which a number typed on Today shares with it."""
        return record_of_plan(self.plan.record_id)

    @property
    def needs_only_a_number(self) -> bool:
        """Whether one number says everything: one place, one year group line, nobody else to agree with.

        One begun in the Record form is finished there, so that nothing typed in it is lost.
        """
        details = self.plan.details
        return (
            not self.is_begun
            and not details.is_joint
            and len(details.places) == 1
            and len(details.expected) == 1
            and bool(details.expected[0].stages)
            and details.day is not None
        )

    @property
    def typed(self) -> str:
        """The number as it was typed and not saved yet."""
        return self.entry.lines[0].count


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `now` is UK civil time; `first_visit_minutes` is None when the chapter is not there."""

    now: datetime
    name: str
    today: Today
    overdue: tuple[Overdue, ...]
    has_estimates: bool
    million: Million | None
    first_visit_minutes: int | None
    next_pages: tuple[tuple[str, str], ...] = ()
    """What the next session uses of the Library: where each is opened, and its title."""
    has_begun_record: bool = False
    """Whether a new session was begun and not saved."""
    recovered: Recovery | None = None
    """What was done about a damaged file, until the person has said that they read it."""
    folder_risk: FolderRisk | None = None
    """Who else writes to the folder of the file, until the person has said that they know."""


def take(room: Room) -> Look:
    """Read it all."""
    today = room.desk.today()
    done = room.desk.sessions.all()
    begun = frozenset(room.desk.drafts.keys())
    person = room.desk.person()
    return Look(
        now=uk_now(room.clock).replace(tzinfo=None),
        name=person.name if person else "",
        today=today,
        overdue=tuple(_overdue(room, plan, done, begun) for plan in today.to_record),
        has_estimates=any(
            view.details.is_estimated
            for view in done
            if view.details.day and view.details.day >= today.year_from
        ),
        million=room.online.million(),
        first_visit_minutes=_minutes(room) if today.is_empty else None,
        next_pages=pages_of(room, today.next) if today.next else (),
        has_begun_record=NEW_RECORD in begun,
        recovered=room.desk.recovered(),
        folder_risk=_folder_risk(room),
    )


def pages_of(room: Room, plan: PlanView) -> tuple[tuple[str, str], ...]:
    """What a plan uses of the Library, in the version that it was made with."""
    return tuple(
        (f"library/activity/{item}@{version}", room.pages.title(item))
        for item, version in plan.details.resources
    )


def _folder_risk(room: Room) -> FolderRisk | None:
    risk = room.desk.folder_risk()
    return None if risk is None or room.desk.preferences.get(KNOWN_RISK, "") == risk.value else risk


def last_count(plan: PlanView, done: Iterable[SessionView]) -> int | None:
    """How many came the last time at the same place for the same kind of session. `done` is newest first."""
    if not plan.details.places:
        return None
    key = plan.details.places[0].key
    for view in done:
        details = view.details
        if (
            details.outcome is Outcome.DELIVERED
            and details.activity is plan.details.activity
            and details.class_name == plan.details.class_name
            and any(place.key == key for place in details.places)
        ):
            return details.total
    return None


def _overdue(room: Room, plan: PlanView, done: Iterable[SessionView], begun: frozenset[str]) -> Overdue:
    fresh, key = to_record(plan.details, plan.record_id), record_of_plan(plan.record_id)
    draft = room.desk.drafts.get(key) if key in begun else None
    last = last_count(plan, done)
    if draft is None:
        return Overdue(plan, fresh, last=last)
    kept = from_form(draft.form)
    bare = replace(kept, lines=tuple(replace(line, count="") for line in kept.lines), estimate=fresh.estimate)
    return Overdue(plan, kept, is_begun=bare != fresh, last=last)


def _minutes(room: Room) -> int | None:
    try:
        return next((c.minutes for c in room.library.chapters() if c.id == FIRST_VISIT), None)
    except LibraryProblem:
        return None
