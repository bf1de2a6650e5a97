"""Where a code from the hub, or from one's other laptop, is typed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit

from omi_desktop.domain.errors import CodeRefused, OmiError
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.widgets import buttons
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.ui.room import Room

CODE_HINT: Final = "16 letters and figures, then @ and the address if there is one. It works once."
_FIELD: Final = 420
_LONGEST: Final = 200


class CodeCard(Card):
    """`enrolled` carries the answer to a code that worked."""

    enrolled = Signal(object)

    def __init__(self) -> None:
        super().__init__("Count them in the million")
        self._room: Room | None = None
        self.code = QLineEdit()
        self.code.setMaxLength(_LONGEST)
        self.field = Field("Code from my hub or other laptop", self.code, CODE_HINT)
        self._use = buttons.primary("Use this code", self.enrol)
        self.notice = Notice()
        row = Flow()
        row.addWidget(self._use)
        self.body.setSpacing(14)
        self.body.addWidget(self.field)
        self.body.addWidget(self.notice)
        self.body.addLayout(row)
        self.code.returnPressed.connect(self.enrol)
        self.code.textEdited.connect(lambda _text: self.field.set_fault())
        theme.current().changed.connect(self._fit)
        self._fit()

    def fill(self, room: Room) -> None:
        """Take the services."""
        self._room = room

    def enrol(self) -> None:
        """Use the code that was typed."""
        code = self.code.text().strip()
        if self._room is None or not self._use.isEnabled():
            return
        if not code:
            self._fault("Type the code that your hub gave you")
            return
        self._use.setEnabled(False)
        self.notice.say("Checking the code")
        work = partial(self._room.online.enrol, code, self._room.desk.device())
        tasks.run(work, owner=self, done=self._on_enrolled, failed=self._on_failed)

    def _on_enrolled(self, answer: object) -> None:
        self._use.setEnabled(True)
        self.code.clear()
        self.notice.clear()
        self.enrolled.emit(answer)

    def _on_failed(self, error: OmiError) -> None:
        self._use.setEnabled(True)
        self.notice.clear()
        if isinstance(error, CodeRefused):
            self._fault(f"{error.title}. {error.hint}")
        else:
            self.notice.tell(error)

    def _fault(self, message: str) -> None:
        self.field.set_fault(message)
        self.code.setFocus()

    def _fit(self) -> None:
        self.code.setMaximumWidth(theme.current().px(_FIELD))
