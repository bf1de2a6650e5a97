"""What Today shows: one main card chosen by the clock, overdue records first, and the person's own year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from omi_desktop.domain.clock import Clock, uk_today
from omi_desktop.domain.counting import Range
from omi_desktop.services.plans import PlanView
from omi_desktop.services.sessions import Sessions, SessionView


@dataclass(frozen=True, slots=True)
class Today:
    """One look at the day. `year_from` is the first day of the school year that `mine` and `sessions`
    are of."""

    to_record: tuple[PlanView, ...]
    next: PlanView | None
    mine: Range
    sessions: int
    year_from: date
    last_done: SessionView | None
    is_empty: bool


def look_at_today(sessions: Sessions, clock: Clock) -> Today:
    """Read everything that Today shows, at one moment."""
    listing = sessions.listing()
    start = school_year_start(uk_today(clock))
    end = date(start.year + 1, 9, 1)
    done = [view for view in listing.done if view.details.day and start <= view.details.day < end]
    return Today(
        to_record=listing.to_record,
        next=listing.coming_up[0] if listing.coming_up else None,
        mine=sessions.count(lambda day: start <= day < end, (*listing.done, *listing.disputed)),
        sessions=sum(view.details.outcome == "delivered" for view in done),
        year_from=start,
        last_done=listing.done[0] if listing.done else None,
        is_empty=listing.is_empty,
    )


def school_year_start(day: date) -> date:
    """1 September of the school year that a day falls in."""
    return date(day.year if day.month >= 9 else day.year - 1, 9, 1)
