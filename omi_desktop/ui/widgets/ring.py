"""The million as a ring, with the number in its middle and the date it was last known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from omi_desktop.ui import fonts, theme, words

if TYPE_CHECKING:
    from datetime import datetime

MILLION: Final = 1_000_000
_SIDE: Final = 212
_THICK: Final = 18


class Ring(QWidget):
    """Painted in one colour, so that it has no seam. Says "not known yet" rather than zero."""

    def __init__(self, goal: int = MILLION) -> None:
        super().__init__()
        self._goal = goal
        self._total: int | None = None
        self._as_of: datetime | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.current().changed.connect(self.updateGeometry)
        self._describe()

    def set_total(self, total: int | None, as_of: datetime | None = None) -> None:
        """The programme's total and when it was known, or None while it never was."""
        self._total, self._as_of = total, as_of
        self._describe()
        self.update()

    def sizeHint(self) -> QSize:
        px = theme.current().px
        line = QFontMetricsF(fonts.interface_font(px(fonts.SMALL))).height()
        return QSize(px(_SIDE), px(_SIDE) + math.ceil(line) + px(10))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.current()
        px = current.px
        side, thick = px(_SIDE), px(_THICK)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        circle = QRectF((self.width() - side) / 2 + thick / 2, thick / 2, side - thick, side - thick)
        painter.setPen(QPen(current.colour("track"), thick))
        painter.drawEllipse(circle)
        if self._total:
            pen = QPen(current.colour("accent"), thick)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            if self._total >= self._goal:
                painter.drawEllipse(circle)
            else:
                # A sweep of nothing still leaves the round cap: the first young person is seen.
                painter.drawArc(circle, 90 * 16, -max(round(360 * 16 * self._total / self._goal), 1))
        number, below, under = self._texts()
        middle = circle.center().y()
        large = self._number_font(number, side - 2 * thick - px(30))
        tall = QFontMetricsF(large).height()
        painter.setFont(large)
        painter.setPen(current.colour("text"))
        painter.drawText(
            QRectF(0, middle - tall * 0.72, self.width(), tall), Qt.AlignmentFlag.AlignCenter, number
        )
        small = fonts.tabular(fonts.interface_font(px(fonts.SMALL)))
        line = QFontMetricsF(small).height()
        painter.setFont(small)
        painter.setPen(current.colour("muted"))
        painter.drawText(
            QRectF(0, middle + tall * 0.3, self.width(), line), Qt.AlignmentFlag.AlignCenter, below
        )
        painter.drawText(QRectF(0, side + px(8), self.width(), line), Qt.AlignmentFlag.AlignCenter, under)
        painter.end()

    def _texts(self) -> tuple[str, str, str]:
        goal = f"of {words.number(self._goal)}"
        if self._total is None:
            return "–", goal, "not known yet"
        return words.number(self._total), goal, f"as of {words.moment(self._as_of)}" if self._as_of else ""

    def _number_font(self, text: str, room: float) -> QFont:
        size = theme.current().px(fonts.COUNT)
        while True:
            font = fonts.tabular(fonts.interface_font(size))
            font.setWeight(QFont.Weight.Bold)
            if size <= theme.current().px(fonts.BODY) or QFontMetricsF(font).horizontalAdvance(text) <= room:
                return font
            size -= 1

    def _describe(self) -> None:
        number, goal, date = self._texts()
        number = "The million" if self._total is None else number
        self.setAccessibleName(", ".join(part for part in (f"{number} {goal}", date) if part))
