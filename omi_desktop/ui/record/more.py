"""More: what can be said besides, closed until someone opens it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from omi_desktop.domain.session import FOUR_CONDITIONS
from omi_desktop.library.items import Activity
from omi_desktop.ui.record.entry import Entry
from omi_desktop.ui.record.resources import ResourcesSection
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow

NO_NAMES: Final = "No children's names, no concerns about a child."
FOUR_LABELS: Final = {
    "purpose": "We told them what it was for",
    "outcomes": "It had something to learn, agreed with the school",
    "two_way": "They asked and talked, not only listened",
    "reflection": "They had time to think back on it",
}
_NUMBERS: Final = (
    ("teachers", "Teachers and staff"),
    ("parents", "Parents and carers"),
    ("others", "Other adults"),
    ("prepare", "Preparing, minutes"),
    ("travel", "Travelling, minutes"),
    ("regulars", "Regulars"),
)
FIELDS: Final = {
    "adults.teachers": "teachers",
    "adults.parents": "parents",
    "adults.others": "others",
    "time.prepare": "prepare",
    "time.travel": "travel",
    "regulars": "regulars",
    "class_name": "class_name",
    "programme": "programme",
}
"""The field of a session's body → the field here."""


class MoreSection(QWidget):
    """The closed part tells what it holds, so that nothing is saved unseen."""

    changed = Signal()
    resource_opened = Signal(str)

    def __init__(self, activities: Sequence[Activity], title_of: Callable[[str], str]) -> None:
        super().__init__()
        self.more_button = buttons.quiet("More", lambda: self.set_open(is_open=True), icon_name="down")
        self.less_button = buttons.quiet("Less", lambda: self.set_open(is_open=False), icon_name="up")
        self.more_button.setAccessibleName("More about this session")
        self.less_button.setAccessibleName("Less about this session")
        self.summary = labels.small("")
        self.lines = {name: QLineEdit() for name, _ in _NUMBERS}
        self.fields = {name: Field(label, self.lines[name], widest=150) for name, label in _NUMBERS}
        self.fields["regulars"].set_hint("How many different young people come to this club.")
        for name, label, hint in (
            ("class_name", "Class", f"Such as 8B Science. {NO_NAMES}"),
            ("programme", "Programme", "Such as CanSat or Climate Detectives, if it belongs to one."),
        ):
            self.lines[name] = QLineEdit()
            self.fields[name] = Field(label, self.lines[name], hint, widest=340)
        self.resources = ResourcesSection("What we did", activities, title_of)
        self.ticks = {name: QCheckBox(FOUR_LABELS[name]) for name in FOUR_CONDITIONS}
        self.modes = QCheckBox("Some only watched or passed by")
        self.panel = self._build_panel()
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.more_button)
        head.addWidget(self.less_button)
        head.addWidget(self.summary, 1)
        head.addStretch(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        outer.addLayout(head)
        outer.addWidget(self.panel)
        for line in self.lines.values():
            line.setMaxLength(300)
            line.textEdited.connect(self._on_edited)
        for tick in (*self.ticks.values(), self.modes):
            tick.toggled.connect(self._on_edited)
        self.resources.changed.connect(self._on_edited)
        self.resources.opened.connect(self.resource_opened)
        self.set_open(is_open=False)

    def show_entry(self, entry: Entry) -> None:
        """Show what a form holds."""
        for name, line in self.lines.items():
            line.setText(getattr(entry, name))
        for name, tick in self.ticks.items():
            _set_silently(tick, is_checked=name in entry.four)
        _set_silently(self.modes, is_checked=entry.has_modes)
        self.resources.show_chosen(entry.resources)
        self._summarise()

    @property
    def four(self) -> tuple[str, ...]:
        """The conditions that are ticked."""
        return tuple(name for name, tick in self.ticks.items() if tick.isChecked())

    def text(self, name: str) -> str:
        """What a field holds."""
        return self.lines[name].text()

    def take(self, name: str, text: str) -> None:
        """Fill a field from the last visit."""
        self.lines[name].setText(text)
        self._summarise()

    def set_open(self, *, is_open: bool) -> None:
        """Open or close it."""
        pressed, other = self.more_button, self.less_button
        if not is_open:
            pressed, other = other, pressed
        had_focus = pressed.hasFocus()
        self.panel.setVisible(is_open)
        pressed.hide()
        other.show()
        if had_focus:
            other.setFocus()
        self._summarise()

    def clear_faults(self) -> None:
        """Nothing is wrong any more."""
        for field in self.fields.values():
            field.set_fault()

    def _build_panel(self) -> QFrame:
        panel = QFrame()
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(18)
        for names in (("teachers", "parents", "others"), ("prepare", "travel")):
            row = QWidget()
            flow = Flow(row, spacing=18, is_top=True)
            for name in names:
                flow.addWidget(self.fields[name])
            column.addWidget(row)
        column.addWidget(self.fields["class_name"])
        column.addWidget(self.resources)
        four = QWidget()
        ticks = QVBoxLayout(four)
        ticks.setContentsMargins(0, 0, 0, 0)
        ticks.setSpacing(2)
        ticks.addWidget(labels.strong("What made it meaningful"))
        for tick in self.ticks.values():
            ticks.addWidget(tick)
        column.addWidget(four)
        column.addWidget(self.modes)
        column.addWidget(self.fields["regulars"])
        column.addWidget(self.fields["programme"])
        return panel

    def _on_edited(self, _value: object = None) -> None:
        self.clear_faults()
        self._summarise()
        self.changed.emit()

    def _summarise(self) -> None:
        parts = [
            f"{label.lower()} {self.text(name).strip()}"
            for name, label in _NUMBERS
            if self.text(name).strip()
        ]
        parts += [self.text(name).strip() for name in ("class_name", "programme") if self.text(name).strip()]
        count = len(self.resources.chosen)
        if count:
            parts.append(f"{count} from the Library")
        nothing = "Adults, time, class, what you did"
        self.summary.setText(" · ".join(parts) or nothing)
        self.summary.setVisible(self.panel.isHidden())


def _set_silently(tick: QCheckBox, *, is_checked: bool) -> None:
    blocked = tick.blockSignals(True)
    tick.setChecked(is_checked)
    tick.blockSignals(blocked)
