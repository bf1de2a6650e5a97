"""Beside the text: its contents and its links as plain lists, for the keyboard and for screen readers; and what is
one's own."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from omi_desktop.library import Heading, Link, Page
from omi_desktop.library.items import Snippet
from omi_desktop.ui.library.margin_pane import MarginPane
from omi_desktop.ui.library.rows import Row, RowList

_MARGIN: Final = "Notes"


class Beside(QTabWidget):
    """`heading_picked` carries an anchor, `link_picked` a link's target."""

    heading_picked = Signal(str)
    link_picked = Signal(str)

    def __init__(self, margin: MarginPane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._margin = margin
        self._wanted = 0
        self._is_filling = False
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.tabBar().setProperty("narrow", True)
        self.tabBar().setAccessibleName("Beside the page")
        self.contents = RowList("Contents")
        self.links = RowList("Links")
        self.addTab(self.contents, "Contents")
        self.addTab(self.links, "Links")
        self.addTab(margin, _MARGIN)
        margin.counted.connect(lambda count: self.setTabText(2, f"{_MARGIN} ({count})" if count else _MARGIN))
        self.currentChanged.connect(self._on_tab)
        self.contents.opened.connect(lambda row, _is_by_key: self.heading_picked.emit(row.target))
        self.links.opened.connect(lambda row, _is_by_key: self.link_picked.emit(row.target))

    def show_page(self, page: Page) -> None:
        """List what the page has."""
        self._is_filling = True
        self.contents.show_rows([_heading(heading) for heading in page.contents])
        self.links.show_rows([_link(link) for link in page.links])
        self.setTabText(1, f"Links ({len(page.links)})" if page.links else "Links")
        self.setTabVisible(0, bool(page.contents))
        self.setCurrentIndex(self._wanted if page.contents or self._wanted else 1)
        self._is_filling = False

    def _on_tab(self, index: int) -> None:
        """The tab that a person chose comes back after a page that has no contents."""
        if not self._is_filling:
            self._wanted = index

    def natural_height(self) -> int:
        """The height at which nothing in it scrolls, in pixels."""
        if self.currentWidget() is self._margin:
            return self.tabBar().sizeHint().height() + self._margin.natural_height()
        rows = max(self.contents.natural_height(), self.links.natural_height())
        return self.tabBar().sizeHint().height() + rows


def _heading(heading: Heading) -> Row:
    return Row(heading.anchor, heading.text, is_plain=True, level=heading.level - 2)


def _link(link: Link) -> Row:
    if not link.target.startswith("https:"):
        return Row(link.target, link.text, is_plain=True)
    host = link.target.split("/")[2].removeprefix("www.")
    below = "in your browser" if host in link.text else f"{host}, in your browser"
    return Row(link.target, link.text, Snippet(below, ()), is_plain=True)
