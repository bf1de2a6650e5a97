"""What else the Sync page offers: sync files for where there is no way online, the history, a report for the hub."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from omi_desktop.domain.clock import uk_today
from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.online import Link
from omi_desktop.reports.syncing import report_for_hub
from omi_desktop.ui import sentences, tasks, words
from omi_desktop.ui.crash_report import about
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.online import Attempt, SyncState, TakenIn
    from omi_desktop.ui.room import Room

_ABOUT: Final = (
    "No way online from here? A sync file carries what is waiting to a laptop that is online, by USB stick or e-mail. "
    "It is locked: only your own laptops and OMI online can read it."
)
_ABOUT_REPORT: Final = (
    "It says whose laptop this is and how it syncs: no session, no place and no note. "
    "Nothing is sent unless you send it."
)
_FILTER: Final = "Sync files (*.omisync)"
_ALL_FILES: Final = "All files (*)"
_SUFFIX: Final = ".omisync"


class MoreCard(Card):
    """`read` says that a sync file brought something."""

    read = Signal()

    def __init__(self) -> None:
        super().__init__("More")
        self._room: Room | None = None
        self.send_button = buttons.secondary("Send a sync file…", self.send)
        self.read_button = buttons.secondary("Read a sync file…", self.take_in)
        self.report_button = buttons.secondary("Report for my hub…", self.show_report)
        self.history_button = buttons.secondary("History", self.show_history)
        self.about = labels.muted(_ABOUT)
        self.notice = Notice()
        row = Flow()
        for button in (self.send_button, self.read_button, self.history_button, self.report_button):
            row.addWidget(button)
        self.body.setSpacing(14)
        self.body.addWidget(self.about)
        self.body.addLayout(row)
        self.body.addWidget(self.notice)

    def fill(self, room: Room) -> None:
        """Take the services."""
        self._room = room

    def show_state(self, state: SyncState) -> None:
        """Without a code nothing has been tried, and no sync file can be written, read or passed on."""
        self.setVisible(state.link not in (Link.NO_CODE, Link.STARTING))

    def send(self) -> None:
        """Ask where the sync file goes, and write it there."""
        if self._room is None:
            return
        name = f"OMI sync file {uk_today(self._room.clock).isoformat()}{_SUFFIX}"
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Send a sync file", str(Path.home() / name), f"{_FILTER};;{_ALL_FILES}"
        )
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(_SUFFIX)
        self._begin("Writing the sync file")
        tasks.run(
            partial(self._room.online.write_sync_file, path),
            owner=self,
            done=partial(self._on_written, path),
            failed=self._on_failed,
        )

    def take_in(self) -> None:
        """Ask which sync file, and read it, or pass it on unread."""
        if self._room is None:
            return
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Read a sync file", str(Path.home()), f"{_FILTER};;{_ALL_FILES}"
        )
        if not chosen:
            return
        self._begin("Reading the sync file")
        tasks.run(
            partial(self._room.online.take_in_sync_file, Path(chosen)),
            owner=self,
            done=self._on_taken_in,
            failed=self._on_failed,
        )

    def show_history(self) -> None:
        """Open the list of tries."""
        if self._room is not None:
            tasks.run(
                self._room.online.attempts, owner=self, done=self._open_history, failed=self.notice.tell
            )

    def show_report(self) -> None:
        """Open the report for the hub."""
        if self._room is not None:
            work = partial(_read_report, self._room)
            tasks.run(work, owner=self, done=self._open_report, failed=self.notice.tell)

    def _open_report(self, text: str) -> None:
        from omi_desktop.ui.dialogs.report import ReportDialog  # noqa: PLC0415 -- only when needed

        ReportDialog("Report for my hub", _ABOUT_REPORT, text, "OMI sync report.txt", self.window()).open()

    def _open_history(self, attempts: list[Attempt]) -> None:
        from omi_desktop.ui.dialogs.history import HistoryDialog  # noqa: PLC0415 -- only when needed

        HistoryDialog(attempts, self.window()).open()

    def _begin(self, said: str) -> None:
        self.send_button.setEnabled(False)
        self.read_button.setEnabled(False)
        self.notice.say(said)

    def _end(self) -> None:
        self.send_button.setEnabled(True)
        self.read_button.setEnabled(True)

    def _on_written(self, path: Path, count: int) -> None:
        self._end()
        if not count:
            self.notice.say("Nothing is waiting", "Everything you saved is synced: no sync file is needed.")
            return
        verb = "is" if count == 1 else "are"
        self.notice.say(
            f"{sentences.sessions(count)} {verb} in {path.name}",
            "Copy it to a USB stick or attach it to an e-mail. On any laptop with OMI Desktop that is online, open "
            "Sync and choose Read a sync file. What is in it goes on waiting here too: nothing counts twice.",
            actions=[("Show the folder", partial(_show_folder, path))],
        )

    def _on_taken_in(self, found: TakenIn) -> None:
        self._end()
        self.notice.say(*taken_in(found))
        self.read.emit()

    def _on_failed(self, error: OmiError) -> None:
        self._end()
        self.notice.tell(error)


def _read_report(room: Room) -> str:
    return report_for_hub(
        room.online.state(),
        room.online.attempts(),
        program=about(),
        device=room.desk.device(),
        at=room.clock.now(),
    )


def taken_in(found: TakenIn) -> tuple[str, str]:
    """What became of a sync file: a title and what it means."""
    known = f" {words.counted(found.known, 'version')} in it {'was' if found.known == 1 else 'were'} known already."
    refused = f" {words.counted(found.refused, 'version')} could not be taken." if found.refused else ""
    more = (known if found.known else "") + refused
    if not found.is_own:
        new = f"{words.counted(found.new, 'version')} {'is' if found.new == 1 else 'are'} new there."
        return "Passed on to OMI online", f"It is somebody else's, and was not opened here. {new}{more}"
    if not found.new:
        return "Nothing new in this sync file", f"It is yours.{more}"
    return (
        f"Read: {words.counted(found.new, 'saved version')} from your other laptop",
        f"They are in your sessions now, and sync from here too. Nothing counts twice.{more}",
    )


def _show_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
