"""First start: one page, no network and no code needed."""

from __future__ import annotations

import sys
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QProcess, Signal
from PySide6.QtWidgets import QLineEdit

from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.stages import Nation
from omi_desktop.ui import sentences, tasks
from omi_desktop.ui.page import ScrolledPage
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.online import Enrolled
    from omi_desktop.ui.room import Room

NATIONS: Final = tuple((nation.value, nation.label) for nation in Nation)
DEVICE: Final = sentences.UNNAMED
LONGEST: Final = 120


class FirstStartPage(ScrolledPage):
    """Asks who the person is; `started` says that the app may open."""

    page_name = "first_start"
    page_title = "Welcome to OMI"
    widest = 640
    is_centred = True

    started = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST)
        self.nation = Choice("Where you volunteer", NATIONS)
        self.employer = QLineEdit()
        self.employer.setMaxLength(LONGEST)
        self.code = QLineEdit()
        self.code.setMaxLength(200)
        self.notice = Notice()
        self._name_field = Field("Your name", self.name)
        self._nation_field = Field("Where you volunteer", self.nation)
        self._start = buttons.primary("Start", self.start)
        self._demo = buttons.quiet("Look around with made-up sessions", self.look_around)
        if find_spec("fastapi") is None:
            self._demo.hide()  # The demo needs the central service, which is not installed here.

        self.body.insertWidget(0, labels.Label("omi", "brand", wraps=False))
        self.body.addWidget(
            labels.muted("Prepare your visits, record who came in a room with no wifi, and sync later.")
        )
        card = Card()
        card.body.setSpacing(18)
        card.body.addWidget(self._name_field)
        card.body.addWidget(self._nation_field)
        card.body.addWidget(Field("Employer (optional)", self.employer, "Printed on evidence for schools."))
        card.body.addWidget(
            Field(
                "Code from my hub or other laptop (optional)",
                self.code,
                "With a code your sessions count in the million. You can add it later, in Settings.",
            )
        )
        card.body.addWidget(self.notice)
        row = Flow(spacing=12)
        row.addWidget(self._start)
        row.addWidget(self._demo)
        card.body.addLayout(row)
        self.body.addWidget(card)
        self.body.addWidget(
            labels.small(
                "What you write stays on this laptop until you add a code. No child's name is ever asked for."
            )
        )
        self.body.addStretch(1)
        self.setFocusProxy(self.name)
        for field in (self.name, self.employer, self.code):
            field.returnPressed.connect(self.start)
        self.name.textEdited.connect(lambda _text: self._name_field.set_fault())
        self.nation.chosen.connect(lambda _nation: self._nation_field.set_fault())

    def fill(self, room: Room) -> None:
        self._room = room

    def start(self) -> None:
        """Keep who the person is, use the code if there is one, and open the app."""
        if self._room is None or not self._start.isEnabled() or not self._is_complete():
            return
        from omi_desktop.services.desk import Person  # noqa: PLC0415 -- after first paint

        desk = self._room.desk
        person = Person(
            name=self.name.text().strip(),
            nation=Nation(self.nation.value() or ""),
            employer=self.employer.text().strip(),
        )
        self._set_busy(is_busy=True)
        tasks.run(partial(desk.save_person, person), owner=self, done=self._on_saved, failed=self._on_failed)

    def look_around(self) -> None:
        """Open a second window on a made-up profile; this one stays as it is."""
        is_open, _ = QProcess.startDetached(sys.executable, ["-m", "omi_desktop", "--demo"])
        if is_open:
            self.notice.say(
                "A window with made-up sessions is opening", "Close it when you have seen enough."
            )
        else:
            self.notice.say(
                "The made-up sessions could not be opened", "Nothing of yours is affected.", "warning"
            )

    def _is_complete(self) -> bool:
        self._name_field.set_fault("" if self.name.text().strip() else "Type your name")
        self._nation_field.set_fault(
            "" if self.nation.value() else "Choose a nation: year groups depend on it"
        )
        for field in (self._name_field, self._nation_field):
            if field.fault:
                field.control.setFocus()
                self.scroll_area.ensureWidgetVisible(field)
                return False
        return True

    def _on_saved(self, _saved: object) -> None:
        code = self.code.text().strip()
        if self._room is None or not code:
            self.started.emit()
            return
        self.notice.say("Checking the code")
        tasks.run(
            partial(self._room.online.enrol, code, DEVICE),
            owner=self,
            done=self._on_enrolled,
            failed=self._on_failed,
        )

    def _on_enrolled(self, _enrolled: Enrolled) -> None:
        self.started.emit()

    def _on_failed(self, error: OmiError) -> None:
        self._set_busy(is_busy=False)
        skip = () if not self.code.text().strip() else (("Start without the code", self._start_without_code),)
        self.notice.tell(error, skip)
        self.scroll_area.ensureWidgetVisible(self.notice)

    def _start_without_code(self) -> None:
        self.code.clear()
        self.start()

    def _set_busy(self, *, is_busy: bool) -> None:
        self._start.setEnabled(not is_busy)
