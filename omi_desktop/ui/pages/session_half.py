"""What both halves of a session's page are to it: the page asks for a form, and shows what a half makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from omi_desktop.domain.stages import Nation
    from omi_desktop.services.places import KnownPlace
    from omi_desktop.ui.record.saved_panel import Action
    from omi_desktop.ui.room import Room

COUNTS_NOBODY: Final = "It counts nobody. Travel time that you gave is kept."


class Half(QObject):
    """`form_made` and `done` carry a title and what to show under it: a form, and the panel once something was saved or
    removed. `changed` asks for the session to be read again; `go` asks the window to navigate."""

    form_made = Signal(str, object)
    done = Signal(str, object)
    changed = Signal()
    go = Signal(str)

    def __init__(self, parent: QObject, places: Callable[[], list[KnownPlace]]) -> None:
        super().__init__(parent)
        self._room: Room | None = None
        self._places = places
        self._nation: Nation | None = None

    def fill(self, room: Room) -> None:
        """Take the services."""
        self._room = room

    def volunteers_in(self, nation: Nation) -> None:
        """The person's nation, whose year groups the forms offer first."""
        self._nation = nation

    def _plan_again(self) -> Action:
        return "Plan another day", lambda: self.go.emit("sessions/plan")

    def _open_it(self, record_id: str) -> Action:
        return "Open it", lambda: self.go.emit(f"sessions/{record_id}")

    def _to_sessions(self) -> Action:
        return "Sessions", lambda: self.go.emit("sessions")

    def _the_room(self) -> Room:
        assert self._room is not None  # noqa: S101 -- the page is shown only once it is filled
        return self._room

    def _the_nation(self) -> Nation:
        assert self._nation is not None  # noqa: S101 -- known before anything is shown
        return self._nation
