"""The picture of the poster: a satellite above, and on the ground those it works for. Drawn in points."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPen

from omi_desktop.ui.printing import face

WIDTH: Final = 595.3
_RADIUS: Final = 980.0
_MIDDLE: Final = QPointF(300, 330 + _RADIUS)
_SATELLITE: Final = QPointF(466, 157)
_TILT: Final = 24.0
_DISH: Final = QPointF(0, 44)
_STARS: Final = (
    (398, 36, 1.3), (560, 62, 1.7), (556, 246, 2.2), (326, 132, 1.6), (518, 30, 1.2), (300, 178, 2.2),
    (344, 200, 1.1), (22, 262, 1.5),
)  # fmt: skip
_WHITE: Final = QColor("white")


def draw(painter: QPainter, foot: float) -> None:
    """Draw it over the whole width of an A4 page; the ground fades out at `foot`."""
    painter.save()
    _draw_ground(painter, foot)
    _draw_stars(painter)
    _draw_beams(painter)
    _draw_satellite(painter)
    for degrees, scene in (
        (-14.6, _turbine),
        (-12.2, _field),
        (-9.3, _house),
        (-6.7, _child_and_adult),
        (-3.2, _hospital),
        (0.6, _wheelchair),
        (3.4, _tower),
        (6.0, _ground_station),
        (9.4, _at_a_laptop),
        (11.7, _trees),
        (14.4, _ship),
    ):
        _stand(painter, degrees)
        scene(painter)
        painter.restore()
    painter.restore()


def _on_ground(degrees: float, up: float = 0.0) -> QPointF:
    angle = math.radians(degrees)
    reach = _RADIUS + up
    return QPointF(_MIDDLE.x() + reach * math.sin(angle), _MIDDLE.y() - reach * math.cos(angle))


def _stand(painter: QPainter, degrees: float) -> None:
    """From here to `restore`, (0, 0) is on the ground and up is away from it."""
    painter.save()
    painter.translate(_on_ground(degrees))
    painter.rotate(degrees)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(face.INK))


def _line(painter: QPainter, points: float, colour: str = face.INK) -> None:
    pen = face.pen(points, colour)
    pen.setWidthF(points)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _fill(painter: QPainter, colour: str = face.INK) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))


def _draw_ground(painter: QPainter, foot: float) -> None:
    globe = QPainterPath()
    globe.addEllipse(_MIDDLE, _RADIUS, _RADIUS)
    page = QPainterPath()
    page.addRect(QRectF(0, 0, WIDTH, foot))
    shade = QLinearGradient(0, 330, 0, foot)
    shade.setColorAt(0, QColor("#cfe0dc"))
    shade.setColorAt(0.45, QColor("#e9f2f0"))
    shade.setColorAt(1, _WHITE)
    painter.fillPath(globe.intersected(page), shade)
    painter.save()
    painter.setClipRect(QRectF(0, 0, WIDTH, foot))
    _line(painter, 3.4)
    painter.drawEllipse(_MIDDLE, _RADIUS, _RADIUS)
    air = QPen(QColor(face.TEAL), 1.1, Qt.PenStyle.CustomDashLine)
    air.setDashPattern([0.1, 4.2])
    air.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(air)
    painter.drawEllipse(_MIDDLE, _RADIUS + 70, _RADIUS + 70)
    painter.restore()


def _draw_stars(painter: QPainter) -> None:
    for x, y, size in _STARS:
        _fill(painter, face.TEAL)
        star = QPainterPath(QPointF(x, y - 3 * size))
        for dx, dy in ((3, 0), (0, 3), (-3, 0), (0, -3)):
            star.quadTo(QPointF(x, y), QPointF(x + dx * size, y + dy * size))
        painter.drawPath(star)


def _draw_beams(painter: QPainter) -> None:
    tilt = math.radians(_TILT)
    x, y = _DISH.x(), _DISH.y() + 12
    dish = _SATELLITE + QPointF(
        x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt)
    )
    dashed = QPen(QColor(face.TEAL), 1.0, Qt.PenStyle.CustomDashLine)
    dashed.setDashPattern([4, 3.2])
    painter.setPen(dashed)
    for degrees, up in ((-9.2, 46), (-5.9, 38), (-3.1, 60), (5.6, 58), (9.2, 44), (13.8, 52)):
        painter.drawLine(dish, _on_ground(degrees, up))


def _draw_satellite(painter: QPainter) -> None:
    painter.save()
    painter.translate(_SATELLITE)
    painter.rotate(_TILT)
    for side in (-1, 1):
        _line(painter, 2.4)
        painter.drawLine(QPointF(side * 24, 0), QPointF(side * 36, 0))
        wing = QRectF(36 if side > 0 else -112, -21, 76, 42)
        _fill(painter)
        painter.drawRoundedRect(wing, 2, 2)
        _line(painter, 1.1, "#ffffff")
        for part in range(1, 5):
            at = wing.left() + wing.width() * part / 5
            painter.drawLine(QPointF(at, wing.top()), QPointF(at, wing.bottom()))
        painter.drawLine(QPointF(wing.left(), 0), QPointF(wing.right(), 0))
    body = QRectF(-24, -31, 48, 62)
    _line(painter, 2.4)
    painter.setBrush(_WHITE)
    painter.drawRoundedRect(body, 4, 4)
    _line(painter, 0.9)
    for step in range(6):
        at = -25 + step * 9.2
        painter.drawLine(QPointF(-20, at), QPointF(20, at - 6))
    _fill(painter, face.TEAL)
    painter.drawEllipse(QPointF(0, 4), 11, 11)
    _fill(painter, "#ffffff")
    painter.drawEllipse(QPointF(0, 4), 6.5, 6.5)
    _fill(painter)
    painter.drawEllipse(QPointF(0, 4), 3, 3)
    _line(painter, 2.4)
    painter.drawLine(QPointF(0, 31), QPointF(0, 37))
    painter.drawLine(QPointF(0, -31), QPointF(0, -46))
    _fill(painter)
    painter.drawEllipse(QPointF(0, -48), 3.2, 3.2)
    dish = QPainterPath(QPointF(-24, 52))
    dish.quadTo(QPointF(0, 20), QPointF(24, 52))
    dish.quadTo(QPointF(0, 44), QPointF(-24, 52))
    painter.drawPath(dish)
    _line(painter, 1.6)
    painter.drawLine(QPointF(0, 44), QPointF(0, 57))
    painter.restore()


def person(painter: QPainter, x: float, tall: float, *, points_up: bool = False) -> None:
    """Someone who stands, `tall` points from the ground; who points up does so to the right."""
    head = tall * 0.155
    _fill(painter)
    painter.drawEllipse(QPointF(x, -tall + head), head, head)
    body = QPainterPath()
    body.addRoundedRect(
        QRectF(x - tall * 0.13, -tall * 0.66, tall * 0.26, tall * 0.4), tall * 0.09, tall * 0.09
    )
    painter.drawPath(body)
    _line(painter, tall * 0.095)
    painter.drawLine(QPointF(x - tall * 0.07, -tall * 0.32), QPointF(x - tall * 0.09, -tall * 0.05))
    painter.drawLine(QPointF(x + tall * 0.07, -tall * 0.32), QPointF(x + tall * 0.09, -tall * 0.05))
    _line(painter, tall * 0.08)
    painter.drawLine(QPointF(x - tall * 0.12, -tall * 0.59), QPointF(x - tall * 0.19, -tall * 0.36))
    hand = QPointF(x + tall * 0.36, -tall * 0.86) if points_up else QPointF(x + tall * 0.19, -tall * 0.36)
    painter.drawLine(QPointF(x + tall * 0.12, -tall * 0.59), hand)


def _child_and_adult(painter: QPainter) -> None:
    person(painter, -10, 40)
    person(painter, 11, 27, points_up=True)


def _wheelchair(painter: QPainter) -> None:
    _line(painter, 2.4)
    painter.drawEllipse(QPointF(-1, -10), 9, 9)
    painter.drawLine(QPointF(-7, -31), QPointF(-5, -16))
    _fill(painter)
    painter.drawEllipse(QPointF(-3, -36), 5.6, 5.6)
    _line(painter, 5.4)
    painter.drawPolyline([QPointF(-3, -26), QPointF(-2, -16), QPointF(9, -15), QPointF(12, -4)])
    _line(painter, 3)
    painter.drawLine(QPointF(-2, -24), QPointF(8, -21))
    painter.drawLine(QPointF(12, -3), QPointF(16, -3))
    _fill(painter, face.TEAL)
    painter.drawRoundedRect(QRectF(7, -27, 10, 7), 1, 1)


def _at_a_laptop(painter: QPainter) -> None:
    _fill(painter)
    painter.drawEllipse(QPointF(-9, -36), 5.6, 5.6)
    _line(painter, 6)
    painter.drawLine(QPointF(-9, -26), QPointF(-8, -14))
    _line(painter, 3)
    painter.drawLine(QPointF(-8, -24), QPointF(3, -20))
    painter.drawPolyline([QPointF(-8, -13), QPointF(1, -12), QPointF(2, -1)])
    painter.drawPolyline([QPointF(-13, -10), QPointF(-13, -1)])
    painter.drawLine(QPointF(-14, -10), QPointF(-4, -10))
    _line(painter, 2.2)
    painter.drawPolyline([QPointF(4, -1), QPointF(4, -17), QPointF(18, -17), QPointF(18, -1)])
    painter.drawPolyline([QPointF(5, -19), QPointF(13, -19), QPointF(17, -29)])


def _turbine(painter: QPainter) -> None:
    _line(painter, 2.6)
    painter.drawLine(QPointF(0, 0), QPointF(0, -58))
    for turn in (20, 140, 260):
        painter.save()
        painter.translate(0, -60)
        painter.rotate(turn)
        _fill(painter)
        blade = QPainterPath(QPointF(0, 0))
        blade.quadTo(QPointF(5, -8), QPointF(1, -29))
        blade.quadTo(QPointF(-2, -12), QPointF(0, 0))
        painter.drawPath(blade)
        painter.restore()
    painter.drawEllipse(QPointF(0, -60), 2.6, 2.6)


def _field(painter: QPainter) -> None:
    _line(painter, 1.5)
    for step in range(6):
        x = -20 + step * 8
        for side in (-1, 1):
            leaf = QPainterPath(QPointF(x, -1))
            leaf.quadTo(QPointF(x + side * 1, -9), QPointF(x + side * 4.4, -12))
            painter.drawPath(leaf)
        painter.drawLine(QPointF(x, 0), QPointF(x, -15))


def _house(painter: QPainter) -> None:
    _fill(painter)
    painter.drawPolygon([QPointF(-20, -20), QPointF(0, -38), QPointF(20, -20)])
    painter.drawRect(QRectF(-15, -21, 30, 21))
    _fill(painter, "#ffffff")
    painter.drawRect(QRectF(-10, -16, 7, 7))
    painter.drawRect(QRectF(3, -15, 7, 15))
    _line(painter, 2)
    painter.drawLine(QPointF(11, -28), QPointF(16, -36))
    _fill(painter)
    dish = QPainterPath(QPointF(11, -44))
    dish.quadTo(QPointF(12, -33), QPointF(23, -36))
    dish.quadTo(QPointF(17, -39), QPointF(11, -44))
    painter.drawPath(dish)


def _hospital(painter: QPainter) -> None:
    _fill(painter)
    painter.drawRect(QRectF(-24, -36, 48, 36))
    painter.drawRect(QRectF(-12, -54, 24, 20))
    _fill(painter, "#ffffff")
    painter.drawRect(QRectF(-2.2, -52, 4.4, 14))
    painter.drawRect(QRectF(-7, -47.2, 14, 4.4))
    for x in (-19, -9.5, 4.5, 14):
        for y in (-30, -19):
            painter.drawRect(QRectF(x, y, 5, 6))
    painter.drawRect(QRectF(-4, -10, 8, 10))


def _tower(painter: QPainter) -> None:
    _fill(painter)
    painter.drawRect(QRectF(-13, -72, 26, 72))
    _line(painter, 1.8)
    painter.drawLine(QPointF(0, -72), QPointF(0, -84))
    _fill(painter, "#ffffff")
    for row in range(6):
        for x in (-8.5, -1.75, 5):
            painter.drawRect(QRectF(x, -66 + row * 10, 3.5, 5))


def _ground_station(painter: QPainter) -> None:
    _fill(painter)
    painter.drawPolygon([QPointF(-7, -28), QPointF(7, -28), QPointF(13, 0), QPointF(-13, 0)])
    painter.save()
    painter.translate(0, -34)
    painter.rotate(24)
    dish = QPainterPath(QPointF(-32, -12))
    dish.quadTo(QPointF(0, 28), QPointF(32, -12))
    dish.quadTo(QPointF(0, 0), QPointF(-32, -12))
    painter.drawPath(dish)
    _line(painter, 1.7)
    painter.drawLine(QPointF(-18, -4), QPointF(0, -26))
    painter.drawLine(QPointF(18, -4), QPointF(0, -26))
    _fill(painter)
    painter.drawEllipse(QPointF(0, -27), 3.4, 3.4)
    painter.restore()


def _trees(painter: QPainter) -> None:
    for x, tall in ((-12, 26), (2, 38), (15, 22)):
        _line(painter, 2.2)
        painter.drawLine(QPointF(x, 0), QPointF(x, -tall * 0.4))
        _fill(painter)
        painter.drawEllipse(QPointF(x, -tall * 0.66), tall * 0.24, tall * 0.36)


def _ship(painter: QPainter) -> None:
    _fill(painter)
    painter.drawPolygon([QPointF(-32, -14), QPointF(30, -14), QPointF(20, -2), QPointF(-25, -2)])
    painter.drawRect(QRectF(-20, -31, 14, 18))
    painter.drawRect(QRectF(-3, -22, 9, 9))
    painter.drawRect(QRectF(8, -22, 9, 9))
    _fill(painter, "#ffffff")
    painter.drawRect(QRectF(-17, -28, 8, 4))
    _line(painter, 1.7)
    painter.drawLine(QPointF(-13, -31), QPointF(-13, -48))
    painter.drawEllipse(QPointF(-13, -50), 2, 2)
