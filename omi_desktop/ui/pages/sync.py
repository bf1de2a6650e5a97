"""Sync: what waits, what needs an answer, what was read back, and how this laptop stands to OMI online."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.errors import NotOurs, OmiError
from omi_desktop.domain.online import Link, SyncState
from omi_desktop.ui import sentences, tasks, theme
from omi_desktop.ui.page import ScrolledPage
from omi_desktop.ui.reading import Reading
from omi_desktop.ui.sentences import Tone
from omi_desktop.ui.sync.answered import AnsweredCard
from omi_desktop.ui.sync.code_card import CodeCard
from omi_desktop.ui.sync.decisions import DecisionsCard
from omi_desktop.ui.sync.lists import SHOWN, ListCard, Lists, more_waiting, read_lists
from omi_desktop.ui.sync.more_card import MoreCard
from omi_desktop.ui.tokens import Token
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice
from omi_desktop.ui.widgets.picture import Picture

if TYPE_CHECKING:
    from omi_desktop.domain.online import Enrolled
    from omi_desktop.ui.room import Room

_WIDEST: Final = 760
_POLL_MS: Final = 500
_PICTURES: Final[dict[Tone, tuple[str, Token]]] = {
    "good": ("cloud_done", "accent"),
    "calm": ("cloud_waiting", "accent"),
    "busy": ("sync", "accent"),
    "warning": ("warning", "warning"),
}
_NO_KEYRING: Final = (
    "This computer has no safe place to keep a sign-in. "
    "Your sessions stay on this laptop; after closing the app you need a new code to sync again."
)


class SyncPage(ScrolledPage):
    """The headline, what needs the person, then what waits and what is done."""

    page_name = "sync"
    page_title = "Sync"

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None
        self._state: SyncState | None = None
        self.report = ReportCard(self._try_now, self._send_file)
        self.notice = Notice()
        self.claim = Notice()
        self.sign_in = Notice()
        self.others = Notice()
        self.code = CodeCard()
        self.code.enrolled.connect(self._on_enrolled)
        self.needs_you = DecisionsCard()
        self.needs_you.opened.connect(self.go)
        self.needs_you.changed.connect(self.refresh)
        self.waiting = ListCard()
        self.synced = ListCard()
        for part in (self.report, self.notice, self.claim, self.others, self.sign_in, self.code):
            self.body.addWidget(part)
        self.body.addWidget(self.needs_you)
        for card in (self.waiting, self.synced):
            card.opened.connect(lambda record_id: self.go.emit(f"sessions/{record_id}"))
            self.body.addWidget(card)
        self.answered = AnsweredCard()
        self.answered.changed.connect(self.refresh)
        self.body.addWidget(self.answered)
        self.more = MoreCard()
        self.more.read.connect(self.refresh)
        self.body.addWidget(self.more)
        self.body.addStretch(1)
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._show_state)

    def fill(self, room: Room) -> None:
        self._room = room
        self.code.fill(room)
        self.more.fill(room)
        self._reading = Reading(self, partial(read_lists, room), self._show_lists, self.notice.tell)
        self._show_state()

    def show_target(self, rest: str) -> None:
        del rest
        self.notice.clear()

    def refresh(self) -> None:
        if self._room is not None:
            self._show_state()
            self._reading.ask()

    def on_changed(self, change: Change) -> None:
        if change.topic in (Topic.RECORDS, Topic.SYNC):
            self.refresh()

    def _show_state(self) -> None:
        """Show how syncing stands, if it has changed."""
        if self._room is None:
            return
        state = self._room.online.state()
        if state == self._state:
            return
        self._state = state
        self.report.show_state(state)
        self.code.heading.setText(
            "Sign in again" if state.link is Link.SIGNED_OUT else "Count them in the million"
        )
        self.code.setVisible(state.link in (Link.NO_CODE, Link.SIGNED_OUT))
        self.more.show_state(state)
        self._show_claim(state)
        if state.others_waiting:
            self.others.say(*sentences.others_wait(state.others_waiting, state.others_name), "warning")
        else:
            self.others.clear()
        if state.is_token_kept or not sentences.signed_in(state):
            self.sign_in.clear()
        else:
            self.sign_in.say("You are signed in until you close the app", _NO_KEYRING, "warning")

    def _show_claim(self, state: SyncState) -> None:
        if not state.unowned or state.link in (Link.NO_CODE, Link.SIGNED_OUT, Link.STARTING):
            self.claim.clear()
            return
        asked = sentences.are_yours(state.unowned)
        if self.claim.isVisibleTo(self) and self.claim.text.startswith(asked.question):
            return
        answers = [
            (asked.yes, partial(self._claim, is_mine=True)),
            (asked.no, partial(self._claim, is_mine=False)),
        ]
        self.claim.say(asked.question, asked.meaning, "info", answers)
        if self.isAncestorOf(self.window().focusWidget()):
            self.claim.take_focus()

    def _show_lists(self, lists: Lists) -> None:
        self.needs_you.show_questions(lists.questions)
        decided = {row.question.subject for row in self.needs_you.rows}
        self.answered.show_answered([each for each in lists.answered if each.subject not in decided])
        has_code = self._state is not None and self._state.link is not Link.NO_CODE
        total = max(lists.waiting_in_all, lists.known_waiting)
        title = f"{'Waiting' if has_code else 'On this laptop'} ({total:,})"
        self.waiting.show_list(title, lists.waiting, more_waiting(lists))
        title = f"Synced (last {SHOWN})" if len(lists.synced) == SHOWN else "Synced"
        self.synced.show_list(title, lists.synced)

    def _try_now(self) -> None:
        if self._room is not None:
            self._room.online.sync_now()
            self._show_state()

    def _send_file(self) -> None:
        """The way out where the network is blocked, offered where that is said."""
        self.scroll_area.ensureWidgetVisible(self.more.notice)
        self.more.send_button.setFocus()
        self.more.send()

    def _claim(self, *, is_mine: bool) -> None:
        if self._room is not None:
            said = "What is yours syncs by itself." if is_mine else "They stay on this laptop, unsent."
            work = partial(self._room.online.claim, is_mine)
            tasks.run(work, owner=self, done=lambda _count: self._thank(said), failed=self._on_failed)

    def _thank(self, said: str) -> None:
        if self.claim.isAncestorOf(self.window().focusWidget()):
            # The answers go, and the focus must not go with them to the far end of the window.
            self.report.try_now.setFocus()
        self.notice.say("Thank you", said)
        self.refresh()

    def _on_enrolled(self, answer: Enrolled) -> None:
        if answer.others_waiting:
            title, meaning, back, stay = sentences.signed_in_over(answer)
            self.notice.say(title, meaning, "warning", [(back, self._go_back), (stay, self._stay_signed_in)])
            self.notice.take_focus()
            self.refresh()
            return
        hub = f", {answer.hub}" if answer.hub else ""
        self.notice.say(
            f"Signed in as {answer.account_name}{hub}", "What you save syncs by itself from now on."
        )
        self.refresh()

    def _go_back(self) -> None:
        if self._room is not None:
            work = self._room.online.go_back
            tasks.run(work, owner=self, done=lambda _value: self._stay_signed_in(), failed=self._on_failed)

    def _stay_signed_in(self) -> None:
        self.notice.clear()
        self.refresh()
        self.report.try_now.setFocus()

    def _on_failed(self, error: OmiError) -> None:
        self.notice.tell(error)
        self.refresh()

    def _fit(self) -> None:
        self._column.setMaximumWidth(theme.current().px(_WIDEST))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._poll.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._poll.stop()


class ReportCard(Card):
    """The page's headline: what is the case, what it means, when syncing last succeeded."""

    def __init__(self, try_now: Callable[[], object], send_file: Callable[[], object]) -> None:
        super().__init__()
        self.picture = Picture("cloud_waiting", "accent", 36)
        self.headline = labels.heading("")
        self.meaning = labels.body("")
        self.last = labels.muted("")
        self.who = labels.small("")
        self.try_now = buttons.secondary("Try now", try_now, icon_name="sync")
        said = QVBoxLayout()
        said.setSpacing(6)
        for label in (self.headline, self.meaning, self.last, self.who):
            said.addWidget(label)
        self.send_file = buttons.secondary("Send a sync file…", send_file)
        self.send_file.setAccessibleName("Send what is waiting in a sync file…")
        row = Flow()
        row.addWidget(self.try_now)
        row.addWidget(self.send_file)
        said.addSpacing(4)
        said.addLayout(row)
        across = QHBoxLayout()
        across.setSpacing(16)
        across.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        across.addLayout(said, 1)
        self.body.addLayout(across)

    def show_state(self, state: SyncState) -> None:
        """Show a state. Screen readers hear only "all synced" and "needs you"."""
        report = sentences.sync_report(state)
        is_news = report.headline != self.headline.text()
        self.picture.draw(*_PICTURES[report.tone])
        for label, text in (
            (self.headline, report.headline),
            (self.meaning, report.meaning),
            (self.last, report.last),
            (self.who, sentences.signed_in(state)),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        self.setAccessibleName(
            " ".join(part for part in (report.headline, report.meaning, report.last) if part)
        )
        self.send_file.setVisible(bool(state.waiting) and isinstance(state.problem, NotOurs))
        self.try_now.setVisible(state.link in (Link.IDLE, Link.TROUBLE, Link.SYNCING))
        if is_news and (state.is_all_well or state.needs_you):
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
