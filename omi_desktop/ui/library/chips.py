"""What narrows the list, as chips: each says what it is and goes when it is pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.buttons import Button
from omi_desktop.ui.widgets.flow import Flow


class Chip(NamedTuple):
    """Something that can be taken back, or (`is_offer`) an offer to take something back."""

    text: str
    on_press: Callable[[], object]
    is_offer: bool = False


class Chips(QWidget):
    """A row of chips with a sentence before them; hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self._todo: list[Callable[[], object]] = []
        self._buttons: list[Button] = []
        self.said = labels.Label("", "muted", wraps=False)
        self._row = Flow(self, spacing=6)
        self._row.addWidget(self.said)
        self.setAccessibleName("What narrows the list")
        self.hide()

    @property
    def texts(self) -> list[str]:
        """What the chips say."""
        return [button.text() for button in self._buttons if not button.isHidden()]

    @property
    def says_something(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._todo or self.said.text())

    def show_chips(self, chips: Sequence[Chip], said: str = "") -> None:
        """Show other chips in place of the last ones."""
        before = self.texts
        self._todo = [chip.on_press for chip in chips]
        while len(self._buttons) < len(chips):
            self._add_button()
        for index, button in enumerate(self._buttons):
            chip = chips[index] if index < len(chips) else None
            button.setVisible(chip is not None)
            if chip is not None:
                button.setText(chip.text)
                button.setAccessibleName(chip.text if chip.is_offer else f"{chip.text}: remove")
                button.setToolTip("" if chip.is_offer else "Remove")
                button.set_icon(None if chip.is_offer else "close")
                button.setProperty("offer", chip.is_offer)
                button.style().unpolish(button)
                button.style().polish(button)
        self.said.setText(said)
        self.said.setVisible(bool(said))
        self.setVisible(self.says_something)
        if chips and self.texts != before:
            self.setAccessibleDescription(", ".join(self.texts))
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def _add_button(self) -> None:
        button = Button("", "chip", partial(self._act, len(self._buttons)), icon_name="close")
        button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the cross stands after the words
        button.hide()
        self._row.addWidget(button)
        self._buttons.append(button)

    def _act(self, index: int) -> None:
        self._todo[index]()
