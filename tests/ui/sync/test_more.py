"""Sync files and the history, from the Sync page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from omi_desktop.domain.errors import NotOurs, OmiError, SyncFileProblem, Unreachable
from omi_desktop.domain.online import Attempt, Link, SyncState, TakenIn
from omi_desktop.services.desk import Desk
from omi_desktop.ui.dialogs.history import HistoryDialog
from omi_desktop.ui.dialogs.report import ReportDialog
from omi_desktop.ui.main_window import MainWindow
from tests.kit.online import PlayedOnline
from tests.ui import look
from tests.ui.made_up import WEDNESDAY, delivered
from tests.ui.sync_page import SIGNED_IN, Open, has

CHOSEN = "OMI sync file.omisync"
PASSED_ON = (
    "Passed on to OMI online It is somebody else's, and was not opened here. 2 versions are new there. "
    "1 version in it was known already. 1 version could not be taken."
)


def choose(monkeypatch: pytest.MonkeyPatch, path: Path | None) -> list[str]:
    """The desktop's dialog for files, in which the person chooses this one, or closes it. What it was offered."""
    offered: list[str] = []

    def answer(_parent: object, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        offered.append(start)
        return (str(path) if path else "", "")

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    return offered


def test_a_sync_file_is_written_where_one_says_and_what_to_do_with_it_is_said(
    qtbot: QtBot, open_sync: Open, online: PlayedOnline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offered = choose(monkeypatch, tmp_path / "mine")
    online.become(SIGNED_IN)
    page = open_sync()
    look.press(page, "Send a sync file…")
    qtbot.waitUntil(lambda: page.more.notice.text.startswith("3 sessions are in mine.omisync"))
    assert "USB stick or attach it to an e-mail" in page.more.notice.text
    assert online.asked == ["write mine.omisync"]
    assert [Path(start).name for start in offered] == ["OMI sync file 2026-11-25.omisync"]


def test_where_the_network_is_blocked_a_sync_file_is_offered_beside_the_news(
    qtbot: QtBot, open_sync: Open, online: PlayedOnline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    choose(monkeypatch, tmp_path / CHOSEN)
    online.become(replace(SIGNED_IN, link=Link.TROUBLE, waiting=3, problem=NotOurs()))
    page = open_sync()
    look.press(page, "Send what is waiting in a sync file…")
    qtbot.waitUntil(lambda: page.more.notice.text.startswith("3 sessions are in"))
    assert online.asked == [f"write {CHOSEN}"]
    online.become(replace(SIGNED_IN, link=Link.TROUBLE, waiting=3, problem=Unreachable()))
    qtbot.waitUntil(lambda: not page.report.send_file.isVisible())


def test_a_dialog_that_was_closed_does_nothing(
    open_sync: Open, online: PlayedOnline, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, None)
    online.become(SIGNED_IN)
    page = open_sync()
    look.press(page, "Send a sync file…")
    look.press(page, "Read a sync file…")
    assert (online.asked, page.more.notice.isVisible()) == ([], False)


def test_with_nothing_waiting_no_file_is_spoken_of(
    qtbot: QtBot, open_sync: Open, online: PlayedOnline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    choose(monkeypatch, tmp_path / CHOSEN)
    online.written = 0
    online.become(SIGNED_IN)
    page = open_sync()
    look.press(page, "Send a sync file…")
    qtbot.waitUntil(lambda: page.more.notice.text.startswith("Nothing is waiting"))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (TakenIn(is_own=True, new=3, known=0), "Read: 3 saved versions from your other laptop"),
        (TakenIn(is_own=True, new=0, known=3), "Nothing new in this sync file It is yours. 3 versions in it"),
        (TakenIn(is_own=False, new=2, known=1, refused=1), PASSED_ON),
    ],
    ids=["own", "known", "somebody else's"],
)
def test_a_sync_file_is_read_or_passed_on_and_the_words_say_which(
    qtbot: QtBot,
    open_sync: Open,
    online: PlayedOnline,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    found: TakenIn,
    said: str,
) -> None:
    choose(monkeypatch, tmp_path / CHOSEN)
    online.taken_in = found
    online.become(SIGNED_IN)
    page = open_sync()
    look.press(page, "Read a sync file…")
    qtbot.waitUntil(lambda: page.more.notice.text.startswith(said))
    assert online.asked == [f"take in {CHOSEN}"]


@pytest.mark.parametrize("problem", [SyncFileProblem(), Unreachable()])
def test_what_goes_wrong_with_a_sync_file_is_told_and_can_be_tried_again(
    qtbot: QtBot,
    open_sync: Open,
    online: PlayedOnline,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    problem: OmiError,
) -> None:
    choose(monkeypatch, tmp_path / CHOSEN)
    online.taken_in = problem
    online.become(SIGNED_IN)
    page = open_sync()
    look.press(page, "Read a sync file…")
    qtbot.waitUntil(lambda: page.more.notice.text.startswith(problem.title))
    assert page.more.read_button.isEnabled()


def test_without_a_code_nothing_is_offered_that_needs_one(open_sync: Open, online: PlayedOnline) -> None:
    online.become(SyncState(Link.NO_CODE))
    page = open_sync()
    assert not page.more.isVisible()
    online.become(SyncState(Link.SIGNED_OUT))
    page.refresh()
    assert has(page, "Read a sync file…")
    assert has(page, "Send a sync file…")


def test_the_history_reads_as_sentences_the_newest_first(
    qtbot: QtBot, open_sync: Open, window: MainWindow, online: PlayedOnline
) -> None:
    online.tries = [
        Attempt(WEDNESDAY, "ok", "Synced", sent=3, read_back=3, received=1),
        Attempt(WEDNESDAY - timedelta(hours=1), "not_ours", "This network blocks OMI"),
        Attempt(WEDNESDAY - timedelta(days=1), "ok", "Synced", rejected=1),
        Attempt(WEDNESDAY - timedelta(days=2), "ok", "Synced"),
    ]
    online.become(SIGNED_IN)
    page = open_sync()
    look.press(page, "History")
    qtbot.waitUntil(lambda: window.findChild(QDialog) is not None)
    dialog = window.findChild(HistoryDialog)
    assert isinstance(dialog, HistoryDialog)
    assert [row.sentence for row in dialog.list.rows] == [
        "Synced. Wed 25 Nov, 18:02. 3 sent, 3 read back, 1 came from another laptop",
        "This network blocks OMI. Wed 25 Nov, 17:02. Nothing was sent. Nothing is lost",
        "Synced. Tue 24 Nov, 18:02. 1 not accepted",
        "Synced. Mon 23 Nov, 18:02. Nothing was waiting",
    ]
    qtbot.waitUntil(dialog.list.hasFocus)
    look.press(dialog, "Close")


def test_an_empty_history_says_what_will_be_there(
    qtbot: QtBot, open_sync: Open, window: MainWindow, online: PlayedOnline
) -> None:
    online.become(SIGNED_IN)
    look.press(open_sync(), "History")
    qtbot.waitUntil(lambda: window.findChild(HistoryDialog) is not None)
    dialog = window.findChild(HistoryDialog)
    assert isinstance(dialog, HistoryDialog)
    assert dialog.nothing.isVisible()
    assert not dialog.list.isVisible()


def test_the_report_for_the_hub_can_be_read_copied_and_saved_and_holds_nothing_of_a_session(
    qtbot: QtBot,
    open_sync: Open,
    window: MainWindow,
    desk: Desk,
    online: PlayedOnline,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    desk.sessions.save(delivered(date(2026, 11, 12), class_name="8B Science"))
    online.tries = [Attempt(WEDNESDAY, "not_ours", "This network blocks OMI", seconds=1.25)]
    online.become(replace(SIGNED_IN, link=Link.TROUBLE, waiting=1, problem=NotOurs()))
    look.press(open_sync(), "Report for my hub…")
    qtbot.waitUntil(lambda: window.findChild(ReportDialog) is not None)
    dialog = window.findChild(ReportDialog)
    assert isinstance(dialog, ReportDialog)
    text = dialog.text.toPlainText()
    assert "\nAmbassador: Asha Patel\n" in text
    assert "\nLast problem: This network blocks OMI (not_ours)\n" in text
    assert "\nWed 25 Nov 2026, 18:02: This network blocks OMI (not_ours); nothing moved; 1.2 s\n" in text
    assert not [said for said in ("Ashby", "LE65", "8B Science", "28") if said in text]
    look.press(dialog, "Copy")
    assert QApplication.clipboard().text() == text
    choose(monkeypatch, tmp_path / "report.txt")
    look.press(dialog, "Save as text…")
    assert (tmp_path / "report.txt").read_text("utf-8") == text
    choose(monkeypatch, tmp_path)
    look.press(dialog, "Save as text…")
    assert dialog.notice.text.startswith("Not saved there The report is still here.")
