"""Slips of paper: what young people and a teacher say at the end of a visit. Nobody's name is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from omi_desktop.ui.printing import face
from omi_desktop.ui.printing.sheet import MM, POINT, Paper, Sheet

YOUNG_PEOPLE: Final = "Slips for young people"
TEACHER: Final = "Slips for the teacher"
STATEMENTS: Final = (
    "I could name three jobs in space that are not astronaut.",
    "I know what I could do next if I wanted a job like that.",
    "People like me work in space.",
)
"""As in the chapter "Evaluation in 60 seconds"."""
ANSWERS: Final = ("Yes", "Not sure", "No")
OPEN: Final = ("One thing I learned", "One question I still have")
_MARGIN: Final = 12 * MM


def young_people() -> Sheet:
    """Four to a page, to cut up."""
    return Sheet(YOUNG_PEOPLE, Paper.A4, (lambda painter: _page(painter, 2, 2, _for_the_young),))


def teacher() -> Sheet:
    """Two to a page: one for the school, one to take along."""
    return Sheet(TEACHER, Paper.A4, (lambda painter: _page(painter, 1, 2, _for_the_teacher),))


def _page(painter: QPainter, across: int, down: int, draw: Callable[[QPainter, QRectF], None]) -> None:
    size = Paper.A4.size
    width, height = size.width() / across, size.height() / down
    for row in range(down):
        for column in range(across):
            slip = QRectF(column * width, row * height, width, height)
            draw(painter, slip.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN))
    for column in range(1, across):
        cut(painter, QPointF(column * width, 0), QPointF(column * width, size.height()))
    for row in range(1, down):
        cut(painter, QPointF(0, row * height), QPointF(size.width(), row * height))


def cut(painter: QPainter, start: QPointF, end: QPointF) -> None:
    """A line to cut along, with a pair of scissors at its start."""
    line = QLineF(start, end)
    dashed = QPen(QColor(face.SOFT), 0.8 * POINT, Qt.PenStyle.CustomDashLine)
    dashed.setDashPattern([5, 5])
    painter.setPen(dashed)
    painter.drawLine(line)
    painter.save()
    painter.translate(line.pointAt(9 * MM / line.length()))
    painter.rotate(-line.angle())
    painter.setPen(face.pen(1.1))
    painter.setBrush(QColor("white"))
    for side in (-1, 1):
        painter.drawLine(QPointF(12 * POINT, -side * 4.5 * POINT), QPointF(-3 * POINT, side * 2 * POINT))
        painter.drawEllipse(QPointF(-6 * POINT, side * 3.4 * POINT), 3 * POINT, 2.6 * POINT)
    painter.restore()


def tick_box(painter: QPainter, left: float, top: float, side: float) -> None:
    """An empty box."""
    painter.setPen(face.pen(1.1))
    painter.setBrush(QColor("white"))
    painter.drawRoundedRect(QRectF(left, top, side, side), 1.5 * POINT, 1.5 * POINT)


def rule(painter: QPainter, left: float, right: float, at: float) -> None:
    """A line to write on."""
    painter.setPen(face.pen(0.7, face.LINE))
    painter.drawLine(QPointF(left, at), QPointF(right, at))


def answers(painter: QPainter, choices: Sequence[str], left: float, top: float, step: float) -> None:
    """Boxes in a row, each with its word behind it."""
    side = 4.2 * MM
    for number, answer in enumerate(choices):
        at = left + number * step
        tick_box(painter, at, top, side)
        font = face.face(9.5)
        box = QRectF(at + side + 4 * POINT, top + side / 2 - 6 * POINT, step, 20 * POINT)
        face.write(painter, answer, font, box)


def _for_the_young(painter: QPainter, slip: QRectF) -> None:
    top = slip.top()
    top += face.write(painter, "Before you go", face.bold(16), _from(slip, top))
    top += face.write(
        painter, "Tick what is true for you. No name, please.", face.face(9.5), _from(slip, top + 20)
    )
    top += 110
    for statement in STATEMENTS:
        top += face.write(painter, statement, face.bold(10.5), _from(slip, top)) + 4 * POINT
        answers(painter, ANSWERS, slip.left(), top, slip.width() / 3)
        top += 25 * POINT
    space = (slip.bottom() - top) / len(OPEN)
    for question in OPEN:
        below = top + face.write(painter, question, face.bold(10.5), _from(slip, top))
        for line in (1, 2):
            rule(painter, slip.left(), slip.right(), min(below + line * 8.5 * MM, top + space))
        top += space


def _for_the_teacher(painter: QPainter, slip: QRectF) -> None:
    top = slip.top()
    top += face.write(painter, "Two minutes, please", face.bold(16), _from(slip, top))
    said = "For the teacher or group leader. Thank you for staying in the room."
    top += face.write(painter, said, face.face(9.5), _from(slip, top + 20)) + 70
    half = slip.width() / 2 - 4 * MM
    for number, label in enumerate(
        ("School or group", "Date and time", "Class or group, such as 8B", "Year group")
    ):
        left = slip.left() + (number % 2) * (half + 8 * MM)
        line = top + (number // 2) * 12 * MM + 8 * MM
        rule(painter, left, left + half, line)
        face.write(painter, label, face.face(8.5), QRectF(left, line + 8, half, 100), face.SOFT)
    top += 29 * MM
    top += face.write(
        painter, "Young people in the room, from start to end", face.bold(10.5), _from(slip, top)
    )
    for number, label in enumerate(("how many", "counted by, signed (staff)")):
        left = slip.left() + (0 if number == 0 else 34 * MM)
        right = slip.left() + 28 * MM if number == 0 else slip.right()
        rule(painter, left, right, top + 9 * MM)
        face.write(
            painter, label, face.face(8.5), QRectF(left, top + 9 * MM + 8, right - left, 100), face.SOFT
        )
    top += 17 * MM
    for question, choices in (
        ("Was it right for this group?", ("Too easy", "About right", "Too hard")),
        ("Would you have somebody again?", ("Yes", "Perhaps", "No")),
    ):
        face.write(painter, question, face.bold(10.5), QRectF(slip.left(), top, 70 * MM, 100))
        answers(painter, choices, slip.left() + 72 * MM, top, 38 * MM)
        top += 8 * MM
    face.write(
        painter, "Who did it not work for, and what should we change?", face.bold(10.5), _from(slip, top)
    )
    top += 12 * MM
    while top < slip.bottom():
        rule(painter, slip.left(), slip.right(), top)
        top += 8 * MM


def _from(slip: QRectF, top: float) -> QRectF:
    return QRectF(slip.left(), top, slip.width(), slip.bottom() - top)
