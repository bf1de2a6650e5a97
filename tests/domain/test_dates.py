"""Dates and times as people type and read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain.dates import (
    shown_date,
    shown_day,
    shown_moment,
    shown_times,
    typed_date,
    typed_time,
)

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("typed", "past", "coming"),
    [
        ("-1", "2026-11-23", "2026-11-23"),
        ("\u22121", "2026-11-23", "2026-11-23"),
        ("+3", "2026-11-27", "2026-11-27"),
        ("0", "2026-11-24", "2026-11-24"),
        ("today", "2026-11-24", "2026-11-24"),
        (" Yesterday ", "2026-11-23", "2026-11-23"),
        ("tomorrow", "2026-11-25", "2026-11-25"),
        ("mon", "2026-11-23", "2026-11-30"),
        ("Tue", "2026-11-24", "2026-11-24"),
        ("weds", "2026-11-18", "2026-11-25"),
        ("thurs", "2026-11-19", "2026-11-26"),
        ("Friday", "2026-11-20", "2026-11-27"),
        ("12/11", "2026-11-12", "2027-11-12"),
        ("24/11", "2026-11-24", "2026-11-24"),
        ("25.11", "2025-11-25", "2026-11-25"),
        ("1 12", "2025-12-01", "2026-12-01"),
        ("12-11-25", "2025-11-12", "2025-11-12"),
        ("12/11/2024", "2024-11-12", "2024-11-12"),
        ("29/2", "2024-02-29", "2028-02-29"),
        ("29/2/2024", "2024-02-29", "2024-02-29"),
        ("24 Nov 2026", "2026-11-24", "2026-11-24"),
        ("Tue 24 Nov 2026", "2026-11-24", "2026-11-24"),
        ("tuesday, 24th november", "2026-11-24", "2026-11-24"),
        ("1st sept", "2026-09-01", "2027-09-01"),
        ("3 march", "2026-03-03", "2027-03-03"),
        ("2026-11-24", "2026-11-24", "2026-11-24"),
    ],
)
def test_a_date_is_read_as_people_type_it(typed: str, past: str, coming: str) -> None:
    assert typed_date(typed, TUESDAY) == date.fromisoformat(past)
    assert typed_date(typed, TUESDAY, is_past=False) == date.fromisoformat(coming)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "-",
        "t",
        "s",
        "soon",
        "monkey",
        "29/2/2026",
        "31/4",
        "30/2",
        "0/1",
        "13/13",
        "12/",
        "/11",
        "12/11/",
        "12/11/202",
        "12 decoy",
        "1 marvel",
        "2 mayor",
        "3 ma",
        "2026-13-01",
        "2026-W48-2",
        "24 Nov 0000",
        "+9999",
        "--1",
        "٣",
        "12/11 or so",
        "🚀",
    ],
)
def test_what_is_no_date_is_not_guessed(typed: str) -> None:
    assert typed_date(typed, TUESDAY) is None
    assert typed_date(typed, TUESDAY, is_past=False) is None


def test_the_29th_of_february_is_found_across_a_century_without_one() -> None:
    assert typed_date("29/2", date(2103, 6, 1)) == date(2096, 2, 29)
    assert typed_date("29 feb", date(2097, 6, 1), is_past=False) == date(2104, 2, 29)


@given(st.text(max_size=20), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.booleans())
def test_anything_typed_is_a_date_or_nothing(typed: str, today: date, is_past: bool) -> None:
    found = typed_date(typed, today, is_past=is_past)
    assert found is None or isinstance(found, date)
    assert isinstance(typed_time(typed), time | None)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.dates(date(2001, 1, 1), date(2098, 12, 31)))
def test_a_date_that_is_shown_can_be_typed_again(day: date, today: date) -> None:
    assert typed_date(shown_date(day), today) == day
    assert typed_date(day.isoformat(), today) == day
    assert typed_date(f"{day:%d/%m/%Y}", today) == day


@given(st.dates(date(2010, 1, 1), date(2090, 1, 1)), st.dates(date(2010, 1, 1), date(2090, 1, 1)))
def test_a_date_without_a_year_is_the_nearest_on_the_wanted_side(day: date, today: date) -> None:
    past = typed_date(f"{day.day}/{day.month}", today)
    coming = typed_date(shown_day(day), today, is_past=False)
    assert past is not None
    assert coming is not None
    assert past <= today <= coming
    assert {(d.day, d.month) for d in (past, coming)} == {(day.day, day.month)}
    if (day.month, day.day) != (2, 29):
        assert (today - past).days <= 366 >= (coming - today).days


@given(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), st.dates(date(2010, 1, 1)))
def test_a_weekday_is_within_a_week(name: str, today: date) -> None:
    past = typed_date(name, today)
    assert past is not None
    assert shown_date(past).casefold().startswith(name)
    assert 0 <= (today - past).days < 7


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("10:40", "10:40"),
        ("1040", "10:40"),
        ("10.40", "10:40"),
        ("10 40", "10:40"),
        ("10h40", "10:40"),
        ("930", "09:30"),
        ("9", "09:00"),
        ("2pm", "14:00"),
        ("2.30 PM", "14:30"),
        ("12am", "00:00"),
        ("12pm", "12:00"),
        ("0", "00:00"),
        ("23:59", "23:59"),
    ],
)
def test_a_time_is_read_as_people_type_it(typed: str, expected: str) -> None:
    assert typed_time(typed) == time.fromisoformat(expected)


@pytest.mark.parametrize("typed", ["", "24", "10:60", "13pm", "0am", "10:4", "noon", "-1", "10:40:30"])
def test_what_is_no_time_is_not_guessed(typed: str) -> None:
    assert typed_time(typed) is None


def test_dates_and_times_are_shown_in_plain_british_english() -> None:
    assert shown_date(TUESDAY) == "Tue 24 Nov 2026"
    assert shown_day(date(2026, 3, 1)) == "Sun 1 Mar"
    assert shown_times(time(10, 40), 50) == "10:40–11:30"
    assert shown_times(time(23, 30), 60) == "23:30–00:30"
    assert shown_times(time(10, 40), None) == "10:40"
    assert shown_times(None, 50) == ""


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 11, 25, 18, 2, tzinfo=UTC), "Wed 25 Nov, 18:02"),
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "Thu 2 Jul, 00:30"),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Sun 29 Mar, 00:59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Sun 29 Mar, 02:00"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Sun 25 Oct, 01:30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sun 25 Oct, 01:30"),
    ],
)
def test_a_moment_is_shown_in_uk_civil_time_on_the_days_when_clocks_change_too(
    moment: datetime, shown: str
) -> None:
    assert shown_moment(moment) == shown
