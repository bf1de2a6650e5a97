"""A message in its place: what happened, what it means, what to do next. Never a pop-up, never on a timer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui.tokens import Token
from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.buttons import Button
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.picture import Picture

Tone = Literal["info", "warning", "danger"]
Action = tuple[str, Callable[[], object]]
_ICONS: Final[dict[Tone, tuple[str, Token]]] = {
    "info": ("info", "on_tint"),
    "warning": ("warning", "warning"),
    "danger": ("warning", "danger"),
}


class Notice(QFrame):
    """Hidden until something is said with `say` or `tell`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = Picture("info", "on_tint", 22)
        self._title = labels.strong("")
        self._text = labels.body("")
        self._actions = Flow(spacing=8)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._title)
        words.addWidget(self._text)
        self._actions.setContentsMargins(0, 6, 0, 0)
        words.addLayout(self._actions)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(12)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.hide()

    @property
    def text(self) -> str:
        """Everything that it says."""
        return " ".join(part for part in (self._title.text(), self._text.text()) if part)

    def say(self, title: str, text: str = "", tone: Tone = "info", actions: Sequence[Action] = ()) -> None:
        """Show a message with its actions, in place of the last one."""
        self.setProperty("notice", tone)
        self.style().unpolish(self)
        self.style().polish(self)
        self._picture.draw(*_ICONS[tone])
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        while (item := self._actions.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for label, action in actions:
            button = Button(label, "secondary", action)
            self._actions.addWidget(button)
            button.show()
        self.setAccessibleName(self.text)
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def tell(self, error: OmiError, actions: Sequence[Action] = ()) -> None:
        """Show an error of the tree."""
        text = " ".join(part for part in (error.detail, error.hint) if part)
        self.say(error.title, text, "warning" if error.retry else "danger", actions)

    def clear(self) -> None:
        """Nothing to say any more."""
        self.hide()
