"""The focus ring: one amber frame around whatever has the keyboard, the same for every control."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFocusFrame, QWidget

from omi_desktop.ui import theme

WIDTH = 2.5
_RADIUS = 11.0


class FocusRing(QFocusFrame):
    """Drawn outside the control, because amber on a teal button would not be seen."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().colour("focus"), WIDTH))
        edge = WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), _RADIUS, _RADIUS)
        painter.end()


def install(app: QApplication) -> None:
    """Draw the ring around the widget with the focus, from now on."""
    ring: FocusRing | None = None

    def follow(_old: QWidget | None, new: QWidget | None) -> None:
        nonlocal ring
        if ring is None:
            ring = FocusRing()
        ring.setWidget(new if new is not None and not new.isWindow() else None)  # type: ignore[arg-type]

    app.focusChanged.connect(follow)
