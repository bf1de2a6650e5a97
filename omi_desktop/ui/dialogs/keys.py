"""F1: the keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from omi_desktop.ui import theme
from omi_desktop.ui.shortcuts import SHORTCUTS
from omi_desktop.ui.widgets import buttons, labels


class KeysDialog(QDialog):
    """Every key of the window, spelt as this desktop spells it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keys")
        self.setMinimumWidth(theme.current().px(360))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(labels.heading("Keys"))
        table = QGridLayout()
        table.setHorizontalSpacing(24)
        table.setVerticalSpacing(8)
        for row, shortcut in enumerate(SHORTCUTS.values()):
            keys = QKeySequence(shortcut.keys).toString(QKeySequence.SequenceFormat.NativeText)
            table.addWidget(labels.Label(keys, "strong", wraps=False), row, 0)
            table.addWidget(labels.body(shortcut.title), row, 1)
        table.setColumnStretch(1, 1)
        table.setContentsMargins(6, 6, 6, 6)
        inside = QWidget()
        inside.setProperty("scrolled", True)
        inside.setLayout(table)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inside)
        area.setAccessibleName("Keys")
        column.addWidget(area, 1)
        close = buttons.primary("Close", self.accept)
        close.setDefault(True)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        close.setFocus()
        self.setFixedWidth(max(inside.sizeHint().width(), self.minimumWidth()) + 64)
        room = self.screen().availableGeometry().height() - 60
        self.resize(
            self.width(),
            min(self.sizeHint().height() + inside.sizeHint().height() - area.sizeHint().height(), room),
        )
