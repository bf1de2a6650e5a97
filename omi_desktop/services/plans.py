"""Sessions to come. A plan is a record of its own, so that correcting a count never meets an edit of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from omi_desktop.domain import session
from omi_desktop.domain.revision import Kind, State
from omi_desktop.domain.session import PlanDetails
from omi_desktop.services.records import RecordGone, Records, RecordView, Superseded


@dataclass(frozen=True, slots=True)
class PlanView:
    """One planned session."""

    record: RecordView
    details: PlanDetails

    @property
    def record_id(self) -> str:
        """The id by which the window opens it."""
        return self.record.record_id


class Plans:
    """Planned sessions of the current account, recorded ones included."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def save(self, details: PlanDetails, *, draft: str | None = None) -> PlanView:
        """Save a new plan. Raises Refused with every fault, or NotSaved."""
        return _view(self._records.save_first(Kind.PLAN, session.write_plan(details), gone=Superseded(draft)))

    def change(self, record_id: str, details: PlanDetails, *, draft: str | None = None) -> PlanView:
        """Save the next version of a plan."""
        self._records.save_next(
            record_id, lambda body: session.write_plan(details, body), gone=Superseded(draft)
        )
        return self.get(record_id)

    def add_resource(self, record_id: str, item_id: str, version: str) -> PlanView:
        """Add an activity of the Library to what a plan uses, behind the others; all else stays as it is. Raises
        Refused, NotSaved, RecordGone."""
        return self._use(record_id, item_id, (item_id, version))

    def drop_resource(self, record_id: str, item_id: str) -> PlanView:
        """Take an activity out of what a plan uses. Raises NotSaved, RecordGone."""
        return self._use(record_id, item_id)

    def _use(self, record_id: str, item_id: str, *added: tuple[str, str]) -> PlanView:
        def changed(body: Mapping[str, Any]) -> Mapping[str, Any]:
            details = session.read_plan(body)
            others = tuple(pair for pair in details.resources if pair[0] != item_id)
            return session.write_plan(replace(details, resources=(*others, *added)), body)

        self._records.save_next(record_id, changed)
        return self.get(record_id)

    def remove(self, record_id: str) -> None:
        """Remove a plan. To say that a session was called off, record that instead: it keeps the hours."""
        self._records.save_next(record_id, lambda body: body, state=State.WITHDRAWN)

    def undo(self, record_id: str) -> PlanView:
        """Take back the last change or removal."""
        self._records.undo(record_id)
        return self.get(record_id)

    def settle(self, record_id: str, rev_id: str) -> PlanView:
        """Choose one of several versions."""
        self._records.settle(record_id, rev_id)
        return self.get(record_id)

    def ask_again(self, record_id: str) -> PlanView:
        """Take back the choice of `settle`. Raises ChangedSince when the plan was saved again since."""
        self._records.ask_again(record_id)
        return self.get(record_id)

    def needs_you(self) -> list[PlanView]:
        """Plans that wait for the person's decision, those included that are removed in one of two versions."""
        found = (_view(record) for record in self._records.all_views(Kind.PLAN))
        return [view for view in found if view.record.rejected or view.record.is_conflict]

    def get(self, record_id: str) -> PlanView:
        """One plan, removed ones included. Raises RecordGone."""
        found = self._records.view(record_id)
        if found is None or found.head.kind != Kind.PLAN:
            raise RecordGone
        return _view(found)

    def all(self) -> list[PlanView]:
        """Every plan that is not removed, in the same order on all laptops."""
        return [_view(record) for record in self._records.views(Kind.PLAN)]


def _view(record: RecordView) -> PlanView:
    return PlanView(record, session.read_plan(record.head.body))
