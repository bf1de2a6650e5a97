"""The page that is read, with what stands above and below it: ways back and out, find, ticks, the next chapter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from omi_desktop.library import Chapter, Page
from omi_desktop.ui.library.find_bar import FindBar
from omi_desktop.ui.library.outside import WayOut
from omi_desktop.ui.library.reader import Reader
from omi_desktop.ui.library.scrolled import scrolled
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.empty import EmptyState
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice


class ReadingPane(Card):
    """`stepped` asks to go back (-1) or forward (1), `chapter_picked` for a chapter, `resized` for smaller text (-1)
    or larger (1)."""

    stepped = Signal(int)
    chapter_picked = Signal(str)
    resized = Signal(int)

    def __init__(self, read_first_visit: Callable[[], object]) -> None:
        super().__init__(fills=True)
        self.reader = Reader()
        self.reader.setMinimumHeight(36)  # so that a message above it is whole, in the smallest window too
        self.way_out = WayOut()
        self.notice = Notice()
        self.find_bar = FindBar(self.reader.marks)
        empty = EmptyState(
            "handbook",
            "Choose a page to read",
            "New here? Your first visit tells you what to do before, on the day and after.",
            [("Read Your first visit", read_first_visit)],
        )
        self.body.addLayout(self._build_bar())
        self.body.addWidget(self.way_out)
        self.body.addWidget(self.notice)
        self.body.addWidget(self.find_bar)
        self._middle = QStackedWidget()
        self._middle.addWidget(scrolled(empty))
        self._middle.addWidget(self.reader)
        self.body.addWidget(self._middle, 1)
        self.body.addWidget(self._build_foot())
        self.reader.ticks_changed.connect(self._count_ticks)
        self.way_out.closed.connect(self.take_focus)
        self.find_bar.closed.connect(self.take_focus)

    @property
    def is_reading(self) -> bool:
        """Whether a page is open."""
        return self._middle.currentWidget() is self.reader

    @property
    def has_neighbours(self) -> bool:
        """Whether there is a chapter before or after the page."""
        return bool(self.before.property("chapter") or self.after.property("chapter"))

    def show_page(self, page: Page, scroll: int, ticked: frozenset[str]) -> None:
        """Show a page with the ticks of its checklists."""
        self.notice.clear()
        self.way_out.clear()
        self.find_bar.put_away()
        self.reader.read(page, scroll, ticked)
        self._middle.setCurrentWidget(self.reader)
        self._count_ticks()

    def show_neighbours(self, before: Chapter | None, after: Chapter | None) -> None:
        """Offer the chapters around the page."""
        for button, chapter, word in ((self.before, before, "Previous"), (self.after, after, "Next")):
            button.setVisible(chapter is not None)
            button.setProperty("chapter", chapter.id if chapter is not None else "")
            if chapter is not None:
                button.setText(f"{word}: {chapter.title}")
                button.setAccessibleName(button.text())

    def add_to_bar(self, button: buttons.Button) -> None:
        """Put another way on into the bar, before the ticks."""
        for part in (self._tick_count, self.untick):
            self.bar.removeWidget(part)
        for part in (button, self._tick_count, self.untick):
            self.bar.addWidget(part)

    def take_focus(self) -> None:
        """Put the keyboard into the text."""
        self.reader.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_bar(self) -> Flow:
        self.back = buttons.quiet("", partial(self.stepped.emit, -1), icon_name="back")
        self.forward = buttons.quiet("", partial(self.stepped.emit, 1), icon_name="forward")
        self.smaller = buttons.quiet("A−", partial(self.resized.emit, -1))
        self.larger = buttons.quiet("A+", partial(self.resized.emit, 1))
        self.to_find = buttons.quiet("", self.find_bar.open, icon_name="search")
        for button, name, keys in (
            (self.back, "Back", "Alt+Left"),
            (self.forward, "Forward", "Alt+Right"),
            (self.smaller, "Smaller text", "Ctrl+-"),
            (self.larger, "Larger text", "Ctrl++"),
            (self.to_find, "Find in this page", "Ctrl+F"),
        ):
            button.setAccessibleName(name)
            button.setToolTip(f"{name} ({keys})")
        self.bar = Flow(spacing=0)
        self.bar.setContentsMargins(-10, -8, -10, 0)
        self._tick_count = labels.Label("", "muted", wraps=False)
        self.untick = buttons.quiet("Untick all", self._untick)
        for button in (self.back, self.forward, self.smaller, self.larger, self.to_find):
            self.bar.addWidget(button)
        self.bar.addWidget(self._tick_count)
        self.bar.addWidget(self.untick)
        self._tick_count.hide()
        self.untick.hide()
        return self.bar

    def _build_foot(self) -> QWidget:
        self.before = buttons.quiet("", lambda: self._pick(self.before), icon_name="back")
        self.after = buttons.quiet("", lambda: self._pick(self.after), icon_name="forward")
        self.after.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.foot = QWidget()
        row = Flow(self.foot, spacing=8)
        row.addWidget(self.before)
        row.addWidget(self.after)
        self.foot.hide()
        return self.foot

    def _pick(self, button: buttons.Button) -> None:
        self.chapter_picked.emit(str(button.property("chapter")))

    def _untick(self) -> None:
        self.reader.untick_all()
        self.take_focus()

    def _count_ticks(self) -> None:
        count, ticked = len(self.reader.boxes), len(self.reader.ticked)
        self._tick_count.setText(f"  {ticked} of {count} ticked")
        self._tick_count.setVisible(bool(count))
        self.untick.setVisible(bool(ticked))
