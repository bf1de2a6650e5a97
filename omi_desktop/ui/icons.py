"""Line icons of our own: a 24 px grid, a 1.8 px stroke, coloured from the tokens when they are drawn.

A drawing is a list of strokes in a small notation: `M x y` move, `L x y` line, `Q cx cy x y` curve,
`Z` close, `O cx cy r` circle, `R x y w h r` rounded rectangle, `A cx cy r from sweep` arc in degrees.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

from omi_desktop.ui import theme
from omi_desktop.ui.tokens import Token

GRID: Final = 24
STROKE: Final = 1.8
_RATIOS: Final = (1.0, 2.0, 3.0)
_ARGUMENTS: Final = {"M": 2, "L": 2, "Q": 4, "Z": 0, "O": 3, "R": 5, "A": 5}

DRAWINGS: Final[dict[str, str]] = {
    "add": "M 12 5 L 12 19 M 5 12 L 19 12",
    "activity": "M 9 3.5 L 15 3.5 M 10.5 3.5 L 10.5 9.5 L 4.8 18.5 Q 3.9 20.5 6 20.5 L 18 20.5 Q 20.1 20.5 19.2 18.5"
    " L 13.5 9.5 L 13.5 3.5 M 8 15 L 16 15",
    "back": "M 14.5 5.5 L 8 12 L 14.5 18.5",
    "bin": "M 4.5 6.5 L 19.5 6.5 M 9 6.5 L 9 4 L 15 4 L 15 6.5 M 6.5 6.5 L 7.5 20 L 16.5 20 L 17.5 6.5"
    " M 10.5 10.5 L 10.5 16 M 13.5 10.5 L 13.5 16",
    "calendar": "R 4 5.5 16 15 2 M 4 10 L 20 10 M 8.5 3 L 8.5 7 M 15.5 3 L 15.5 7",
    "careers": "R 3.5 7.5 17 12 2 M 9 7.5 L 9 4.5 L 15 4.5 L 15 7.5 M 3.5 12.5 L 20.5 12.5 M 12 11.5 L 12 14",
    "check": "M 5 12.5 L 10 17.5 L 19 7",
    "clock": "O 12 12 8.5 M 12 7 L 12 12 L 15.5 14",
    "close": "M 6 6 L 18 18 M 18 6 L 6 18",
    "copy": "R 8.5 8.5 11.5 11.5 2 M 15.5 8.5 L 15.5 5.5 Q 15.5 4 14 4 L 5.5 4 Q 4 4 4 5.5 L 4 14 Q 4 15.5 5.5 15.5"
    " L 8.5 15.5",
    "cloud_done": "M 7 18.5 Q 3 18.5 3 14.8 Q 3 11.4 6.5 11.1 Q 7 6 12 6 Q 16.5 6 17.4 10.2 Q 21 10.6 21 14.4"
    " Q 21 18.5 17 18.5 Z M 9 13 L 11.3 15.3 L 15.3 10.8",
    "cloud_off": "M 7 18.5 Q 3 18.5 3 14.8 Q 3 11.4 6.5 11.1 Q 7 6 12 6 Q 16.5 6 17.4 10.2 Q 21 10.6 21 14.4"
    " Q 21 18.5 17 18.5 Z M 4.5 4 L 20 21",
    "cloud_waiting": "M 7 18.5 Q 3 18.5 3 14.8 Q 3 11.4 6.5 11.1 Q 7 6 12 6 Q 16.5 6 17.4 10.2 Q 21 10.6 21 14.4"
    " Q 21 18.5 17 18.5 Z M 12 9.8 L 12 13 L 14 14.4",
    "down": "M 5.5 9.5 L 12 16 L 18.5 9.5",
    "edit": "M 4.5 19.5 L 5.5 15 L 16 4.5 L 19.5 8 L 9 18.5 Z M 13.5 7 L 17 10.5",
    "external": "M 13.5 4.5 L 19.5 4.5 L 19.5 10.5 M 19.5 4.5 L 11.5 12.5 M 17.5 14 L 17.5 19.5 L 4.5 19.5 L 4.5 6.5"
    " L 10 6.5",
    "filter": "M 4 6.5 L 20 6.5 M 7 12 L 17 12 M 10 17.5 L 14 17.5",
    "forward": "M 9.5 5.5 L 16 12 L 9.5 18.5",
    "handbook": "M 12 6.5 Q 8.5 4.5 4 5 L 4 18.5 Q 8.5 18 12 20 Q 15.5 18 20 18.5 L 20 5 Q 15.5 4.5 12 6.5 Z"
    " M 12 6.5 L 12 20",
    "home": "M 4 11 L 12 4 L 20 11 M 6 9.5 L 6 20 L 18 20 L 18 9.5 M 10 20 L 10 14 L 14 14 L 14 20",
    "info": "O 12 12 8.5 M 12 11 L 12 16.5 M 12 7.5 L 12 7.7",
    "key": "O 8 15.5 4 M 11 12.5 L 19 4.5 M 15.5 8 L 18.5 11",
    "library": "R 3.5 4.5 4.5 15 1 R 8 4.5 4.5 15 1 M 14 6 L 17.5 5 L 20.8 18.5 L 17.3 19.4 Z",
    "menu": "M 4.5 7 L 19.5 7 M 4.5 12 L 19.5 12 M 4.5 17 L 19.5 17",
    "people": "O 9 8.5 3.5 M 2.8 19.5 Q 3 14 9 14 Q 15 14 15.2 19.5 M 15.5 5.3 Q 18.3 6 18.3 8.6 Q 18.3 11 16 11.8"
    " M 17.5 14.3 Q 21 15.2 21.2 19.5",
    "person": "O 12 8 4 M 4.5 20 Q 5 14.5 12 14.5 Q 19 14.5 19.5 20",
    "place": "M 12 21 Q 5 14 5 10 A 12 10 7 180 -180 M 19 10 Q 19 14 12 21 O 12 10 2.5",
    "play": "O 12 12 8.5 M 10 8.3 L 16 12 L 10 15.7 Z",
    "print": "M 7 9 L 7 4 L 17 4 L 17 9 M 7 17.5 L 5 17.5 Q 3.5 17.5 3.5 16 L 3.5 10.5 Q 3.5 9 5 9 L 19 9"
    " Q 20.5 9 20.5 10.5 L 20.5 16 Q 20.5 17.5 19 17.5 L 17 17.5 M 7 14 L 17 14 L 17 20.5 L 7 20.5 Z",
    "remove": "M 5 12 L 19 12",
    "save": "M 12 4 L 12 15 M 7.5 10.5 L 12 15 L 16.5 10.5 M 4.5 15.5 L 4.5 19.5 L 19.5 19.5 L 19.5 15.5",
    "search": "O 10.5 10.5 6 M 15 15 L 20 20",
    "sessions": "R 5 5 14 15.5 2 R 9 3 6 4 1 M 8.5 11.5 L 10 13 L 12.5 10 M 14.5 12 L 16 12 M 8.5 16.5 L 16 16.5",
    "settings": "M 4 7 L 11 7 M 17 7 L 20 7 O 14 7 2.6 M 4 17 L 7 17 M 13 17 L 20 17 O 10 17 2.6",
    "star": "M 12 3.4 L 14.4 9.3 L 20.7 9.8 L 15.9 13.9 L 17.4 20 L 12 16.7 L 6.6 20 L 8.1 13.9 L 3.3 9.8 L 9.6 9.3 Z",
    "star_kept": "M 12 3.4 L 14.4 9.3 L 20.7 9.8 L 15.9 13.9 L 17.4 20 L 12 16.7"
    " L 6.6 20 L 8.1 13.9 L 3.3 9.8 L 9.6 9.3 Z"
    " M 12 7 L 13.5 10.5 L 17.3 10.9 L 14.5 13.4 L 15.3 17.1 L 12 15.2 L 8.7 17.1 L 9.5 13.4 L 6.7 10.9 L 10.5 10.5 Z"
    " M 12 10.2 L 13 12.9 L 13.4 14.5 L 12 13.7 L 10.6 14.5 L 11 12.9 Z",
    "sync": "A 12 12 7.5 20 130 M 4.6 5.5 L 5 9.5 L 9 9 A 12 12 7.5 200 130 M 19.4 18.5 L 19 14.5 L 15 15",
    "undo": "M 8.5 5 L 4.5 9 L 8.5 13 M 4.5 9 L 14 9 Q 19.5 9 19.5 14 Q 19.5 19 14 19 L 8 19",
    "up": "M 5.5 14.5 L 12 8 L 18.5 14.5",
    "warning": "M 12 4.5 L 21 19.5 L 3 19.5 Z M 12 10 L 12 14.2 M 12 16.8 L 12 17",
}


def path(name: str) -> QPainterPath:
    """The strokes of an icon on the 24 px grid. Raises KeyError for a name that is not drawn."""
    return drawing(DRAWINGS[name])


def drawing(notation: str) -> QPainterPath:
    """The strokes that a drawing's notation describes."""
    strokes = QPainterPath()
    parts = notation.split()
    at = 0
    while at < len(parts):
        command = parts[at]
        count = _ARGUMENTS[command]
        n = [float(part) for part in parts[at + 1 : at + 1 + count]]
        at += 1 + count
        match command:
            case "M":
                strokes.moveTo(*n)
            case "L":
                strokes.lineTo(*n)
            case "Q":
                strokes.quadTo(*n)
            case "Z":
                strokes.closeSubpath()
            case "O":
                strokes.addEllipse(QPointF(n[0], n[1]), n[2], n[2])
            case "R":
                strokes.addRoundedRect(QRectF(*n[:4]), n[4], n[4])
            case "A":
                box = QRectF(n[0] - n[2], n[1] - n[2], 2 * n[2], 2 * n[2])
                strokes.arcMoveTo(box, n[3])
                strokes.arcTo(box, n[3], n[4])
    return strokes


def pixmap(name: str, colour: QColor, side: int, ratio: float = 1.0) -> QPixmap:
    """The icon drawn at `side` logical pixels for a display of so many pixels each."""
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side / GRID, side / GRID)
    pen = QPen(colour, STROKE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path(name), pen)
    painter.end()
    return picture


def icon(name: str, ink: Token = "text", side: int = GRID) -> QIcon:
    """The icon in the present colour of a token; ask again when the theme has changed."""
    drawn = QIcon()
    for ratio in _RATIOS:
        drawn.addPixmap(pixmap(name, theme.current().colour(ink), theme.current().px(side), ratio))
    return drawn
