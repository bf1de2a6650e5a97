"""It didn't happen: why, and the travel time, which still counts as hours."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from omi_desktop.domain.session import CANCELLED_LABELS, CancelledBecause
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow

REASONS: Final = tuple((reason.value, CANCELLED_LABELS[reason]) for reason in CancelledBecause)


class OffPanel(QFrame):
    """`confirmed` asks to save it so; `taken_back` that it happened after all."""

    confirmed = Signal()
    taken_back = Signal()
    changed = Signal()

    def __init__(self, title: str, confirm: str, back: str) -> None:
        super().__init__()
        self.reason = Choice("Why it didn't happen", REASONS)
        self.reason_field = Field("Why?", self.reason)
        self.travel = QLineEdit()
        self.travel.setMaxLength(6)
        self.travel_field = Field(
            "Travelling, minutes", self.travel, "Time you spent still counts.", widest=150
        )
        self.confirm_button = buttons.primary(confirm, self.confirmed.emit)
        self.back_button = buttons.secondary(back, self.taken_back.emit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(labels.heading(title))
        column.addWidget(self.reason_field)
        column.addWidget(self.travel_field)
        foot = QWidget()
        row = Flow(foot)
        row.addWidget(self.confirm_button)
        row.addWidget(self.back_button)
        column.addWidget(foot)
        self.reason.chosen.connect(self._on_edited)
        self.travel.textEdited.connect(self._on_edited)
        self.hide()

    @property
    def because(self) -> str:
        """The reason, or nothing yet."""
        return self.reason.value() or ""

    def show_reason(self, because: str) -> None:
        """Choose from code."""
        self.reason.set_value(because or None)

    def clear_faults(self) -> None:
        """Nothing is wrong any more."""
        self.reason_field.set_fault()
        self.travel_field.set_fault()

    def _on_edited(self, _value: str) -> None:
        self.clear_faults()
        self.changed.emit()
