"""Small pages for the tests of the window."""

from __future__ import annotations

from threading import current_thread, main_thread

from PySide6.QtWidgets import QPushButton, QVBoxLayout

from omi_desktop.domain.changes import Change
from omi_desktop.ui.page import Page
from omi_desktop.ui.room import Room


class PlainPage(Page):
    """Notes what the window asks of it."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []
        self.may_leave = True
        column = QVBoxLayout(self)
        self.button = QPushButton("Press")
        column.addWidget(self.button)

    def fill(self, room: Room) -> None:
        self.notes.append(f"fill {room.desk.person() is not None}")

    def show_target(self, rest: str) -> None:
        self.notes.append(f"target {rest}")

    def refresh(self) -> None:
        self.notes.append("refresh")

    def on_changed(self, change: Change) -> None:
        where = "here" if current_thread() is main_thread() else "elsewhere"
        self.notes.append(f"{change.topic} {where}")

    def can_leave(self) -> bool:
        return self.may_leave


class TodayPage(PlainPage):
    page_name = "today"
    page_title = "Today"


class SessionsPage(PlainPage):
    page_name = "sessions"
    page_title = "Sessions"


class LibraryPage(PlainPage):
    page_name = "library"
    page_title = "Library"


class SyncPage(PlainPage):
    page_name = "sync"
    page_title = "Sync"


class SettingsPage(PlainPage):
    page_name = "settings"
    page_title = "Settings"


PAGES = {
    kind.page_name: f"{__name__}:{kind.__name__}"
    for kind in (TodayPage, SessionsPage, LibraryPage, SyncPage, SettingsPage)
}
