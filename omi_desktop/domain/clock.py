"""The time, handed in so that tests can choose it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")
"""Civil time in all four nations."""


_LATEST = datetime(9998, 1, 1, tzinfo=UTC)
"""A clock that shows more is broken; what is added to a day must not leave the calendar for that."""


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        ...


class SystemClock:
    """The laptop's clock. It may be wrong: it is shown to people and never orders anything."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        return datetime.now(UTC)


def uk_today(clock: Clock) -> date:
    """The date in the United Kingdom."""
    return uk_now(clock).date()


def uk_now(clock: Clock) -> datetime:
    """The civil date and time in the United Kingdom, aware."""
    return min(clock.now(), _LATEST).astimezone(UK)


def stamp(moment: datetime) -> str:
    """`2026-11-24T11:32:05Z`, as revisions carry it."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def from_stamp(text: str) -> datetime:
    """The moment that `stamp` wrote. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_stamp(text: object) -> bool:
    """Whether `from_stamp` can read this."""
    try:
        from_stamp(text)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return False
    return True


def days_before(day: date, days: int) -> date:
    """The date so many days earlier."""
    return day - timedelta(days=days)
