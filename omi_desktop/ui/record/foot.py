"""The foot of a form: its buttons stay in view below the page however long the form is."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QWidget

from omi_desktop.ui.page import MARGIN
from omi_desktop.ui.widgets.flow import Flow


def form_foot(form: QWidget, *parts: QWidget) -> QFrame:
    """A bar with these buttons; the page that shows the form puts it below what scrolls."""
    foot = QFrame(form)
    foot.setProperty("foot", True)
    row = Flow(foot, spacing=10)
    row.setContentsMargins(MARGIN, 10, MARGIN, 10)
    for part in parts:
        row.addWidget(part)
    return foot
