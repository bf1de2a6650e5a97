"""Shows one page of the library. It fetches nothing: no file, no network, no picture that the page does not bring."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, Qt, QUrl, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from omi_desktop.library import Page
from omi_desktop.ui import theme
from omi_desktop.ui.library.pictures import Pictures
from omi_desktop.ui.library.reader_style import for_reader, style_sheet

MEASURE = 76
"""Characters in a line of text that is easy to read."""
_SAMPLE = "the young people in the room, and nobody else finds out about a visit that "
_INDENT = 24


class Reader(QTextBrowser):
    """`followed` carries the target of a link that leaves the page; the reader itself goes nowhere else."""

    followed = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, measure: int = MEASURE) -> None:
        super().__init__(parent)
        self._measure = measure
        self._page: Page | None = None
        self._pictures = Pictures(self.document())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setAccessibleName("Page")
        self.anchorClicked.connect(self._on_link)
        theme.current().changed.connect(self._draw_again)

    @property
    def page(self) -> Page | None:
        """What it shows."""
        return self._page

    def read(self, page: Page, scroll: int = 0) -> None:
        """Show a page from its top, or where someone left it."""
        self._page = page
        self.setAccessibleName(page.title)
        document = self.document()
        document.setDefaultStyleSheet(style_sheet())
        document.setDocumentMargin(0)
        document.setIndentWidth(theme.current().px(_INDENT))
        self.setHtml(for_reader(page.html))
        self._pictures.take(page.pictures)
        self._fit()
        self.verticalScrollBar().setValue(scroll)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing: pages are text, whatever they ask for."""
        del kind, name
        return QByteArray()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def _on_link(self, url: QUrl) -> None:
        """A mark leads to its source further down; everything else is for the window."""
        if url.isRelative() and url.hasFragment():
            self.scrollToAnchor(url.fragment())
        else:
            self.followed.emit(url.toString())

    def _fit(self) -> None:
        """Keep a line of text to a length that is easy to read."""
        widest = self.fontMetrics().horizontalAdvance(_SAMPLE) * self._measure // len(_SAMPLE)
        spare = self.width() - self.verticalScrollBar().sizeHint().width() - widest
        if self.viewportMargins().right() != max(spare, 0):
            self.setViewportMargins(0, 0, max(spare, 0), 0)
        self._pictures.fit(self.viewport().width(), self.devicePixelRatioF())

    def _draw_again(self) -> None:
        if self._page is not None:
            self.read(self._page, self.verticalScrollBar().value())
