"""Ctrl+F: find a piece of text in the page that is open."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from omi_desktop.ui import theme, words
from omi_desktop.ui.library.marks import Marks
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.flow import Flow

_WIDTH = 150


class _Line(QLineEdit):
    """Enter steps on, Shift+Enter back, Esc closes."""

    stepped = Signal(int)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class FindBar(QWidget):
    """Hidden until `open`. `closed` says that the focus can return to the page."""

    closed = Signal()

    def __init__(self, marks: Marks) -> None:
        super().__init__()
        self._marks = marks
        self.line = _Line()
        self.line.setAccessibleName("Find in this page")
        self.line.setPlaceholderText("Find in page")
        self.line.setClearButtonEnabled(True)
        self.said = labels.Label("", "muted", wraps=False)
        row = Flow(self, spacing=2)
        row.addWidget(self.line)
        row.addWidget(self.said)
        for name, icon, by in (("Find the one before", "up", -1), ("Find the next", "down", 1)):
            button = buttons.quiet("", partial(marks.step, by), icon_name=icon)
            button.setAccessibleName(name)
            button.setToolTip(f"{name} ({'Shift+Enter' if by < 0 else 'Enter'})")
            row.addWidget(button)
        close = buttons.quiet("", self.close_bar, icon_name="close")
        close.setAccessibleName("Stop finding")
        row.addWidget(close)
        self.line.textChanged.connect(self._marks.show_text)
        self.line.stepped.connect(self._marks.step)
        self.line.left.connect(self.close_bar)
        marks.changed.connect(self._say)
        theme.current().changed.connect(self._fit)
        self._fit()
        self.hide()

    def open(self) -> None:
        """Show it, ready to type."""
        self.show()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()
        self._marks.show_text(self.line.text())

    def close_bar(self) -> None:
        """Put it away with its marks."""
        self.put_away()
        self._marks.clear()
        self.closed.emit()

    def put_away(self) -> None:
        """Another page is shown: nothing is sought there yet."""
        self.hide()

    def _fit(self) -> None:
        self.line.setFixedWidth(theme.current().px(_WIDTH))

    def _say(self) -> None:
        """How many there are, in words: a number that turns red says nothing to a screen reader."""
        if self.isHidden():
            return
        count, present = self._marks.count, self._marks.present
        if not self.line.text().strip():
            said = ""
        elif not count:
            said = "Not in this page"
        else:
            said = f"{present} of {count}" if present else words.counted(count, "place")
        self.said.setText(said)
        self.line.setAccessibleDescription(said)
