"""OMI online: who is signed in, the code, this laptop's name, and whose the earlier sessions are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.online import Link
from omi_desktop.ui import sentences, tasks
from omi_desktop.ui.pages.first_start import DEVICE
from omi_desktop.ui.sync.code_card import CODE_HINT
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.online import Enrolled, SyncState
    from omi_desktop.ui.room import Room

_FIELD: Final = 420


class AccountCard(Card):
    """OMI online: who is signed in, the code, this laptop's name, and whose the earlier sessions are."""

    def __init__(self) -> None:
        super().__init__("OMI online")
        self._room: Room | None = None
        self._shown: SyncState | None = None
        self.body.setSpacing(14)
        self.who = labels.body("")
        self.notice = Notice()
        self.claim_notice = Notice()
        self.others = Notice()
        self.body.addWidget(self.who)
        self.body.addWidget(self.claim_notice)
        self.body.addWidget(self.others)

        self.device = QLineEdit()
        self.device.setMaxLength(60)
        self.code = QLineEdit()
        self.code.setMaxLength(200)
        self.code.returnPressed.connect(self.enrol)
        self._use = buttons.primary("Use this code", self.enrol)
        self._code_field = Field(
            "Code from my hub or other laptop",
            self.code,
            CODE_HINT,
            widest=_FIELD,
        )
        self._entry = QWidget()
        entry = QVBoxLayout(self._entry)
        entry.setContentsMargins(0, 0, 0, 0)
        entry.setSpacing(14)
        entry.addWidget(self._code_field)
        entry.addWidget(
            Field(
                "This laptop's name",
                self.device,
                "You see it beside your sessions, such as Work laptop.",
                widest=_FIELD,
            )
        )
        row = Flow()
        row.addWidget(self._use)
        entry.addLayout(row)
        self.body.addWidget(self._entry)
        self.sign_out_button = buttons.secondary("Sign out", self._ask_sign_out)
        out = Flow()
        out.addWidget(self.sign_out_button)
        self.body.addLayout(out)
        self.body.addWidget(self.notice)
        self.code.textEdited.connect(lambda _text: self._code_field.set_fault())

    def fill(self, room: Room) -> None:
        """Take the services."""
        self._room = room
        self.device.setText(room.desk.preferences.get("device", DEVICE))
        self.refresh()

    def refresh(self) -> None:
        """Show the present state of syncing."""
        if self._room is None:
            return
        state = self._room.online.state()
        if state == self._shown:
            return
        self._shown = state
        is_signed_in = state.link not in (Link.NO_CODE, Link.SIGNED_OUT, Link.STARTING)
        self.who.setText(_who(state))
        self._entry.setVisible(state.link in (Link.NO_CODE, Link.SIGNED_OUT))
        self.sign_out_button.setVisible(is_signed_in)
        if is_signed_in and state.unowned:
            asked = sentences.are_yours(state.unowned)
            answers = [
                (asked.yes, partial(self._claim, is_mine=True)),
                (asked.no, partial(self._claim, is_mine=False)),
            ]
            self.claim_notice.say(asked.question, asked.meaning, "info", answers)
        else:
            self.claim_notice.clear()
        if state.others_waiting:
            self.others.say(*sentences.others_wait(state.others_waiting, state.others_name), "warning")
        else:
            self.others.clear()

    def enrol(self) -> None:
        """Use the code that was typed."""
        code, device = self.code.text().strip(), self.device.text().strip() or DEVICE
        if self._room is None or not self._use.isEnabled():
            return
        if not code:
            self._code_field.set_fault("Type the code that your hub gave you")
            self.code.setFocus()
            return
        self._use.setEnabled(False)
        self.notice.say("Checking the code")
        self._room.desk.preferences.put("device", device)
        tasks.run(
            partial(self._room.online.enrol, code, device),
            owner=self,
            done=self._on_enrolled,
            failed=self._on_failed,
        )

    def _on_enrolled(self, enrolled: Enrolled) -> None:
        self._use.setEnabled(True)
        self.code.clear()
        if enrolled.others_waiting:
            title, meaning, back, stay = sentences.signed_in_over(enrolled)
            actions = [(back, self._go_back), (stay, self._stay_signed_in)]
            self.notice.say(title, meaning, "warning", actions)
            self.notice.take_focus()
        elif enrolled.is_token_kept:
            self.notice.say(
                f"Signed in as {enrolled.account_name}", "Your sessions sync by themselves from now on."
            )
        else:
            self.notice.say(
                f"Signed in as {enrolled.account_name}, until you close the app",
                "This computer has no safe place to keep a sign-in. Next time you need a new code; your sessions stay.",
                "warning",
            )
        self.refresh()

    def _go_back(self) -> None:
        if self._room is not None:
            tasks.run(self._room.online.go_back, owner=self, done=self._on_gone_back, failed=self._on_failed)

    def _on_gone_back(self, _value: object) -> None:
        self.notice.clear()
        self.refresh()
        self.code.setFocus()

    def _stay_signed_in(self) -> None:
        self.notice.clear()
        self.sign_out_button.setFocus()

    def _on_failed(self, error: OmiError) -> None:
        self._use.setEnabled(True)
        self.notice.tell(error)
        self.refresh()

    def _claim(self, *, is_mine: bool) -> None:
        if self._room is not None:
            tasks.run(
                partial(self._room.online.claim, is_mine),
                owner=self,
                done=self._on_done,
                failed=self._on_failed,
            )

    def _ask_sign_out(self) -> None:
        self.sign_out_button.hide()
        self.notice.say(
            "Sign out of OMI online?",
            "Nothing is deleted. Sessions that are waiting stay on this laptop until you use a new code.",
            "warning",
            [("Sign out", self._sign_out), ("Stay signed in", self._stay)],
        )
        self.notice.take_focus()

    def _stay(self) -> None:
        self.notice.clear()
        self.sign_out_button.show()
        self.sign_out_button.setFocus()

    def _sign_out(self) -> None:
        if self._room is not None:
            tasks.run(
                self._room.online.sign_out, owner=self, done=self._on_done, failed=self._on_sign_out_failed
            )

    def _on_sign_out_failed(self, error: OmiError) -> None:
        self.sign_out_button.show()
        self.notice.tell(error)

    def _on_done(self, _value: object) -> None:
        self.notice.clear()
        self.refresh()


def _who(state: SyncState) -> str:
    name, hub = state.account_name, state.hub
    match state.link:
        case Link.STARTING:
            return "Opening your sessions."
        case Link.NO_CODE:
            return "Your sessions are safe here. Add a code from your hub to count them in the million."
        case Link.SIGNED_OUT:
            return "Signed out. Your sessions are safe here; they sync again once you use a new code."
        case _:
            who = f"Signed in as {name or 'you'}{f', {hub}' if hub else ''}."
            return who if state.is_token_kept else f"{who} This lasts until you close the app."
