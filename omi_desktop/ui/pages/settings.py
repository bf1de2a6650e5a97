"""Settings: who you are, OMI online, how the app looks, and what it promises."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from omi_desktop import __version__
from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.online import Link
from omi_desktop.domain.stages import Nation
from omi_desktop.ui import tasks, theme, words
from omi_desktop.ui.page import ScrolledPage
from omi_desktop.ui.pages.first_start import DEVICE, LONGEST, NATIONS
from omi_desktop.ui.sync.code_card import CODE_HINT
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.online import Enrolled, SyncState
    from omi_desktop.ui.room import Room

PROMISES: Final = (
    "Saved means it survives a pulled plug.",
    "Synced means we have read it back from OMI online.",
    "Nobody is counted twice by a retry, a second laptop or a second ambassador in the same room.",
    "No child's name is asked for, kept or sent.",
    "Everything you need in the room works with the network off.",
)
_MODES: Final = (
    ("system", "Like my desktop"),
    ("light", "Light"),
    ("dark", "Dark"),
    ("contrast", "High contrast"),
)
_SIZES: Final = tuple((str(round(scale * 100)), f"{round(scale * 100)} %") for scale in theme.SCALES)
_FIELD: Final = 420


class SettingsPage(ScrolledPage):
    """One column of cards. Every change is kept at once."""

    page_name = "settings"
    page_title = "Settings"
    widest = 760

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None
        self.notice = Notice()
        self.body.addWidget(self.notice)
        self.body.addWidget(self._build_person())
        self.account = AccountCard()
        self.body.addWidget(self.account)
        self.body.addWidget(self._build_look())
        self.body.addWidget(_about())
        self.body.addStretch(1)

    def fill(self, room: Room) -> None:
        self._room = room
        self.account.fill(room)
        self._read_person()
        self.look.set_value(theme.current().mode)
        self.text_size.set_value(str(round(theme.current().scale * 100)))

    def refresh(self) -> None:
        self.account.refresh()

    def on_changed(self, change: Change) -> None:
        if change.topic is Topic.PERSON:
            self._read_person()
        elif change.topic in (Topic.SYNC, Topic.RECORDS):
            self.account.refresh()

    def _build_person(self) -> Card:
        card = Card("You")
        card.body.setSpacing(16)
        self.name = QLineEdit()
        self.nation = Choice("Where you volunteer", NATIONS)
        self.employer = QLineEdit()
        self._name_field = Field("Your name", self.name, widest=_FIELD)
        card.body.addWidget(self._name_field)
        card.body.addWidget(Field("Where you volunteer", self.nation))
        card.body.addWidget(
            Field("Employer (optional)", self.employer, "Printed on evidence for schools.", widest=_FIELD)
        )
        for line in (self.name, self.employer):
            line.setMaxLength(LONGEST)
            line.editingFinished.connect(self._save_person)
        self.nation.chosen.connect(lambda _nation: self._save_person())
        return card

    def _read_person(self) -> None:
        person = self._room.desk.person() if self._room is not None else None
        if person is None:
            return
        for line, text in ((self.name, person.name), (self.employer, person.employer or "")):
            if not line.hasFocus():
                line.setText(text)
        self.nation.set_value(person.nation or None)

    def _save_person(self) -> None:
        name = self.name.text().strip()
        self._name_field.set_fault("" if name else "Type your name")
        if self._room is None or not name or self.nation.value() is None:
            return
        from omi_desktop.services.desk import Person  # noqa: PLC0415 -- after first paint

        desk = self._room.desk
        person = Person(
            name=name, nation=Nation(self.nation.value() or ""), employer=self.employer.text().strip()
        )
        if person != desk.person():
            tasks.run(
                partial(desk.save_person, person),
                owner=self,
                done=lambda _saved: self.notice.clear(),
                failed=self.notice.tell,
            )

    def _build_look(self) -> Card:
        card = Card("How it looks")
        card.body.setSpacing(16)
        self.look = Choice("Theme", _MODES)
        self.text_size = Choice("Text size", _SIZES)
        card.body.addWidget(Field("Theme", self.look))
        card.body.addWidget(Field("Text size", self.text_size))
        self.look.chosen.connect(lambda _mode: self._take_look())
        self.text_size.chosen.connect(lambda _size: self._take_look())
        return card

    def _take_look(self) -> None:
        mode = next(mode for mode in theme.MODES if mode == self.look.value())
        percent = int(self.text_size.value() or 100)
        theme.current().choose(mode, percent / 100)
        if self._room is None:
            return
        try:
            self._room.desk.preferences.put("theme", mode)
            self._room.desk.preferences.put("text_size", percent)
        except OmiError as error:
            self.notice.tell(error)


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
        self.body.addWidget(self.who)
        self.body.addWidget(self.claim_notice)

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
            is_one = state.unowned == 1
            self.claim_notice.say(
                "Is this session yours?"
                if is_one
                else f"Are these {words.number(state.unowned)} sessions yours?",
                "Recorded on this laptop before you signed in. Sent only if you say yes.",
                "info",
                [
                    (
                        "Yes, it is mine" if is_one else "Yes, they are mine",
                        partial(self._claim, is_mine=True),
                    ),
                    (
                        "No, keep it here" if is_one else "No, keep them here",
                        partial(self._claim, is_mine=False),
                    ),
                ],
            )
        else:
            self.claim_notice.clear()

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
        if enrolled.is_token_kept:
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


def _about() -> Card:
    card = Card("About")
    card.body.addWidget(labels.strong("What this app promises"))
    for number, promise in enumerate(PROMISES, start=1):
        card.body.addWidget(labels.body(f"{number}.  {promise}"))
    card.body.addSpacing(6)
    card.body.addWidget(
        labels.body(
            "OMI Desktop is independent of the One Million Interactions programme and its partners "
            "unless they adopt it."
        )
    )
    card.body.addWidget(labels.small(f"Version {__version__} · Apache License 2.0"))
    return card
