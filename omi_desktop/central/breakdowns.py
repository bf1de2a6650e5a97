"""The published total in parts: by nation, activity or month, so that no small number can be worked out.

The exact total is public and changes with every sync, so that whoever watches it knows each change. Therefore:

- Parts are rounded down to whole tens; a part under ten is not told at all, nor whether it is none. With the exact
  total beside them this leaves every small part open, without any rule about which others to leave out: to work
  one out, the remainders of all others would have to be known.
- All parts of a year are published together, as an edition. A new one is made on another day (UTC) at the earliest,
  and only once ten groups of young people are counted differently. So two editions never differ by one session,
  whether it was added, corrected, removed or erased, and between two of them nothing moves at all.

What this can't keep from someone: what the exact total says by itself (a year with one session), and what an
ambassador finds out who adds nine sessions of their own to one of another's.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, tuple_

from omi_desktop.central.database import Database, Turn, take_turn
from omi_desktop.central.programme import in_calendar_year, said, shares_of
from omi_desktop.central.tables import edition, log
from omi_desktop.domain import session
from omi_desktop.domain.clock import from_stamp, stamp
from omi_desktop.domain.counting import RULE, Share, in_year
from omi_desktop.domain.revision import Revision
from omi_desktop.domain.session import Activity
from omi_desktop.domain.stages import Nation
from omi_desktop.wire.messages import BreakdownAnswer, Cell

ROUNDED_TO = 10
"""Twice the smallest number that may be told, so that a part just under it is no small one."""
FEWEST_CHANGES = 10
"""Groups that must be counted differently before there is a new edition."""
_LOOK_AGAIN = timedelta(minutes=10)
"""Between two looks whether enough has changed."""
_AT_ONCE = 200
_ELSEWHERE = "several_or_unknown"


class Edition(NamedTuple):
    """What is kept of the newest one. `cells` is JSON, `counted` are marks joined by spaces."""

    made_at: str
    cells: str
    counted: str


class By(StrEnum):
    """How the total is parted."""

    NATION = "nation"
    ACTIVITY = "activity"
    MONTH = "month"


NAMES: Mapping[By, Sequence[str]] = {
    By.NATION: (*(nation.value for nation in Nation), _ELSEWHERE),
    By.ACTIVITY: tuple(activity.value for activity in Activity),
    By.MONTH: tuple(f"{month:02}" for month in range(1, 13)),
}
"""Every part is named in every answer: to be there or not would tell something too."""


class Breakdowns:
    """Publishes editions. Safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._looked: dict[int, datetime] = {}

    def of(self, year: int, by: By, now: datetime) -> BreakdownAnswer:
        """One breakdown of the newest edition of a year."""
        with self._database.reading() as connection:
            kept = _kept(connection, year)
        if self._may_be_due(year, kept, now):
            with self._database.writing() as connection:
                # Of those who come at once one makes the edition, and the others find it.
                take_turn(connection, Turn.EDITION)
                kept = _kept(connection, year)
                if _is_another_day(kept, now):
                    kept = _published(connection, year, kept, now)
        cells = json.loads(kept.cells)[by.value] if kept else {}
        return BreakdownAnswer(
            year=year,
            by=by.value,
            cells=[Cell(name=name, low=cells.get(name)) for name in NAMES[by]],
            rounded_to=ROUNDED_TO,
            as_of=kept.made_at if kept else None,
            rules=RULE,
        )

    def _may_be_due(self, year: int, kept: Edition | None, now: datetime) -> bool:
        if not _is_another_day(kept, now):
            return False
        with self._lock:
            looked = self._looked.get(year)
            if looked is not None and looked <= now < looked + _LOOK_AGAIN:
                return False
            self._looked[year] = now
        return True


def parts(found: Sequence[tuple[Share, session.Details]]) -> dict[By, Counter[str]]:
    """The exact parts, which nobody is told. Each breakdown adds up to the low end of the total."""
    cells: dict[By, Counter[str]] = defaultdict(Counter)
    for share, details in found:
        nations = {place.nation for place in details.places}
        nation = nations.pop() if len(nations) == 1 else None
        cells[By.NATION][nation.value if nation else _ELSEWHERE] += share.low
        cells[By.ACTIVITY][details.activity.value] += share.low
        if share.record.head.day:
            cells[By.MONTH][f"{share.record.head.day.month:02}"] += share.low
    return cells


def rounded(cells: Mapping[str, int]) -> dict[str, int]:
    """What may be told: whole tens, rounded down, and nothing of what is under ten."""
    return {name: low - low % ROUNDED_TO for name, low in cells.items() if low >= ROUNDED_TO}


def _kept(connection: Connection, year: int) -> Edition | None:
    columns = (edition.c.made_at, edition.c.cells, edition.c.counted)
    found = connection.execute(select(*columns).where(edition.c.year == year)).one_or_none()
    return Edition(*found) if found else None


def _is_another_day(kept: Edition | None, now: datetime) -> bool:
    return kept is None or from_stamp(kept.made_at).date() != now.date()


def _published(connection: Connection, year: int, kept: Edition | None, now: datetime) -> Edition | None:
    """A new edition, if enough has changed; else the one that there is."""
    found = shares_of(in_calendar_year(connection, year), said(connection), in_year(year))
    counted = {_mark(share) for share in found}
    before = set(kept.counted.split() if kept else ())
    if max(len(counted - before), len(before - counted)) < FEWEST_CHANGES:
        return kept
    cells = {by.value: rounded(exact) for by, exact in parts(_with_details(connection, found)).items()}
    connection.execute(delete(edition).where(edition.c.year == year))
    connection.execute(
        insert(edition).values(
            year=year,
            made_at=stamp(now),
            cells=json.dumps({by.value: {} for by in By} | cells),
            counted=" ".join(sorted(counted)),
        )
    )
    return _kept(connection, year)


def _mark(share: Share) -> str:
    return hashlib.sha256(f"{share.record.head.rev_id} {share.low}".encode()).hexdigest()[:16]


def _with_details(connection: Connection, found: Sequence[Share]) -> list[tuple[Share, session.Details]]:
    """What the records say that stand for the parts of the total."""
    by_id = {(share.record.account, share.record.head.rev_id): share for share in found}
    ids = list(by_id)
    columns = (log.c.account_id, log.c.rev_id, log.c.canonical)
    pairs = []
    for start in range(0, len(ids), _AT_ONCE):
        wanted = tuple_(log.c.account_id, log.c.rev_id).in_(ids[start : start + _AT_ONCE])
        for account_id, rev_id, canonical in connection.execute(select(*columns).where(wanted)):
            details = session.read(Revision.from_canonical(canonical).body)
            pairs.append((by_id[account_id, rev_id], details))
    return pairs
