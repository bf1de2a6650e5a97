"""The left side of the Library: one search box, a tab for each shelf, and the list of what stands there."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QTabBar, QWidget

from omi_desktop.library import Hit, Kind
from omi_desktop.ui import icons, tasks, theme
from omi_desktop.ui.library.rows import RowList, of_hit, of_item
from omi_desktop.ui.library.scrolled import scrolled
from omi_desktop.ui.widgets.empty import EmptyState

if TYPE_CHECKING:
    from omi_desktop.library import Library
    from omi_desktop.library.search import Found

SHELVES: Final[tuple[tuple[Kind, str], ...]] = (
    ("handbook", "Handbook"),
    ("activity", "Activities"),
    ("career", "Careers"),
)
_ALL: Final = 0
_MOST: Final = 60


class SearchBox(QLineEdit):
    """A line to search with; Down leads into the results, Enter takes the first, Esc clears."""

    down_pressed = Signal()

    def __init__(self, name: str, placeholder: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setClearButtonEnabled(True)
        self.setMaxLength(200)
        self._glass = self.addAction(
            icons.icon("search", "muted", 18), QLineEdit.ActionPosition.LeadingPosition
        )
        theme.current().changed.connect(self._draw)

    def _draw(self) -> None:
        self._glass.setIcon(icons.icon("search", "muted", 18))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down_pressed.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class Shelves(QObject):
    """Joins the search box, the tabs and the list. `opened` carries the Row that someone chose, and whether by key."""

    opened = Signal(object, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._library: Library | None = None
        self._hits: list[Hit] = []
        self._query = ""
        self._answered = ""
        self._opens_when_found = False
        self._shelf = 1
        self._open = ""

        self.search = SearchBox("Search the Library", "Search the handbook, activities and careers")
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Shelves")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(True)
        for text in ("All", *(name for _kind, name in SHELVES)):
            self.tabs.addTab(text)
        self.tabs.setTabVisible(_ALL, False)
        self.tabs.setCurrentIndex(self._shelf)
        self.list = RowList("Pages")
        self.nothing = EmptyState(
            "search",
            "Nothing found",
            "Try fewer words, or other ones: young people, rocket, safeguarding.",
            [("Clear the search", self.clear)],
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.list)
        self._nothing_area = scrolled(self.nothing)
        self.stack.addWidget(self._nothing_area)

        self.search.textChanged.connect(self._on_typed)
        self.search.returnPressed.connect(self._open_first)
        self.search.down_pressed.connect(self._enter_list)
        self.tabs.currentChanged.connect(self._on_tab)
        self.list.opened.connect(self.opened)

    @property
    def is_searching(self) -> bool:
        """Whether results are shown instead of a shelf."""
        return bool(self._query)

    def fill(self, library: Library) -> None:
        """Take the library and show the first shelf."""
        self._library = library
        self._show()

    def read_again(self) -> None:
        """There are other pages than before."""
        if self._library is not None and self.is_searching:
            work = partial(self._library.search, self._query, None, _MOST)
            tasks.run(work, owner=self, done=partial(self._on_found, self._query))
        else:
            self._show()

    def mark(self, kind: Kind, item_id: str) -> None:
        """Show which page is open, on its own shelf when nothing is searched for."""
        self._open = f"{kind}/{item_id}"
        number = 1 + [shelf for shelf, _name in SHELVES].index(kind)
        if not self.is_searching and number != self.tabs.currentIndex():
            self.tabs.setCurrentIndex(number)
        self.list.choose(self._open)

    def clear(self) -> None:
        """Back from results to the shelves, ready to type again."""
        self.search.clear()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_typed(self, text: str) -> None:
        query = " ".join(text.split())
        if query == self._query or self._library is None:
            return
        was_searching, self._query = self.is_searching, query
        self._opens_when_found = False
        if not query:
            self._answered = ""
            self.tabs.setCurrentIndex(self._shelf)
            self.tabs.setTabVisible(_ALL, False)
            self._show()
            return
        if not was_searching:
            self._shelf = self.tabs.currentIndex()
        tasks.run(
            partial(self._library.search, query, None, _MOST), owner=self, done=partial(self._on_found, query)
        )

    def _on_found(self, query: str, found: Found) -> None:
        if query != self._query:
            return
        self._hits, self._answered = found.hits, query
        if not self.tabs.isTabVisible(_ALL):
            self.tabs.setTabVisible(_ALL, True)
            self.tabs.setCurrentIndex(_ALL)
        self._show()
        if self._opens_when_found:
            self._open_first()

    def _on_tab(self, number: int) -> None:
        if not self.is_searching and number != _ALL:
            self._shelf = number
        self._show()

    def _show(self) -> None:
        if self._library is None:
            return
        number = self.tabs.currentIndex()
        kind = SHELVES[number - 1][0] if number != _ALL else None
        self._name_tabs()
        if self.is_searching:
            rows = [of_hit(hit) for hit in self._hits if kind in (None, hit.kind)]
            self.nothing.heading.setText(f"Nothing found for “{self._query}”")
        else:
            rows = [of_item(item) for item in self._library.shelf(kind or "handbook")]
        self.list.show_rows(rows)
        self.list.setAccessibleName("Results" if self.is_searching else self.tabs.tabText(number))
        self.stack.setCurrentWidget(self._nothing_area if self.is_searching and not rows else self.list)
        self.list.choose(self._open)

    def _name_tabs(self) -> None:
        counts = Counter(hit.kind for hit in self._hits)
        self.tabs.setTabText(_ALL, f"All ({len(self._hits)})")
        for number, (kind, name) in enumerate(SHELVES, 1):
            self.tabs.setTabText(number, f"{name} ({counts[kind]})" if self.is_searching else name)

    def _open_first(self) -> None:
        """Enter in the box; it may come before the answer to what was typed."""
        self._opens_when_found = self._answered != self._query
        if self._opens_when_found:
            return
        row = self.list.current_row or next(iter(self.list.rows), None)
        if row is not None:
            self.opened.emit(row, True)

    def _enter_list(self) -> None:
        if self.list.rows:
            if self.list.current_row is None:
                self.list.step(1)
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
