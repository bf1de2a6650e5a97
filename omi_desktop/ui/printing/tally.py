"""A sheet to count on where no laptop may come: strokes for heads, and no names."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from omi_desktop.ui.printing import face
from omi_desktop.ui.printing.sheet import MM, Paper, Sheet
from omi_desktop.ui.printing.slips import rule

TITLE: Final = "Tally sheet"
ROWS: Final = 9
_LEFT: Final = 18 * MM
_WIDE: Final = 210 * MM - 2 * _LEFT
_COLUMNS: Final = (
    (42, "Year group or ages"),
    (92, "One stroke each, bundles of five"),
    (20, "Total"),
    (20, "Regulars"),
)
"""Widths in millimetres."""


def tally() -> Sheet:
    """One page."""
    return Sheet(TITLE, Paper.A4, (_draw,))


def _draw(painter: QPainter) -> None:
    top = 20 * MM
    top += face.write(painter, TITLE, face.bold(24), QRectF(_LEFT, top, _WIDE, 300))
    said = "Count young people who took part or watched. No names, and nothing about a child."
    top += face.write(painter, said, face.face(11), QRectF(_LEFT, top + 20, _WIDE, 200)) + 4 * MM
    third = (_WIDE - 16 * MM) / 3
    for number, label in enumerate(
        ("Place", "Date", "From – to", "What it was", "Teachers and staff", "Parents and carers")
    ):
        left = _LEFT + (number % 3) * (third + 8 * MM)
        line = top + 10 * MM + (number // 3) * 15 * MM
        rule(painter, left, left + third, line)
        face.write(painter, label, face.face(9), QRectF(left, line + 10, third, 120), face.SOFT)
    top += 34 * MM
    _draw_table(painter, top)
    top += (ROWS + 1) * 13 * MM + 5 * MM
    for words in (
        "A bundle of five: four strokes and one across. Two of you? Count half the room each, or take turns.",
        "At a stand: count 15 minutes of each hour and multiply by four. That is an estimate; tick it in the app.",
        "Regulars: those at a weekly club who were there before. They are in the total as well.",
        "Worried about a child? Tell the school's safeguarding lead before you leave. Don't write it here.",
    ):
        top += face.write(painter, words, face.face(10), QRectF(_LEFT, top, _WIDE, 200)) + 2 * MM
    face.write(
        painter,
        "Type the totals into OMI Desktop and throw this sheet away.",
        face.bold(10),
        QRectF(_LEFT, top, _WIDE, 200),
    )


def _draw_table(painter: QPainter, top: float) -> None:
    tall = 13 * MM
    left = _LEFT
    painter.setBrush(QColor(face.WASH))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRect(QRectF(_LEFT, top, _WIDE, tall))
    for width, label in _COLUMNS:
        box = QRectF(left + 2 * MM, top + 4 * MM, width * MM - 2 * MM, tall)
        face.write(painter, label, face.bold(9.5), box)
        painter.setPen(face.pen(0.8, face.LINE))
        painter.drawLine(QPointF(left, top), QPointF(left, top + (ROWS + 1) * tall))
        left += width * MM
    painter.drawLine(QPointF(left, top), QPointF(left, top + (ROWS + 1) * tall))
    for row in range(ROWS + 2):
        painter.setPen(
            face.pen(1.6 if row in (0, ROWS + 1) else 0.8, face.INK if row in (0, ROWS + 1) else face.LINE)
        )
        painter.drawLine(QPointF(_LEFT, top + row * tall), QPointF(left, top + row * tall))
