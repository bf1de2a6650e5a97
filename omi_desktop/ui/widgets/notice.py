"""A message in its place: what happened, what it means, what to do next. Never a pop-up, never on a timer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
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
_USUAL_ACTIONS: Final = 2


class Notice(QFrame):
    """Hidden until something is said with `say` or `tell`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = Picture("info", "on_tint", 22)
        self._title = labels.strong("")
        self._text = labels.body("")
        self._actions = Flow(spacing=8)
        self._todo: list[Callable[[], object]] = []
        self._buttons: list[Button] = []
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
        # Made now, though nothing is said yet: Tab goes by the age of widgets, and should find them here.
        for _ in range(_USUAL_ACTIONS):
            self._add_button()
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
        self._todo = [action for _, action in actions]
        while len(self._buttons) < len(actions):
            self._add_button()
        for index, button in enumerate(self._buttons):
            button.setText(actions[index][0] if index < len(actions) else "")
            button.setVisible(index < len(actions))
        self.setAccessibleName(self.text)
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def take_focus(self) -> None:
        """Put the focus on the first action: the message asks for an answer."""
        if self._todo:
            self._buttons[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def tell(self, error: OmiError, actions: Sequence[Action] = ()) -> None:
        """Show an error of the tree."""
        text = " ".join(part for part in (error.detail, error.hint) if part)
        self.say(error.title, text, "warning" if error.retry else "danger", actions)

    def clear(self) -> None:
        """Nothing to say any more."""
        self.hide()

    def _add_button(self) -> None:
        button = Button("", "secondary", partial(self._act, len(self._buttons)))
        button.hide()
        self._actions.addWidget(button)
        self._buttons.append(button)

    def _act(self, index: int) -> None:
        self._todo[index]()
