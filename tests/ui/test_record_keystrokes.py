"""The keystrokes of an everyday record, counted in the real window. Head counts are not among them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest

from omi_desktop.services.sessions import SessionView
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.room import Room
from tests.kit import bodies
from tests.ui.recording import (
    TODAY,
    Keys,
    Until,
    focused_name,
    last_week_at_ashby,
    opened_room,
    says,
    shown_window,
)


@pytest.fixture
def desk_room(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path) as room:
        yield room


@pytest.fixture
def window(desk_room: Room, until: Until) -> MainWindow:
    """The window on Today; Ashby Academy is known from last week."""
    desk_room.desk.sessions.save(last_week_at_ashby())
    return shown_window(desk_room)


def saved(room: Room, window: MainWindow, until: Until) -> SessionView:
    until(lambda: says(window, "Saved on this laptop"))
    return room.desk.sessions.all()[0]


def test_a_planned_session_costs_two_keystrokes(desk_room: Room, until: Until) -> None:
    plan = desk_room.desk.plans.save(bodies.plan_details(start=time(9, 0)))
    window = shown_window(desk_room)
    keys = Keys(window)
    keys.press("Ctrl+R")
    until(lambda: focused_name() == "How many young people")
    keys.count(28)
    keys.press("Ctrl+Enter")
    view = saved(desk_room, window, until)
    assert keys.pressed == 2
    assert (view.details.plan_id, view.details.total) == (plan.record_id, 28)
    assert view.details.young_people[0].stages == ("en.y8",)


def test_a_known_place_and_year_cost_six_keystrokes(
    desk_room: Room, window: MainWindow, until: Until
) -> None:
    keys = Keys(window)
    keys.press("Ctrl+R")
    until(lambda: focused_name() == "Where")
    keys.type("ash")
    keys.press("Enter")
    keys.count(28)
    keys.press("Ctrl+Enter")
    view = saved(desk_room, window, until)
    assert keys.pressed == 6
    assert (view.details.day, view.details.total) == (TODAY, 28)
    assert view.details.places[0].name == "Ashby Academy"
    assert view.details.young_people[0].stages == ("en.y8",)


def test_another_year_group_costs_nine_keystrokes_at_most(
    desk_room: Room, window: MainWindow, until: Until
) -> None:
    keys = Keys(window)
    keys.press("Ctrl+R")
    until(lambda: focused_name() == "Where")
    keys.type("ash")
    keys.press("Enter", "Shift+Tab")
    assert focused_name() == "Year group"
    keys.type("9")
    keys.press("Enter")
    assert focused_name() == "How many young people"
    keys.count(31)
    keys.press("Ctrl+Enter")
    view = saved(desk_room, window, until)
    assert keys.pressed == 9
    assert [(line.stages, line.count) for line in view.details.young_people] == [(("en.y9",), 31)]


def test_two_year_groups_cost_nine_keystrokes(desk_room: Room, window: MainWindow, until: Until) -> None:
    keys = Keys(window)
    keys.press("Ctrl+R")
    until(lambda: focused_name() == "Where")
    keys.type("ash")
    keys.press("Enter")
    keys.count(28)
    keys.press("Enter")
    assert focused_name() == "How many young people 2"
    keys.count(25)
    keys.press("Shift+Tab")
    assert focused_name() == "Year group 2"
    keys.type("9")
    keys.press("Ctrl+Enter")
    view = saved(desk_room, window, until)
    assert keys.pressed == 9
    assert [(line.stages, line.count) for line in view.details.young_people] == [
        (("en.y8",), 28),
        (("en.y9",), 25),
    ]


def test_yesterday_costs_ten_keystrokes(desk_room: Room, window: MainWindow, until: Until) -> None:
    keys = Keys(window)
    keys.press("Ctrl+R")
    until(lambda: focused_name() == "Where")
    keys.type("ash")
    keys.press("Enter", "Alt+D")
    assert focused_name() == "Date"
    keys.type("-1")
    keys.press("Enter")
    assert focused_name() == "How many young people"
    keys.count(28)
    keys.press("Ctrl+Enter")
    view = saved(desk_room, window, until)
    assert keys.pressed == 10
    assert view.details.day == date(2026, 11, 23)


def test_a_place_typed_for_the_first_time_costs_its_name(
    desk_room: Room, window: MainWindow, until: Until
) -> None:
    keys = Keys(window)
    keys.press("Ctrl+R")
    until(lambda: focused_name() == "Where")
    keys.type("St Mary's Primary")
    keys.press("Enter")
    assert focused_name() == "How many young people"
    keys.count(28)
    keys.press("Shift+Tab")
    keys.type("5")
    keys.press("Ctrl+Enter")
    view = saved(desk_room, window, until)
    assert keys.pressed == 5 + len("St Mary's Primary")
    assert view.details.young_people[0].stages == ("en.y5",)
