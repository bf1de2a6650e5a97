"""The Library: find a page, read it, follow its links."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from omi_desktop.library import Kind
from omi_desktop.library.items import KINDS
from omi_desktop.library.targets import inside
from omi_desktop.ui import page as contract
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.library.beside import Beside
from omi_desktop.ui.library.history import History, Visit
from omi_desktop.ui.library.outside import WayOut
from omi_desktop.ui.library.reader import Reader
from omi_desktop.ui.library.rows import Row
from omi_desktop.ui.library.scrolled import scrolled
from omi_desktop.ui.library.shelves import Shelves
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.empty import EmptyState
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.errors import OmiError
    from omi_desktop.library import Page
    from omi_desktop.ui.room import Room

_THREE_COLUMNS: Final = 1080
_TWO_COLUMNS: Final = 620
_TALL: Final = 560
_LIST_WIDTH: Final = 270
_BESIDE_WIDTH: Final = 230
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
        self._has_neighbours = False
        self._takes_focus = True

        self.title_label = labels.title(self.page_title)
        self.shelves = Shelves(self)
        self.reader = Reader()
        self.beside = Beside()
        self.way_out = WayOut()
        self.notice = Notice()
        self.empty = EmptyState(
            "handbook",
            "Choose a page to read",
            "New here? Your first visit tells you what to do before, on the day and after.",
            [("Read the first chapter", self._read_first_chapter)],
        )
        self._build()
        self._add_keys()
        self.shelves.opened.connect(self._open_row)
        self.reader.followed.connect(self._follow)
        self.beside.heading_picked.connect(self._go_to_heading)
        self.beside.link_picked.connect(self._follow)
        self.way_out.closed.connect(lambda: self.reader.setFocus(Qt.FocusReason.OtherFocusReason))
        theme.current().changed.connect(self._arrange)
        self._arrange()

    def fill(self, room: Room) -> None:
        self._room = room
        self._pages = room.pages.state().version
        self.shelves.fill(room.library)

    def show_target(self, rest: str) -> None:
        kind, _, item_id = rest.partition("/")
        item_id, _, version = item_id.partition("@")
        if kind in KINDS and item_id:
            self.read(kind, item_id, version)

    def refresh(self) -> None:
        """The shelves again if there are other pages; what is being read stays."""
        pages = self._room.pages.state().version if self._room is not None else None
        if pages != self._pages:
            self._pages = pages
            self.shelves.read_again()

    def read(self, kind: Kind, item_id: str, version: str = "") -> None:
        """Show a page, and remember the one in view for the way back. `version` is that of a plan, if it has one."""
        self._leave()
        self._fetch(Visit(kind, item_id, version=version))

    def step(self, by: int) -> None:
        """Go back (-1) or forward (1)."""
        self._leave()
        if visit := self._history.step(by):
            self._fetch(visit)

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
            partial(_page_of, self._room, visit),
            owner=self,
            done=partial(self._show_page, visit),
            failed=partial(self._say, visit),
        )

    def _show_page(self, visit: Visit, page: Page) -> None:
        if visit != self._wanted:
            return
        self._wanted = None
        self._history.go(visit)
        self.notice.clear()
        self.way_out.clear()
        self.reader.read(page, visit.scroll)
        self._middle.setCurrentWidget(self.reader)
        self.beside.show_page(page)
        self.shelves.mark(visit.kind, visit.id)
        self._show_neighbours(visit)
        self._alone = "reader"
        self._arrange()
        if self._takes_focus or not self.shelves.list.isVisible():
            self.reader.setFocus(Qt.FocusReason.OtherFocusReason)

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
        for button, chapter, word in ((self.before, before, "Previous"), (self.after, after, "Next")):
            button.setVisible(chapter is not None)
            if chapter is not None:
                button.setText(f"{word}: {chapter.title}")
                button.setAccessibleName(button.text())
                button.setProperty("chapter", chapter.id)
        self._has_neighbours = before is not None or after is not None

    def _read_neighbour(self, button: buttons.Button) -> None:
        self.read("handbook", str(button.property("chapter")))

    def _read_first_chapter(self) -> None:
        chapters = self._room.library.chapters() if self._room is not None else ()
        if chapters:
            self.read("handbook", chapters[0].id)

    def _open_row(self, row: Row, is_by_key: bool) -> None:
        self._follow(f"omi:{row.target}")
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

    def _go_to_heading(self, anchor: str) -> None:
        self._alone = "reader"
        self._arrange()
        self.reader.scrollToAnchor(anchor)
        self.reader.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build(self) -> None:
        self.to_list = buttons.quiet("All pages", partial(self._show_alone, "list"), icon_name="library")
        self.back = buttons.quiet("", partial(self.step, -1), icon_name="back")
        self.forward = buttons.quiet("", partial(self.step, 1), icon_name="forward")
        for button, name in ((self.back, "Back"), (self.forward, "Forward")):
            button.setAccessibleName(name)
            button.setToolTip(f"{name} (Alt+{'Left' if name == 'Back' else 'Right'})")
        self.to_beside = buttons.quiet("Contents", self._toggle_beside, icon_name="menu")
        self.to_beside.setAccessibleName("Contents and links")
        self.to_browser = buttons.quiet("", self._open_in_browser, icon_name="external")
        self.to_browser.setAccessibleName("Open in browser")
        self.to_browser.setToolTip("Open in browser: for printing, or for your screen reader")
        self._closing = buttons.quiet(
            "Back to the page", partial(self._show_alone, "reader"), icon_name="back"
        )
        bar = QHBoxLayout()
        bar.setContentsMargins(-10, -8, -10, 0)
        bar.setSpacing(0)
        for button in (self.to_list, self.back, self.forward):
            bar.addWidget(button)
        bar.addStretch(1)
        bar.addWidget(self.to_beside)
        bar.addWidget(self.to_browser)

        self._middle = QStackedWidget()
        self._middle.addWidget(scrolled(self.empty))
        self._middle.addWidget(self.reader)
        self.before = buttons.quiet("", lambda: self._read_neighbour(self.before), icon_name="back")
        self.after = buttons.quiet("", lambda: self._read_neighbour(self.after), icon_name="forward")
        self.after.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._foot = QWidget()
        foot = Flow(self._foot, spacing=8)
        foot.addWidget(self.before)
        foot.addWidget(self.after)
        self._foot.hide()

        self.reading = Card(fills=True)
        self.reading.body.addLayout(bar)
        self.reading.body.addWidget(self.way_out)
        self.reading.body.addWidget(self.notice)
        self.reading.body.addWidget(self._middle, 1)
        self.reading.body.addWidget(self._foot)

        self._header = QHBoxLayout()
        self._header.setSpacing(contract.GUTTER)
        self._header.addWidget(self.title_label)
        self._header.addWidget(self.shelves.search, 1)
        self._grid = QGridLayout()
        self._grid.setSpacing(contract.GUTTER)
        outer = QVBoxLayout(self)
        outer.setSpacing(10)
        outer.addLayout(self._header)
        outer.addWidget(self.shelves.tabs)
        outer.addLayout(self._grid, 1)
        self._outer = outer

    def _add_keys(self) -> None:
        for keys, slot in (
            ("Alt+Left", partial(self.step, -1)),
            ("Alt+Right", partial(self.step, 1)),
            ("Ctrl+F", self._focus_search),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

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
        is_reading = self._middle.currentWidget() is self.reader
        if columns == 1:
            shown = {self._alone if is_reading or self._alone == "list" else "reader"}
        elif columns == 2 and not is_tall:
            shown = {"reader", "beside" if self._alone == "beside" and is_reading else "list"}
        else:
            shown = {"list", "reader", "beside"} if is_reading else {"list", "reader"}
        self._place(columns, shown)
        has_header = columns > 1 or "list" in shown
        visibility: tuple[tuple[QWidget, bool], ...] = (
            (self.title_label, columns > 1),
            (self.shelves.search, has_header),
            (self.shelves.tabs, has_header),
            (self.shelves.stack, "list" in shown),
            (self.beside, "beside" in shown),
            (self.reading, "reader" in shown),
            (self.to_list, columns == 1),
            (self.to_beside, is_reading and (columns == 1 or (columns == 2 and not is_tall))),
            (self.to_browser, is_reading),
            (self._foot, is_tall and columns > 1 and self._has_neighbours),
            (self._closing, columns == 1 and "beside" in shown),
        )
        for widget, is_shown in visibility:
            widget.setVisible(is_shown)
        self.back.setEnabled(self._history.can_go_back)
        self.forward.setEnabled(self._history.can_go_forward)

    def _place(self, columns: int, shown: set[str]) -> None:
        px = theme.current().px
        margin = contract.MARGIN if columns > 1 else 12
        self._outer.setContentsMargins(margin, margin - 8 if columns > 1 else margin, margin, margin)
        panes: tuple[tuple[QWidget, int], ...] = (
            (self.shelves.stack, _LIST_WIDTH),
            (self.beside, _BESIDE_WIDTH),
        )
        for pane, width in panes:
            wanted = px(width if columns == 3 else _LIST_WIDTH)
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


def _page_of(room: Room, visit: Visit) -> Page:
    """The page of a visit: as the plan has it that it was opened from, if that differs. Raises LibraryProblem."""
    kept = room.pages.page_of_plan(visit.id, visit.version) if visit.version else None
    return kept if kept is not None else room.library.page(visit.kind, visit.id)
