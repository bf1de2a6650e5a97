"""An invitation to a family event: what, when, where and what to bring, in black and white. No child is named."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

from omi_desktop.ui import icons
from omi_desktop.ui.printing import face
from omi_desktop.ui.printing.poster_picture import person
from omi_desktop.ui.printing.sheet import MM, POINT, Paper, Sheet
from omi_desktop.ui.printing.slips import rule

TITLE: Final = "Invitation to a family event"
LINE_LIMIT: Final = 120
"""Letters of one answer: two or three lines in large type."""
_LEFT: Final = 24 * MM
_WIDE: Final = 210 * MM - 2 * _LEFT
_DRAWN: Final = {
    "When": icons.DRAWINGS["clock"],
    "Where": icons.DRAWINGS["place"],
    "What to bring": icons.DRAWINGS["info"],
}
PROMISES: Final = (
    "It is free. There is nothing to buy.",
    "Brothers and sisters, grandparents and friends are welcome.",
    "You need to know nothing about space. We try things out together.",
    "The school decides about photos. Please ask before you take one.",
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What was typed; what is empty becomes a line to write on."""

    what: str = ""
    when: str = ""
    where: str = ""
    bring: str = ""


def invitation(typed: Invitation) -> Sheet:
    """One page."""
    return Sheet(TITLE, Paper.A4, (partial(_draw, typed),))


def _draw(typed: Invitation, painter: QPainter) -> None:
    _draw_sky(painter)
    face.write(painter, "You are invited", face.face(20), QRectF(_LEFT, 74 * MM, _WIDE, 400), face.SOFT)
    top = 85 * MM
    if typed.what:
        size = 40.0
        while size > 4 and (
            face.height(typed.what, face.bold(size), _WIDE) > 34 * MM
            or face.longest_word(typed.what, face.bold(size)) > _WIDE
        ):
            size -= 1
        face.write(painter, typed.what, face.bold(size), QRectF(_LEFT, top, _WIDE, 34 * MM))
    else:
        rule(painter, _LEFT, _LEFT + _WIDE, top + 16 * MM)
        rule(painter, _LEFT, _LEFT + _WIDE, top + 32 * MM)
    top = 126 * MM
    for label, said in (("When", typed.when), ("Where", typed.where), ("What to bring", typed.bring)):
        _draw_answer(painter, label, said, top)
        top += 29 * MM
    painter.setPen(face.pen(2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    box = QRectF(_LEFT, top + 2 * MM, _WIDE, 48 * MM)
    painter.drawRoundedRect(box, 12 * POINT, 12 * POINT)
    line = box.top() + 7 * MM
    for promise in PROMISES:
        painter.setBrush(QColor(face.INK))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QPointF(box.left() + 8 * MM, line + 8 * POINT), 2 * POINT, 2 * POINT)
        face.write(painter, promise, face.face(12), QRectF(box.left() + 12 * MM, line, _WIDE - 18 * MM, 200))
        line += 9.5 * MM


def _draw_answer(painter: QPainter, label: str, said: str, top: float) -> None:
    painter.save()
    painter.translate(_LEFT, top + 1 * MM)
    painter.scale(POINT * 34 / icons.GRID, POINT * 34 / icons.GRID)
    pen = face.pen(1)
    pen.setWidthF(icons.STROKE)
    painter.strokePath(icons.drawing(_DRAWN[label]), pen)
    painter.restore()
    left, width = _LEFT + 19 * MM, _WIDE - 19 * MM
    face.write(painter, label, face.bold(11), QRectF(left, top, width, 200), face.SOFT)
    if not said:
        rule(painter, left, left + width, top + 17 * MM)
        return
    size = 20.0
    while size > 4 and (
        face.height(said, face.bold(size), width) > 18 * MM
        or face.longest_word(said, face.bold(size)) > width
    ):
        size -= 0.5
    face.write(painter, said, face.bold(size), QRectF(left, top + 6 * MM, width, 18 * MM))


def _draw_sky(painter: QPainter) -> None:
    """A Moon over a hill with a family on it, in black and white."""
    width = 210 * MM
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(face.INK))
    moon = QPainterPath()
    moon.addEllipse(QPointF(164 * MM, 33 * MM), 15 * MM, 15 * MM)
    bite = QPainterPath()
    bite.addEllipse(QPointF(156.5 * MM, 29 * MM), 13.5 * MM, 13.5 * MM)
    painter.drawPath(moon.subtracted(bite))
    for x, y, size in (
        (40, 24, 2.6),
        (66, 38, 1.6),
        (98, 20, 2.0),
        (128, 40, 1.5),
        (188, 18, 1.8),
        (24, 44, 1.5),
    ):
        star = QPainterPath(QPointF(x * MM, (y - 1.6 * size) * MM))
        for dx, dy in ((1.6, 0), (0, 1.6), (-1.6, 0), (0, -1.6)):
            star.quadTo(QPointF(x * MM, y * MM), QPointF((x + dx * size) * MM, (y + dy * size) * MM))
        painter.drawPath(star)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(face.pen(3))
    hill = QPainterPath(QPointF(0, 68 * MM))
    hill.quadTo(QPointF(width * 0.36, 52 * MM), QPointF(width, 68 * MM))
    painter.drawPath(hill)
    painter.restore()
    for x, tall, up in ((66, 17.0, False), (76, 10.0, True), (85, 15.0, False), (93, 8.0, False)):
        _draw_person(painter, x * MM, _hill_at(x * MM) + 0.4 * MM, tall * MM, points_up=up)


def _hill_at(x: float) -> float:
    """The height of the hill's line, by the same curve: x is nearly even along it."""
    width = 210 * MM
    low, high = 0.0, 1.0
    for _ in range(30):
        t = (low + high) / 2
        at = 2 * (1 - t) * t * 0.36 * width + t * t * width
        low, high = (t, high) if at < x else (low, t)
    return ((1 - low) ** 2 * 68 + 2 * (1 - low) * low * 52 + low**2 * 68) * MM


def _draw_person(painter: QPainter, x: float, ground: float, tall: float, *, points_up: bool) -> None:
    painter.save()
    painter.translate(0, ground)
    person(painter, x, tall, points_up=points_up)
    painter.restore()
