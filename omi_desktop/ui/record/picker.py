"""A text field with a list under it: type a few letters, Enter takes the first. No closed combo boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QWidget

from omi_desktop.ui import theme
from omi_desktop.ui.page import keep_in_view

MOST_ROWS: Final = 8
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the list: what it stands for, and the sentence that says so."""

    value: object
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """An option as the list has it: what is read there, and what a screen reader says."""

    shown: str
    said: str


class _Rows(QAbstractListModel):
    """Plain values. PySide deletes half the items of a `QListWidget` while it counts them to clear it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()

    def show(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if index.isValid() and role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()].shown
        if index.isValid() and role == Qt.ItemDataRole.AccessibleTextRole:
            return self._rows[index.row()].said
        return None


class _List(QListView):
    """As tall as its rows. `is_wrapped` sets short rows side by side, like words in a line."""

    def __init__(self, *, is_wrapped: bool) -> None:
        super().__init__()
        self.rows = _Rows(self)
        self.setModel(self.rows)
        self._is_wrapped = is_wrapped
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        if is_wrapped:
            self.setFlow(QListView.Flow.LeftToRight)
            self.setWrapping(True)
            self.setResizeMode(QListView.ResizeMode.Adjust)
            self.setSpacing(2)
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(200, self.fitting_height(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def fitting_height(self, width: int) -> int:
        """The height that shows every row, up to `MOST_ROWS` of them."""
        edges = 2 * self.frameWidth() + 4
        heights = [max(self.sizeHintForRow(row), 1) for row in range(self.rows.rowCount())]
        if not self._is_wrapped:
            return sum(heights[:MOST_ROWS]) + edges
        inside, used, rows = max(width - edges - 8, 60), 0, 1
        for row in range(self.rows.rowCount()):
            wide = self.sizeHintForIndex(self.rows.index(row)).width() + 2 * self.spacing()
            if used and used + wide > inside:
                rows, used = rows + 1, 0
            used += wide
        return min(rows, MOST_ROWS) * (max(heights, default=0) + 2 * self.spacing()) + edges

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        if self._is_wrapped:
            self.fit()

    def fit(self) -> None:
        """Take the height of the rows."""
        self.setFixedHeight(self.fitting_height(self.width()))


class Picker(QObject):
    """Controls a field (`line`) and a list (`list`), which the host lays out where they belong.

    `find` gives the rows for what is typed. `taken` carries the value of the row that a person took; `edited`
    says that the text no longer stands for what was taken; `entered` is Enter with nothing to take.
    """

    taken = Signal(object)
    edited = Signal(str)
    entered = Signal()
    left = Signal()

    def __init__(
        self,
        name: str,
        find: Callable[[str], Sequence[Option]],
        owner: QWidget,
        *,
        placeholder: str = "",
        is_wrapped: bool = False,
    ) -> None:
        super().__init__(owner)
        self.find = find
        self.line = QLineEdit()
        self.line.setMaxLength(300)
        self.line.setPlaceholderText(placeholder)
        self.line.installEventFilter(self)
        self.line.textEdited.connect(self._on_edited)
        self.list = _List(is_wrapped=is_wrapped)
        self.list.pressed.connect(self._on_pressed)
        self.list.setCursor(Qt.CursorShape.PointingHandCursor)
        self._options: list[Option] = []
        self._shown = ""
        self.name(name)
        theme.current().changed.connect(self.list.fit)

    @property
    def is_open(self) -> bool:
        """Whether the list is in view."""
        return not self.list.isHidden()

    def name(self, name: str) -> None:
        """What screen readers call the field and its list."""
        self.line.setAccessibleName(name)
        self.list.setAccessibleName(f"{name}: list")

    def show_text(self, text: str) -> None:
        """Show what is chosen, from code."""
        self._shown = text
        self.line.setText(text)
        self.line.setCursorPosition(0)
        self.close()

    def close(self) -> None:
        """Put the list away."""
        self.list.hide()

    def open(self, typed: str = "") -> None:
        """Bring the list into view for some typed text."""
        self._options = list(self.find(typed))
        self.list.rows.show([self.row_of(option) for option in self._options])
        self.list.setVisible(bool(self._options))
        if self._options:
            self.list.fit()
            if typed:
                self._move_to(0)
            QTimer.singleShot(0, self.list, lambda: keep_in_view(self.list))

    def row_of(self, option: Option) -> Row:
        """The row of an option; pickers that mark rows do it here."""
        return Row(option.text, option.text)

    def take(self, option: Option) -> None:
        """Take a row, as Enter or a click does."""
        self.close()
        self.taken.emit(option.value)

    def take_typed(self) -> bool:
        """Take the best row for text that was typed and not taken yet. Whether there was one."""
        if self.line.text() != self._shown and self.line.text().strip():
            found = self.find(self.line.text())
            if found:
                self.take(found[0])
                return True
        return False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line:
            if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._on_key(event)
            if event.type() is QEvent.Type.MouseButtonRelease and not self.is_open:
                self.open()
                self.line.selectAll()
            elif event.type() is QEvent.Type.FocusOut and self.line.isVisible():
                QTimer.singleShot(0, self.line, self._on_left)
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return False
        if key in _ENTER:
            row = self.list.currentIndex().row()
            if self.is_open and 0 <= row < len(self._options):
                self.take(self._options[row])
            elif not self.take_typed():
                self.entered.emit()
            return True
        if key == Qt.Key.Key_Down:
            if self.is_open:
                self._move_to(self.list.currentIndex().row() + 1)
            else:
                self.open(self.line.text() if self.line.text() != self._shown else "")
                self._move_to(0)
            return True
        if key == Qt.Key.Key_Up and self.is_open:
            self._move_to(self.list.currentIndex().row() - 1)
            return True
        if key == Qt.Key.Key_Escape and self.is_open:
            self.close()
            return True
        return False

    def _move_to(self, row: int) -> None:
        row = min(max(row, 0), len(self._options) - 1)
        if row < 0:
            return
        self.list.setCurrentIndex(self.list.rows.index(row))
        self.list.scrollTo(self.list.currentIndex())
        announce(self.line, f"{self._options[row].text}, {row + 1} of {len(self._options)}")

    def _on_edited(self, text: str) -> None:
        self.open(text.strip())
        self.edited.emit(text)

    def _on_pressed(self, index: QModelIndex) -> None:
        self.take(self._options[index.row()])

    def _on_left(self) -> None:
        if not self.line.hasFocus():
            self.close()
            self.left.emit()


def announce(widget: QWidget, text: str) -> None:
    """Have a screen reader say something about a widget without moving the focus."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
