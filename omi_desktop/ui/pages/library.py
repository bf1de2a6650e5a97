"""The Library: find a page, read it, follow its links."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from omi_desktop.domain.stages import Nation
from omi_desktop.library import Kind
from omi_desktop.library.items import KINDS
from omi_desktop.library.targets import inside
from omi_desktop.ui import page as contract
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.keeping import Keeping
from omi_desktop.ui.library.beside import Beside
from omi_desktop.ui.library.history import History, Visit
from omi_desktop.ui.library.margin_pane import MarginPane
from omi_desktop.ui.library.next_session import NextSessionButton
from omi_desktop.ui.library.page_reading import Opened, open_page
from omi_desktop.ui.library.print_tab import PrintTab, print_page
from omi_desktop.ui.library.reading_pane import ReadingPane
from omi_desktop.ui.library.rows import Row
from omi_desktop.ui.library.shelves import Shelves
from omi_desktop.ui.shortcuts import SHORTCUTS
from omi_desktop.ui.today.look import FIRST_VISIT
from omi_desktop.ui.widgets import buttons, labels

if TYPE_CHECKING:
    from omi_desktop.domain.errors import OmiError
    from omi_desktop.ui.room import Room

_THREE_COLUMNS: Final = 1080
_TWO_COLUMNS: Final = 620
_TALL: Final = 560
_LIST_WIDTH: Final = 270
_FILTER_WIDTH: Final = 360
_BESIDE_WIDTH: Final = 250
"""Lengths at 100 % text."""
_NO_LIMIT: Final = 16_777_215


class LibraryPage(contract.Page):
    """List, reader, and what stands beside the text, in as many columns as the window has room for."""

    page_name = "library"
    page_title = "Library"

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None
        self._pages: int | None = None
        self._history = History()
        self._wanted: Visit | None = None
        self._alone = "list"
        self._placed = (0, False)
        self._takes_focus = True
        self._favourites: tuple[str, ...] = ()
        self._ticked: dict[str, frozenset[str]] = {}

        self.title_label = labels.title(self.page_title)
        self.shelves = Shelves(self)
        self.reading = ReadingPane(partial(self.read, "handbook", FIRST_VISIT))
        self.reader = self.reading.reader
        self.way_out = self.reading.way_out
        self.notice = self.reading.notice
        self._keeping = Keeping(self, self.notice.tell)
        self.margin = MarginPane(self._keeping)
        self.beside = Beside(self.margin)
        self.printing = PrintTab()
        self._build()
        self._add_keys()
        self.shelves.opened.connect(self._open_row)
        self.shelves.starred.connect(self._toggle_favourite)
        self.to_session.go.connect(self.go)
        self.shelves.arranged.connect(self._arrange)
        self.reader.followed.connect(self._follow)
        self.reader.ticks_changed.connect(self._keep_ticks)
        self.reading.stepped.connect(self.step)
        self.reading.chapter_picked.connect(partial(self.read, "handbook"))
        self.reading.resized.connect(self._resize_text)
        self.beside.heading_picked.connect(self._go_to_heading)
        self.beside.link_picked.connect(self._follow)
        self.beside.currentChanged.connect(self._arrange)
        theme.current().changed.connect(self._arrange)
        self._arrange()

    def fill(self, room: Room) -> None:
        self._room = room
        self._pages = room.pages.state().version
        self.printing.fill(room)
        self.margin.fill(room.desk)
        self.to_session.fill(room)
        self.shelves.fill(room.library, room.desk.favourites, self._nation())

    def show_target(self, rest: str) -> None:
        kind, _, item_id = rest.partition("/")
        if kind == "print":
            self.shelves.choose_print()
        item_id, _, sought = item_id.partition("/")
        item_id, _, version = item_id.partition("@")
        if kind in KINDS and item_id:
            self.read(kind, item_id, sought=sought, version=version)

    def refresh(self) -> None:
        """The shelves again if there are other pages; what is being read stays."""
        self.shelves.take_nation(self._nation())
        self.to_session.refresh()
        self._show_favourites()
        pages = self._room.pages.state().version if self._room is not None else None
        if pages != self._pages:
            self._pages = pages
            self.shelves.read_again()

    def read(self, kind: Kind, item_id: str, *, sought: str = "", version: str = "") -> None:
        """Show a page, and remember the one in view for the way back.

        `sought` is the search that led to it, `version` that of a plan, if it has one.
        """
        self._leave()
        self._fetch(Visit(kind, item_id, sought=sought, version=version))

    def step(self, by: int) -> None:
        """Go back (-1) or forward (1)."""
        self._leave()
        if visit := self._history.step(by):
            self._fetch(visit)

    def _nation(self) -> Nation:
        person = self._room.desk.person() if self._room is not None else None
        return person.nation if person is not None else Nation.ENGLAND

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _leave(self) -> None:
        if self._wanted is None:
            self._history.leave(self.reader.verticalScrollBar().value())

    def _fetch(self, visit: Visit) -> None:
        if self._room is None:
            return
        self._wanted = visit
        self._takes_focus = True
        tasks.run(
            partial(open_page, self._room, visit, self._nation()),
            owner=self,
            done=partial(self._show_page, visit),
            failed=partial(self._say, visit),
        )

    def _show_page(self, visit: Visit, opened: Opened) -> None:
        if visit != self._wanted or self._room is None:
            return
        page, sought = opened.page, opened.sought
        self._wanted = None
        self._history.go(visit)
        ticked = self._ticked.get(visit.name)
        self.reading.show_page(
            page, visit.scroll, self._room.desk.ticks.of(visit.name) if ticked is None else ticked
        )
        self.beside.show_page(page)
        self.margin.show_page(visit, opened)
        self.to_session.show_page(opened.item, opened.next_plan)
        self._show_star()
        self.shelves.mark(visit.kind, visit.id)
        self._show_neighbours(visit)
        self._alone = "reader"
        self._arrange()
        if sought:
            self.reader.marks.show_words(sought, brings=not visit.scroll)
        if self._takes_focus or not self.shelves.list.isVisible():
            self.reading.take_focus()

    def _say(self, visit: Visit, error: OmiError) -> None:
        if visit == self._wanted:
            self._wanted = None
            self._alone = "reader"
            self._arrange()
            self.notice.tell(error)

    def _show_neighbours(self, visit: Visit) -> None:
        before, after = None, None
        if self._room is not None and visit.kind == "handbook":
            before, after = self._room.library.neighbours(visit.id)
        self.reading.show_neighbours(before, after)

    def _star(self) -> None:
        """The row that the keyboard is at, else the page that is read."""
        row = self.shelves.list.current_row
        if self.shelves.list.hasFocus() and row is not None:
            self._toggle_favourite(row.target)
        else:
            self._star_page()

    def _star_page(self) -> None:
        if self.reading.is_reading and self._history.here is not None:
            self._toggle_favourite(self._history.here.name)

    def _toggle_favourite(self, page: str) -> None:
        if self._room is not None:
            tasks.run(
                partial(self._room.desk.favourites.toggle, page),
                owner=self,
                done=lambda _none: self._show_favourites(),
                failed=self.notice.tell,
            )

    def _show_favourites(self) -> None:
        kept = self._room.desk.favourites.all() if self._room is not None else ()
        if kept != self._favourites:
            self._favourites = kept
            self.shelves.show_favourites()
            self._show_star()

    def _show_star(self) -> None:
        here = self._history.here
        is_kept = here is not None and here.name in self._favourites
        self.star.set_icon("star_kept" if is_kept else "star")
        name = "Remove from favourites" if is_kept else "Add to favourites"
        self.star.setAccessibleName(name)
        self.star.setToolTip(f"{name} (Ctrl+D)")

    def _keep_ticks(self) -> None:
        here = self._history.here
        if self._room is not None and here is not None:
            self._ticked[here.name] = self.reader.ticked
            work = partial(self._room.desk.ticks.put, here.name, self.reader.ticked)
            self._keeping.keep(f"ticks of {here.name}", work)

    def _resize_text(self, by: int) -> None:
        """One size larger (1), smaller (-1) or the usual one (0), for the whole app; kept as Settings keeps it."""
        at = min(range(len(theme.SCALES)), key=lambda at: abs(theme.SCALES[at] - theme.current().scale))
        wanted = theme.SCALES[min(max(at + by, 0), len(theme.SCALES) - 1) if by else 0]
        if wanted == theme.current().scale:
            return
        theme.current().choose(theme.current().mode, wanted)
        if self._room is not None:
            work = partial(self._room.desk.preferences.put, "text_size", round(wanted * 100))
            self._keeping.keep("text size", work)

    def _open_row(self, row: Row, is_by_key: bool) -> None:
        if place := inside(f"omi:{row.target}"):
            self.read(*place, sought=self.shelves.query)
            self._takes_focus = is_by_key

    def _follow(self, target: str) -> None:
        if place := inside(target):
            self.read(*place)
        elif target.startswith("https://"):
            self._alone = "reader"
            self._arrange()
            self.way_out.ask(target, self._room.online.state() if self._room is not None else None)

    def _open_in_browser(self) -> None:
        here = self._history.here
        if self._room is not None and here is not None:
            tasks.run(
                partial(self._room.library.web_page, here.kind, here.id),
                owner=self,
                done=self.way_out.open_file,
                failed=self.notice.tell,
            )

    def _print_page(self) -> None:
        here = self._history.here
        if self._room is not None and here is not None and self.reading.is_reading:
            print_page(self._room, here.kind, here.id, self.window())

    def _go_to_heading(self, anchor: str) -> None:
        self._alone = "reader"
        self._arrange()
        self.reader.scrollToAnchor(anchor)
        self.reading.take_focus()

    def _build(self) -> None:
        self.to_list = buttons.quiet("All pages", partial(self._show_alone, "list"), icon_name="library")
        self.to_beside = buttons.quiet("Contents and notes", self._toggle_beside, icon_name="menu")
        self.to_beside.setAccessibleName("Contents, links and notes")
        self.to_beside.setToolTip("Contents, links and notes")
        self.to_browser = buttons.quiet("", self._open_in_browser, icon_name="external")
        self.to_browser.setAccessibleName("Open in browser")
        self.to_browser.setToolTip(
            "Open in browser: for your screen reader, or to read beside something else"
        )
        self._closing = buttons.quiet(
            "Back to the page", partial(self._show_alone, "reader"), icon_name="back"
        )
        self.to_print = buttons.quiet("", self._print_page, icon_name="print")
        self.to_print.setAccessibleName("Print or PDF…")
        self.to_print.setToolTip("Print or PDF… (Ctrl+P)")
        self.star = buttons.quiet("", self._star_page, icon_name="star")
        self._show_star()
        self.to_session = NextSessionButton(self.notice)
        for button in (
            self.to_list, self.to_beside, self.star, self.to_browser, self.to_print, self.to_session,
        ):  # fmt: skip
            self.reading.add_to_bar(button)

        self._header = QHBoxLayout()
        self._header.setSpacing(contract.GUTTER)
        self._header.addWidget(self.title_label)
        self._header.addWidget(self.shelves.search, 1)
        shelf_row = QHBoxLayout()
        shelf_row.setSpacing(8)
        shelf_row.addWidget(self.shelves.tabs, 1)
        shelf_row.addWidget(self.shelves.filter_button)
        self._grid = QGridLayout()
        self._grid.setSpacing(contract.GUTTER)
        outer = QVBoxLayout(self)
        outer.setSpacing(10)
        outer.addLayout(self._header)
        outer.addWidget(self.shelves.chips)
        outer.addLayout(shelf_row)
        outer.addLayout(self._grid, 1)
        outer.addWidget(self.printing, 1)
        self._outer = outer

    def _add_keys(self) -> None:
        for keys, slot in (
            ("Alt+Left", partial(self.step, -1)),
            ("Alt+Right", partial(self.step, 1)),
            (SHORTCUTS["find"].keys, self._find),
            ("Ctrl+P", self._print_page),
            (SHORTCUTS["star"].keys, self._star),
            ("F3", partial(self.reader.marks.step, 1)),
            ("Shift+F3", partial(self.reader.marks.step, -1)),
            (SHORTCUTS["larger"].keys, partial(self._resize_text, 1)),
            ("Ctrl+=", partial(self._resize_text, 1)),
            (SHORTCUTS["smaller"].keys, partial(self._resize_text, -1)),
            (SHORTCUTS["usual_size"].keys, partial(self._resize_text, 0)),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    def _find(self) -> None:
        """In the page that is open, else in the whole Library."""
        if self.reading.is_reading and self.reading.isVisible():
            self.reading.find_bar.open()
        else:
            self._focus_search()

    def _focus_search(self) -> None:
        self._show_alone("list")
        self.shelves.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.shelves.search.selectAll()

    def _show_alone(self, pane: str) -> None:
        self._alone = pane
        self._arrange()
        target = {"list": self.shelves.list, "beside": self.beside, "reader": self.reader}[pane]
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _toggle_beside(self) -> None:
        self._show_alone("reader" if self.beside.isVisible() else "beside")

    def _arrange(self) -> None:
        """Three columns, two, or one pane at a time; what is beside the text stays one click away."""
        px = theme.current().px
        columns = 3 if self.width() >= px(_THREE_COLUMNS) else 2 if self.width() >= px(_TWO_COLUMNS) else 1
        is_tall = self.height() >= px(_TALL)
        is_reading = self.reading.is_reading
        if self.shelves.is_printing:
            shown: set[str] = set()
        elif columns == 1:
            shown = {self._alone if is_reading or self._alone == "list" else "reader"}
        elif columns == 2 and not is_tall:
            shown = {"reader", "beside" if self._alone == "beside" and is_reading else "list"}
        else:
            has_beside = is_reading and not (columns == 2 and self.shelves.is_filtering)
            shown = {"list", "reader", "beside"} if has_beside else {"list", "reader"}
        self._place(columns, shown)
        has_header = columns > 1 or "list" in shown or self.shelves.is_printing
        visibility: tuple[tuple[QWidget, bool], ...] = (
            (self.title_label, columns > 1),
            (self.shelves.search, has_header),
            (self.shelves.tabs, has_header),
            (self.shelves.filter_button, has_header and self.shelves.can_filter),
            (self.shelves.chips, has_header and self.shelves.chips.says_something),
            (self.shelves.stack, "list" in shown),
            (self.beside, "beside" in shown),
            (self.reading, "reader" in shown),
            (self.to_list, columns == 1),
            (self.to_beside, is_reading and (columns == 1 or (columns == 2 and not is_tall))),
            (self.to_browser, is_reading),
            (self.to_print, is_reading),
            (self.star, is_reading),
            (self.to_session, is_reading and self.to_session.can_add),
            (self.reading.to_find, is_reading and columns > 1),
            (self.reading.smaller, is_reading and columns == 3),
            (self.reading.larger, is_reading and columns == 3),
            (self.reading.foot, is_tall and columns > 1 and self.reading.has_neighbours),
            (self._closing, columns == 1 and "beside" in shown),
        )
        for widget, is_shown in visibility:
            widget.setVisible(is_shown)
        self._outer.setStretchFactor(self._grid, 0 if self.shelves.is_printing else 1)
        self.printing.set_open(is_open=self.shelves.is_printing)
        self.reading.back.setEnabled(self._history.can_go_back)
        self.reading.forward.setEnabled(self._history.can_go_forward)
        self.reading.smaller.setEnabled(theme.current().scale > theme.SCALES[0])
        self.reading.larger.setEnabled(theme.current().scale < theme.SCALES[-1])

    def _place(self, columns: int, shown: set[str]) -> None:
        px = theme.current().px
        margin = contract.MARGIN if columns > 1 else 12
        self._outer.setContentsMargins(margin, margin - 8 if columns > 1 else margin, margin, margin)
        list_width = _FILTER_WIDTH if self.shelves.is_filtering else _LIST_WIDTH
        panes: tuple[tuple[QWidget, int], ...] = (
            (self.shelves.stack, list_width),
            (self.beside, _BESIDE_WIDTH),
        )
        for pane, width in panes:
            wanted = px(width if columns == 3 else list_width)
            pane.setMinimumWidth(wanted if columns > 1 else 0)
            pane.setMaximumWidth(wanted if columns > 1 else _NO_LIMIT)
        is_stacked = columns == 2 and {"list", "beside"} <= shown
        half = self._grid.geometry().height() // 2
        self.beside.setMaximumHeight(
            max(min(self.beside.natural_height(), half), px(110)) if is_stacked else _NO_LIMIT
        )
        if (columns, is_stacked) == self._placed:
            return
        self._placed = (columns, is_stacked)
        for pane, place in (
            (self.shelves.stack, (0, 0, 1 if is_stacked else 2, 1)),
            (self.reading, (0, min(columns - 1, 1), 2, 1)),
            (self.beside, (1, 0, 1, 1) if is_stacked else (0, 2 if columns == 3 else 0, 2, 1)),
            (self._closing, (2, 0, 1, 1)),
        ):
            self._grid.removeWidget(pane)
            self._grid.addWidget(pane, *place)
        self._grid.setAlignment(self._closing, Qt.AlignmentFlag.AlignLeft)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column == min(columns - 1, 1) else 0)
