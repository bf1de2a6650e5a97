"""One line of young people: year group, number, and what is worth saying beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from omi_desktop.domain.session import Activity, Mode
from omi_desktop.ui import fonts, sentences, theme
from omi_desktop.ui.record import year_groups
from omi_desktop.ui.record.entry import LineEntry, figure
from omi_desktop.ui.record.odd_numbers import odd
from omi_desktop.ui.record.picker import announce
from omi_desktop.ui.record.stage_picker import StagePicker
from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.buttons import Button
from omi_desktop.ui.widgets.choice import Choice

MODES: Final = (
    (Mode.TOOK_PART.value, "Took part"),
    (Mode.WATCHED.value, "Watched"),
    (Mode.PASSED_BY.value, "Passed by"),
)
ANNOUNCE_MS: Final = 400
_YEAR_WIDTH: Final = 190
_NUMBER_WIDTH: Final = 104
_NARROW: Final = 480


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of a line before anyone types: shown beside the number, never filled in."""

    expected: int | None = None
    last: int | None = None
    before: int | None = None

    def hint(self) -> str:
        """As words, or nothing."""
        parts = []
        if self.expected is not None:
            parts.append(f"about {self.expected:,} expected")
        if self.last is not None:
            parts.append(f"last time {self.last:,}")
        text = " · ".join(parts)
        return text[:1].upper() + text[1:]


class LineRow(QWidget):
    """`number_entered` is Enter in the number; `removed` asks the section to take the line away."""

    changed = Signal()
    number_entered = Signal()
    removed = Signal()

    def __init__(self, entry: LineEntry, *, number_name: str, number_hint: str) -> None:
        super().__init__()
        self._entry = entry
        self._number_name = number_name
        self._beside = Beside()
        self._activity = Activity.CLASS_SESSION
        self._faults: dict[QLineEdit, str] = {}
        self.year = StagePicker("Year group", self)
        self.number = QLineEdit()
        self.number.setMaxLength(12)
        self.number.setPlaceholderText(number_hint)
        self.number.setFont(fonts.tabular(self.number.font()))
        self.number.installEventFilter(self)
        self.beside_label = labels.small("")
        self.fault_label = labels.error("")
        self.fault_label.hide()
        self.mode = Choice("What they did", MODES, entry.mode)
        self.remove_button = Button("", "quiet", self.removed.emit, icon_name="close")
        self._announce = QTimer(self)
        self._announce.setSingleShot(True)
        self._announce.setInterval(ANNOUNCE_MS)
        self._announce.timeout.connect(self._say_count)

        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.addWidget(self.year.line, 0, 0)
        grid.addWidget(self.number, 0, 1)
        grid.addWidget(self.beside_label, 0, 2)
        grid.addWidget(self.remove_button, 0, 3)
        grid.addWidget(self.year.list, 2, 0, 1, 4)
        grid.addWidget(self.mode, 3, 0, 1, 4)
        grid.addWidget(self.fault_label, 4, 0, 1, 4)
        grid.setColumnStretch(2, 1)
        self._grid = grid
        self._is_narrow = False

        self.year.choose(entry.stages, entry.typed)
        self.number.setText(entry.count)
        self.year.taken.connect(self._on_year)
        self.year.edited.connect(self._on_edited)
        self.year.entered.connect(lambda: self.number.setFocus(Qt.FocusReason.TabFocusReason))
        self.year.left.connect(self.year.settle)
        self.number.textEdited.connect(self._on_edited)
        self.mode.chosen.connect(self._on_edited)
        theme.current().changed.connect(self._fit)
        self._fit()
        self._describe()

    @property
    def entry(self) -> LineEntry:
        """What the line holds now."""
        kept = self._entry
        return LineEntry(
            place=kept.place,
            stages=self.year.chosen,
            typed=self.year.typed,
            count=self.number.text(),
            mode=self.mode.value() or Mode.TOOK_PART.value,
            is_estimated=kept.is_estimated,
            girls=kept.girls,
        )

    @property
    def count(self) -> int | None:
        """The number, if it is one."""
        return figure(self.number.text())

    def name(self, suffix: str, *, can_remove: bool) -> None:
        """Tell screen readers which line this is: ` 2`, ` at Ashby Academy`."""
        self.year.name(f"Year group{suffix}")
        self.number.setAccessibleName(f"{self._number_name}{suffix}")
        self.remove_button.setAccessibleName(f"Remove year group{suffix}")
        self.remove_button.setToolTip("Remove this year group")
        self.remove_button.setVisible(can_remove)

    def set_beside(self, beside: Beside) -> None:
        """What was expected, and what was there last time or before the correction."""
        self._beside = beside
        self._describe()

    def set_context(self, activity: Activity, *, shows_mode: bool) -> None:
        """What kind of session it is, for numbers worth a second look."""
        self._activity = activity
        self.mode.setVisible(shows_mode)
        self._describe()

    def set_fault(self, message: str, *, is_of_year: bool = False) -> None:
        """What is wrong with the number, or with the year group."""
        self._faults[self.year.line if is_of_year else self.number] = message
        self._show_faults()

    def clear_faults(self) -> None:
        """Nothing is wrong any more."""
        if any(self._faults.values()):
            self._faults.clear()
            self._show_faults()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What stands beside the number goes below it where there is no room."""
        super().resizeEvent(event)
        is_narrow = self.width() < theme.current().px(_NARROW)
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self._grid.removeWidget(self.beside_label)
            where = (1, 0, 1, 4) if is_narrow else (0, 2, 1, 1)
            self._grid.addWidget(self.beside_label, *where)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self.number
            and event.type() is QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.number_entered.emit()
            return True
        return super().eventFilter(watched, event)

    def _on_year(self, _codes: object) -> None:
        if self.year.line.hasFocus() and not self.year.is_open:
            self.number.setFocus(Qt.FocusReason.TabFocusReason)
            self.number.selectAll()
        self._on_edited()

    def _on_edited(self, _text: object = None) -> None:
        self.clear_faults()
        self._describe()
        self._announce.start()
        self.changed.emit()

    def _describe(self) -> None:
        text = self._news() or self._beside.hint()
        self.beside_label.setText(text)
        self.beside_label.setVisible(bool(text) or not self._is_narrow)
        for control in (self.year.line, self.number):
            fault = self._faults.get(control, "")
            control.setAccessibleDescription(" ".join(part for part in (fault, text) if part))

    def _show_faults(self) -> None:
        for control in (self.year.line, self.number):
            control.setProperty("faulty", bool(self._faults.get(control)))
            control.style().unpolish(control)
            control.style().polish(control)
        said = [self._faults.get(control, "") for control in (self.year.line, self.number)]
        self.fault_label.setText(". ".join(message for message in said if message))
        self.fault_label.setVisible(any(said))
        self._describe()

    def _news(self) -> str:
        count, before = self.count, self._beside.before
        if count is None:
            return ""
        parts = [] if before is None or before == count else [f"{before:,} → {count:,}"]
        return " · ".join([*parts, *(part for part in (odd(count, self._activity),) if part)])

    def _say_count(self) -> None:
        if self.count is not None:
            who = year_groups.said(self.year.chosen) or "year group not chosen"
            announce(self.number, f"{sentences.young_people(self.count)}, {who}. {self._news()}")

    def _fit(self) -> None:
        px = theme.current().px
        self.year.line.setFixedWidth(px(_YEAR_WIDTH))
        self.number.setFixedWidth(px(_NUMBER_WIDTH))
