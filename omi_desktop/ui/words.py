"""Dates and numbers as the screen says them, the same on every machine whatever its locale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def short_day(day: date) -> str:
    """`Tue 24 Nov`."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def full_day(day: date) -> str:
    """`Tue 24 Nov 2026`."""
    return f"{short_day(day)} {day.year}"


def moment(when: datetime) -> str:
    """`Wed 25 Nov, 18:02`, in UK civil time. `when` is aware."""
    from omi_desktop.domain.clock import UK  # noqa: PLC0415 -- time zones take a while to load at start

    local = when.astimezone(UK)
    return f"{short_day(local.date())}, {local:%H:%M}"


def number(value: int) -> str:
    """`642,318`."""
    return f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """`1 session`, `1,200 sessions`."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"
