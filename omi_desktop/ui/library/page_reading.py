"""What the Library reads when a page is opened, off the UI thread: the page, and what is the person's own beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omi_desktop.domain.stages import Nation
    from omi_desktop.library import Item, Page
    from omi_desktop.services.attachments import Attachment
    from omi_desktop.services.plans import PlanView
    from omi_desktop.ui.library.history import Visit
    from omi_desktop.ui.room import Room


@dataclass(frozen=True, slots=True)
class Opened:
    """A page and what stands beside it. `sought` are the words to mark in it; `next_plan` is the next session."""

    page: Page
    item: Item | None
    sought: frozenset[str]
    note: str
    attached: tuple[Attachment, ...]
    next_plan: PlanView | None


def open_page(room: Room, visit: Visit, nation: Nation) -> Opened:
    """The page of a visit, as the plan has it that it was opened from, if that differs. Raises OmiError."""
    kept = room.pages.page_of_plan(visit.id, visit.version) if visit.version else None
    page = kept if kept is not None else room.library.page(visit.kind, visit.id)
    sought = room.library.matched(visit.kind, visit.id, visit.sought, nation) if visit.sought else frozenset()
    shelf = room.library.shelf(visit.kind)
    return Opened(
        page=page,
        item=next((item for item in shelf if item.id == visit.id), None),
        sought=sought,
        note=room.desk.page_notes.of(visit.name),
        attached=room.desk.attachments.of(visit.name),
        next_plan=room.desk.sessions.next_plan(),
    )
