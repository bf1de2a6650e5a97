"""What Today tells of the ambassador's file until it is read: that it was mended, or lies where others write to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui import sentences, tasks
from omi_desktop.ui.page import GUTTER
from omi_desktop.ui.today.look import KNOWN_RISK, Look
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.services.desk import Desk


class FileNotices(QWidget):
    """Hidden while there is nothing to tell. `go` asks for a page; `failed` carries an error."""

    go = Signal(str)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._desk: Desk | None = None
        self.recovered = Notice()
        self.folder = Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GUTTER)
        column.addWidget(self.recovered)
        column.addWidget(self.folder)
        self.hide()

    def fill(self, desk: Desk) -> None:
        """Take the services."""
        self._desk = desk

    def show_look(self, look: Look) -> None:
        """Show what was read."""
        recovered, risk = look.recovered, look.folder_risk
        if recovered is None:
            self.recovered.clear()
        elif self.recovered.isHidden() and self._desk is not None:
            self.recovered.say(
                "Your file was damaged and has been mended",
                sentences.recovered(recovered),
                "warning",
                [
                    ("Look at my sessions", partial(self.go.emit, "sessions")),
                    ("I have read this", partial(self._read, self.recovered, self._desk.recovery_told)),
                ],
            )
        if risk is None:
            self.folder.clear()
        elif self.folder.isHidden() and self._desk is not None:
            known = partial(self._desk.preferences.put, KNOWN_RISK, risk.value)
            self.folder.say(
                *sentences.folder_at_risk(risk),
                "warning",
                [
                    ("What to do", partial(self.go.emit, "settings")),
                    ("I know", partial(self._read, self.folder, known)),
                ],
            )
        self.setVisible(recovered is not None or risk is not None)

    def _read(self, notice: Notice, work: Callable[[], object]) -> None:
        tasks.run(work, owner=self, done=lambda _value: self._let_go(notice), failed=self._on_failed)

    def _on_failed(self, error: OmiError) -> None:
        self.failed.emit(error)

    def _let_go(self, notice: Notice) -> None:
        """It is read. The focus goes on to what stands next."""
        if notice.isAncestorOf(self.window().focusWidget()):
            self.focusNextChild()
            while notice.isAncestorOf(self.window().focusWidget()):
                self.focusNextChild()
        notice.clear()
        self.setVisible(not (self.recovered.isHidden() and self.folder.isHidden()))
