"""The poster "Why choose the space sector", A4 or A3: one design, since both papers have the same shape."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from omi_desktop.ui import icons
from omi_desktop.ui.printing import face, poster_picture
from omi_desktop.ui.printing.poster_words import ASK, FACTS, HEADLINE, LEAD, LIKE, WAYS, Job, PosterWords
from omi_desktop.ui.printing.sheet import POINT, Paper, Sheet

TITLE: Final = "Why choose the space sector"
_SMALL: Final = {1: "¹", 2: "²", 3: "³"}
_LEFT: Final = 40.0
_WIDE: Final = 595.3 - 2 * _LEFT
_GROUND_ENDS: Final = 560.0
_FACTS: Final = 388.0
_LIKES: Final = 474.0
_WAYS: Final = 663.0
_ASK: Final = 720.0
_NOTES: Final = 780.0
"""Where the parts of the poster begin, in points of A4 from the top."""


def poster(words: PosterWords, paper: Paper, own_line: str = "") -> Sheet:
    """The poster. `own_line` follows "Ask me about"; without one there is a line to write on."""
    return Sheet(TITLE, paper, (partial(_draw, words, paper, own_line),))


def _draw(words: PosterWords, paper: Paper, own_line: str, painter: QPainter) -> None:
    grown = paper.size.width() / Paper.A4.size.width()
    painter.save()
    painter.scale(grown, grown)
    painter.save()
    painter.scale(POINT, POINT)
    poster_picture.draw(painter, _GROUND_ENDS)
    painter.restore()
    _draw_headline(painter)
    _draw_facts(painter)
    _draw_jobs(painter, words)
    _draw_ways(painter, words)
    _draw_own_line(painter, own_line)
    _draw_notes(painter)
    painter.restore()


def _box(left: float, top: float, width: float, height: float = 0.0) -> QRectF:
    """From points to the units of a sheet."""
    return QRectF(left * POINT, top * POINT, width * POINT, height * POINT)


def _draw_headline(painter: QPainter) -> None:
    font = face.bold(57)
    top = 30.0
    for line in HEADLINE:
        face.write(painter, line, font, _box(_LEFT - 3, top, 420, 70))
        top += 56
    for number, line in enumerate(LEAD):
        face.write(painter, line, face.face(14), _box(_LEFT, top + 11 + number * 18, 300, 20))


def _draw_facts(painter: QPainter) -> None:
    gap = 22.0
    width = (_WIDE - 2 * gap) / 3
    for number, fact in enumerate(FACTS, 1):
        left = _LEFT + (number - 1) * (width + gap)
        face.write(painter, fact.number, face.bold(36), _box(left - 1.5, _FACTS, width, 44))
        words = f"{fact.words}.{_SMALL[number]}"
        face.write(painter, words, face.face(9.8), _box(left, _FACTS + 45, width, 40))


def _draw_jobs(painter: QPainter, words: PosterWords) -> None:
    face.write(painter, LIKE, face.bold(21), _box(_LEFT - 1, _LIKES, _WIDE, 26))
    gap, row = 14.0, 38.0
    width = (_WIDE - 2 * gap) / 3
    for number, job in enumerate(words.jobs):
        left = _LEFT + (number % 3) * (width + gap)
        top = _LIKES + 34 + (number // 3) * row
        painter.save()
        painter.scale(POINT, POINT)
        painter.translate(left, top)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(face.INK))
        painter.drawRoundedRect(QRectF(0, 0, 27, 27), 7, 7)
        painter.translate(3.5, 3.5)
        painter.scale(20 / icons.GRID, 20 / icons.GRID)
        pen = face.pen(1, "#ffffff")
        pen.setWidthF(icons.STROKE)
        painter.strokePath(icons.drawing(job.icon), pen)
        painter.restore()
        likes = _likes(job, (width - 34) * POINT)
        face.write(painter, likes, face.bold(9.6), _box(left + 34, top - 0.5, width - 30, 14))
        face.write(painter, job.title, face.face(9.6), _box(left + 34, top + 12.3, width - 34, 26), face.INK)


def _likes(job: Job, width: float) -> str:
    """As many of them as fit one line; the first in any case."""
    for count in range(len(job.likes), 1, -1):
        words = ", ".join(job.likes[:count])
        if face.height(words, face.bold(9.6), width) < 16 * POINT:
            return words[:1].upper() + words[1:]
    return job.likes[0][:1].upper() + job.likes[0][1:] if job.likes else ""


def _draw_ways(painter: QPainter, words: PosterWords) -> None:
    face.write(painter, WAYS, face.bold(21), _box(_LEFT - 1, _WAYS, 150, 26))
    said = f"and how many of our {words.cards} job cards name each"
    face.write(painter, said, face.face(8.6), _box(_LEFT, _WAYS + 26, 140, 24), face.SOFT)
    left, step = _LEFT + 176, (_WIDE - 200) / 4
    painter.setPen(face.pen(2.2))
    line = _WAYS + 13
    painter.drawLine(QPointF(left * POINT, line * POINT), QPointF((left + 4 * step) * POINT, line * POINT))
    for number, way in enumerate(words.ways):
        x = left + number * step
        painter.setPen(face.pen(2.2))
        painter.setBrush(QColor("white"))
        painter.drawEllipse(QPointF(x * POINT, line * POINT), 12 * POINT, 12 * POINT)
        face.write(
            painter,
            str(way.cards),
            face.bold(11),
            _box(x - 12, line - 6.8, 24, 16),
            face.INK,
            align=Qt.AlignmentFlag.AlignHCenter,
        )
        face.write(
            painter,
            way.name,
            face.bold(8.6),
            _box(x - 40, line + 16, 80, 12),
            face.INK,
            align=Qt.AlignmentFlag.AlignHCenter,
        )


def _draw_own_line(painter: QPainter, own_line: str) -> None:
    box = _box(_LEFT, _ASK, _WIDE, 48)
    painter.setPen(face.pen(2.2))
    painter.setBrush(QColor("white"))
    painter.drawRoundedRect(box, 10 * POINT, 10 * POINT)
    face.write(painter, ASK, face.bold(13), _box(_LEFT + 16, _ASK + 15.5, 110, 20))
    left, width = _LEFT + 122, _WIDE - 138
    if not own_line:
        painter.setPen(face.pen(0.8, face.LINE))
        line = (_ASK + 33) * POINT
        painter.drawLine(QPointF(left * POINT, line), QPointF((left + width) * POINT, line))
        return
    size = 19.0
    while size > 4 and (
        face.height(own_line, face.bold(size), width * POINT) > 40 * POINT
        or face.longest_word(own_line, face.bold(size)) > width * POINT
    ):
        size -= 0.5
    tall = face.height(own_line, face.bold(size), width * POINT) / POINT
    face.write(painter, own_line, face.bold(size), _box(left, _ASK + (48 - tall) / 2, width, tall), face.TEAL)


def _draw_notes(painter: QPainter) -> None:
    notes = [
        f"{_SMALL[number]} {fact.source}: {_shown(fact.address)}" for number, fact in enumerate(FACTS, 1)
    ]
    notes.append("Made with OMI Desktop from its own job cards and handbook. CC BY 4.0.")
    font = face.face(6.6)
    top = _NOTES
    for note in notes:
        top += face.write(painter, note, font, _box(_LEFT, top, _WIDE, 10), face.SOFT) / POINT


def _shown(address: str) -> str:
    """The host and enough of the path to find it: a reader types it from a wall."""
    return address.removeprefix("https://").removeprefix("www.").rstrip("/")
