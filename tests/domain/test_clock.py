"""The time: UTC inside, UK civil time for people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from omi_desktop.domain.clock import SystemClock, from_stamp, stamp, uk_now, uk_today
from tests.kit.clock import SetClock


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 7, 1, 22, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 23, 0, tzinfo=UTC), date(2026, 7, 2)),
        (datetime(2026, 12, 1, 23, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 3, 28, 23, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 59, tzinfo=UTC), date(2026, 10, 25)),
    ],
)
def test_the_day_in_the_united_kingdom_follows_summer_time(moment: datetime, day: date) -> None:
    assert uk_today(SetClock(moment)) == day
    assert uk_now(SetClock(moment)) == moment


def test_a_stamp_is_utc_to_the_second_and_reads_back() -> None:
    moment = datetime(2026, 11, 24, 13, 32, 5, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert stamp(moment) == "2026-11-24T11:32:05Z"
    assert from_stamp(stamp(moment)) == moment.replace(microsecond=0)
    assert from_stamp("2026-11-24T11:32:05").tzinfo is UTC


def test_the_systems_clock_is_aware() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
