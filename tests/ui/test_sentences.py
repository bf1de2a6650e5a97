"""Sessions, ranges and states, as the screen says them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from omi_desktop.domain.counting import Range
from omi_desktop.domain.online import Link, SyncState
from omi_desktop.domain.session import (
    Activity,
    CancelledBecause,
    Delivery,
    Details,
    Outcome,
    PlanDetails,
    YoungPeople,
)
from omi_desktop.ui import sentences
from tests.ui.made_up import CLUB, LESSON, LIBRARY, club_of, delivered

TODAY = date(2026, 11, 25)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """UK civil time on a day of November 2026."""
    return datetime.combine(date(2026, 11, day), time(hour, minute))


@pytest.mark.parametrize(
    ("name", "hour", "words"),
    [
        ("Asha Patel", 11, "Good morning, Asha"),
        ("Asha", 12, "Good afternoon, Asha"),
        ("Dr Asha Patel", 18, "Good evening, Dr Asha Patel"),
        ("  ", 0, "Good morning"),
    ],
)
def test_people_are_greeted_by_the_name_they_gave(name: str, hour: int, words: str) -> None:
    assert sentences.greeting(name, at(25, hour)) == words


@pytest.mark.parametrize(
    ("details", "words"),
    [
        (delivered(TODAY), "28 young people, Year 8"),
        (delivered(TODAY, count=1), "1 young person, Year 8"),
        (club_of(TODAY, 14), "14 young people, ages 8 to 11"),
        (delivered(TODAY, stage="age.unknown"), "28 young people, Not known"),
        (
            delivered(
                TODAY, young_people=(YoungPeople(1, ("en.y7", "en.y8", "en.y9"), 1200, is_estimated=True),)
            ),
            "1,200 young people (estimate), Years 7–9",
        ),
        (
            Details(outcome=Outcome.CANCELLED, cancelled_because=CancelledBecause.ME),
            "Didn't happen: I couldn't come",
        ),
    ],
)
def test_who_came_is_said_with_year_groups_and_estimates(details: Details, words: str) -> None:
    assert sentences.came(details) == words


@pytest.mark.parametrize(
    ("total", "words"), [(Range(58, 58), ""), (Range(58, 61), "up to 61"), (Range(0, 6000), "up to 6,000")]
)
def test_a_range_says_its_high_end_only_while_something_is_open(total: Range, words: str) -> None:
    assert sentences.up_to(total) == words


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (LESSON, "Year 8, about 30"),
        (CLUB, "Ages 8 to 11, about 30"),
        (replace(LESSON, expected=(YoungPeople(1, ("en.y8",), None),)), "Year 8"),
        (replace(LESSON, expected=()), ""),
    ],
)
def test_who_is_expected_is_said_as_far_as_it_is_known(plan: PlanDetails, words: str) -> None:
    assert sentences.expected(plan) == words


@pytest.mark.parametrize(
    ("plan", "now", "word"),
    [
        (LESSON, at(24, 23, 59), "NEXT"),
        (LESSON, at(25, 0, 0), "TOMORROW"),
        (LESSON, at(26, 10, 39), "TODAY"),
        (LESSON, at(26, 10, 40), "NOW"),
        (replace(LESSON, start=None), at(26, 15, 0), "TODAY"),
        (replace(LESSON, day=None), at(26, 15, 0), "NEXT"),
    ],
)  # fmt: skip
def test_the_next_session_is_as_near_as_the_clock_says(plan: PlanDetails, now: datetime, word: str) -> None:
    assert sentences.nearness(plan, now) == word


def test_a_session_is_called_by_its_club_or_else_by_its_place() -> None:
    assert sentences.known_as(CLUB) == "Rocket Club"
    assert sentences.known_as(LESSON) == "Ashby Academy"
    assert sentences.row(CLUB, TODAY) == "Mon 23 Nov · Rocket Club, Coalville Library, LE67"
    assert (
        sentences.row(replace(LESSON, day=date(2025, 1, 6)), TODAY) == "Mon 6 Jan 2025 · Ashby Academy, LE65"
    )
    assert sentences.row(PlanDetails(places=(LIBRARY,)), TODAY) == "no date · Coalville Library, LE67"


def test_when_and_what_are_said_in_full() -> None:
    assert sentences.when(LESSON) == "Thu 26 Nov 2026, 10:40–11:30"
    assert sentences.when(replace(LESSON, start=None)) == "Thu 26 Nov 2026"
    assert sentences.when(replace(LESSON, start=time(9, 5), minutes=None)) == "Thu 26 Nov 2026, 09:05"
    assert sentences.what(replace(LESSON, delivery=Delivery.ONLINE)) == "Class session, online"
    assert sentences.what(replace(LESSON, delivery=Delivery.BOTH)) == "Class session, in person and online"


@pytest.mark.parametrize(
    ("activity", "usual", "odd"),
    [
        (Activity.CLASS_SESSION, 60, 61),
        (Activity.ASSEMBLY, 2000, 2001),
        (Activity.FESTIVAL, 5000, 5001),
    ],
)
def test_only_unusual_numbers_get_a_line(activity: Activity, usual: int, odd: int) -> None:
    assert sentences.odd_number(activity, usual) == ""
    assert f"{odd:,}" in sentences.odd_number(activity, odd) or odd > 5000
    assert sentences.odd_number(activity, odd)


def test_saving_something_that_was_off_does_not_speak_of_young_people() -> None:
    off = replace(club_of(TODAY, 0), outcome=Outcome.CANCELLED, cancelled_because=CancelledBecause.SCHOOL)
    assert sentences.saved(off) == "Saved on this laptop: Rocket Club didn't happen."


@pytest.mark.parametrize("link", [Link.NO_CODE, Link.SIGNED_OUT, Link.STARTING])
def test_nobody_is_said_to_be_signed_in_who_is_not(link: Link) -> None:
    assert sentences.signed_in(SyncState(link, account_name="Asha Patel", hub="Leicester hub")) == ""
    assert sentences.signed_in(SyncState(Link.IDLE, account_name="Asha Patel")) == "Signed in as Asha Patel."
