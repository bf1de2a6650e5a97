"""Settings: who you are, OMI online, how the app looks, and what it promises."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QLineEdit

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.stages import Nation
from omi_desktop.ui import sentences, tasks, theme
from omi_desktop.ui.page import ScrolledPage
from omi_desktop.ui.pages.first_start import LONGEST, NATIONS
from omi_desktop.ui.settings.about import AboutCard
from omi_desktop.ui.settings.account import AccountCard
from omi_desktop.ui.settings.backups import BackupsCard
from omi_desktop.ui.settings.next_code import NextCodeCard
from omi_desktop.ui.settings.pages import PagesCard
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.services.desk import FolderRisk
    from omi_desktop.ui.room import Room

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
        self.folder = Notice()
        self.body.addWidget(self.folder)
        self.body.addWidget(self.notice)
        self.body.addWidget(self._build_person())
        self.account = AccountCard()
        self.body.addWidget(self.account)
        self.next_code = NextCodeCard()
        self.body.addWidget(self.next_code)
        self.backups = BackupsCard()
        self.body.addWidget(self.backups)
        self.pages = PagesCard()
        self.body.addWidget(self.pages)
        self.body.addWidget(self._build_look())
        self.body.addWidget(AboutCard())
        self.body.addStretch(1)

    def fill(self, room: Room) -> None:
        self._room = room
        self.account.fill(room)
        self.next_code.fill(room)
        self.backups.fill(room)
        self.pages.fill(room)
        self._show_state()
        tasks.run(room.desk.folder_risk, owner=self, done=self._show_folder, failed=self.notice.tell)
        self._read_person()
        self._show_look()

    def refresh(self) -> None:
        self._show_look()
        self._show_state()
        self.backups.refresh()
        self.pages.refresh()

    def _show_folder(self, risk: FolderRisk | None) -> None:
        if risk is not None:
            title, meaning = sentences.folder_at_risk(risk)
            self.folder.say(title, f"{meaning} {sentences.out_of_risk(risk)}", "warning")

    def _show_state(self) -> None:
        if self._room is not None:
            self.account.refresh()
            self.next_code.show_state(self._room.online.state())

    def on_changed(self, change: Change) -> None:
        if change.topic is Topic.PERSON:
            self._read_person()
        elif change.topic in (Topic.SYNC, Topic.RECORDS):
            self._show_state()
            self.pages.refresh()
        elif change.topic is Topic.LIBRARY:
            self.pages.refresh()
        elif change.topic is Topic.BACKUPS:
            self.backups.refresh()

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

    def _show_look(self) -> None:
        """As it is now: the Library's keys change the text size too."""
        self.look.set_value(theme.current().mode)
        self.text_size.set_value(str(round(theme.current().scale * 100)))

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
