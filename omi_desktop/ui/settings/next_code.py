"""A code for one's next laptop: shown large, until it has been used or its time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.online import Link
from omi_desktop.ui import fonts, tasks, words
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.online import NextCode, SyncState
    from omi_desktop.ui.room import Room


class NextCodeCard(Card):
    """In view while someone is signed in."""

    def __init__(self) -> None:
        super().__init__("A code for my next laptop")
        self._room: Room | None = None
        self._code = ""
        self.about = labels.body(
            "Type it on the other laptop, at “Code from my hub or other laptop”. Both then have the same sessions. "
            "It signs in as you, so show it to nobody else."
        )
        self.get_button = buttons.secondary("Get a code", self.get, icon_name="key")
        self.copy_button = buttons.secondary("Copy the code", self.copy, icon_name="copy")
        self.code_label = labels.Label("", "title")
        self.code_label.setFont(fonts.tabular(self.code_label.font()))
        self.code_label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.until = labels.muted("")
        self.notice = Notice()
        self._shown = QWidget()
        column = QVBoxLayout(self._shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.code_label)
        column.addWidget(self.until)
        self._shown.hide()
        self.copy_button.hide()
        row = Flow()
        row.addWidget(self.get_button)
        row.addWidget(self.copy_button)
        self.body.setSpacing(14)
        self.body.addWidget(self.about)
        self.body.addWidget(self._shown)
        self.body.addLayout(row)
        self.body.addWidget(self.notice)
        self.hide()

    @property
    def code(self) -> str:
        """The code that is shown, as it is typed."""
        return self._code

    def fill(self, room: Room) -> None:
        """Take the services."""
        self._room = room

    def show_state(self, state: SyncState) -> None:
        """Whether there is anybody to give a code to."""
        is_signed_in = state.link not in (Link.NO_CODE, Link.SIGNED_OUT, Link.STARTING)
        if not is_signed_in:
            self._forget()
        self.setVisible(is_signed_in)

    def get(self) -> None:
        """Ask OMI online for a code."""
        if self._room is None or not self.get_button.isEnabled():
            return
        self.get_button.setEnabled(False)
        self.notice.clear()
        tasks.run(
            self._room.online.code_for_next_laptop, owner=self, done=self._on_code, failed=self._on_failed
        )

    def copy(self) -> None:
        """Put the code on the clipboard."""
        QGuiApplication.clipboard().setText(self._code)
        self.notice.say("Copied", "Paste it on the other laptop, or send it to yourself.")

    def _on_code(self, found: NextCode) -> None:
        self.get_button.setEnabled(True)
        self.get_button.setText("Get another code")
        self._code = found.code
        self.code_label.setText(_breakable(found.code))
        self.code_label.setAccessibleName(f"The code: {found.code}")
        self.until.setText(f"It works once, until {words.moment(found.expires_at)}.")
        self._shown.show()
        self.copy_button.show()
        self.code_label.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_failed(self, error: OmiError) -> None:
        self.get_button.setEnabled(True)
        self.notice.tell(error)

    def _forget(self) -> None:
        self._code = ""
        self.code_label.clear()
        self._shown.hide()
        self.copy_button.hide()
        self.notice.clear()
        self.get_button.setText("Get a code")


def _breakable(code: str) -> str:
    """The code with places where a label may break it: behind dashes and around the address."""
    return code.replace("-", "-\u200b").replace("@", "\u200b@").replace("/", "/\u200b")
