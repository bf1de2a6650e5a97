"""Planning in the real window: what is asked, what is saved, and what becomes of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest
from PySide6.QtWidgets import QRadioButton, QTabBar

from omi_desktop.domain.session import CancelledBecause, Outcome
from omi_desktop.services import drafts
from omi_desktop.ui import tasks
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.room import Room
from tests.kit import bodies
from tests.ui.look import find, press, unnamed
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

ABOUT = "About how many"


@pytest.fixture
def desk_room(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path) as room:
        room.desk.sessions.save(last_week_at_ashby())
        yield room


def planning(room: Room, until: Until) -> tuple[MainWindow, Keys]:
    window = shown_window(room)
    keys = Keys(window)
    keys.press("Ctrl+N")
    until(lambda: focused_name() == "Where")
    return window, keys


def opened(room: Room, until: Until, **changed: object) -> tuple[MainWindow, str]:
    plan = room.desk.plans.save(bodies.plan_details(**changed))
    window = shown_window(room)
    window.go(f"sessions/{plan.record_id}/plan")
    until(lambda: focused_name() == "Date")
    return window, plan.record_id


def test_a_visit_is_planned_by_keys_alone(desk_room: Room, until: Until) -> None:
    window, keys = planning(desk_room, until)
    keys.type("ash")
    keys.press("Enter")
    assert focused_name() == "Date"
    keys.type("thu")
    keys.press("Tab")
    keys.type("1040")
    keys.press("Tab")
    keys.type("1130")
    field(window, ABOUT).setFocus()
    keys.count(30)
    field(window, "What we'll do").setFocus()
    keys.type("rocket mi")
    keys.press("Enter")
    keys.press("Ctrl+Enter")
    until(lambda: says(window, "Plan saved on this laptop: Thu 26 Nov 2026, 10:40–11:30"))
    plan = desk_room.desk.plans.all()[0].details
    assert (plan.day, plan.start, plan.minutes) == (date(2026, 11, 26), time(10, 40), 50)
    assert [(line.stages, line.count) for line in plan.expected] == [(("en.y8",), 30)]
    assert [item for item, _version in plan.resources] == ["rocket-mice"]
    assert unnamed(window) == []


def test_an_empty_plan_says_what_is_missing(desk_room: Room, until: Until) -> None:
    window, _keys = planning(desk_room, until)
    press(window, "Save plan")
    assert focused_name() == "Where"
    assert says(window, "Say where it was")
    assert says(window, "Give the date")


def test_undo_of_a_first_plan_brings_the_form_back(desk_room: Room, until: Until) -> None:
    window, keys = planning(desk_room, until)
    keys.type("ash")
    keys.press("Enter")
    keys.type("+2")
    press(window, "Save plan")
    until(lambda: says(window, "Plan saved"))
    press(window, "Undo")
    until(lambda: focused_name() == "Where")
    assert field(window, "Date").text() == "Thu 26 Nov 2026"
    assert desk_room.desk.plans.all() == []


def test_a_plan_is_changed_and_its_draft_kept(desk_room: Room, until: Until) -> None:
    window, plan_id = opened(desk_room, until, day=date(2026, 11, 26))
    keys = Keys(window)
    keys.type("27/11")
    window.go("sessions")
    assert tasks.finish()
    assert desk_room.desk.drafts.keys() == [drafts.edit_of_plan(plan_id)]
    window.go(f"sessions/{plan_id}")
    until(lambda: says(window, "Kept from"))
    press(window, "Save plan")
    until(lambda: says(window, "Plan saved on this laptop: Fri 27 Nov 2026"))
    assert desk_room.desk.drafts.keys() == []
    press(window, "Undo")
    until(lambda: focused_name() == "Date")
    assert desk_room.desk.plans.get(plan_id).details.day == date(2026, 11, 26)


def test_a_plan_that_is_off_counts_nobody_and_keeps_the_travel_time(desk_room: Room, until: Until) -> None:
    window, plan_id = opened(desk_room, until, day=date(2026, 11, 26))
    press(window, "It's off")
    press(window, "Save it so")
    assert says(window, "Say why it's off")
    find(window, QRadioButton, "Why it didn't happen: The school cancelled").click()
    field(window, "Travelling, minutes").setFocus()
    Keys(window).type("40")
    press(window, "Save it so")
    until(lambda: says(window, "It counts nobody. Travel time that you gave is kept."))
    details = next(v.details for v in desk_room.desk.sessions.all() if v.details.plan_id == plan_id)
    assert (details.outcome, details.cancelled_because, details.travel_minutes) == (
        Outcome.CANCELLED,
        CancelledBecause.SCHOOL,
        40,
    )
    press(window, "Undo")
    until(lambda: focused_name() == "Date")
    assert desk_room.desk.sessions.listing().coming_up[0].record_id == plan_id


def test_a_plan_can_be_removed_and_brought_back(desk_room: Room, until: Until) -> None:
    window, plan_id = opened(desk_room, until, day=date(2026, 11, 26))
    press(window, "Remove this plan")
    press(window, "Remove it")
    until(lambda: says(window, "Plan removed"))
    assert desk_room.desk.plans.all() == []
    press(window, "Undo")
    until(lambda: focused_name() == "Date")
    assert desk_room.desk.plans.all()[0].record_id == plan_id


def test_a_visit_to_come_cannot_be_recorded_yet(desk_room: Room, until: Until) -> None:
    window, _plan_id = opened(desk_room, until, day=date(2026, 11, 26))
    tabs = window.findChildren(QTabBar)[-1]
    assert [tabs.tabText(at) for at in range(tabs.count())] == ["Plan", "Record"]
    tabs.setCurrentIndex(1)
    assert says(window, "You can record this once it has happened")


def test_a_visit_that_is_over_opens_at_its_record(desk_room: Room, until: Until) -> None:
    plan = desk_room.desk.plans.save(bodies.plan_details(start=time(9, 0)))
    window = shown_window(desk_room)
    window.go(f"sessions/{plan.record_id}")
    until(lambda: focused_name() == "How many young people")
    assert says(window, "To record · Saved")
    Keys(window).count(28)
    press(window, "Save session")
    until(lambda: says(window, "Saved on this laptop: 28"))
    press(window, "Open it")
    until(lambda: says(window, "28, Year 8"))
    assert any(bar.isVisible() for bar in window.findChildren(QTabBar))
