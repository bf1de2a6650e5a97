"""Ctrl+K: type, arrows, Enter. Finds any page of the Library from anywhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from omi_desktop.domain.stages import Nation
from omi_desktop.library.search import Found
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.library.rows import Row, RowList, of_hits, of_item
from omi_desktop.ui.library.shelves import SearchBox
from omi_desktop.ui.widgets import labels

if TYPE_CHECKING:
    from omi_desktop.ui.room import Room

_WIDTH: Final = 620
_HEIGHT: Final = 440
_LIMIT: Final = 20
_PASSED_ON: Final = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 5, Qt.Key.Key_PageUp: -5}


class SearchDialog(QDialog):
    """`go` carries the target of the page that was chosen, then the dialog is gone."""

    go = Signal(str)

    def __init__(self, room: Room, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Search the Library")
        self._library = room.library
        person = room.desk.person()
        self._nation = person.nation if person is not None else Nation.ENGLAND
        self._query = self._answered = ""
        self._opens_when_found = False
        self.search = SearchBox("Search the Library", "Search the handbook, activities and careers")
        self.list = RowList("Results")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.understood = labels.muted("")
        self.understood.hide()
        self.nothing = labels.muted("")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.nothing.setContentsMargins(8, 12, 8, 12)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(12)
        column.addWidget(self.search)
        column.addWidget(self.understood)
        column.addWidget(self._stack, 1)
        column.addWidget(labels.small("Up and Down to choose, Enter to open, Esc to close"))
        self.search.textChanged.connect(self._on_typed)
        self.search.returnPressed.connect(self._open_current)
        self.search.installEventFilter(self)
        self.list.opened.connect(lambda row, _is_by_key: self._open(row))
        self._fit()
        self._show([of_item(chapter) for chapter in self._library.chapters()])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = _PASSED_ON.get(Qt.Key(event.key()))
            if step is not None:
                self.list.step(step)
                self._announce()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.reject()
                return True
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        px = theme.current().px
        parent = self.parent()
        size = parent.size() if isinstance(parent, QWidget) else self.screen().availableSize()
        self.resize(min(px(_WIDTH), size.width() - 40), min(px(_HEIGHT), size.height() - 40))

    def _on_typed(self, text: str) -> None:
        self._query = " ".join(text.split())
        self._opens_when_found = False
        if not self._query:
            self._answered = ""
            self._say_understood(Found([]))
            self._show([of_item(chapter) for chapter in self._library.chapters()])
            return
        tasks.run(
            partial(self._library.search, self._query, None, _LIMIT, nation=self._nation),
            owner=self,
            done=partial(self._on_found, self._query),
        )

    def _on_found(self, query: str, found: Found) -> None:
        if query != self._query:
            return
        self._answered = query
        self._say_understood(found)
        self._show(of_hits(found, self._library))
        if self._opens_when_found:
            self._open_current()

    def _say_understood(self, found: Found) -> None:
        """How the words were read; on the Library page each of it can be taken back."""
        said = [meaning.label for meaning in found.meanings]
        said += [f"“{typed}” read as “{meant}”" for typed, meant in found.read_as]
        self.understood.setText(" · ".join(said))
        self.understood.setVisible(bool(said))

    def _show(self, rows: list[Row]) -> None:
        self.list.show_rows(rows)
        self.list.step(1)
        self._announce()
        self.nothing.setText(f"Nothing found for “{self._query}”. Try fewer words, or other ones.")
        self._stack.setCurrentWidget(self.list if rows else self.nothing)

    def _announce(self) -> None:
        """The keyboard stays in the box, so the box says which row Enter would open."""
        row = self.list.current_row
        self.search.setAccessibleDescription(row.sentence if row is not None else self.nothing.text())

    def _open_current(self) -> None:
        """Enter; it may come before the answer to what was typed."""
        self._opens_when_found = self._answered != self._query
        if not self._opens_when_found and self.list.current_row is not None:
            self._open(self.list.current_row)

    def _open(self, row: Row) -> None:
        self.go.emit(f"library/{row.target}/{self._query}" if self._query else f"library/{row.target}")
        self.accept()
