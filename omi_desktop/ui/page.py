"""What the window expects of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from omi_desktop.ui import theme
from omi_desktop.ui.widgets import labels

if TYPE_CHECKING:
    from omi_desktop.domain.changes import Change
    from omi_desktop.ui.room import Room

MARGIN = 32
GUTTER = 18
_IN_SIGHT = 72
"""From the edge of the page, in pixels at 100 % text."""


class Page(QWidget):
    """One place in the navigation.

    The window makes it when it is first needed, calls `fill` once, and `show_target` and `refresh` each time it
    is shown. `go` asks the window to navigate: "today", "sessions", "sessions/new", "sessions/plan",
    "sessions/<record_id>", "library/<kind>/<id>", "sync", "settings".
    """

    page_name: ClassVar[str]
    page_title: ClassVar[str]

    go = Signal(str)

    def fill(self, room: Room) -> None:
        """Take the services and read what is shown. Called once."""

    def show_target(self, rest: str) -> None:
        """Show a part of the page: what follows its name in a target, empty for the page itself."""

    def refresh(self) -> None:
        """Read again what is shown; called whenever the page comes into view."""

    def on_changed(self, change: Change) -> None:
        """Something was written. Called on the UI thread while the page is in view; the default reads again."""
        del change
        self.refresh()

    def can_leave(self) -> bool:
        """False keeps the page in view, for one that must ask first."""
        return True


class _Inside(QWidget):
    """Lets the scroll area ask only for the height at its width: the least height of text that wraps is that of
    its narrowest shape, and would leave empty space to scroll through."""

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), 0)


class ScrolledPage(Page):
    """A page whose content is a column that scrolls: put it into `body`. The title stands at its top."""

    widest: ClassVar[int] = 1120
    """Of the column, in pixels at 100 % text."""
    is_centred: ClassVar[bool] = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title_label = labels.title(self.page_title)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(GUTTER)
        self.body.addWidget(self.title_label)

        column = QWidget()
        column.setLayout(self.body)
        self._column = column
        inside = _Inside()
        inside.setProperty("scrolled", True)
        row = QHBoxLayout(inside)
        row.setContentsMargins(MARGIN, MARGIN - 8, MARGIN, MARGIN)
        if self.is_centred:
            row.addStretch(0)
        row.addWidget(column, 1)
        row.addStretch(0)
        self.scroll_area = QScrollArea()
        self.scroll_area.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll_area.setWidgetResizable(True)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.scroll_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll_area.setWidget(inside)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        self._outer.addWidget(self.scroll_area)
        self._fit()
        theme.current().changed.connect(self._fit)
        theme.current().changed.connect(self._on_restyled)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus)

    def add_below(self, foot: QWidget) -> None:
        """Put a bar below what scrolls, where it stays in view."""
        self._outer.addWidget(foot)
        foot.show()

    def _on_restyled(self) -> None:
        QTimer.singleShot(0, self, self._show_focus)

    def _show_focus(self) -> None:
        """In another text size everything stands elsewhere: what a person is at stays in view."""
        focused = self.focusWidget()
        if self._column.isAncestorOf(focused):
            self.scroll_area.ensureWidgetVisible(focused, 0, MARGIN)

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        """What has the focus is never out of sight: Qt scrolls for Tab only, not when a key or an answer moves it.

        Not while a mouse button is down: what is being pressed would slip away from under it.
        """
        is_pressed = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if new is not None and self._column.isAncestorOf(new) and not is_pressed:
            QTimer.singleShot(0, new, lambda: keep_in_view(new))

    def _fit(self) -> None:
        self._column.setMaximumWidth(theme.current().px(self.widest))


def keep_in_view(widget: QWidget) -> None:
    """Scroll the page so far that a widget can be seen."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget, 0, theme.current().px(_IN_SIGHT))
            return
        above = above.parentWidget()
