"""Cards side by side where there is room, below each other where there is not."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from omi_desktop.ui import theme

GUTTER = 18


class Columns(QWidget):
    """`narrow` is the width in pixels at 100 % text below which the parts are stacked."""

    def __init__(self, narrow: int = 720) -> None:
        super().__init__()
        self._narrow = narrow
        self._row = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GUTTER)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        theme.current().changed.connect(self._turn)

    @property
    def is_stacked(self) -> bool:
        """True while the parts are below each other."""
        return self._row.direction() is QBoxLayout.Direction.TopToBottom

    def add(self, part: QWidget, stretch: int = 1) -> None:
        """Add a part; its share of the width is `stretch`."""
        self._row.addWidget(part, stretch)

    def minimumSizeHint(self) -> QSize:
        parts = (self._row.itemAt(index) for index in range(self._row.count()))
        width = max((part.minimumSize().width() for part in parts if part is not None), default=0)
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def _turn(self) -> None:
        is_wide = self.width() >= theme.current().px(self._narrow)
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        if direction is not self._row.direction():
            self._row.setDirection(direction)
            self.updateGeometry()
