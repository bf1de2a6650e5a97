"""Sessions that happened, or were to: record, correct, remove, undo."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from omi_desktop.domain import session
from omi_desktop.domain.clock import uk_now
from omi_desktop.domain.counting import Period, Range, count_mine, record_of
from omi_desktop.domain.revision import Kind, Revision, State
from omi_desktop.domain.session import CancelledBecause, Details, Outcome
from omi_desktop.services.plans import Plans, PlanView
from omi_desktop.services.records import RecordGone, Records, RecordView, Superseded
from omi_desktop.services.tally import Tally


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session as shown in lists and on its page."""

    record: RecordView
    details: Details

    @property
    def record_id(self) -> str:
        """The id by which the window opens it."""
        return self.record.record_id


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a session: what it said, and which laptop saved it when."""

    rev_id: str
    details: Details
    is_removal: bool
    device: str
    saved_at: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Sessions as the Sessions page groups them. `to_record` is oldest first, `coming_up` soonest first,
    `done` newest first. `disputed` were removed on one laptop and changed on another: they are not shown, and count
    in the upper figure until the person has decided."""

    to_record: tuple[PlanView, ...]
    coming_up: tuple[PlanView, ...]
    done: tuple[SessionView, ...]
    disputed: tuple[SessionView, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever planned or recorded."""
        return not (self.to_record or self.coming_up or self.done)


class Sessions:
    """Recorded sessions of the current account."""

    def __init__(self, records: Records, plans: Plans, tally: Tally) -> None:
        self._tally = tally
        self._records = records
        self._plans = plans
        self._details: dict[str, Details] = {}

    def save(self, details: Details, *, draft: str | None = None, tally: str | None = None) -> SessionView:
        """Save a session durably and let its draft go, and the tally by this key that filled it. Raises Refused with
        every fault, or NotSaved.

        A planned session's record has an id made from the plan's, so that two laptops that both record it give
        one record with two versions, and not two sessions.
        """
        if tally is None:
            return self._save(details, Superseded(draft))
        with self._tally.ending(tally):
            return self._save(details, Superseded(draft, tally))

    def _save(self, details: Details, gone: Superseded) -> SessionView:
        if not details.plan_id:
            return self._view(self._records.save_first(Kind.SESSION, session.write(details), gone=gone))
        made = self._records.save_known(
            Kind.SESSION,
            record_id_of_plan(details.plan_id),
            lambda body: session.write(details, body),
            gone=gone,
        )
        return self.get(made.record_id)

    def correct(self, record_id: str, details: Details, *, draft: str | None = None) -> SessionView:
        """Save the next version of a session. Raises Refused, NotSaved, RecordGone, NewerRecord."""
        made = self._records.save_next(
            record_id, lambda body: session.write(details, body), gone=Superseded(draft)
        )
        return self.get(made.record_id)

    def remove(self, record_id: str) -> SessionView:
        """Remove a session: it counts nobody from now on, everywhere. `undo` brings it back."""
        self._records.save_next(record_id, lambda body: body, state=State.WITHDRAWN)
        return self.get(record_id)

    def undo(self, record_id: str) -> SessionView:
        """Take back the last save, correction or removal."""
        self._records.undo(record_id)
        return self.get(record_id)

    def call_off(
        self, plan: PlanView, because: CancelledBecause, *, travel_minutes: int | None = None
    ) -> SessionView:
        """Record that a planned session did not happen. It counts nobody and keeps the hours."""
        details = replace(
            plan.details.to_session(),
            plan_id=plan.record_id,
            outcome=Outcome.CANCELLED,
            cancelled_because=because,
            young_people=(),
            travel_minutes=travel_minutes,
        )
        return self.save(details)

    def settle(self, record_id: str, rev_id: str) -> SessionView:
        """Choose one of several versions ("28 or 31?")."""
        self._records.settle(record_id, rev_id)
        return self.get(record_id)

    def ask_again(self, record_id: str) -> SessionView:
        """Take back the choice of `settle`. Raises ChangedSince when the session was saved again since."""
        self._records.ask_again(record_id)
        return self.get(record_id)

    def get(self, record_id: str) -> SessionView:
        """One session, removed ones included. Raises RecordGone."""
        found = self._records.view(record_id)
        if found is None or found.head.kind != Kind.SESSION:
            raise RecordGone
        return self._view(found)

    def versions(self, record_id: str) -> list[Version]:
        """Every version of a session, the newest first."""
        return [_version(revision) for revision in self._records.versions(record_id)]

    def leaves(self, record_id: str) -> list[Version]:
        """The versions between which the person must choose; one when there is nothing to choose."""
        return [_version(revision) for revision in self.get(record_id).record.leaves]

    def all(self) -> list[SessionView]:
        """Every session that is not removed, newest first."""
        return [view for view in self._every() if not view.record.is_removed]

    def _every(self) -> list[SessionView]:
        """Every session, removed ones included, newest first."""
        found = [self._view(record) for record in self._records.all_views(Kind.SESSION)]
        return sorted(found, key=_when, reverse=True)

    def needs_you(self) -> list[SessionView]:
        """Sessions that wait for the person's decision, those included that are removed in one of two versions."""
        return [view for view in self._every() if view.record.rejected or view.record.is_conflict]

    def listing(self) -> Listing:
        """Everything the Sessions page shows."""
        every = self._every()
        done = [view for view in every if not view.record.is_removed]
        disputed = tuple(view for view in every if view.record.is_removed and view.record.is_conflict)
        recorded = {view.details.plan_id for view in done}
        plans = [plan for plan in self._plans.all() if plan.record_id not in recorded]
        now = uk_now(self._records.clock).replace(tzinfo=None)
        due = [plan for plan in plans if ends_at(plan) <= now]
        coming = [plan for plan in plans if ends_at(plan) > now]
        return Listing(
            tuple(sorted(due, key=ends_at)), tuple(sorted(coming, key=ends_at)), tuple(done), disputed
        )

    def latest_due(self, within: timedelta = timedelta(days=7)) -> PlanView | None:
        """The planned session that ended last, not too long ago, and is not recorded yet: most likely what comes
        to be recorded."""
        now = uk_now(self._records.clock).replace(tzinfo=None)
        ended = (plan for plan in self._plans.all() if now - within <= ends_at(plan) <= now)
        return next((plan for plan in sorted(ended, key=ends_at, reverse=True) if self._is_open(plan)), None)

    def next_plan(self) -> PlanView | None:
        """The planned session that is on or comes next, and is not recorded yet: the one that Today shows."""
        now = uk_now(self._records.clock).replace(tzinfo=None)
        coming = (plan for plan in self._plans.all() if ends_at(plan) > now)
        return next((plan for plan in sorted(coming, key=ends_at) if self._is_open(plan)), None)

    def _is_open(self, plan: PlanView) -> bool:
        recorded = self._records.view(record_id_of_plan(plan.record_id))
        return recorded is None or recorded.is_removed

    def count(self, period: Period, views: Sequence[SessionView] | None = None) -> Range:
        """The person's own figure in a period ("you: 30"), as a range where something is open."""
        records = [
            record
            for view in (self._every() if views is None else views)
            if (record := record_of("", view.record.leaves)) is not None
        ]
        return count_mine(records, period)

    def _view(self, record: RecordView) -> SessionView:
        """What a record says is read once and kept, by its sha: an id may go to another revision."""
        sha = record.head.sha
        details = self._details.get(sha)
        if details is None:
            details = self._details[sha] = session.read(record.head.body)
        return SessionView(record, details)


def record_id_of_plan(plan_id: str) -> str:
    """The id of the session record that a plan leads to, the same on every laptop."""
    return hashlib.sha256(f"session of plan {plan_id}".encode()).hexdigest()[:32]


def ends_at(plan: PlanView) -> datetime:
    """When a planned session is over, UK civil time without zone: the end of the day if no time is known."""
    day = plan.details.day or date.max
    if plan.details.start is None:
        return datetime.combine(day, datetime.max.time())
    start = datetime.combine(day, plan.details.start)
    return start if day == date.max else start + timedelta(minutes=plan.details.minutes or 60)


def _version(revision: Revision) -> Version:
    return Version(
        revision.rev_id,
        session.read(revision.body),
        revision.state is State.WITHDRAWN,
        revision.device,
        revision.saved_at,
    )


def _when(view: SessionView) -> tuple[date, str, str]:
    start = view.details.start
    return (view.details.day or date.min, start.isoformat() if start else "", view.record_id)
