"""When it was: a date as people type it, start and end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from omi_desktop.domain.dates import shown_date, typed_date, typed_time
from omi_desktop.ui import theme
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow


class WhenSection(QWidget):
    """`returned` is Enter in the date: the cursor goes back to where it was."""

    changed = Signal()
    returned = Signal()

    def __init__(self, today: Callable[[], date], *, is_past: bool) -> None:
        super().__init__()
        self._today = today
        self._is_past = is_past
        self.date = QLineEdit()
        self.start = QLineEdit()
        self.end = QLineEdit()
        self.date_field = Field("Date", self.date)
        self.start_field = Field("Starts", self.start)
        self.end_field = Field("Ends", self.end)
        self.start.setPlaceholderText("10:40")
        self.end.setPlaceholderText("11:30")
        for line in (self.date, self.start, self.end):
            line.setMaxLength(40)
            line.textEdited.connect(self._on_edited)
            line.installEventFilter(self)
        self.date.editingFinished.connect(self.show_in_full)
        self.start.editingFinished.connect(self.show_in_full)
        self.end.editingFinished.connect(self.show_in_full)
        example = "-1 for yesterday, mon" if is_past else "+1 for tomorrow, fri"
        self.date_field.set_hint(f"Or {example}, 12/11")
        flow = Flow(self, spacing=14, is_top=True)
        for field in (self.date_field, self.start_field, self.end_field):
            flow.addWidget(field)
        theme.current().changed.connect(self._fit)
        self._fit()

    def show_texts(self, day: str, start: str, end: str) -> None:
        """Show a form's texts."""
        self.date.setText(day)
        self.start.setText(start)
        self.end.setText(end)

    def show_in_full(self) -> None:
        """Show what was typed as it was understood: `-1` as "Mon 23 Nov 2026", `9` as "09:00"."""
        day = typed_date(self.date.text(), self._today(), is_past=self._is_past)
        if day is not None:
            self.date.setText(shown_date(day))
        for line in (self.start, self.end):
            moment = typed_time(line.text())
            if moment is not None:
                line.setText(f"{moment:%H:%M}")

    def focus(self) -> None:
        """Put the cursor in the date, ready to be typed over."""
        self.date.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.date.selectAll()

    def clear_faults(self) -> None:
        """Nothing is wrong any more."""
        for field in (self.date_field, self.start_field, self.end_field):
            field.set_fault()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.show_in_full()
            self.returned.emit()
            return True
        return super().eventFilter(watched, event)

    def _on_edited(self, _text: str) -> None:
        self.clear_faults()
        self.changed.emit()

    def _fit(self) -> None:
        px = theme.current().px
        self.date.setFixedWidth(px(204))
        for line in (self.start, self.end):
            line.setFixedWidth(px(86))
