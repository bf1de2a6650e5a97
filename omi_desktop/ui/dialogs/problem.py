"""The dialog for an OmiError that has no place on a page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui import theme
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.picture import Picture


class ProblemDialog(QDialog):
    """What happened, what it means for the person's data, what to do next."""

    def __init__(self, error: OmiError, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(error.title)
        self.setMinimumWidth(theme.current().px(380))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(10)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(Picture("warning", "danger"), 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(labels.heading(error.title), 1)
        column.addLayout(top)
        for text in (error.detail, error.hint):
            if text:
                column.addWidget(labels.body(text))
        close = buttons.primary("Close", self.accept)
        close.setDefault(True)
        column.addSpacing(8)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(error.title)
        self.setAccessibleDescription(f"{error.detail} {error.hint}".strip())
