"""What stands on the screen once something is saved. Nothing here disappears on a timer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.buttons import Button
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

Action = tuple[str, Callable[[], object]]


class SavedPanel(Card):
    """The first line takes the focus, so that a screen reader says it; Undo stands next to it."""

    def __init__(self, line: str, after: str, undo: Action | None, actions: Sequence[Action]) -> None:
        super().__init__()
        self.line = labels.heading(line)
        self.line.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.line.setAccessibleName(line)
        self.notice = Notice()
        self.body.setSpacing(14)
        self.body.addWidget(self.line)
        self.body.addWidget(labels.muted(after))
        self.body.addWidget(self.notice)
        foot = QWidget()
        row = Flow(foot)
        self.undo_button: Button | None = None
        if undo is not None:
            self.undo_button = Button(undo[0], "secondary", undo[1], icon_name="undo")
            row.addWidget(self.undo_button)
        for text, action in actions:
            row.addWidget(Button(text, "secondary", action))
        self.body.addWidget(foot)

    def take_focus(self) -> None:
        """Put the focus on the first line."""
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def tell(self, error: OmiError) -> None:
        """An action of the panel failed."""
        self.notice.tell(error)
