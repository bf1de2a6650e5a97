"""The window: navigation, the page in view, and the sync line. It is painted before any service exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from omi_desktop.ui import theme
from omi_desktop.ui.change_relay import ChangeRelay
from omi_desktop.ui.shortcuts import SHORTCUTS
from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.buttons import NavButton
from omi_desktop.ui.widgets.sync_line import SyncLine

if TYPE_CHECKING:
    from omi_desktop.domain.changes import Change
    from omi_desktop.domain.errors import OmiError
    from omi_desktop.ui.page import Page
    from omi_desktop.ui.room import Room

PAGES: Final[Mapping[str, str]] = {
    "today": "omi_desktop.ui.pages.today:TodayPage",
    "sessions": "omi_desktop.ui.pages.sessions:SessionsPage",
    "library": "omi_desktop.ui.pages.library:LibraryPage",
    "sync": "omi_desktop.ui.pages.sync:SyncPage",
    "settings": "omi_desktop.ui.pages.settings:SettingsPage",
}
"""Each page by name, imported when it is first shown."""

_NAV: Final = (
    ("today", "Today", "home"),
    ("sessions", "Sessions", "sessions"),
    ("library", "Library", "library"),
)
_NAV_WIDTH: Final = 212
_RAIL_WIDTH: Final = 68
_FULL_MENU: Final = QSize(763, 390)
"""The least window, in pixels at 100 % text, that has room for the full menu."""
_POLL_MS: Final = 1000


class MainWindow(QWidget):
    """Navigates between pages. `fill` hands over the services after the first paint."""

    painted = Signal()
    closed = Signal()
    navigated = Signal(str)

    def __init__(self, pages: Mapping[str, str] = PAGES) -> None:
        super().__init__()
        self._sources = pages
        self._pages: dict[str, Page] = {}
        self._room: Room | None = None
        self._target = "today"
        self._is_compact = False
        self._has_painted = False
        self.setWindowTitle("OMI Desktop")
        self.setMinimumSize(QSize(640, 400))
        self.resize(1160, 740)

        self.stack = QStackedWidget()
        self.stack.addWidget(QWidget())
        self.sync_line = SyncLine()
        self.sync_line.clicked.connect(lambda: self.go("sync"))
        self._buttons: dict[str, NavButton] = {}
        self._brand = labels.Label("omi", "brand", wraps=False)
        self._nav = self._build_nav()
        self._foot = QFrame()
        self._foot.setProperty("foot", True)
        self._foot_column = QVBoxLayout(self._foot)
        self._foot_column.setContentsMargins(8, 6, 8, 6)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._grid.addWidget(self._nav, 0, 0)
        self._grid.addWidget(self.stack, 0, 1)
        self._grid.addWidget(self._foot, 1, 0, 1, 2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setRowStretch(0, 1)
        self._arrange()
        self._add_shortcuts()
        self._mark()

        self._relay: ChangeRelay | None = None
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._read_sync_state)
        theme.current().changed.connect(self._arrange)

    @property
    def target(self) -> str:
        """Where the window is, such as "sessions/new"."""
        return self._target

    @property
    def page(self) -> Page | None:
        """The page in view, once there is one."""
        return self._pages.get(self._target.partition("/")[0])

    @property
    def is_compact(self) -> bool:
        """True while the navigation is icons only and the sync line lies along the foot."""
        return self._is_compact

    def fill(self, room: Room) -> None:
        """Take the services and show the first page, or the first start when nobody is known yet."""
        self._room = room
        self._relay = ChangeRelay(room.changes, self._on_changed, self)
        self._read_sync_state()
        self._poll.start()
        self._take_look()
        if room.desk.person() is None:
            self._show_first_start()
        else:
            self.go(self._target)

    def show_problem(self, error: OmiError) -> None:
        """Say why the services cannot be had: an empty window would explain nothing."""
        from omi_desktop.ui.pages.problem import ProblemPage  # noqa: PLC0415 -- only when needed

        self._show_alone(ProblemPage(error))

    def go(self, target: str) -> None:
        """Navigate. Before the services exist the target is kept until `fill`."""
        name, _, rest = target.partition("/")
        if name not in self._sources:
            raise ValueError(f"There is no page {name}")
        present = self.page
        if self._room is None:
            self._target = target
            self._mark()
            return
        if self._nav.isHidden() or (present is not None and not present.can_leave()):
            self._mark()
            return
        self._target = target
        page = self._page(name)
        self.stack.setCurrentWidget(page)
        self._mark()
        self.setWindowTitle(f"{page.page_title} – OMI Desktop")
        page.show_target(rest)
        page.refresh()
        self.navigated.emit(target)

    def come_forward(self) -> None:
        """Show the window in front of others, as when the app is started a second time."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def _page(self, name: str) -> Page:
        if name not in self._pages:
            module, _, kind = self._sources[name].partition(":")
            page: Page = getattr(import_module(module), kind)()
            page.setAccessibleName(page.page_title)
            page.go.connect(self.go)
            self.stack.addWidget(page)
            self._pages[name] = page
            assert self._room is not None  # noqa: S101 -- `go` makes pages only once the services exist
            page.fill(self._room)
        return self._pages[name]

    def _show_first_start(self) -> None:
        from omi_desktop.ui.pages.first_start import FirstStartPage  # noqa: PLC0415 -- after first paint

        assert self._room is not None  # noqa: S101 -- called by `fill`
        page = FirstStartPage()
        page.fill(self._room)
        page.started.connect(self._on_started)
        self._show_alone(page)

    def _show_alone(self, page: QWidget) -> None:
        """A page without a menu and sync line: there is nowhere to go yet and nothing to sync."""
        self.stack.addWidget(page)
        self.stack.setCurrentWidget(page)
        self._nav.hide()
        self._foot.hide()
        page.setFocus()

    def _on_started(self) -> None:
        first = self.stack.currentWidget()
        self._nav.show()
        self._arrange()
        self.go("today")
        if first is not None:
            self.stack.removeWidget(first)
            first.deleteLater()
        self._buttons["today"].setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_nav(self) -> QFrame:
        nav = QFrame()
        nav.setProperty("nav", True)
        nav.setAccessibleName("Navigation")
        self._nav_column = QVBoxLayout(nav)
        self._nav_column.setSpacing(4)
        self._nav_column.addWidget(self._brand)
        self._nav_column.addSpacing(8)
        for name, text, icon_name in _NAV:
            self._nav_column.addWidget(self._nav_button(name, text, icon_name))
        self._nav_column.addStretch(1)
        self._nav_column.addWidget(self._nav_button("settings", "Settings", "settings"))
        self._nav_column.addSpacing(6)
        return nav

    def _nav_button(self, name: str, text: str, icon_name: str) -> NavButton:
        button = NavButton(text, lambda: self.go(name), icon_name)
        button.setAccessibleName(text)
        button.setToolTip(f"{text} ({SHORTCUTS[name].keys})")
        self._buttons[name] = button
        return button

    def _mark(self) -> None:
        """Show in the navigation where the window is."""
        name = self._target.partition("/")[0]
        for other, button in self._buttons.items():
            button.set_here(is_here=other == name)
        self.sync_line.set_here(is_here=name == "sync")

    def _is_too_small(self) -> bool:
        px = theme.current().px
        return self.width() < px(_FULL_MENU.width()) or self.height() < px(_FULL_MENU.height())

    def _arrange(self) -> None:
        """Full navigation where there is room for it; icons and a line along the foot where there is not."""
        px = theme.current().px
        compact = self._is_compact = self._is_too_small()
        self._nav.setFixedWidth(px(_RAIL_WIDTH) if compact else px(_NAV_WIDTH))
        side = 6 if compact else 14
        self._nav_column.setContentsMargins(side, 12 if compact else 18, side, 14)
        self._brand.setVisible(not compact)
        self._brand.setContentsMargins(14, 0, 0, 0)
        for name, button in self._buttons.items():
            button.setText("" if compact else f"  {_title(name)}")
            button.setProperty("compact", compact)
            button.style().unpolish(button)
            button.style().polish(button)
        self.sync_line.lie_flat(is_flat=compact)
        column = self._foot_column if compact else self._nav_column
        if column.indexOf(self.sync_line) < 0:
            column.addWidget(self.sync_line)
            self.sync_line.show()
        self._foot.setVisible(compact and not self._nav.isHidden())

    def _add_shortcuts(self) -> None:
        actions: dict[str, Callable[[], None]] = {
            **{name: lambda name=name: self._jump(name) for name in self._sources},  # type: ignore[misc]
            "record": lambda: self.go("sessions/new"),
            "plan": lambda: self.go("sessions/plan"),
            "search": self._search,
            "next_pane": self._next_pane,
            "keys": self._show_keys,
        }
        for name, shortcut in SHORTCUTS.items():
            if name in actions:
                QShortcut(QKeySequence(shortcut.keys), self).activated.connect(actions[name])

    def _search(self) -> None:
        if self._room is None or self._nav.isHidden():
            return
        from omi_desktop.ui.dialogs.search import SearchDialog  # noqa: PLC0415 -- after first paint

        dialog = SearchDialog(self._room, self)
        dialog.go.connect(self.go)
        dialog.open()

    def _show_keys(self) -> None:
        from omi_desktop.ui.dialogs.keys import KeysDialog  # noqa: PLC0415 -- after first paint

        KeysDialog(self).open()

    def _jump(self, name: str) -> None:
        """Go by a key: the next key is for the page, not for the navigation."""
        self.go(name)
        self._enter_page()

    def _enter_page(self) -> bool:
        """Put the focus into the page. False when it is there already."""
        page = self.stack.currentWidget()
        if page is None or page.isAncestorOf(self.focusWidget()):
            return False
        page.setFocus(Qt.FocusReason.TabFocusReason)
        page.focusNextChild()
        return True

    def _next_pane(self) -> None:
        """From the navigation to the page and back."""
        if not self._enter_page():
            name = self._target.partition("/")[0]
            self._buttons.get(name, self._buttons["today"]).setFocus(Qt.FocusReason.TabFocusReason)

    def _on_changed(self, change: Change) -> None:
        self._read_sync_state()
        page = self.page
        if page is not None and page is self.stack.currentWidget():
            page.on_changed(change)

    def _read_sync_state(self) -> None:
        if self._room is not None:
            self.sync_line.show_state(self._room.online.state())

    def _take_look(self) -> None:
        """The person's theme and text size, kept with their preferences."""
        assert self._room is not None  # noqa: S101 -- called by `fill`
        look = self._room.desk.preferences
        mode = look.get("theme", "system")
        scale = look.get("text_size", 100)
        theme.current().choose(mode if mode in theme.MODES else "system", scale / 100)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self._on_painted)

    def _on_painted(self) -> None:
        from omi_desktop.ui.widgets import focus_ring  # noqa: PLC0415 -- it listens to events, a costly import

        focus_ring.install()
        self.painted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_too_small() != self._is_compact:
            self._arrange()

    def closeEvent(self, event: QCloseEvent) -> None:
        page = self.page
        if page is not None and not page.can_leave():
            event.ignore()
            return
        self._poll.stop()
        if self._relay is not None:
            self._relay.stop()
        super().closeEvent(event)
        self.closed.emit()


def _title(name: str) -> str:
    return SHORTCUTS[name].title
