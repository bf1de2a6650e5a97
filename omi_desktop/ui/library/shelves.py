"""The left side of the Library: one search box, a tab for each shelf, and the list of what stands there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from omi_desktop.domain.stages import Nation
from omi_desktop.library import Hit, Kind
from omi_desktop.library.items import KINDS
from omi_desktop.library.search import Found
from omi_desktop.library.understanding import Meaning, without
from omi_desktop.library.wishes import Wish, choose, filters, label
from omi_desktop.ui import icons, tasks, theme
from omi_desktop.ui.library.chips import Chip, Chips
from omi_desktop.ui.library.filter_panel import FilterPanel
from omi_desktop.ui.library.rows import Row, RowList, of_hits, of_item, starred
from omi_desktop.ui.library.scrolled import scrolled
from omi_desktop.ui.widgets import buttons
from omi_desktop.ui.widgets.empty import EmptyState

if TYPE_CHECKING:
    from omi_desktop.library import Library
    from omi_desktop.services.favourites import Favourites

SHELVES: Final[tuple[tuple[Kind, str], ...]] = (
    ("handbook", "Handbook"),
    ("activity", "Activities"),
    ("career", "Careers"),
)
_ALL: Final = 0
_FAVOURITES: Final = len(SHELVES) + 1
_PRINT: Final = len(SHELVES) + 2
_ON_PAPER: Final = {
    "print", "poster", "posters", "a3", "a4", "handout", "handouts", "slip", "slips", "invitation", "invitations",
}  # fmt: skip
"""Who types one of these may want a thing to print, which is no page and is not found."""
"""Tabs beside those of the shelves."""
_MOST: Final = 60
_EVERY: Final = 10_000


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


class Nothing(EmptyState):
    """In place of an empty list: what was asked for, and how to ask for less."""

    def __init__(self) -> None:
        super().__init__("search", "Nothing found", " ")
        self._offers = Chips()
        column = self.layout()
        assert isinstance(column, QVBoxLayout)  # noqa: S101 -- EmptyState is a column
        column.insertWidget(column.count() - 1, self._offers)

    def say(self, title: str, text: str, offers: Sequence[Chip]) -> None:
        """Say it, with the ways on."""
        self.heading.setText(title)
        self.text.setText(text)
        self._offers.show_chips(offers)


class Shelves(QObject):
    """Joins the search box, the chips, the tabs, the filters and the list.

    `opened` carries the Row that someone chose, and whether by key; `starred` the name of the page that is to become a
    favourite or none; `arranged` says that more or less room is wanted.
    """

    opened = Signal(object, bool)
    starred = Signal(str)
    arranged = Signal()

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._library: Library | None = None
        self._nation = Nation.ENGLAND
        self._favourites: Favourites | None = None
        self._found = Found([])
        self._every: list[Hit] = []
        self._query = ""
        self._answered = ""
        self._opens_when_found = False
        self._shelf = 1
        self._open = ""
        self._wishes: dict[Kind, tuple[Wish, ...]] = {}

        self.search = SearchBox("Search the Library", "Search: a word, “Year 5”, “30 minutes”, “no kit”")
        self.chips = Chips()
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Shelves")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(True)
        for text in ("All", *(name for _kind, name in SHELVES), "Favourites", "Print"):
            self.tabs.addTab(text)
        self.tabs.setTabVisible(_ALL, False)
        self.tabs.setCurrentIndex(self._shelf)
        self.filter_button = buttons.quiet("Filter", self._toggle_filters, icon_name="filter")
        self.list = RowList("Pages")
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.filters = FilterPanel()
        self.nothing = Nothing()
        self._nothing_area = scrolled(self.nothing)
        self.stack = QStackedWidget()
        for pane in (self.list, self._nothing_area, self.filters):
            self.stack.addWidget(pane)

        self.search.textChanged.connect(self._on_typed)
        self.search.returnPressed.connect(self._open_first)
        self.search.down_pressed.connect(self._enter_list)
        self.tabs.currentChanged.connect(self._on_tab)
        self.list.opened.connect(self.opened)
        self.filters.changed.connect(self._on_filtered)
        self.filters.closed.connect(self._close_filters)

    @property
    def is_searching(self) -> bool:
        """Whether results are shown instead of a shelf."""
        return bool(self._query)

    @property
    def is_filtering(self) -> bool:
        """Whether the filters stand in place of the list."""
        return self.stack.currentWidget() is self.filters

    @property
    def can_filter(self) -> bool:
        """Whether one shelf is in view, which has filters."""
        return self._kind is not None

    @property
    def is_printing(self) -> bool:
        """Whether the tab is chosen that has no list of pages: what can be printed."""
        return self.tabs.currentIndex() == _PRINT

    def choose_print(self) -> None:
        """Go to that tab."""
        self.search.clear()
        self.tabs.setCurrentIndex(_PRINT)

    @property
    def query(self) -> str:
        """What the results in view were found for; empty on a shelf."""
        return self._answered if self.is_searching else ""

    def fill(self, library: Library, favourites: Favourites, nation: Nation) -> None:
        """Take the library and show the first shelf. `nation` says which year groups there are."""
        self._library = library
        self._favourites = favourites
        self._nation = nation
        self._show()

    def read_again(self) -> None:
        """There are other pages than before."""
        self._ask()

    def take_nation(self, nation: Nation) -> None:
        """The person volunteers somewhere else now: "Year 8" means another year."""
        if nation is not self._nation:
            self._nation = nation
            self._wishes.pop("activity", None)
            self._ask()

    def show_favourites(self) -> None:
        """There are other favourites than before; the list stays at its place."""
        row, place = self.list.currentIndex().row(), self.list.verticalScrollBar().value()
        target = self.list.current_row.target if self.list.current_row else ""
        self._show()
        self.list.choose(target)
        if self.list.current_row is None and self.list.hasFocus() and self.list.rows:
            self.list.step(min(row, len(self.list.rows) - 1) + 1)
        self.list.verticalScrollBar().setValue(place)

    def mark(self, kind: Kind, item_id: str) -> None:
        """Show which page is open, on its own shelf when nothing is searched for."""
        self._open = f"{kind}/{item_id}"
        number = 1 + [shelf for shelf, _name in SHELVES].index(kind)
        is_here = self.tabs.currentIndex() == _FAVOURITES and self._open in self._favourite_pages
        if not self.is_searching and number != self.tabs.currentIndex() and not is_here:
            self.tabs.setCurrentIndex(number)
        self.list.choose(self._open)

    def clear(self) -> None:
        """Back from results to the shelves, ready to type again."""
        self.search.clear()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def _kind(self) -> Kind | None:
        number = self.tabs.currentIndex()
        return SHELVES[number - 1][0] if number not in {_ALL, _FAVOURITES, _PRINT} else None

    @property
    def _favourite_pages(self) -> tuple[str, ...]:
        return self._favourites.all() if self._favourites is not None else ()

    @property
    def _has_favourites_only(self) -> bool:
        return self.tabs.currentIndex() == _FAVOURITES

    def _on_typed(self, text: str) -> None:
        query = " ".join(text.split())
        if query == self._query or self._library is None:
            return
        was_searching, self._query = self.is_searching, query
        self._opens_when_found = False
        if query and not was_searching:
            self._shelf = self.tabs.currentIndex()
        if not query:
            self._answered = ""
            self.tabs.setTabVisible(_PRINT, True)
            self.tabs.setCurrentIndex(self._shelf)
            self.tabs.setTabVisible(_ALL, False)
        if self.is_filtering:
            self._close_filters()
        self._ask()

    def _ask(self) -> None:
        if self._library is None or not self._query:
            self._show()
            return
        wishes = [wish for chosen in self._wishes.values() for wish in chosen]
        search = partial(self._library.search, self._query, None, nation=self._nation, wishes=wishes)
        tasks.run(
            partial(_search, search),
            owner=self,
            done=partial(self._on_found, self._query),
        )

    def _on_found(self, query: str, answer: tuple[Found, list[Hit]]) -> None:
        if query != self._query:
            return
        self._found, self._every = answer
        self._answered = query
        if not self.tabs.isTabVisible(_ALL):
            self.tabs.setTabVisible(_ALL, True)
            if not self._has_favourites_only:
                self.tabs.setCurrentIndex(_ALL)
            self.tabs.setTabVisible(_PRINT, False)
        self._show()
        if self._opens_when_found:
            self._open_first()

    def _on_tab(self, number: int) -> None:
        if not self.is_searching and number != _ALL:
            self._shelf = number
        if self.is_filtering:
            self._close_filters()
        self._show()

    def _show(self) -> None:
        if self._library is None:
            return
        rows = self._results() if self.is_searching else self._pages()
        if not self._has_favourites_only:
            kept = frozenset(self._favourite_pages)
            rows = [starred(row) if row.target in kept else row for row in rows]
        self.list.show_rows(rows)
        self.list.setAccessibleName(
            "Results" if self.is_searching else self.tabs.tabText(self.tabs.currentIndex())
        )
        self.list.choose(self._open)
        self._name_tabs()
        self._show_chips(is_empty=not rows)
        if self.is_filtering:
            self.filters.show_count(len(rows))
        else:
            self.stack.setCurrentWidget(self.list if rows else self._nothing_area)

    def _results(self) -> list[Row]:
        assert self._library is not None  # noqa: S101 -- `_show` asks before
        if self._has_favourites_only:
            return of_hits(self._found._replace(hits=self._found_favourites), self._library)
        rows = of_hits(self._found, self._library)
        return [row for row in rows if self._kind is None or row.target.startswith(f"{self._kind}/")]

    @property
    def _found_favourites(self) -> list[Hit]:
        kept = frozenset(self._favourite_pages)
        return [hit for hit in self._every if f"{hit.kind}/{hit.id}" in kept]

    def _pages(self) -> list[Row]:
        assert self._library is not None  # noqa: S101 -- `_show` asks before
        if self._has_favourites_only:
            items = {f"{item.kind}/{item.id}": item for kind in KINDS for item in self._library.shelf(kind)}
            # One whose page is gone for now stays a favourite: it may come again with other pages.
            return [of_item(items[name]) for name in self._favourite_pages if name in items]
        kind = self._kind or "handbook"
        chosen = choose(self._library.shelf(kind), self._wishes.get(kind, ()))
        return [of_item(item, doubt) for item, doubt in chosen]

    def _name_tabs(self) -> None:
        counts = Counter(hit.kind for hit in self._found.hits)
        self.tabs.setTabText(_ALL, f"All ({len(self._found.hits)})")
        for number, (kind, name) in enumerate(SHELVES, 1):
            self.tabs.setTabText(number, f"{name} ({counts[kind]})" if self.is_searching else name)
        favourites = f"Favourites ({len(self._found_favourites)})" if self.is_searching else "Favourites"
        self.tabs.setTabText(_FAVOURITES, favourites)
        here = len(self._wishes.get(self._kind, ())) if self._kind is not None else 0
        self.filter_button.setText(f"Filter ({here})" if here else "Filter")
        self.filter_button.setAccessibleName(self.filter_button.text())
        self.filter_button.setVisible(self.can_filter)

    def _show_chips(self, *, is_empty: bool) -> None:
        """What was understood and what is chosen; in an empty list also what there would be without one of them."""
        found = self._found if self.is_searching else Found([])
        typed = [(meaning.wish, meaning.label, partial(self._untype, meaning)) for meaning in found.meanings]
        chosen = [
            (wish, label(wish), partial(self._unchoose, wish))
            for kind, wishes in self._wishes.items()
            if self._kind in (None, kind) and not self._has_favourites_only
            for wish in wishes
        ]
        said = ", ".join(f"“{one}” read as “{other}”" for one, other in found.read_as)
        offers = []
        counts = self._counts_without(found)
        for wish, words, take_back in (*typed, *chosen):
            if counts.get(wish):
                offers.append(Chip(f"Without “{words}” ({counts[wish]})", take_back, is_offer=True))
        chips = [Chip(words, take_back) for _wish, words, take_back in (*typed, *chosen)]
        if not _ON_PAPER.isdisjoint(self._query.casefold().split()):
            chips.append(Chip("Posters, slips and handouts to print", self.choose_print, is_offer=True))
        self.chips.show_chips(chips if is_empty else [*chips, *offers], said)
        if is_empty:
            self._say_nothing(offers)
        self.arranged.emit()

    def _counts_without(self, found: Found) -> dict[Wish, int]:
        """How many pages there are without each wish, where there are none with all of them."""
        kind = self._kind
        if self.is_searching or kind is None or self._library is None:
            return dict(found.instead) if kind in (None, "activity") else {}
        wishes = self._wishes.get(kind, ())
        shelf = self._library.shelf(kind)
        if choose(shelf, wishes):
            return {}
        return {wish: len(choose(shelf, [one for one in wishes if one != wish])) for wish in wishes}

    def _say_nothing(self, offers: Sequence[Chip]) -> None:
        if self._has_favourites_only:
            self._say_no_favourites()
            return
        back = Chip("Clear the search", self.clear, is_offer=True)
        if not self.is_searching:
            back = Chip("Clear the filters", self._clear_filters, is_offer=True)
            self.nothing.say("Nothing here is all of this", "Take one of your choices back.", [*offers, back])
        elif offers:
            self.nothing.say(
                f"No activity is all of this: “{self._query}”",
                "Take one of the wishes back, or look at the other shelves.",
                [*offers, back],
            )
        else:
            self.nothing.say(
                f"Nothing found for “{self._query}”",
                "Try fewer words, or other ones: young people, rocket, safeguarding.",
                [back],
            )

    def _say_no_favourites(self) -> None:
        if not self.is_searching:
            self.nothing.say(
                "No favourites yet",
                "Press the star above a page, or Ctrl+D, and the page waits here for you.",
                [],
            )
            return
        everywhere = partial(self.tabs.setCurrentIndex, _ALL)
        self.nothing.say(
            f"No favourite of yours has “{self._query}”",
            "Look in the whole Library, or try fewer words.",
            [
                Chip(f"Look in the whole Library ({len(self._found.hits)})", everywhere, is_offer=True),
                Chip("Clear the search", self.clear, is_offer=True),
            ],
        )

    def _show_menu(self, place: QPoint) -> None:
        row = self.list.current_row
        if row is None or not self.list.visualRect(self.list.currentIndex()).contains(place):
            return
        is_kept = row.target in self._favourite_pages
        menu = QMenu(self.list)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = "Remove from favourites" if is_kept else "Add to favourites"
        action = menu.addAction(f"{text}\tCtrl+D")
        action.triggered.connect(partial(self.starred.emit, row.target))
        menu.popup(self.list.viewport().mapToGlobal(place))

    def _untype(self, meaning: Meaning) -> None:
        self.search.setText(without(self._answered, meaning))
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _unchoose(self, wish: Wish) -> None:
        self._wishes[wish.kind] = tuple(one for one in self._wishes[wish.kind] if one != wish)
        if self.is_filtering:
            self._offer_filters(wish.kind)
        self._ask()
        self.filter_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _clear_filters(self) -> None:
        if self._kind is not None:
            self._wishes.pop(self._kind, None)
        self._ask()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _toggle_filters(self) -> None:
        if self.is_filtering:
            self._close_filters()
        elif self._kind is not None:
            self._offer_filters(self._kind)
            self.stack.setCurrentWidget(self.filters)
            self._show()
            self.arranged.emit()
            self.filters.take_focus()

    def _offer_filters(self, kind: Kind) -> None:
        if self._library is not None:
            offered = filters(kind, self._library.shelf(kind), self._nation)
            self.filters.offer(kind, offered, self._wishes.get(kind, ()))

    def _on_filtered(self) -> None:
        if self._kind is not None:
            self._wishes[self._kind] = self.filters.wishes
            self._ask()

    def _close_filters(self) -> None:
        self.stack.setCurrentWidget(self.list)
        self._show()
        self.arranged.emit()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_first(self) -> None:
        """Enter in the box; it may come before the answer to what was typed."""
        self._opens_when_found = self._answered != self._query
        if self._opens_when_found:
            return
        row = next(iter(self.list.rows), None)
        if row is not None:
            self.opened.emit(row, True)

    def _enter_list(self) -> None:
        if self.list.rows:
            if self.list.current_row is None:
                self.list.step(1)
            self.list.setFocus(Qt.FocusReason.TabFocusReason)


def _search(search: Callable[..., Found]) -> tuple[Found, list[Hit]]:
    """What is shown of a search, and all that it finds: a favourite may be far down."""
    found = search(_MOST)
    return found, search(_EVERY).hits if len(found.hits) == _MOST else found.hits
