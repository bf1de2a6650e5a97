"""The truth of the sync line and of the Sync page's headline, over every state that there is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import product

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from omi_desktop.domain import errors
from omi_desktop.domain.changes import Changes
from omi_desktop.domain.online import Link, SyncState
from omi_desktop.ui import sentences
from omi_desktop.ui.main_window import PAGES, MainWindow
from omi_desktop.ui.room import Room
from omi_desktop.ui.widgets.sync_line import SyncLine, sync_words
from tests.kit.online import PlayedOnline
from tests.ui.made_up import WEDNESDAY

PROBLEMS: tuple[errors.SyncProblem | None, ...] = (
    None,
    errors.Unreachable(),
    errors.NotOurs(),
    errors.ProxyAsks(),
    errors.Busy(30),
    errors.SignedOut(),
    errors.CodeRefused(),
    errors.OtherCentre(),
    errors.Misunderstood(),
)
STATES = tuple(
    SyncState(link, waiting, needs_you, unowned, last, problem)
    for link, waiting, needs_you, unowned, last, problem in product(
        Link, (0, 1, 1200), (0, 1, 2), (0, 7), (None, WEDNESDAY), PROBLEMS
    )
)
LOOKS_EVERY = 1200
"""Milliseconds: the window looks by itself once a second, for whatever nobody announced."""
AT_EASE = ("everything", "all is well", "all well", "all synced", "nothing is waiting")


@pytest.fixture
def online(changes: Changes) -> PlayedOnline:
    return PlayedOnline(changes)


def told(state: SyncState) -> tuple[str, str]:
    """What the line and the page's headline say of a state."""
    report = sentences.sync_report(state)
    return sync_words(state).sentence, f"{report.headline} {report.meaning} {report.last}"


def test_all_is_said_to_be_well_exactly_when_it_is() -> None:
    for state in STATES:
        for sentence in told(state):
            is_at_ease = any(words in sentence.casefold() for words in AT_EASE)
            assert is_at_ease == state.is_all_well, (sentence, state)


def test_whatever_waits_or_needs_an_answer_is_in_the_sentence_once_the_file_is_read() -> None:
    for state in STATES:
        if state.link is Link.STARTING:
            continue
        line, page = told(state)
        if state.waiting:
            assert f"{state.waiting:,} waiting, safe on this laptop" in line, state
        if state.needs_you:
            assert ("needs you" if state.needs_you == 1 else "need you") in line, state
        if state.unowned:
            assert "7 sessions to claim" in line, state
        if state.link is not Link.NO_CODE:
            assert not state.waiting or "waiting" in page, state
            assert not state.needs_you or "you." in page, state
            assert not state.unowned or "recorded before you signed in" in page, state


def test_a_problem_is_named_and_the_last_success_is_never_claimed_without_one() -> None:
    for state in STATES:
        line, page = told(state)
        if state.link is Link.TROUBLE and state.problem is not None:
            assert state.problem.title in line, state
            assert state.problem.title in page, state
        if state.last_success is None:
            assert "Last synced" not in line + page, state
        elif state.link not in (Link.STARTING, Link.NO_CODE):
            assert "Last synced Wed 25 Nov, 18:02" in line, state
            assert "Last synced Wed 25 Nov, 18:02" in page, state


def test_what_is_painted_and_what_a_screen_reader_hears_are_the_same(qtbot: QtBot) -> None:
    line = SyncLine()
    qtbot.addWidget(line)
    for state in STATES:
        line.show_state(state)
        assert line.accessibleName() == f"Sync. {sync_words(state).sentence}"
        assert line.text() == sync_words(state).news


@pytest.fixture
def window(qtbot: QtBot, known_room: Room, online: PlayedOnline) -> Iterator[MainWindow]:
    """The real window with all its pages."""
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    online.become(SyncState(Link.IDLE, last_success=WEDNESDAY))
    window.fill(known_room)
    yield window
    window.close()


@pytest.mark.parametrize("page", list(PAGES))
@pytest.mark.parametrize(
    ("is_silent", "limit"), [(False, 1000), (True, LOOKS_EVERY)], ids=["announced", "unannounced"]
)
def test_the_line_follows_a_change_within_a_second_on_every_page(
    qtbot: QtBot, window: MainWindow, online: PlayedOnline, *, page: str, is_silent: bool, limit: int
) -> None:
    window.go(page)
    qtbot.waitUntil(lambda: window.sync_line.sentence.startswith("Everything is synced"))
    assert window.sync_line.isVisible()
    online.become(SyncState(Link.IDLE, waiting=3, last_success=WEDNESDAY), silently=is_silent)
    qtbot.waitUntil(
        lambda: window.sync_line.sentence.startswith("3 waiting, safe on this laptop."), timeout=limit
    )


@pytest.mark.parametrize("width", [120, 150, 183, 400])
def test_whatever_it_says_has_room_at_any_width(qtbot: QtBot, width: int) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    line = SyncLine()
    column = QVBoxLayout(host)
    column.setContentsMargins(0, 0, 0, 0)
    column.addStretch(1)
    column.addWidget(line)
    host.setFixedSize(width, 600)
    host.show()
    for state in STATES[::23]:
        line.show_state(state)
        qtbot.waitUntil(lambda: line.height() == line.heightForWidth(width))


def test_a_change_announced_by_the_sync_thread_reaches_the_line(
    qtbot: QtBot, window: MainWindow, online: PlayedOnline
) -> None:
    state = SyncState(Link.TROUBLE, waiting=3, problem=errors.NotOurs())
    thread = threading.Thread(target=online.become, args=(state,))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: window.sync_line.state == state, timeout=1000)
    assert window.sync_line.sentence.startswith("This network blocks OMI. 3 waiting")
