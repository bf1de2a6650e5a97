"""The focus ring: one amber frame around whatever has the keyboard, the same for every control."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from omi_desktop.ui import theme

WIDTH = 2.5
_GAP = 4
_RADIUS = 12.0
_MOVED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)


class FocusRing(QWidget):
    """Drawn outside the control, because amber on a teal button would not be seen.

    It lives in the window or, so that it scrolls along, in the content of the scroll area around the control.
    """

    def __init__(self, around: QWidget) -> None:
        self._around = around
        self._watched = _up_to_host(around)
        super().__init__(self._watched[-1])
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for widget in self._watched:
            widget.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVED:
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().colour("focus"), WIDTH))
        edge = WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), _RADIUS, _RADIUS)
        painter.end()

    def _place(self) -> None:
        host = self._watched[-1]
        # While a window is taken apart its children lose their parents one by one; `mapTo` would not return.
        if not (
            shiboken6.isValid(self._around) and shiboken6.isValid(host) and host.isAncestorOf(self._around)
        ):
            self.hide()
            return
        corner = self._around.mapTo(host, QPoint())
        self.setGeometry(QRect(corner, self._around.size()).adjusted(-_GAP, -_GAP, _GAP, _GAP))
        self.setVisible(self._around.isVisibleTo(host))
        self.raise_()


def _up_to_host(widget: QWidget) -> list[QWidget]:
    """The widget and its ancestors up to the one that hosts the ring."""
    chain = [widget]
    while True:
        host = chain[-1].parentWidget()
        if host is None:
            return chain
        chain.append(host)
        viewport = host.parentWidget()
        area = viewport.parentWidget() if viewport is not None else None
        if host.isWindow() or (isinstance(area, QAbstractScrollArea) and area.viewport() is viewport):
            return chain


class _Follower(QObject):
    """Moves the ring. An object of its own, so that Qt lets go of it before Python does."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._ring: FocusRing | None = None
        app.focusChanged.connect(self.follow)

    def follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._ring is not None and shiboken6.isValid(self._ring):
            self._ring.hide()
            self._ring.deleteLater()
        self._ring = FocusRing(new) if new is not None and not new.isWindow() else None


def install() -> None:
    """Draw the ring around the widget with the focus, from now on. Once for an application."""
    app = QApplication.instance()
    if isinstance(app, QApplication) and app.findChild(_Follower) is None:
        _Follower(app).follow(None, app.focusWidget())
