"""How the promises are tested, as the last long runs left it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.library.proof import proof
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.library.reader import Reader
from omi_desktop.ui.widgets import buttons
from omi_desktop.ui.widgets.notice import Notice

_WIDTH: Final = 860
_HEIGHT: Final = 620
_MEASURE: Final = 120
"""Wider than a page of text: what counts here is a table."""


class ProofDialog(QDialog):
    """The table in the reader, with headings and rows that a screen reader knows as such."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("How this is tested")
        self.reader = Reader(measure=_MEASURE)
        self.reader.setAccessibleName("How this is tested")
        self.notice = Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(self.notice)
        column.addWidget(self.reader, 1)
        column.addWidget(buttons.primary("Close", self.accept), 0, Qt.AlignmentFlag.AlignRight)
        px = theme.current().px
        size = parent.size() if parent is not None else self.screen().availableSize()
        self.resize(min(px(_WIDTH), size.width() - 40), min(px(_HEIGHT), size.height() - 40))
        self.reader.setFocus()
        tasks.run(proof, owner=self, done=self.reader.read, failed=self._on_failed)

    def _on_failed(self, error: OmiError) -> None:
        self.reader.hide()
        self.notice.tell(error)
