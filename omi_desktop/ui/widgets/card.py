"""A card: the panel that groups what belongs together."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from omi_desktop.ui.widgets import labels

PADDING = 22


class Card(QFrame):
    """Put content into `body`. Spare height gathers below it, so that titles stay where they are.

    `fills`: the content takes the spare height itself, as a list does.
    """

    def __init__(self, heading: str = "", *, fills: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(10)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(PADDING, PADDING - 2, PADDING, PADDING)
        outer.setSpacing(0)
        outer.addLayout(self.body, 1 if fills else 0)
        if not fills:
            outer.addStretch(1)
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.heading = labels.heading(heading)
        if not heading:
            self.heading.hide()
        self.body.addWidget(self.heading)
