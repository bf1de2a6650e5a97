"""One session: what it shows, correcting, removing, earlier versions, and what needs its person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication

from omi_desktop.domain.session import CancelledBecause, Outcome
from omi_desktop.services.records import RecordGone
from omi_desktop.services.sessions import SessionView
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.room import Room
from tests.kit import bodies
from tests.ui import made_up
from tests.ui.look import press, unnamed
from tests.ui.recording import Keys, Until, field, focused_name, opened_room, says, shown_window

NUMBER = "How many young people"


def focused_text() -> str:
    """What stands on the button with the focus."""
    widget = QApplication.focusWidget()
    return widget.text() if isinstance(widget, QAbstractButton) else ""


@pytest.fixture
def desk_room(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path) as room:
        made_up.sign_in(room.desk)
        yield room


@pytest.fixture
def view(desk_room: Room) -> SessionView:
    return desk_room.desk.sessions.save(
        made_up.delivered(
            date(2026, 11, 12), teachers=1, travel_minutes=40, resources=(("rocket-mice", "2026-11-22"),)
        )
    )


def opened(room: Room, view: SessionView, until: Until, text: str = "28, Year 8") -> MainWindow:
    window = shown_window(room)
    window.go(f"sessions/{view.record_id}")
    until(lambda: says(window, text))
    return window


def test_a_session_shows_what_was_recorded_and_how_it_stands(
    desk_room: Room, view: SessionView, until: Until
) -> None:
    window = opened(desk_room, view, until)
    for text in (
        "Thu 12 Nov 2026, 10:40–11:30 · Recorded · Saved",
        "Ashby Academy, Ashby, LE65 1AA",
        "1 teacher or member of staff",
        "40 minutes travelling",
        "Rocket mice",
        "last saved on Tue 24 Nov, 12:00",
    ):
        assert says(window, text)
    assert unnamed(window) == []
    made_up.read_back(desk_room.desk, view)
    window.go(f"sessions/{view.record_id}")
    until(lambda: says(window, "Recorded · Synced"))


def test_a_correction_says_what_it_changes_and_undo_takes_it_back(
    desk_room: Room, view: SessionView, until: Until
) -> None:
    window = opened(desk_room, view, until)
    press(window, "Correct")
    until(lambda: focused_name() == NUMBER)
    Keys(window).count(31)
    assert says(window, "28 → 31")
    press(window, "Save session")
    until(lambda: says(window, "Saved on this laptop: 31 young people"))
    assert desk_room.desk.sessions.get(view.record_id).details.total == 31
    press(window, "Undo")
    until(lambda: says(window, "28, Year 8"))
    assert desk_room.desk.sessions.get(view.record_id).details.total == 28


def test_earlier_versions_say_which_laptop_said_what(
    desk_room: Room, view: SessionView, until: Until
) -> None:
    desk_room.desk.preferences.put("device", "Work laptop")
    desk_room.desk.sessions.correct(view.record_id, made_up.delivered(date(2026, 11, 12), count=31))
    window = opened(desk_room, view, until, "31, Year 8")
    assert says(window, "last saved on Work laptop")
    earlier = next(b for b in window.findChildren(QAbstractButton) if b.text() == "Earlier versions (1)")
    earlier.click()
    assert says(window, "28 young people, Year 8, Ashby Academy")
    assert says(window, "Tue 24 Nov, 12:00")
    assert not says(window, "This laptop")


def test_removing_asks_first_in_its_place_and_can_be_undone(
    desk_room: Room, view: SessionView, until: Until
) -> None:
    window = opened(desk_room, view, until)
    press(window, "Remove")
    assert desk_room.desk.sessions.all() != []
    assert focused_text() == "Remove it"
    press(window, "Keep it")
    assert focused_text() == "Remove"
    press(window, "Remove")
    press(window, "Remove it")
    until(lambda: says(window, "This session is removed"))
    assert desk_room.desk.sessions.all() == []
    press(window, "Bring it back")
    until(lambda: says(window, "Recorded · Saved"))
    assert len(desk_room.desk.sessions.all()) == 1


@pytest.mark.parametrize(("kept", "other"), [(28, 31), (31, 28)])
def test_two_versions_stay_in_view_until_one_is_chosen(
    desk_room: Room, view: SessionView, until: Until, kept: int, other: int
) -> None:
    made_up.save_twice(desk_room.desk, view, (28, 31))
    window = opened(desk_room, view, until, "Two laptops say different things")
    assert says(window, "Work laptop")
    assert says(window, "Home laptop")
    assert says(window, f"{other} young people, Year 8")
    press(window, f"Keep this version: {kept} young people, Year 8, Ashby Academy, LE65")
    until(lambda: not says(window, "Two laptops say different things"))
    found = desk_room.desk.sessions.get(view.record_id)
    assert (found.details.total, found.record.is_conflict) == (kept, False)


def test_versions_that_count_alike_say_what_sets_them_apart(
    desk_room: Room, view: SessionView, until: Until
) -> None:
    made_up.save_twice(desk_room.desk, view, (28, 28))
    window = shown_window(desk_room)
    window.go(f"sessions/{view.record_id}")
    until(lambda: says(window, "28, Year 8"))
    assert not says(window, "Two laptops say different things")


def test_what_omi_online_did_not_accept_shows_why_and_opens_the_form_there(
    desk_room: Room, view: SessionView, until: Until
) -> None:
    made_up.refuse(desk_room.desk, view, "This date is before your first training")
    window = opened(desk_room, view, until, "OMI online did not accept this session")
    assert says(window, "This date is before your first training")
    press(window, "Correct it")
    until(lambda: focused_name() == "Date")
    assert "before your first training" in field(window, "Date").accessibleDescription()


def test_a_session_that_is_not_here_says_so(desk_room: Room, until: Until) -> None:
    window = shown_window(desk_room)
    window.go(f"sessions/{bodies.hex_id('nowhere')}")
    until(lambda: says(window, "This session is not on this laptop"))


def test_a_cancelled_session_can_turn_out_to_have_happened(desk_room: Room, until: Until) -> None:
    details = bodies.details(
        outcome=Outcome.CANCELLED,
        cancelled_because=CancelledBecause.NOBODY_CAME,
        young_people=(),
        travel_minutes=30,
    )
    kept = desk_room.desk.sessions.save(details)
    window = opened(desk_room, kept, until, "It didn't happen")
    press(window, "Correct")
    until(lambda: focused_name() == "Why it didn't happen: Nobody came")
    press(window, "It happened after all")
    until(lambda: focused_name() == NUMBER)
    keys = Keys(window)
    keys.count(12)
    keys.press("Shift+Tab")
    keys.type("8")
    keys.press("Ctrl+Enter")
    until(lambda: says(window, "Saved on this laptop: 12 young people"))
    assert desk_room.desk.sessions.get(kept.record_id).details.travel_minutes == 30


def test_a_removal_that_met_a_correction_asks_which_is_right(
    desk_room: Room, view: SessionView, until: Until
) -> None:
    made_up.save_twice(desk_room.desk, view, (31, None))
    window = opened(desk_room, view, until, "Two laptops say different things")
    assert not says(window, "This session is removed")
    press(window, "Keep this version: 31 young people, Year 8, Ashby Academy, LE65")
    until(lambda: says(window, "31, Year 8") and not says(window, "Two laptops"))
    assert desk_room.desk.sessions.all()[0].details.total == 31


def test_erasing_says_how_it_differs_from_removing_and_asks_again_before_anything_goes(
    desk_room: Room, view: SessionView, until: Until
) -> None:
    window = opened(desk_room, view, until)
    assert not says(window, "Erase everywhere")
    press(window, "More")
    assert says(window, "Remove is for a session that should not count.")
    assert says(window, "Nobody can bring it back.")
    press(window, "Erase everywhere…")
    assert says(window, "28 young people, Year 8, Ashby Academy, LE65. This can't be undone.")
    assert focused_text() == "Keep it"
    press(window, "Keep it")
    assert focused_text() == "Erase everywhere…"
    assert desk_room.desk.sessions.get(view.record_id).details.total == 28
    press(window, "Erase everywhere…")
    press(window, "Erase it for good")
    until(lambda: says(window, "Erased: Thu 12 Nov 2026, 10:40–11:30, Ashby Academy, LE65."))
    assert says(window, "It is gone from this laptop.")
    assert not [b for b in window.findChildren(QAbstractButton) if b.isVisible() and b.text() == "Undo"]
    with pytest.raises(RecordGone):
        desk_room.desk.sessions.get(view.record_id)


def test_erasing_a_session_takes_its_plan_along(desk_room: Room, until: Until) -> None:
    plan = desk_room.desk.plans.save(made_up.CLUB)
    kept = desk_room.desk.sessions.save(
        replace(made_up.club_of(date(2026, 11, 23), 14), plan_id=plan.record_id)
    )
    window = opened(desk_room, kept, until, "Mon 23 Nov 2026")
    press(window, "More")
    press(window, "Erase everywhere…")
    press(window, "Erase it for good")
    until(lambda: says(window, "Erased: Mon 23 Nov 2026"))
    with pytest.raises(RecordGone):
        desk_room.desk.plans.get(plan.record_id)


def test_one_that_was_erased_elsewhere_and_kept_here_says_so_and_can_still_go(
    desk_room: Room, view: SessionView, until: Until
) -> None:
    made_up.ask_to_erase(desk_room.desk, view)
    desk_room.desk.erasures.keep([view.record_id])
    window = opened(desk_room, view, until, "You erased this session on another laptop")
    assert not [b for b in window.findChildren(QAbstractButton) if b.isVisible() and b.text() == "Correct"]
    press(window, "Erase it here too…")
    assert focused_text() == "Keep it"
    press(window, "Erase it for good")
    until(lambda: says(window, "It is gone from this laptop."))
    with pytest.raises(RecordGone):
        desk_room.desk.sessions.get(view.record_id)
