"""A text of the library as a sheet: title, pages with numbers, and where it came from at the foot of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QRectF, Qt, QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFontMetricsF,
    QImage,
    QPainter,
    QPalette,
    QTextDocument,
)

from omi_desktop.domain.dates import shown_date
from omi_desktop.library.drawing import SCALE
from omi_desktop.library.items import Item, Page
from omi_desktop.ui.printing import face
from omi_desktop.ui.printing.pagination import Slice, pieces, slices
from omi_desktop.ui.printing.paper_style import BODY, addresses, cell_padding, for_paper, style_sheet
from omi_desktop.ui.printing.sheet import MM, POINT, Paper, Sheet

SIDE: Final = 24 * MM
TOP: Final = 20 * MM
FOOT: Final = 25 * MM
"""From the foot of the paper to the end of the text; the line with the number stands below."""
_UNIT: Final = 6.1
_FOOT_LINE: Final = 14 * MM
_CAPTION: Final = re.compile(r'<p class="caption">.*?</p>\n')
_INDENT: Final = 18
"""Of a list, in points."""
_PICTURE_DOTS: Final = float(SCALE)
"""To a unit of the drawing; a unit prints as six tenths of a point."""


@dataclass(frozen=True, slots=True)
class Column:
    """A text that is laid out, with its pages."""

    document: QTextDocument
    slices: tuple[Slice, ...]

    def draw(self, painter: QPainter, number: int, left: float, top: float) -> None:
        """Draw the part that stands on one page, with its corner at `left`, `top`."""
        part = self.slices[number]
        width = self.document.textWidth()
        painter.save()
        painter.translate(left, top - part.top)
        shown = QAbstractTextDocumentLayout.PaintContext()
        shown.clip = QRectF(-SIDE / 2, part.top, width + SIDE, part.bottom - part.top)
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Text, Qt.GlobalColor.black)
        shown.palette = palette
        painter.setClipRect(shown.clip)
        self.document.documentLayout().draw(painter, shown)
        painter.restore()


def column(
    html: str,
    pictures: Mapping[str, bytes],
    width: float,
    height: float,
    *,
    size: float = BODY,
    loose: float = 1.0,
    picture_width: float = 1.0,
    has_captions: bool = True,
) -> Column:
    """Lay out a text in columns of `width` by `height`. `picture_width`: of the width, at most."""
    if not has_captions:
        html = _CAPTION.sub("", html)
    document = QTextDocument()
    document.setUndoRedoEnabled(False)
    document.setDocumentMargin(0)
    document.setIndentWidth(_INDENT * POINT)
    document.setDefaultFont(face.face(size))
    document.setDefaultStyleSheet(style_sheet(size, loose))
    for source, png in pictures.items():
        # The stubs ask for bytes, PySide for a name.
        image = QImage.fromData(png, "PNG")  # type: ignore[arg-type]
        if not image.isNull():
            document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(source), image)
            widest = min(width * picture_width, image.width() / _PICTURE_DOTS * _UNIT)
            html = html.replace(f'<img src="{source}"', f'<img src="{source}" width="{round(widest)}"')
    document.setHtml(f"<body>{html}</body>")
    document.setTextWidth(width)
    document.documentLayout().documentSize()  # lays out all of it
    return Column(document, tuple(slices(pieces(document, cell_padding(loose) * POINT), height)))


def page_sheet(item: Item, page: Page) -> Sheet:
    """A page of the library on A4. Links stand as words, with the addresses in a list at the end."""
    html = for_paper(page.html)
    if listed := addresses(page.html):
        rows = "".join(f"<li>{words}<br>{address}</li>\n" for words, address in listed)
        html += f"<h2>Web addresses</h2>\n<ul>{rows}</ul>\n"
    size = Paper.A4.size
    text = column(html, page.pictures, size.width() - 2 * SIDE, size.height() - TOP - FOOT)
    count = len(text.slices)
    said = f"{page.title} · Checked on {shown_date(item.checked_on)} · OMI Desktop"

    def draw(painter: QPainter, number: int) -> None:
        text.draw(painter, number, SIDE, TOP)
        foot(painter, Paper.A4, said, f"Page {number + 1} of {count}")

    return Sheet(page.title, Paper.A4, tuple(partial(draw, number=number) for number in range(count)))


def foot(painter: QPainter, paper: Paper, left: str, right: str, side: float = SIDE) -> None:
    """The line at the foot of a page with margins of `side`."""
    size = paper.size
    top = size.height() - _FOOT_LINE
    painter.setPen(face.pen(0.5, face.LINE))
    painter.drawLine(round(side), round(top - 2 * MM), round(size.width() - side), round(top - 2 * MM))
    font = face.face(8)
    metrics = QFontMetricsF(font)
    width = size.width() - 2 * side
    number_width = metrics.horizontalAdvance(right) + 6 * MM if right else 0
    shown = metrics.elidedText(left, Qt.TextElideMode.ElideMiddle, width - number_width)
    face.write(painter, shown, font, QRectF(side, top, width, 100), face.SOFT)
    face.write(
        painter, right, font, QRectF(side, top, width, 100), face.INK, align=Qt.AlignmentFlag.AlignRight
    )
