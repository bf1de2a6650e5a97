"""Everything typed is kept within two seconds, and found again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QElapsedTimer, QObject, QTimer
from pytestqt.qtbot import QtBot

from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import NotSaved
from omi_desktop.services import drafts
from omi_desktop.ui import tasks
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.record.draft_keeper import DraftKeeper
from omi_desktop.ui.room import Room
from tests.kit.full_disk import file_size_limit
from tests.ui.look import press
from tests.ui.recording import (
    Keys,
    Until,
    field,
    focused_name,
    last_week_at_ashby,
    opened_room,
    says,
    shown_window,
)

NUMBER = "How many young people"
KEY = drafts.NEW_RECORD


@pytest.fixture
def desk_room(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path) as room:
        room.desk.sessions.save(last_week_at_ashby())
        yield room


def new_record(room: Room, until: Until) -> tuple[MainWindow, Keys]:
    window = shown_window(room)
    window.go("sessions/new")
    until(lambda: focused_name() in ("Where", NUMBER))
    return window, Keys(window)


def kept(room: Room, key: str = KEY) -> dict[str, Any] | None:
    draft = room.desk.drafts.get(key)
    return draft.form if draft else None


def test_what_is_typed_is_on_the_disk_within_two_seconds(desk_room: Room, until: Until, qtbot: QtBot) -> None:
    _window, keys = new_record(desk_room, until)
    keys.type("ash")
    keys.press("Enter")
    keys.count(28)
    typed = QElapsedTimer()
    typed.start()
    qtbot.waitUntil(lambda: (kept(desk_room) or {}).get("lines", [{}])[0].get("count") == "28", timeout=2000)
    assert typed.elapsed() <= 2000


def test_someone_who_never_stops_typing_is_kept_within_two_seconds_too(
    desk_room: Room, until: Until, qtbot: QtBot
) -> None:
    _window, keys = new_record(desk_room, until)
    typing = QTimer()
    typing.setInterval(100)
    typing.timeout.connect(lambda: keys.type("a"))
    typing.start()
    qtbot.waitUntil(lambda: kept(desk_room) is not None, timeout=2000)
    typing.stop()


def test_a_form_that_nobody_touched_leaves_no_draft(desk_room: Room, until: Until) -> None:
    window, _keys = new_record(desk_room, until)
    window.go("sessions")
    assert tasks.finish()
    assert desk_room.desk.drafts.keys() == []


def test_leaving_the_page_keeps_at_once_and_coming_back_finds_it(desk_room: Room, until: Until) -> None:
    window, keys = new_record(desk_room, until)
    keys.type("ash")
    keys.press("Enter")
    keys.count(28)
    window.go("sessions")
    assert tasks.finish()
    assert kept(desk_room) is not None
    window.go("sessions/new")
    assert field(window, NUMBER).text() == "28"


def test_closing_the_window_keeps_and_the_next_start_finds_it(tmp_path: Path, until: Until) -> None:
    with opened_room(tmp_path) as room:
        room.desk.sessions.save(last_week_at_ashby())
        window, keys = new_record(room, until)
        keys.type("ash")
        keys.press("Enter")
        keys.count(28)
        window.close()
    with opened_room(tmp_path) as room:
        window, _keys = new_record(room, until)
        until(lambda: says(window, "Kept from Tue 24 Nov, 12:00"))
        assert field(window, NUMBER).text() == "28"
        assert field(window, "Where").text() == "Ashby Academy"
        press(window, "Start again")
        until(lambda: focused_name() == "Where")
        assert field(window, NUMBER).text() == ""
        assert tasks.finish()
        assert kept(room) is None


def test_saving_lets_the_draft_go(desk_room: Room, until: Until) -> None:
    window, keys = new_record(desk_room, until)
    keys.type("ash")
    keys.press("Enter")
    keys.count(28)
    until(lambda: kept(desk_room) is not None)
    keys.count(1)
    press(window, "Save session")
    until(lambda: says(window, "Saved on this laptop"))
    assert tasks.finish()
    assert desk_room.desk.drafts.keys() == []


def test_a_correction_has_a_draft_of_its_own(desk_room: Room, until: Until) -> None:
    view = desk_room.desk.sessions.all()[0]
    window = shown_window(desk_room)
    window.go(f"sessions/{view.record_id}")
    until(lambda: says(window, "26, Year 8"))
    press(window, "Correct")
    until(lambda: focused_name() == NUMBER)
    Keys(window).count(31)
    window.go("today")
    assert tasks.finish()
    assert desk_room.desk.drafts.keys() == [drafts.correction_of(view.record_id)]
    window.go(f"sessions/{view.record_id}")
    until(lambda: says(window, "You began to correct this session"))
    press(window, "Go on")
    until(lambda: says(window, "26 → 31"))
    press(window, "Leave it as it was")
    until(lambda: says(window, "26, Year 8"))
    assert tasks.finish()
    assert desk_room.desk.drafts.keys() == []


class SlowDrafts(drafts.Drafts):
    """Real drafts whose first write waits until it is let go."""

    def __init__(self, room: Room) -> None:
        super().__init__(room.desk.store, SystemClock(), room.changes)
        self.let_go = threading.Event()
        self.begun = threading.Event()

    def keep(self, key: str, form: dict[str, Any]) -> None:
        self.begun.set()
        assert self.let_go.wait(5)
        super().keep(key, form)


@pytest.fixture
def typed() -> dict[str, str]:
    return {"where": ""}


@pytest.fixture
def owner() -> Iterator[QObject]:
    parent = QObject()
    yield parent
    parent.deleteLater()


def test_a_write_under_way_never_outruns_the_save(
    desk_room: Room, typed: dict[str, str], owner: QObject, until: Callable[..., None]
) -> None:
    slow = SlowDrafts(desk_room)
    keeper = DraftKeeper(slow, KEY, lambda: dict(typed), dict(typed), owner)
    typed["where"] = "Ashby"
    keeper.changed()
    keeper.flush()
    until(slow.begun.is_set)
    typed["where"] = "Ashby Academy"
    keeper.changed()
    done: list[object] = []
    tasks.run(keeper.last(lambda: slow.discard(KEY)), owner=owner, done=done.append)
    slow.let_go.set()
    until(lambda: bool(done))
    assert tasks.finish()
    assert slow.keys() == []


def test_what_changes_while_a_session_is_saved_leaves_no_draft_to_save_it_from_again(
    desk_room: Room, typed: dict[str, str], owner: QObject, until: Callable[..., None]
) -> None:
    keeper = DraftKeeper(desk_room.desk.drafts, KEY, lambda: dict(typed), dict(typed), owner)
    typed["where"] = "Ashby"
    let_go = threading.Event()
    done: list[object] = []
    tasks.run(keeper.last(lambda: let_go.wait(5)), owner=owner, done=done.append)
    typed["where"] = "Ashby Academy"
    keeper.changed()
    let_go.set()
    until(lambda: bool(done))
    keeper.flush()
    assert tasks.finish()
    assert desk_room.desk.drafts.keys() == []
    keeper.changed()
    keeper.flush()
    assert tasks.finish()
    assert desk_room.desk.drafts.keys() == [KEY]


def test_the_newest_text_wins_whatever_order_the_threads_take(
    desk_room: Room, typed: dict[str, str], owner: QObject, until: Callable[..., None]
) -> None:
    slow = SlowDrafts(desk_room)
    keeper = DraftKeeper(slow, KEY, lambda: dict(typed), dict(typed), owner)
    for text in ("A", "As", "Ash", "Ashb", "Ashby"):
        typed["where"] = text
        keeper.changed()
        keeper.flush()
    slow.let_go.set()
    assert tasks.finish()
    found = slow.get(KEY)
    assert found is not None
    assert found.form == {"where": "Ashby"}


def test_a_form_that_is_as_it_was_has_no_draft_any_more(
    desk_room: Room, typed: dict[str, str], owner: QObject
) -> None:
    keeper = DraftKeeper(desk_room.desk.drafts, KEY, lambda: dict(typed), dict(typed), owner)
    for text in ("Ashby", ""):
        typed["where"] = text
        keeper.changed()
        keeper.flush()
        assert tasks.finish()
    assert desk_room.desk.drafts.keys() == []


def test_a_full_disk_is_told(
    desk_room: Room, typed: dict[str, str], owner: QObject, until: Callable[..., None]
) -> None:
    keeper = DraftKeeper(desk_room.desk.drafts, KEY, lambda: dict(typed), dict(typed), owner)
    told: list[object] = []
    keeper.failed.connect(told.append)
    typed["where"] = "Ashby"
    with file_size_limit(1):
        keeper.changed()
        keeper.flush()
        until(lambda: bool(told))
    assert isinstance(told[0], NotSaved)


def test_what_was_begun_is_offered_where_the_app_opens(desk_room: Room, until: Until) -> None:
    _window, keys = new_record(desk_room, until)
    keys.type("ash")
    keys.press("Enter")
    until(lambda: kept(desk_room) is not None)
    again = shown_window(desk_room)
    until(lambda: says(again, "You began to record a session"))
    press(again, "Go on recording")
    until(lambda: focused_name() == NUMBER)
