"""The limit of starting: a bare window with sixteen widgets. `python -m tests.bench.start_limit STARTED`."""

from __future__ import annotations

import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QPushButton, QVBoxLayout, QWidget

from tests.bench.moments import Moments, press_tab


class Bare(QMainWindow):
    """Eight labels and eight buttons."""

    def __init__(self, moments: Moments) -> None:
        super().__init__()
        self._moments = moments
        self._has_painted = False
        inside = QWidget()
        column = QVBoxLayout(inside)
        for number in range(8):
            column.addWidget(QLabel(f"Label {number}"))
            column.addWidget(QPushButton(f"Button {number}"))
        self.setCentralWidget(inside)
        self.resize(1160, 740)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self._on_painted)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        moved = super().focusNextPrevChild(forward)
        if moved:
            self._moments.note("answered")
            self._moments.report(self.close)
        return moved

    def _on_painted(self) -> None:
        self._moments.note("painted")
        press_tab(self)


if __name__ == "__main__":
    qt = QApplication([])
    bare = Bare(Moments(float(sys.argv[1])))
    bare.show()
    sys.exit(qt.exec())
