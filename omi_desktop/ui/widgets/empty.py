"""An empty place says what will be there and offers the next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout

from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.buttons import Button
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.picture import Picture


class EmptyState(QFrame):
    """An icon, a sentence, what to do about it. The first action is the main one."""

    def __init__(
        self,
        icon_name: str,
        title: str,
        text: str = "",
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
    ) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 16, 8, 16)
        column.setSpacing(8)
        column.addWidget(Picture(icon_name, "accent", 40), 0, Qt.AlignmentFlag.AlignLeft)
        self.heading = labels.heading(title)
        column.addWidget(self.heading)
        self.text = labels.muted(text)
        if not text:
            self.text.hide()
        column.addWidget(self.text)
        if actions:
            row = Flow(spacing=10)
            for index, (label, action) in enumerate(actions):
                row.addWidget(Button(label, "primary" if index == 0 else "secondary", action))
            column.addSpacing(6)
            column.addLayout(row)
        column.addStretch(1)
