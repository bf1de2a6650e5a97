"""What will come out: the first page as a small picture, white in every theme."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from omi_desktop.ui import theme
from omi_desktop.ui.printing.sheet import Paper

WIDTH: Final = 280
"""Pixels, whatever the size of text: the picture has none to read at leisure."""


class Preview(QWidget):
    """Shows a picture of a page; a screen reader hears what it is of."""

    def __init__(self) -> None:
        super().__init__()
        size = Paper.A4.size
        self.setFixedSize(QSize(WIDTH, round(WIDTH * size.height() / size.width())))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Preview")
        self.image: QImage | None = None
        theme.current().changed.connect(self.update)

    @property
    def dots(self) -> int:
        """How wide a picture is that is sharp here."""
        return round(self.width() * self.devicePixelRatioF())

    def show_image(self, image: QImage | None, said: str) -> None:
        """Show a picture, or an empty page with None; `said` is what a screen reader hears."""
        self.image = image
        self.setAccessibleName(said)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        page = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.fillRect(page, Qt.GlobalColor.white)
        if self.image is not None:
            painter.drawImage(page, self.image)
        painter.setPen(QPen(theme.current().colour("edge"), 1))
        painter.drawRect(page)
