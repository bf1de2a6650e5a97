"""The filters of one shelf: a row of choices for each, a field with a list where there are many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from omi_desktop.library.items import Kind
from omi_desktop.library.wishes import Filter, Wish
from omi_desktop.ui import words
from omi_desktop.ui.library.scrolled import scrolled
from omi_desktop.ui.page import keep_in_view
from omi_desktop.ui.record.picker import Option, Picker
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow

_MOST_SEGMENTS: Final = 16
_ANY: Final = ""
_NOUNS: Final[dict[Kind, tuple[str, str]]] = {
    "handbook": ("chapter", "chapters"),
    "activity": ("activity", "activities"),
    "career": ("career story", "career stories"),
}


class FilterPanel(QWidget):
    """`changed` says that the wishes are others; `closed` that the list is wanted."""

    changed = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._kind: Kind = "handbook"
        self._chosen: dict[str, str] = {}
        self._controls: dict[str, Callable[[str], None]] = {}
        self._first: QWidget | None = None
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(4, 4, 12, 12)
        self._column.setSpacing(14)
        self.done = buttons.primary("", self.closed.emit)
        self.clear_all = buttons.quiet("Clear", self.clear)
        foot = Flow(spacing=8)
        foot.addWidget(self.done)
        foot.addWidget(self.clear_all)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(10)
        area = scrolled(self._inside)
        area.setMinimumHeight(1)  # in a low window it scrolls in what is left
        outer.addWidget(area, 1)
        outer.addLayout(foot)

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """What is chosen."""
        return tuple(Wish(self._kind, field, value) for field, value in self._chosen.items())

    def offer(self, kind: Kind, filters: Sequence[Filter], wishes: Sequence[Wish]) -> None:
        """Show the filters of a shelf, with what is chosen already."""
        self._kind = kind
        self._chosen = {wish.field: wish.value for wish in wishes}
        self._controls = {}
        self._first = None
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for one in filters:
            self._add(one)
        self._column.addStretch(1)
        self.clear_all.setVisible(bool(self._chosen))

    def show_count(self, count: int) -> None:
        """How many pages are left."""
        one, many = _NOUNS[self._kind]
        self.done.setText(f"Show {words.counted(count, one, many)}" if count else f"No {many}: show the list")
        self.done.setAccessibleName(self.done.text())

    def clear(self) -> None:
        """Choose nothing."""
        for field in list(self._chosen):
            self._controls[field](_ANY)
        self._chosen = {}
        self._tell()

    def take_focus(self) -> None:
        """Put the keyboard on the first filter."""
        if self._first is not None:
            self._first.setFocus(Qt.FocusReason.TabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _add(self, one: Filter) -> None:
        if len(one.options) <= _MOST_SEGMENTS:
            self._add_choice(one)
        else:
            self._add_picker(one)
        self._controls[one.field](self._chosen.get(one.field, _ANY))

    def _add_choice(self, one: Filter) -> None:
        choice = Choice(one.name, [(_ANY, "Any"), *one.options])
        for segment in choice.findChildren(QWidget):
            segment.installEventFilter(self)
        choice.chosen.connect(partial(self._choose, one.field))
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(labels.strong(one.name))
        column.addWidget(choice)
        self._column.addWidget(part)
        self._controls[one.field] = choice.set_value
        self._first = self._first or choice

    def _add_picker(self, one: Filter) -> None:
        def find(typed: str) -> list[Option]:
            begun = typed.casefold().split()
            return [
                Option(value, text)
                for value, text in ((_ANY, "Any"), *one.options)
                if all(any(part.startswith(word) for part in text.casefold().split()) for word in begun)
            ]

        texts = dict(one.options)
        picker = Picker(one.name, find, self, placeholder="Any: type a few letters")
        field = Field(one.name, picker.line)
        picker.name(one.name)
        column = field.layout()
        assert isinstance(column, QVBoxLayout)  # noqa: S101 -- Field is a column
        column.insertWidget(2, picker.list)
        clear = buttons.quiet("Any", partial(picker.taken.emit, _ANY))
        clear.setAccessibleName(f"{one.name}: any")
        row = QHBoxLayout()
        row.addWidget(clear, 0, Qt.AlignmentFlag.AlignLeft)
        column.insertLayout(3, row)

        def show(value: str) -> None:
            picker.show_text(texts.get(value, ""))
            clear.setVisible(bool(value))

        def take(value: object) -> None:
            show(str(value))
            self._choose(one.field, str(value))

        picker.taken.connect(take)
        picker.left.connect(lambda: show(self._chosen.get(one.field, _ANY)))
        self._column.addWidget(field)
        self._controls[one.field] = show
        self._first = self._first or picker.line

    def _choose(self, field: str, value: str) -> None:
        self._chosen.pop(field, None)
        if value != _ANY:
            self._chosen[field] = value
        self._tell()

    def _tell(self) -> None:
        self.clear_all.setVisible(bool(self._chosen))
        self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What the keyboard reaches is scrolled into view."""
        if event.type() is QEvent.Type.FocusIn and isinstance(watched, QWidget):
            keep_in_view(watched)
        return super().eventFilter(watched, event)
