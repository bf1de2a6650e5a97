"""Shows one page of the library. It fetches nothing: no file, no network, no picture that the page does not bring."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QTextBlock, QTextCursor
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from omi_desktop.library import Page
from omi_desktop.library.boxes import OPEN, TICKED, boxes
from omi_desktop.ui import theme
from omi_desktop.ui.library.marks import Marks
from omi_desktop.ui.library.pictures import Pictures
from omi_desktop.ui.library.reader_style import BOX_SCHEME, for_reader, style_sheet
from omi_desktop.ui.record.picker import announce

MEASURE = 76
"""Characters in a line of text that is easy to read."""
_SAMPLE = "the young people in the room, and nobody else finds out about a visit that "
_INDENT = 24
_GAP = 8
"""Between the longest line and the scroll bar, in pixels at 100 % text."""
_ROUNDING = 2


class Reader(QTextBrowser):
    """`followed` carries the target of a link that leaves the page; the reader itself goes nowhere else.

    `ticks_changed` says that a person ticked a box of a checklist, or took a tick away.
    """

    followed = Signal(str)
    ticks_changed = Signal()

    def __init__(self, parent: QWidget | None = None, *, measure: int = MEASURE) -> None:
        super().__init__(parent)
        self._measure = measure
        self._page: Page | None = None
        self._boxes: tuple[str, ...] = ()
        self._ticked: frozenset[str] = frozenset()
        self._pictures = Pictures(self.document())
        self.marks = Marks(self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setAccessibleName("Page")
        self.anchorClicked.connect(self._on_link)
        theme.current().changed.connect(self._draw_again)

    @property
    def page(self) -> Page | None:
        """What it shows."""
        return self._page

    @property
    def boxes(self) -> tuple[str, ...]:
        """What the boxes of its checklists are called."""
        return self._boxes

    @property
    def ticked(self) -> frozenset[str]:
        """Those boxes that are ticked."""
        return self._ticked.intersection(self._boxes)

    def read(self, page: Page, scroll: int = 0, ticked: frozenset[str] = frozenset()) -> None:
        """Show a page from its top, or where someone left it."""
        if page is not self._page:
            self.marks.clear()
        self._page = page
        self._boxes = boxes(page.html)
        self._ticked = ticked
        self.setAccessibleName(page.title)
        document = self.document()
        document.setDefaultStyleSheet(style_sheet())
        document.setDocumentMargin(0)
        document.setIndentWidth(theme.current().px(_INDENT))
        self.setHtml(for_reader(page.html, ticked))
        self._pictures.take(page.pictures)
        self._fit()
        self.verticalScrollBar().setValue(scroll)
        self.marks.show_again()

    def tick(self, number: int) -> None:
        """Tick a box, or take its tick away."""
        name = self._boxes[number]
        self._ticked ^= {name}
        box = self._box(number)
        if box is not None:
            look = box.charFormat()
            box.insertText(TICKED if name in self._ticked else OPEN, look)
            box.setPosition(box.position() - 1)
            box.movePosition(QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(box)
        announce(self, f"{'Ticked' if name in self._ticked else 'Not ticked'}: {name}")
        self.ticks_changed.emit()

    def untick_all(self) -> None:
        """Take every tick of the page away."""
        if self._page is not None:
            self.read(self._page, self.verticalScrollBar().value())
            self.ticks_changed.emit()

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks the box that Tab has reached; Esc takes the marks of a search away."""
        if event.key() == Qt.Key.Key_Space and (number := _number_of(self._reached())) is not None:
            self.tick(number)
        elif event.key() == Qt.Key.Key_Escape and self.marks.count:
            self.marks.clear()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The words of a box are as good a place to click as the box."""
        super().mouseReleaseEvent(event)
        place = event.position().toPoint()
        is_click = event.button() is Qt.MouseButton.LeftButton and not self.textCursor().selectedText().strip(
            OPEN + TICKED
        )
        if is_click and not self.anchorAt(place):
            block = self.cursorForPosition(place).block()
            first = block.begin().fragment()
            if first.isValid() and self._is_over_text(block, place):
                number = _number_of(first.charFormat().anchorHref())
                if number is not None:
                    self.tick(number)

    def _is_over_text(self, block: QTextBlock, place: QPoint) -> bool:
        top = self.document().documentLayout().blockBoundingRect(block)
        return top.top() <= place.y() + self.verticalScrollBar().value() <= top.bottom()

    def _reached(self) -> str:
        """The address of the link that Tab has reached."""
        cursor = self.textCursor()
        return cursor.charFormat().anchorHref() if cursor.hasSelection() else ""

    def _box(self, number: int) -> QTextCursor | None:
        block = self.document().begin()
        while block.isValid():
            first = block.begin().fragment()
            if first.isValid() and _number_of(first.charFormat().anchorHref()) == number:
                found = QTextCursor(block)
                found.movePosition(QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor)
                return found
            block = block.next()
        return None

    def _on_link(self, url: QUrl) -> None:
        """A mark leads to its source further down; everything else is for the window."""
        if (number := _number_of(url.toString())) is not None:
            self.tick(number)
        elif url.isRelative() and url.hasFragment():
            self.scrollToAnchor(url.fragment())
        else:
            self.followed.emit(url.toString())

    def _fit(self) -> None:
        """Keep a line of text to a length that is easy to read."""
        widest = self.fontMetrics().horizontalAdvance(_SAMPLE) * self._measure // len(_SAMPLE)
        spare = self.width() - self.verticalScrollBar().sizeHint().width() - widest
        gap = max(spare, theme.current().px(_GAP))
        if self.viewportMargins().right() != gap:
            self.setViewportMargins(0, 0, gap, 0)
        self._pictures.fit(self.viewport().width(), self.devicePixelRatioF())
        # Qt rounds the columns of a table up, a pixel more than there is: that is nothing to scroll to.
        over = self.document().size().width() - self.viewport().width()
        is_needed = over > _ROUNDING
        self.setHorizontalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded if is_needed else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )

    def _draw_again(self) -> None:
        if self._page is not None:
            self.read(self._page, self.verticalScrollBar().value(), self._ticked)


def _number_of(address: str) -> int | None:
    """The number of the box that an address of ours stands for."""
    scheme, _, number = address.partition(":")
    return int(number) if scheme == BOX_SCHEME and number.isdecimal() else None
