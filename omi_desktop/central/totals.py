"""The published total of a calendar year, recomputed from all heads whenever a log has grown."""

from __future__ import annotations

import threading
from datetime import datetime

from sqlalchemy import func, select

from omi_desktop.central.database import Database
from omi_desktop.central.erasure import adjustments
from omi_desktop.central.programme import count, in_calendar_year, said
from omi_desktop.central.tables import account
from omi_desktop.domain.clock import stamp
from omi_desktop.domain.counting import RULE, Range, in_year
from omi_desktop.wire.messages import TotalsAnswer

_MARK = select(
    func.count(),
    func.sum(account.c.n),
    func.min(account.c.h),
    func.max(account.c.h),
    func.count(account.c.erased_at),
    func.sum(account.c.erased_records),
)
"""Changes whenever a log grows or something is erased without that; the hashes tell a restored backup that has grown to
the same length."""


class Totals:
    """Computes totals and keeps each until any account's log grows. Safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[tuple[object, ...], Range]] = {}

    def of(self, year: int, now: datetime) -> TotalsAnswer:
        """The programme's range for one calendar year, as it stands now."""
        found, erased = self._range(year)
        return TotalsAnswer(
            year=year, low=found.low, high=found.high, adjustments=erased, as_of=stamp(now), rules=RULE
        )

    def _range(self, year: int) -> tuple[Range, int]:
        """The range, and the adjustments of the same moment."""
        with self._database.reading() as connection:
            mark = tuple(connection.execute(_MARK).one())
            erased = adjustments(connection, year)
            with self._lock:
                kept = self._kept.get(year)
            if kept and kept[0] == mark:
                return kept[1], erased
            records = in_calendar_year(connection, year)
            answers = said(connection)
        found = count(records, answers, in_year(year)).range
        with self._lock:
            self._kept[year] = (mark, found)
        return found, erased
