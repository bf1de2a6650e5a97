"""The way out: a web address is shown before the desktop's browser opens it, and never fetched by us."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from omi_desktop.domain.errors import Unreachable
from omi_desktop.domain.online import Link, SyncState
from omi_desktop.ui.widgets.notice import Notice

OFFLINE = "This laptop seems to be offline, so the page may not load. Copy the address to use it later."


class WayOut(Notice):
    """Asks before leaving the app. `closed` says that the question is gone and the focus can return."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._address = ""

    def ask(self, address: str, state: SyncState | None) -> None:
        """Show where a link leads and offer to open it."""
        self._address = address
        self.say(
            "Open this page in your browser?",
            f"{_breakable(address)}\n{OFFLINE}" if _seems_offline(state) else _breakable(address),
            actions=[("Open", self._open), ("Copy address", self._copy), ("Not now", self._close)],
        )
        self.take_focus()

    def open_file(self, file: Path) -> None:
        """Open one of our own files, which needs no question."""
        self._address = file.as_uri()
        if not QDesktopServices.openUrl(QUrl(self._address)):
            self._say_no_browser()

    def _open(self) -> None:
        if QDesktopServices.openUrl(QUrl(self._address)):
            self._close()
        else:
            self._say_no_browser()

    def _say_no_browser(self) -> None:
        self.say(
            "No browser could be opened",
            f"{_breakable(self._address)}\nCopy the address and open it where you have a browser.",
            actions=[("Copy address", self._copy), ("Close", self._close)],
        )
        self.take_focus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._address)
        self.say(
            "The address is copied",
            _breakable(self._address),
            actions=[("Open", self._open), ("Close", self._close)],
        )
        self.take_focus()

    def _close(self) -> None:
        self.clear()
        self.closed.emit()


def _seems_offline(state: SyncState | None) -> bool:
    return state is not None and (state.link is Link.OFFLINE or isinstance(state.problem, Unreachable))


def _breakable(address: str) -> str:
    """The address with places where a label may break it."""
    return address.replace("/", "/\u200b").replace("-", "-\u200b").replace("_", "_\u200b")
