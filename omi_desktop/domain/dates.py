"""Dates as people type and read them: `-1`, `mon`, `12/11` in; "Tue 24 Nov 2026" out."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from omi_desktop.domain.clock import UK

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FULL_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_ALSO = {"weds": "wed", "sept": "sep"}
_NUMERIC = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{2}|\d{4}))?")
_WORDED = re.compile(r"(?:[a-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th)? ?([a-z]{3,9})\.?,?(?: (\d{4}))?")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h ]?(\d{2}))? ?(am|pm)?")


def shown_date(day: date) -> str:
    """`Tue 24 Nov 2026`, whatever the laptop's language."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def shown_day(day: date) -> str:
    """`Tue 24 Nov`, where the year is plain."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def shown_moment(moment: datetime) -> str:
    """`Wed 25 Nov, 18:02` in UK civil time."""
    local = moment.astimezone(UK)
    return f"{shown_day(local.date())}, {local:%H:%M}"


def shown_times(start: time | None, minutes: int | None) -> str:
    """`10:40–11:30`, `10:40`, or nothing."""
    if start is None:
        return ""
    if not minutes:
        return f"{start:%H:%M}"
    end = (datetime.combine(date(2000, 1, 1), start) + timedelta(minutes=minutes)).time()
    return f"{start:%H:%M}–{end:%H:%M}"


def typed_date(text: str, today: date, *, is_past: bool = True) -> date | None:
    """The date that someone typed, or None when it can't be read.

    `-1` is yesterday, `+3` in three days, `mon` the last Monday (the next one when `is_past` is false; today
    counts), `12/11` the nearest 12 November on the wanted side, `24 Nov 2026` itself.
    """
    words = " ".join(text.strip().casefold().replace("\u2212", "-").split())
    if words in ("", "today", "0"):
        return today if words else None
    if words in ("yesterday", "tomorrow"):
        return today + timedelta(days=1 if words == "tomorrow" else -1)
    if re.fullmatch(r"[+-]\d{1,3}", words):
        return today + timedelta(days=int(words))
    if len(words) >= 2 and words.isalpha():
        return _weekday(words, today, is_past=is_past)
    try:
        return _calendar_date(words, today, is_past=is_past)
    except ValueError:
        return None


def typed_time(text: str) -> time | None:
    """`10:40`, `1040`, `10.40`, `9`, `2pm`; None when it can't be read."""
    match = _CLOCK.fullmatch(text.strip().casefold())
    if not match:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _weekday(words: str, today: date, *, is_past: bool) -> date | None:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    found = [index for index, name in enumerate(names) if name.startswith(_ALSO.get(words, words))]
    if len(found) != 1:
        return None
    distance = (today.weekday() - found[0]) % 7 if is_past else (found[0] - today.weekday()) % 7
    return today + timedelta(days=-distance if is_past else distance)


def _calendar_date(words: str, today: date, *, is_past: bool) -> date | None:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
        return date.fromisoformat(words)
    if match := _NUMERIC.fullmatch(words):
        month = int(match[2])
    elif match := _WORDED.fullmatch(words):
        typed = _ALSO.get(match[2], match[2])
        names = [index for index, name in enumerate(_FULL_MONTHS, 1) if name.startswith(typed)]
        if not names:
            return None
        month = names[0]
    else:
        return None
    if match[3]:
        year = int(match[3])
        return date(year + 2000 if len(match[3]) == 2 else year, month, int(match[1]))
    return _nearest(int(match[1]), month, today, is_past=is_past)


def _nearest(day: int, month: int, today: date, *, is_past: bool) -> date | None:
    """The latest such date not after today, or the earliest not before it. 29 February waits for a leap year."""
    step = -1 if is_past else 1
    for year in range(today.year, today.year + 9 * step, step):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if (found <= today) if is_past else (found >= today):
            return found
    return None
