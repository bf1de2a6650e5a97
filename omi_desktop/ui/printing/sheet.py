"""A sheet: something to print, in pages that draw themselves, whatever they end up on.

Everything is measured in tenths of a point (720 to the inch), from the corner of the paper. Neither the theme nor the
text size of the window has a say: paper is white, and as large as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter

UNIT: Final = 720
"""Tenths of a point to the inch."""
MM: Final = UNIT / 25.4
POINT: Final = UNIT / 72

Draw = Callable[[QPainter], None]


class Paper(Enum):
    """The sizes of paper that schools print on, upright."""

    A4 = "A4"
    A3 = "A3"

    @property
    def size(self) -> QSizeF:
        """Width and height in tenths of a point."""
        width, height = {Paper.A4: (210, 297), Paper.A3: (297, 420)}[self]
        return QSizeF(width * MM, height * MM)

    @property
    def page_size(self) -> QPageSize:
        """The same for a printer."""
        return QPageSize({Paper.A4: QPageSize.PageSizeId.A4, Paper.A3: QPageSize.PageSizeId.A3}[self])


@dataclass(frozen=True, slots=True)
class Sheet:
    """`title` is written into the PDF. A page may hold a text that is laid out: draw it on the thread that made it."""

    title: str
    paper: Paper
    pages: tuple[Draw, ...]


def picture(sheet: Sheet, width: int, page: int = 0) -> QImage:
    """One page as a picture `width` pixels wide, white where nothing is printed."""
    size = sheet.paper.size
    scale = width / size.width()
    image = QImage(width, round(size.height() * scale), QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    painter.setRenderHints(
        QPainter.RenderHint.Antialiasing
        | QPainter.RenderHint.TextAntialiasing
        | QPainter.RenderHint.SmoothPixmapTransform
    )
    painter.scale(scale, scale)
    painter.setClipRect(QRectF(0, 0, size.width(), size.height()))
    sheet.pages[page](painter)
    painter.end()
    return image
