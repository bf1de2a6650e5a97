"""Erasing a session for good, apart from removing it: closed until someone asks, and asked twice."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

_REMOVING = (
    "Remove is for a session that should not count. It is kept, counts nobody, and you can bring it back."
)
_ERASING = (
    "Erase is for one that must not exist any more, for example because a child could be recognised. It is deleted "
    "from this laptop at once, with its plan and every earlier version; from OMI online with the next sync; from "
    "your other laptops when you confirm it there. Nobody can bring it back."
)


class EraseCard(Card):
    """`erase_asked` comes once the person has said it twice."""

    erase_asked = Signal()

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self.notice = Notice()
        self.toggle = buttons.quiet("More", self._on_toggle, icon_name="down")
        self.erase_button = buttons.danger("Erase everywhere…", self.ask, icon_name="bin")
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(10)
        column.addWidget(labels.strong("Erase everywhere"))
        column.addWidget(labels.muted(_REMOVING))
        column.addWidget(labels.muted(_ERASING))
        row = Flow()
        row.addWidget(self.erase_button)
        column.addLayout(row)
        column.addWidget(self.notice)
        top = Flow()
        top.addWidget(self.toggle)
        self.body.addLayout(top)
        self.body.addWidget(self._inside)
        self._inside.hide()

    def ask(self) -> None:
        """Ask once more, with the focus on keeping it."""
        self.erase_button.hide()
        self.notice.say(
            "Erase this session for good?",
            f"{self._what}. This can't be undone.",
            "danger",
            [("Keep it", self._keep), ("Erase it for good", self._erase)],
        )
        self.notice.take_focus()

    def tell(self, error: OmiError) -> None:
        """It could not be erased."""
        self.erase_button.show()
        self.notice.tell(error)

    def _erase(self) -> None:
        self.notice.say("Erasing", tone="danger")
        self.erase_asked.emit()

    def _keep(self) -> None:
        self.notice.clear()
        self.erase_button.show()
        self.erase_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_toggle(self) -> None:
        self._inside.setVisible(self._inside.isHidden())
