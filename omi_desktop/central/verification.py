"""`omi-central verify`: everything that can be computed anew is, and compared with what is kept.

The log is read once, as a stream: what is held of it is its leaves, as for any total, and of one account the ids.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, exists, select, text

from omi_desktop.central import audit
from omi_desktop.central.database import Database
from omi_desktop.central.leaves import answer_in, leaf_row, read_leaf, visits_of
from omi_desktop.central.programme import count, in_calendar_year, said
from omi_desktop.central.tables import account, erased_record, leaf, log, visit
from omi_desktop.central.visits import Visit
from omi_desktop.domain.canonical import NotCanonical
from omi_desktop.domain.counting import Leaf, Record, in_year
from omi_desktop.domain.revision import ROOT, BadRevision, Kind, Revision, chain

_AT_ONCE = 500
_SHOWN = 10
"""Faults of one sort that are told one by one."""


class Check(StrEnum):
    """What is verified, in the words that are printed when it holds."""

    FILE = "The database file is whole"
    CHAINS = "Every account's chain holds, and ends where its account says"
    BODIES = "Every entry's bytes are those that were chained, and its columns say the same"
    ERASED = "Nothing of what was erased is kept"
    LEAVES = "What counting reads is what the log says"
    TOTALS = "Every year's total is the rule's over the log"
    AUDIT = "The audit log's chain holds"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check, and what is wrong: nothing when it holds. `seen` says how much was looked at."""

    check: Check
    seen: str
    faults: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def sentences(self) -> Iterator[str]:
        """For the operator."""
        if self.holds:
            yield f"{self.check.value} ({self.seen})."
            return
        yield f"DOES NOT HOLD: {self.check.value} ({self.seen})."
        yield from (f"  {fault}." for fault in self.faults[:_SHOWN])
        if len(self.faults) > _SHOWN:
            yield f"  And {len(self.faults) - _SHOWN} more."


def verify(database: Database) -> list[Finding]:
    """Look at everything, in one picture of the database."""
    with database.reading() as connection:
        found = _Log(connection)
        found.read()
        checked = audit.verify(connection)
        gone = [] if checked.broken_at is None else [f"It breaks at row {checked.broken_at}"]
        findings = [
            Finding(check, f"{found.entries:,} entries of {found.accounts:,} accounts", found.faults[check])
            for check in (Check.CHAINS, Check.BODIES, Check.ERASED, Check.LEAVES)
        ]
        findings += [_totals(connection, found), Finding(Check.AUDIT, f"{checked.rows:,} rows", gone)]
        if database.is_sqlite:
            findings.insert(0, _file(connection))
    return findings


@dataclass(slots=True)
class _Account:
    """What is remembered of the account that is being read."""

    id: str
    n: int = 0
    h: str = ROOT
    named: set[str] = field(default_factory=set)
    """Ids that some revision of theirs names as a parent."""
    leaves: dict[str, tuple[int, Revision, Leaf]] = field(default_factory=dict)
    visits: set[Visit] = field(default_factory=set)
    """What any version of theirs that is kept says."""
    erased: set[str] = field(default_factory=set)


class _Log:
    """One pass over the log, account by account, and what counting makes of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.faults: dict[Check, list[str]] = defaultdict(list)
        self.entries = self.accounts = 0
        self.records: list[Record] = []
        self.said: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.years: set[int] = set()
        self._ends = {row.id: row for row in connection.execute(select(account))}

    def read(self) -> None:
        """All of it."""
        everything = select(log).order_by(log.c.account_id, log.c.n)
        rows = self._connection.execute(everything.execution_options(yield_per=_AT_ONCE))
        left = set(self._ends)
        now: _Account | None = None
        for row in rows:
            if now is None or row.account_id != now.id:
                if now is not None:
                    self._end(now)
                left.discard(row.account_id)
                now = _Account(row.account_id, erased=self._erased(row.account_id))
            self._entry(now, row)
        if now is not None:
            self._end(now)
        for account_id in sorted(left):
            self._end(_Account(account_id))
        for table in (leaf, visit):
            strange = (
                select(table.c.account_id).distinct().where(table.c.account_id.not_in(select(account.c.id)))
            )
            for account_id in self._connection.execute(strange).scalars():
                self._fault(Check.LEAVES, f"Account {account_id} is not there and counts all the same")
        other = visit.alias()
        is_met = exists().where(
            other.c.day == visit.c.day,
            other.c.place == visit.c.place,
            other.c.account_id != visit.c.account_id,
        )
        for account_id, day in self._connection.execute(
            select(visit.c.account_id, visit.c.day).where(visit.c.is_met.is_(False), is_met)
        ):
            self._fault(
                Check.LEAVES, f"Account {account_id} was not alone on {day}, and is not asked about it"
            )

    def _entry(self, now: _Account, row: Row[Any]) -> None:
        self.entries += 1
        where = f"account {now.id}, entry {row.n}"
        expected = chain(now.h, row.rev_id, row.sha)
        if row.n != now.n + 1:
            self._fault(Check.CHAINS, f"Before {where} the number {now.n + 1} is missing")
        elif row.h != expected:
            self._fault(Check.CHAINS, f"The hash does not follow at {where}")
        # Go on from what is kept, so that each break is told once.
        now.n, now.h = row.n, row.h
        now.named.update(row.parents.split())
        for parent in row.parents.split():
            now.leaves.pop(parent, None)
        if self._should_be_erased(now, row) is not (row.canonical is None):
            what = "is kept although it was erased" if row.canonical else "is missing and was never erased"
            self._fault(Check.ERASED, f"The body of {where} {what}")
        if row.canonical is None:
            return
        revision = self._body(row, where)
        if revision is not None and row.record_id not in now.erased:
            read = read_leaf(revision)
            now.visits.update(visits_of(leaf_row(now.id, row.n, revision, read)))
            if revision.rev_id not in now.named:
                now.leaves[revision.rev_id] = (row.n, revision, read)

    def _should_be_erased(self, now: _Account, row: Row[Any]) -> bool:
        end = self._ends.get(now.id)
        if end is not None and end.erased_at is not None:
            return True
        return row.record_id in now.erased and row.kind != Kind.ERASURE.value

    def _body(self, row: Row[Any], where: str) -> Revision | None:
        if hashlib.sha256(row.canonical).hexdigest() != row.sha:
            self._fault(Check.BODIES, f"The bytes of {where} are not those that were chained")
            return None
        try:
            revision = Revision.from_canonical(row.canonical)
        except (BadRevision, NotCanonical, ValueError, KeyError):
            self._fault(Check.BODIES, f"The bytes of {where} can't be read")
            return None
        copied = (revision.rev_id, revision.record_id, revision.kind, " ".join(revision.parents))
        if copied != (row.rev_id, row.record_id, row.kind, row.parents):
            self._fault(Check.BODIES, f"The columns of {where} say something else than its bytes")
        return revision

    def _end(self, now: _Account) -> None:
        """What can be told once an account's last entry was read."""
        self.accounts += 1
        end = self._ends.get(now.id)
        if end is None:
            self._fault(Check.CHAINS, f"Account {now.id} has a log and is not there")
        elif (end.n, end.h) != (now.n, now.h):
            self._fault(
                Check.CHAINS, f"Account {now.id} says that its log ends at {end.n}; it ends at {now.n}"
            )
        rows = []
        by_record: dict[str, list[tuple[Revision, Leaf]]] = defaultdict(list)
        for n, revision, read in now.leaves.values():
            rows.append(leaf_row(now.id, n, revision, read))
            by_record[revision.record_id].append((revision, read))
        kept = self._connection.execute(select(leaf).where(leaf.c.account_id == now.id))
        if {tuple(row) for row in kept} != {tuple(row.values()) for row in rows}:
            self._fault(Check.LEAVES, f"leaf differs from the log of account {now.id}")
        mine = select(visit.c.day, visit.c.place).where(visit.c.account_id == now.id)
        visits = {(day, place) for day, place in self._connection.execute(mine)}
        if not {each for row in rows for each in visits_of(row)} <= visits <= now.visits:
            self._fault(Check.LEAVES, f"visit differs from the log of account {now.id}")
        for members in by_record.values():
            self._count(now.id, sorted(members, key=lambda member: member[1].order, reverse=True))

    def _count(self, account_id: str, members: Sequence[tuple[Revision, Leaf]]) -> None:
        """Take up one record, head first, as the rule counts it."""
        head = members[0][0]
        if head.kind == Kind.SESSION:
            self.records.append(Record(account_id, head.record_id, tuple(read for _, read in members)))
            self.years.update(read.day.year for _, read in members if read.day)
        answers = [revision for revision, _ in members if revision.kind == Kind.GROUP_ANSWER]
        if answers:
            question, answer = answer_in(answers[0])
            if question and answer:
                self.said[question].append((account_id, answer))

    def _erased(self, account_id: str) -> set[str]:
        mine = select(erased_record.c.record_id).where(erased_record.c.account_id == account_id)
        return set(self._connection.execute(mine).scalars())

    def _fault(self, check: Check, sentence: str) -> None:
        self.faults[check].append(sentence)


def _totals(connection: Connection, found: _Log) -> Finding:
    years = found.years | {int(day[:4]) for day in connection.execute(select(leaf.c.day)).scalars() if day}
    answers = said(connection)
    faults = []
    for year in sorted(years):
        published = count(in_calendar_year(connection, year), answers, in_year(year)).range
        expected = count(found.records, found.said, in_year(year)).range
        if published != expected:
            faults.append(
                f"{year} is published as {published.low} to {published.high}; the log says "
                f"{expected.low} to {expected.high}"
            )
    return Finding(Check.TOTALS, f"{len(years):,} years", faults)


def _file(connection: Connection) -> Finding:
    said_so = connection.execute(text("PRAGMA integrity_check")).scalars().all()
    faults = [f"SQLite says: {line}" for line in said_so if line != "ok"]
    faults += [
        f"A row of {row[0]} names one of {row[2]} that is not there"
        for row in connection.execute(text("PRAGMA foreign_key_check"))
    ]
    return Finding(Check.FILE, "integrity and foreign keys", faults)
