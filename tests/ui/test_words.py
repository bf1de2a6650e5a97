from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from omi_desktop.ui import words


def test_dates_and_numbers_are_written_by_our_own_tables() -> None:
    assert words.full_day(date(2026, 11, 24)) == "Tue 24 Nov 2026"
    assert words.short_day(date(2026, 3, 1)) == "Sun 1 Mar"
    assert words.number(642_318) == "642,318"


def test_a_moment_is_told_in_uk_time() -> None:
    assert words.moment(datetime(2026, 11, 25, 18, 2, tzinfo=UTC)) == "Wed 25 Nov, 18:02"
    assert words.moment(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "Wed 1 Jul, 00:30"


@pytest.mark.parametrize(("count", "said"), [(0, "0 sessions"), (1, "1 session"), (1200, "1,200 sessions")])
def test_one_is_singular(count: int, said: str) -> None:
    assert words.counted(count, "session") == said


def test_an_irregular_plural_is_given() -> None:
    assert words.counted(2, "young person", "young people") == "2 young people"
