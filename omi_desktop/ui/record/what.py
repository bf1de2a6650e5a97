"""What kind of session it was."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.domain.session import ACTIVITY_LABELS, Activity
from omi_desktop.services.places import fold
from omi_desktop.ui import theme
from omi_desktop.ui.record.picker import Option, Picker
from omi_desktop.ui.widgets.field import Field


class WhatField(Field):
    """A field that always holds one of the kinds: text that names none goes back to what it was."""

    changed = Signal()

    def __init__(self) -> None:
        self._activity = Activity.CLASS_SESSION
        # Field shows the picker's line, so the picker is made first and owned once there is a field.
        owner = QWidget()
        self.picker = Picker("What", _find, owner, placeholder="Class session, STEM club …")
        super().__init__("What", self.picker.line)
        owner.setParent(self)
        owner.hide()
        column = self.layout()
        assert isinstance(column, QVBoxLayout)  # noqa: S101 -- Field is a column
        column.insertWidget(2, self.picker.list)
        self.picker.taken.connect(self._on_taken)
        self.picker.left.connect(self._settle)
        theme.current().changed.connect(self._fit)
        self._fit()
        self.show_activity(self._activity)

    @property
    def activity(self) -> Activity:
        """The kind of session."""
        return self._activity

    def show_activity(self, activity: Activity) -> None:
        """Choose from code."""
        self._activity = activity
        self.picker.show_text(ACTIVITY_LABELS[activity])

    def _on_taken(self, activity: object) -> None:
        if isinstance(activity, Activity):
            self.show_activity(activity)
            self.set_fault()
            self.changed.emit()

    def _fit(self) -> None:
        self.picker.line.setFixedWidth(theme.current().px(300))

    def _settle(self) -> None:
        if not self.picker.take_typed():
            self.show_activity(self._activity)


def _find(typed: str) -> list[Option]:
    words = fold(typed).split()
    return [
        Option(activity, label)
        for activity, label in ACTIVITY_LABELS.items()
        if all(any(part.startswith(word) for part in fold(label).split()) for word in words)
    ]
