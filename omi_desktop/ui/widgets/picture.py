"""An icon that is not a button: decoration beside words, so screen readers pass it over."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from omi_desktop.ui import icons, theme
from omi_desktop.ui.tokens import Token


class Picture(QWidget):
    """One of `icons.DRAWINGS` in a token's colour, growing with the text."""

    def __init__(self, name: str, ink: Token = "text", side: int = icons.GRID) -> None:
        super().__init__()
        self._name, self._ink, self._side = name, ink, side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.current().changed.connect(self.updateGeometry)

    def draw(self, name: str, ink: Token) -> None:
        """Show another icon."""
        self._name, self._ink = name, ink
        self.update()

    def sizeHint(self) -> QSize:
        side = theme.current().px(self._side)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour = theme.current().colour(self._ink)
        painter.drawPixmap(0, 0, icons.pixmap(self._name, colour, self.width(), self.devicePixelRatioF()))
        painter.end()
