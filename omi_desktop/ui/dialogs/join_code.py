"""A join code so large that the others in the room can read it from where they sit."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from omi_desktop.domain import join_code
from omi_desktop.ui import fonts, theme
from omi_desktop.ui.widgets import buttons, labels

_WIDTH: Final = 900
_HEIGHT: Final = 460
_SIDE: Final = 32
_LEAST: Final = 24
_GREATEST: Final = 220


class JoinCodeDialog(QDialog):
    """The code as large as the dialog allows; Esc closes it."""

    def __init__(self, code: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("The code of this room")
        self.code = labels.Label(join_code.shown(code), "strong", wraps=False)
        self.code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.code.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.code.setAccessibleName(f"The code: {', '.join(code)}")
        self.code.setMinimumSize(1, 1)
        close = buttons.primary("Close", self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(_SIDE, 24, _SIDE, 20)
        column.setSpacing(12)
        column.addWidget(
            labels.body(
                "Type this code on the other laptops, at “Or type theirs”. "
                "Capitals and spaces don't matter; O is read as 0, I and L as 1."
            )
        )
        column.addWidget(self.code, 1)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        px = theme.current().px
        size = parent.size() if parent is not None else self.screen().availableSize()
        self.resize(min(px(_WIDTH), size.width() - 40), min(px(_HEIGHT), size.height() - 40))
        self.code.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - 2 * _SIDE
        font = fonts.tabular(self.code.font())
        font.setWeight(QFont.Weight.Bold)
        for size in range(_GREATEST, _LEAST, -4):
            font.setPixelSize(size)
            if (
                QFontMetrics(font).horizontalAdvance(self.code.text()) <= room
                and size * 1.4 <= self.height() / 2
            ):
                break
        # The style sheet would take its own size for any other property.
        self.code.setStyleSheet(f"font-size: {font.pixelSize()}px; font-weight: 700;")
