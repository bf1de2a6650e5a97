"""The list of sessions: grouped, found, read aloud, opened, and quick with thousands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLineEdit, QListView, QWidget

from omi_desktop.domain.session import CancelledBecause
from omi_desktop.services import drafts
from omi_desktop.services.sessions import Listing
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.pages.session_list import Item, Items, SessionModel
from omi_desktop.ui.pages.sessions import SessionsPage
from omi_desktop.ui.room import Room
from tests.ui import made_up
from tests.ui.look import clipped, find, press, unnamed
from tests.ui.recording import TODAY, Keys, Until, focused_name, opened_room, says, shown_window

FILTER = "Find a session by place or words"


@pytest.fixture
def desk_room(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path) as room:
        yield room


@pytest.fixture
def filled_room(desk_room: Room) -> Room:
    """One to record, one coming up, and three done in three ways."""
    desk = desk_room.desk
    made_up.sign_in(desk)
    desk.plans.save(made_up.CLUB)
    desk.plans.save(made_up.LESSON)
    synced = desk.sessions.save(made_up.delivered(date(2026, 11, 10)))
    made_up.read_back(desk, synced)
    twice = desk.sessions.save(made_up.delivered(date(2026, 11, 12), made_up.ST_MARYS, 28, "en.y5"))
    made_up.save_twice(desk, twice, (28, 31))
    plan = desk.plans.save(replace(made_up.LESSON, day=date(2026, 11, 3)))
    desk.sessions.call_off(plan, CancelledBecause.SCHOOL)
    return desk_room


def listed(room: Room, until: Until) -> tuple[MainWindow, SessionsPage]:
    window = shown_window(room)
    window.go("sessions")
    page = window.page
    assert isinstance(page, SessionsPage)
    until(lambda: not page.model.is_empty or says(page, "No sessions yet"))
    return window, page


def rows(page: SessionsPage) -> list[str]:
    """What a screen reader says of each row."""
    model = page.model
    return [
        model.data(model.index(row), Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())
    ]


def test_sessions_are_grouped_and_each_row_is_one_sentence_with_two_statuses(
    filled_room: Room, until: Until
) -> None:
    _window, page = listed(filled_room, until)
    assert rows(page) == [
        "To record, 1 session",
        (
            "Mon 23 Nov 2026, 15:30–16:30, Rocket Club, Coalville Library, LE67, STEM club, Ages 8 to 11, about 30. "
            "To record. Saved."
        ),
        "Coming up, 1 session",
        "Thu 26 Nov 2026, 10:40–11:30, Ashby Academy, LE65, Class session, Year 8, about 30. Planned. Saved.",
        "Done, 3 sessions",
        *rows(page)[5:],
    ]
    done = rows(page)[5:]
    assert done[0].startswith("Thu 12 Nov 2026")
    assert done[0].endswith("Recorded. Needs you.")
    assert done[1].endswith("28 young people, Year 8. Recorded. Synced.")
    assert done[2].endswith("Cancelled. Saved.")


def test_nothing_yet_says_what_will_be_here_and_offers_the_next_step(desk_room: Room, until: Until) -> None:
    window, page = listed(desk_room, until)
    assert says(page, "No sessions yet")
    assert not page.view.isVisible()
    buttons = [b for b in page.empty.findChildren(QAbstractButton) if b.isVisible()]
    assert [button.text() for button in buttons] == ["Record a session", "Plan a session"]
    buttons[1].click()
    until(lambda: focused_name() == "Where")
    assert window.target == "sessions/plan"


def test_a_word_of_the_place_finds_a_session(filled_room: Room, until: Until) -> None:
    window, page = listed(filled_room, until)
    find(window, QLineEdit, FILTER).setFocus()
    keys = Keys(window)
    keys.type("mary")
    assert len(rows(page)) == 2
    keys.press("Enter")
    until(lambda: says(window, "Two laptops say different things"))


def test_a_word_that_is_nowhere_is_said(filled_room: Room, until: Until) -> None:
    window, page = listed(filled_room, until)
    find(window, QLineEdit, FILTER).setText("zebra")
    assert says(page, "No session has “zebra”.")
    assert not page.view.isVisible()


def test_keys_alone_open_the_session_to_record(filled_room: Room, until: Until) -> None:
    window, page = listed(filled_room, until)
    find(window, QLineEdit, FILTER).setFocus()
    keys = Keys(window)
    keys.press("Down", "Enter")
    until(lambda: focused_name() == "How many young people")
    assert says(page, "About 30 expected")


def test_the_list_follows_what_is_saved_and_keeps_the_place(filled_room: Room, until: Until) -> None:
    _window, page = listed(filled_room, until)
    chosen = page.model.item(page.view.currentIndex())
    assert chosen is not None
    filled_room.desk.sessions.save(made_up.delivered(date(2026, 11, 24)))
    until(lambda: "Done, 4 sessions" in rows(page))
    now = page.model.item(page.view.currentIndex())
    assert now is not None
    assert now.record_id == chosen.record_id


def test_a_record_that_was_begun_says_so(filled_room: Room, until: Until) -> None:
    plan = filled_room.desk.sessions.listing().to_record[0]
    filled_room.desk.drafts.keep(drafts.record_of_plan(plan.record_id), {})
    _window, page = listed(filled_room, until)
    assert rows(page)[1].endswith("To record. Draft kept.")


def test_five_thousand_sessions_are_rows_of_one_list_and_not_widgets(desk_room: Room, until: Until) -> None:
    view = desk_room.desk.sessions.save(made_up.delivered(date(2026, 11, 10)))
    window, page = listed(desk_room, until)
    before = len(page.findChildren(QWidget))
    many = tuple(
        replace(view, details=replace(view.details, day=TODAY - timedelta(days=at % 900)))
        for at in range(5000)
    )
    page.model.show_items(Items().of(Listing((), (), many), frozenset()), TODAY)
    window.grab()
    assert page.model.rowCount() == 5001
    assert len(page.findChildren(QWidget)) == before
    bar = page.view.verticalScrollBar()
    bar.setValue(bar.maximum())
    window.grab()
    assert page.view.indexAt(page.view.viewport().rect().center()).row() > 4900


def test_headings_are_never_chosen() -> None:
    model = SessionModel()
    assert model.is_empty
    assert not model.first().isValid()


def test_a_removal_that_met_an_edit_is_shown_until_it_is_decided(desk_room: Room, until: Until) -> None:
    made_up.sign_in(desk_room.desk)
    view = desk_room.desk.sessions.save(made_up.delivered(date(2026, 11, 10)))
    made_up.save_twice(desk_room.desk, view, (31, None))
    window, page = listed(desk_room, until)
    assert rows(page)[1].endswith("Removed on one laptop. Needs you.")
    window.go(f"sessions/{view.record_id}")
    until(lambda: says(window, "Two laptops say different things"))


@pytest.mark.parametrize("mode", ["light", "dark", "contrast"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_list_fits_a_small_window(
    filled_room: Room, until: Until, mode: theme.Mode, scale: float
) -> None:
    filled_room.desk.preferences.put("theme", mode)
    filled_room.desk.preferences.put("text_size", round(scale * 100))
    filled_room.desk.drafts.keep(drafts.NEW_RECORD, {})
    window, page = listed(filled_room, until)
    window.resize(1000, 520)
    until(lambda: clipped(window) == [])
    assert unnamed(window) == []
    assert find(window, QListView, "Sessions").height() >= 2 * page.view.sizeHintForRow(0)
    press(window, "Go on recording")
    until(lambda: says(window, "Kept from"))
    assert tasks.finish()


def test_an_item_knows_its_two_statuses(desk_room: Room) -> None:
    view = desk_room.desk.sessions.save(made_up.delivered(date(2026, 11, 10)))
    item = Items().of(desk_room.desk.sessions.listing(), frozenset())[0]
    assert isinstance(item, Item)
    assert (item.record_id, item.state, item.record) == (view.record_id, "Recorded", "Saved")


def test_the_sessions_are_saved_as_a_spreadsheet_where_the_person_says(
    filled_room: Room, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = tmp_path / "mine.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(chosen), ""))
    _window, page = listed(filled_room, until)
    press(page, "Save as a spreadsheet")
    until(lambda: says(page, "3 sessions are in mine.csv"))
    assert chosen.read_text("utf-8-sig").count("2026-11-") == 3


def test_a_spreadsheet_that_cannot_be_written_is_told(
    filled_room: Room, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "mine.csv"), ""))
    _window, page = listed(filled_room, until)
    press(page, "Save as a spreadsheet")
    until(lambda: says(page, "The spreadsheet was not written"))
