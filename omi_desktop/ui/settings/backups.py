"""Backups: the safety copies of one's file, one made now, one brought back after a look at what is in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from omi_desktop.domain.clock import uk_now
from omi_desktop.domain.errors import OmiError
from omi_desktop.services.backups import Reason
from omi_desktop.ui import sentences, tasks, words
from omi_desktop.ui.reading import Reading
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from omi_desktop.services.backups import Backup, Preview, Restored
    from omi_desktop.ui.room import Room

_SHOWN: Final = 4
_REASONS: Final = {
    Reason.DAY: "After the first save of the day",
    Reason.MIGRATION: "Before an update of the app",
    Reason.BEFORE_RESTORE: "Before a backup was restored",
    Reason.ASKED: "Made by you",
}
_ABOUT: Final = (
    "A copy of everything on this laptop, notes and drafts too, is made after the first save of each day and before "
    "each update, and checked. The newest of seven days, four weeks and twelve months are kept."
)


class BackupsCard(Card):
    """The newest copies, the older ones on demand."""

    def __init__(self) -> None:
        super().__init__("Backups")
        self._room: Room | None = None
        self._found: Sequence[Backup] = ()
        self._shows_all = False
        self._reading: Reading[tuple[list[Backup], str | None]] | None = None
        self.problem = Notice()
        self.notice = Notice()
        self.nothing = labels.muted("None yet. The first is made after your next save.")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(10)
        self.make_button = buttons.secondary("Back up now", self.make)
        self.more_button = buttons.quiet("", self._show_more)
        # Nothing is said of copies until it is known which there are.
        self.nothing.hide()
        self.more_button.hide()
        row = Flow()
        row.addWidget(self.make_button)
        row.addWidget(self.more_button)
        self.body.setSpacing(12)
        self.body.addWidget(labels.muted(_ABOUT))
        for part in (self.problem, self.notice, self.nothing):
            self.body.addWidget(part)
        self.body.addLayout(self._rows)
        self.body.addLayout(row)

    def fill(self, room: Room) -> None:
        """Take the services and read which copies there are."""
        self._room = room
        backups = room.desk.backups
        self._reading = Reading(
            self, lambda: (backups.all(), backups.last_problem()), self._show, self.notice.tell
        )
        self.refresh()

    def refresh(self) -> None:
        """Read again which copies there are."""
        if self._reading is not None:
            self._reading.ask()

    def make(self) -> None:
        """Make a copy now."""
        if self._room is None or not self.make_button.isEnabled():
            return
        self.make_button.setEnabled(False)
        self.notice.say("Making a backup")
        work = self._room.desk.backups.make
        tasks.run(work, owner=self, done=self._on_made, failed=lambda _error: self._on_not_made())

    def look(self, backup: Backup) -> None:
        """Show what is in a copy, and ask whether to bring it back."""
        if self._room is not None:
            self.notice.say(f"Looking into the backup of {words.moment(backup.made_at)}")
            work = partial(self._room.desk.backups.preview, backup)
            tasks.run(work, owner=self, done=partial(self._ask, backup), failed=self._on_failed)

    def _on_made(self, made: Backup) -> None:
        self.make_button.setEnabled(True)
        self.notice.say("Backed up", f"{words.moment(made.made_at)}, {size(made.size)}, checked and whole.")
        self.refresh()

    def _on_not_made(self) -> None:
        """Why stands there as the last problem, until a backup could be made."""
        self.make_button.setEnabled(True)
        self.notice.clear()
        self.refresh()

    def _on_failed(self, error: OmiError) -> None:
        self.notice.tell(error)
        self.refresh()

    def _ask(self, backup: Backup, found: Preview) -> None:
        made = words.moment(backup.made_at)
        if not found.is_good:
            self.notice.say(
                f"The backup of {made} can't be used",
                "It was damaged after it was made. Nothing was changed. Choose another one.",
                "warning",
            )
            return
        self.notice.say(
            f"Restore the backup of {made}?",
            in_words(found),
            actions=[("Restore it", partial(self._restore, backup)), ("Not now", self._leave)],
        )
        self.notice.take_focus()

    def _leave(self) -> None:
        self.notice.clear()
        self.make_button.setFocus()

    def _restore(self, backup: Backup) -> None:
        if self._room is not None:
            self.notice.say("Restoring")
            work = partial(self._room.desk.backups.restore, backup)
            tasks.run(work, owner=self, done=self._on_restored, failed=self._on_failed)

    def _on_restored(self, done: Restored) -> None:
        came = f"{sentences.sessions(done.returned)} came back." if done.returned else "All was here already."
        self.notice.say(
            "Restored",
            f"{came} How it was before is kept as the backup of {words.moment(done.before.made_at)}.",
        )
        self.make_button.setFocus()
        self.refresh()

    def _show(self, read: tuple[list[Backup], str | None]) -> None:
        self._found, problem = read
        if problem:
            self.problem.say("The last backup could not be made", problem, "warning")
        else:
            self.problem.clear()
        self._draw()

    def _show_more(self) -> None:
        self._shows_all = not self._shows_all
        self._draw()

    def _draw(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        shown = self._found if self._shows_all else self._found[:_SHOWN]
        now = uk_now(self._room.clock) if self._room is not None else None
        for backup in shown:
            self._rows.addWidget(self._row(backup, now))
        self.nothing.setVisible(not self._found)
        self.more_button.setText(
            "Show fewer" if self._shows_all else f"Show all {words.number(len(self._found))}"
        )
        self.more_button.setVisible(len(self._found) > _SHOWN)

    def _row(self, backup: Backup, now: datetime | None) -> QWidget:
        row = QWidget()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(12)
        said = QVBoxLayout()
        said.setSpacing(2)
        said.addWidget(labels.strong(made_at(backup, now)))
        said.addWidget(labels.muted(f"{_REASONS[backup.reason]} · {size(backup.size)}"))
        across.addLayout(said, 1)
        button = buttons.secondary("Restore…", partial(self.look, backup))
        button.setAccessibleName(f"Restore the backup of {made_at(backup, now)}")
        across.addWidget(button)
        return row


def made_at(backup: Backup, now: datetime | None) -> str:
    """When it was made, with the year where it is not this one."""
    moment = words.moment(backup.made_at)
    is_of_this_year = now is None or backup.made_at.year == now.year
    return moment if is_of_this_year else f"{moment} ({backup.made_at.year})"


def size(count: int) -> str:
    """`120 KB`, `1.4 MB`. `count` is in bytes."""
    if count < 1_000_000:
        return f"{max(round(count / 1000), 1):,} KB"
    return f"{count / 1_000_000:,.1f} MB"


def in_words(found: Preview) -> str:
    """What is in a copy, and what becomes of what is not."""
    newest = f", the newest of {words.full_day(found.newest)}" if found.newest else ""
    parts = [f"{sentences.sessions(found.sessions)}, {sentences.young_people(found.young_people)}{newest}."]
    if found.missing_since:
        verb, they = ("is", "it stays") if found.missing_since == 1 else ("are", "they stay")
        parts.append(f"{sentences.sessions(found.missing_since)} saved since {verb} not in it; {they}.")
    if found.would_return:
        are, come = ("is", "comes") if found.would_return == 1 else ("are", "come")
        parts.append(f"{sentences.sessions(found.would_return)} that {are} not here now {come} back.")
    else:
        parts.append("Every session in it is here already.")
    parts.append("Nothing counts twice.")
    return " ".join(parts)
