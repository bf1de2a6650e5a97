"""From a page of the Library into the next session's plan."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from omi_desktop.library import Activity
from omi_desktop.services.drafts import edit_of_plan
from omi_desktop.ui import sentences, tasks, words
from omi_desktop.ui.record.entry import from_form
from omi_desktop.ui.widgets.buttons import Button

if TYPE_CHECKING:
    from omi_desktop.library import Item
    from omi_desktop.services.plans import PlanView
    from omi_desktop.ui.room import Room
    from omi_desktop.ui.widgets.notice import Notice

_ADD, _THERE = "Add to my next session", "In my next session"


class NextSessionButton(Button):
    """Adds the activity that is read to the next plan, or opens that plan once it is there. `go` asks to navigate."""

    go = Signal(str)

    def __init__(self, notice: Notice) -> None:
        super().__init__(_ADD, "quiet", self._act, icon_name="calendar")
        self._notice = notice
        self._room: Room | None = None
        self._activity: Activity | None = None
        self._plan: PlanView | None = None

    def fill(self, room: Room) -> None:
        """Take the services."""
        self._room = room

    @property
    def can_add(self) -> bool:
        """Whether what is read is something that a plan can use."""
        return self._activity is not None

    def show_page(self, item: Item | None, plan: PlanView | None) -> None:
        """Another page is read; `plan` is the next session, if there is one."""
        self._activity = item if isinstance(item, Activity) else None
        self._show_plan(plan)

    def refresh(self) -> None:
        """The plans may be others now."""
        if self._room is not None:
            tasks.run(self._room.desk.sessions.next_plan, owner=self, done=self._show_plan)

    @property
    def _is_there(self) -> bool:
        return (
            self._plan is not None
            and self._activity is not None
            and self._activity.id in {item for item, _version in self._plan.details.resources}
        )

    def _show_plan(self, plan: PlanView | None) -> None:
        self._plan = plan
        self.setText(_THERE if self._is_there else _ADD)
        self.set_icon("check" if self._is_there else "calendar")
        self.setAccessibleName(self.text())
        self.setToolTip(f"{sentences.when(plan.details)}, {sentences.where(plan.details)}" if plan else "")

    def _act(self) -> None:
        if self._room is None or self._activity is None:
            return
        if self._plan is None:
            self._notice.say(
                "No session is planned yet",
                actions=[("Plan a session", partial(self.go.emit, "sessions/plan"))],
            )
        elif self._is_there:
            self.go.emit(f"sessions/{self._plan.record_id}/plan")
        else:
            tasks.run(
                partial(add, self._room, self._plan.record_id, self._activity),
                owner=self,
                done=partial(self._on_added, self._activity),
                failed=self._notice.tell,
            )

    def _on_added(self, activity: Activity, plan: PlanView) -> None:
        self._show_plan(plan)
        self._notice.say(
            f"Added to your session on {words.short_day(plan.details.day)}"
            if plan.details.day
            else "Added to your next session",
            actions=[
                ("Undo", partial(self._undo, activity, plan)),
                ("Open the plan", partial(self.go.emit, f"sessions/{plan.record_id}/plan")),
            ],
        )

    def _undo(self, activity: Activity, plan: PlanView) -> None:
        if self._room is not None:
            self._notice.clear()
            tasks.run(
                partial(take_back, self._room, plan.record_id, activity),
                owner=self,
                done=self._show_plan,
                failed=self._notice.tell,
            )


def add(room: Room, plan_id: str, activity: Activity) -> PlanView:
    """Add an activity to a plan, and to what was typed into it and not saved yet. Raises NotSaved, RecordGone."""
    version = activity.checked_on.isoformat()
    _change_draft(room, plan_id, activity.id, version)
    return room.desk.plans.add_resource(plan_id, activity.id, version)


def take_back(room: Room, plan_id: str, activity: Activity) -> PlanView:
    """Undo that. Raises NotSaved, RecordGone."""
    _change_draft(room, plan_id, activity.id, None)
    return room.desk.plans.drop_resource(plan_id, activity.id)


def _change_draft(room: Room, plan_id: str, item_id: str, version: str | None) -> None:
    """A form that was begun is opened as it was left: without this, saving it would take the activity out again."""
    draft = room.desk.drafts.get(edit_of_plan(plan_id))
    if draft is None:
        return
    entry = from_form(draft.form)
    others = tuple(pair for pair in entry.resources if pair[0] != item_id)
    resources = (*others, (item_id, version)) if version is not None else others
    room.desk.drafts.keep(draft.key, replace(entry, resources=resources).to_form())
