"""Letters and ink on paper: sizes in points, always dark on white."""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QPen

from omi_desktop.library.drawing import fonts as lettering
from omi_desktop.ui import fonts
from omi_desktop.ui.printing.sheet import POINT

INK: Final = "#16211f"
SOFT: Final = "#4a5452"
LINE: Final = "#8b9492"
WASH: Final = "#e6efed"
TEAL: Final = "#0b5a54"
"""Dark enough to stay apart from white when a printer knows no colours."""

_WRAPPED: Final = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


def face(points: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """A font for drawing on a sheet. Its size is in the sheet's own units: no screen has a say in it."""
    font = QFont()
    font.setFamilies(list(_families()))
    font.setPixelSize(round(points * POINT))
    font.setWeight(weight)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    # Inter raises the colon of 17:30 by a sign of its own, which a PDF can't name: copied and read aloud it is gone.
    font.setFeature(QFont.Tag("calt"), 0)
    return font


@cache
def _families() -> tuple[str, ...]:
    """Our own lettering first: what fits a page here fits it on every machine. Others have the rest."""
    if not QFontDatabase.hasFamily("Inter"):
        for file in lettering():
            QFontDatabase.addApplicationFont(str(file))
    return ("Inter", *fonts.LINUX_FAMILIES, "Segoe UI Symbol", "Helvetica Neue", "Arial")


def bold(points: float) -> QFont:
    """The same, heavy enough to lead the eye."""
    return face(points, QFont.Weight.Bold)


def height(text: str, font: QFont, width: float) -> float:
    """How tall a text is that wraps at `width`."""
    return QFontMetricsF(font).boundingRect(QRectF(0, 0, width, 1e6), int(_WRAPPED), text).height()


def longest_word(text: str, font: QFont) -> float:
    """The width of the longest word, which no line break makes shorter."""
    metrics = QFontMetricsF(font)
    return max((metrics.horizontalAdvance(word) for word in text.split()), default=0.0)


def write(
    painter: QPainter,
    text: str,
    font: QFont,
    box: QRectF,
    colour: str = INK,
    *,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> float:
    """Draw text that wraps inside `box`, from its top, and return how tall it came out."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    flags = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextDontClip | align | Qt.AlignmentFlag.AlignTop
    painter.drawText(box, int(flags), text)
    return height(text, font, box.width())


def pen(points: float, colour: str = INK, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A line with round ends."""
    made = QPen(QColor(colour), points * POINT, style)
    made.setCapStyle(Qt.PenCapStyle.RoundCap)
    made.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return made
