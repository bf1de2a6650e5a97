"""Erasure: what a record or an account said is taken out of the log, and is let in no more.

By record, never by revision: a record's ids stay erased whatever arrives later, from a laptop that was away or from
a backup. What stays is what the chain needs: ids, shas, numbers. An erasure cannot be taken back, not by removing or
editing the revision that asked for it. It says nothing about erasures: their entries keep their bodies, so that
every laptop can read what to scrub, and only the account's own erasure takes those too.

Every erasure is written to the list first (`erasure_list`) and then carried out in one transaction, under the lock
of the account's row and in a turn of its own, so that two of them never measure the same fall of the total.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select, tuple_, update

from omi_desktop.central import audit
from omi_desktop.central.audit import CENTRE, Action
from omi_desktop.central.database import Database, Turn, seeing_everyone, take_turn
from omi_desktop.central.erasure_list import ErasureList, Line, void_lines
from omi_desktop.central.identity import Identity, identify_centre
from omi_desktop.central.programme import answer_heads, count, in_calendar_year, said_by
from omi_desktop.central.refusal import Refusal
from omi_desktop.central.statements import Prepared, among, insert_all
from omi_desktop.central.tables import (
    account,
    adjustment,
    code,
    device,
    erased_record,
    erasure_seen,
    leaf,
    log,
    visit,
)
from omi_desktop.central.visits import rebuild_visits
from omi_desktop.domain.clock import stamp
from omi_desktop.domain.counting import in_year
from omi_desktop.domain.revision import Kind, Revision, State, new_id
from omi_desktop.wire.problems import Code

_RETRY_SECONDS = 30
_log = logging.getLogger(__name__)

_IS_LEAF_OF = among(leaf.c.record_id, "records")
_IS_ENTRY_OF = (
    log.c.account_id == bindparam("whose"),
    among(log.c.record_id, "records"),
    log.c.kind != Kind.ERASURE.value,
)
_marked = Prepared(
    select(erased_record.c.record_id).where(
        erased_record.c.account_id == bindparam("whose"), among(erased_record.c.record_id, "records")
    )
)


@dataclass(frozen=True, slots=True)
class Eraser:
    """What every erasure needs besides a connection: the list, whose centre this is, and the moment."""

    erasures: ErasureList
    centre_id: str
    now: datetime


def prepare(database: Database, now: datetime) -> Identity:
    """Who this centre is; nothing that its list of erasures names is in its database when this returns.

    To be called before anybody is answered. Raises ErasureListRefused when the list is there and can't be read.
    """
    with database.writing() as connection:
        identity = identify_centre(connection, now)
        replay(connection, Eraser(database.erasures, identity.centre_id, now))
    return identity


def erased_among(
    connection: Connection, eraser: Eraser, account_id: str, new: Sequence[Revision]
) -> frozenset[str]:
    """Carry out the erasures among revisions that are about to be appended to an account's log, whose row is locked.

    The ids of those revisions whose record is erased: by these, in whatever order they stand, or before. The
    caller keeps no body of them. Raises Refusal (`unavailable`) when the list can't be written.
    """
    bodies = [revision for revision in new if revision.kind != Kind.ERASURE]
    named = _named(new)
    before = _erased(connection, account_id, named | {revision.record_id for revision in bodies})
    if fresh := named - before:
        _erase(connection, eraser, account_id, fresh)
    return frozenset(revision.rev_id for revision in bodies if revision.record_id in before | fresh)


def erase_account(connection: Connection, eraser: Eraser, account_id: str, *, actor: str) -> bool:
    """Erase all that an account recorded, its name and its devices' names, and end its sign-ins and codes for good.

    False if there is no such account, or it is erased already. Raises Refusal (`unavailable`).
    """
    # The codes first, in the order in which `enrol` locks: whoever uses one now is waited for, and found below.
    # One that is made in between is refused, since the account is erased.
    _end_codes(connection, account_id, eraser.now)
    row = select(account.c.erased_at).where(account.c.id == account_id).with_for_update()
    found = connection.execute(row).one_or_none()
    if found is None or found.erased_at is not None:
        return False
    take_turn(connection, Turn.ERASURE)
    _list(connection, eraser, account_id, None)
    _scrub_account(connection, account_id, eraser.now)
    audit.append(
        connection, Action.ACCOUNT_ERASED, actor=actor, subject=f"account:{account_id}", now=eraser.now
    )
    return True


def replay(connection: Connection, eraser: Eraser) -> int:
    """Scrub whatever the database holds that the list says is erased; how many lines were new to it.

    A database that was restored from a backup has forgotten the erasures since. Done as often as one likes: a line
    is followed once, and what is left of it is looked for each time.
    """
    here = [line for line in eraser.erasures.read() if line.centre_id == eraser.centre_id]
    unseen = _unseen(connection, here)
    concerned = {line.account_id for line in unseen}
    for account_id in sorted({line.account_id for line in unseen if line.records is None}):
        _end_codes(connection, account_id, eraser.now)
    for account_id in sorted(concerned):
        connection.execute(select(account.c.n).where(account.c.id == account_id).with_for_update())
    take_turn(connection, Turn.ERASURE)
    # With the turn nobody else is between a line and its transaction's end.
    here = [line for line in eraser.erasures.read() if line.centre_id == eraser.centre_id]
    _miss_lines(connection, eraser, here)
    unseen = [line for line in _unseen(connection, here) if line.account_id in concerned]
    void = void_lines(here)
    for line in unseen:
        connection.execute(insert(erasure_seen).values(id=line.id))
        if line.id not in void:
            _adjust(connection, line.adjustments)
        if line.records is None:
            _scrub_account(connection, line.account_id, eraser.now)
        else:
            _mark(connection, line.account_id, set(line.records))
    for account_id, records in _left_over(connection).items():
        _scrub(connection, account_id, records)
    if unseen:
        detail = {"erasures": len(unseen)}
        audit.append(connection, Action.ERASURES_REPLAYED, actor=CENTRE, detail=detail, now=eraser.now)
    return len(unseen)


def adjustments(connection: Connection, year: int) -> int:
    """By how much the low total of a year fell because of erasures."""
    low = select(adjustment.c.low).where(adjustment.c.year == year)
    return connection.execute(low).scalar_one_or_none() or 0


def _named(new: Iterable[Revision]) -> set[str]:
    """What the erasures among some revisions name. A removed one says nothing: it neither erases nor undoes."""
    return {
        record
        for revision in new
        if revision.kind == Kind.ERASURE and revision.state is State.LIVE
        for record in revision.body["records"]
    }


def _erase(connection: Connection, eraser: Eraser, account_id: str, records: set[str]) -> None:
    take_turn(connection, Turn.ERASURE)
    _list(connection, eraser, account_id, records)
    _mark(connection, account_id, records)
    _scrub(connection, account_id, records)
    audit.append(
        connection,
        Action.RECORDS_ERASED,
        actor=f"account:{account_id}",
        subject=f"account:{account_id}",
        detail={"records": len(records)},
        now=eraser.now,
    )


def _list(connection: Connection, eraser: Eraser, account_id: str, records: set[str] | None) -> None:
    """Measure what the erasure takes from the totals, and put it on the list."""
    with seeing_everyone(connection):
        falls = _falls(connection, account_id, records)
    line = Line(
        id=new_id(),
        centre_id=eraser.centre_id,
        account_id=account_id,
        records=None if records is None else tuple(sorted(records)),
        at=stamp(eraser.now),
        adjustments=falls,
    )
    try:
        eraser.erasures.append(line)
    except OSError as error:
        _log.error("an erasure was not carried out, since the list of erasures can't be written: %s", error)
        wait = {"Retry-After": str(_RETRY_SECONDS)}
        raise Refusal(Code.UNAVAILABLE, "The list of erasures can't be written", wait) from error
    connection.execute(insert(erasure_seen).values(id=line.id))
    _adjust(connection, line.adjustments)


def _falls(connection: Connection, account_id: str, records: Collection[str] | None) -> Mapping[int, int]:
    """By year, how much the low total falls without these records of an account, or without all of its."""

    def stays(of_account: str, record_id: str) -> bool:
        return of_account != account_id or (records is not None and record_id not in records)

    found = {}
    heads = None
    for year in _years(connection, account_id, records):
        if heads is None:
            heads = answer_heads(connection)
        members = in_calendar_year(connection, year)
        before = count(members, said_by(heads), in_year(year)).range.low
        after = count(
            [record for record in members if stays(record.account, record.record_id)],
            said_by(head for head in heads if stays(head.account_id, head.record_id)),
            in_year(year),
        ).range.low
        if before > after:
            found[year] = before - after
    return found


def _years(connection: Connection, account_id: str, records: Collection[str] | None) -> list[int]:
    """The years whose total these records can change. An answer may speak of any session of its account."""
    mine = leaf.c.account_id == account_id
    year = func.substr(leaf.c.day, 1, 4)
    counted = select(year).distinct().where(mine, leaf.c.young > 0, leaf.c.day.is_not(None))
    if records is None:
        found = connection.execute(counted).scalars()
    else:
        these = {"records": sorted(records)}
        answer = select(leaf.c.rev_id).where(mine, leaf.c.question.is_not(None), _IS_LEAF_OF).limit(1)
        if connection.execute(answer, these).one_or_none():
            found = connection.execute(counted).scalars()
        else:
            found = connection.execute(counted.where(_IS_LEAF_OF), these).scalars()
    return sorted(map(int, found))


def _erased(connection: Connection, account_id: str, records: Collection[str]) -> set[str]:
    """Those of some records that are erased already."""
    rows = _marked.rows(connection, {"whose": account_id, "records": sorted(records)})
    return {record_id for (record_id,) in rows}


def _mark(connection: Connection, account_id: str, records: set[str]) -> None:
    """Remember that records are erased, for what arrives of them later."""
    fresh = records - _erased(connection, account_id, records)
    marks = [{"account_id": account_id, "record_id": record} for record in sorted(fresh)]
    insert_all(connection, {erased_record: marks})
    more = account.c.erased_records + len(fresh)
    connection.execute(update(account).where(account.c.id == account_id).values(erased_records=more))


def _scrub(connection: Connection, account_id: str, records: Collection[str]) -> None:
    """Take the bodies of records out of the log, and what was copied from them."""
    these = {"whose": account_id, "records": sorted(records)}
    connection.execute(update(log).where(*_IS_ENTRY_OF).values(canonical=None), these)
    gone = select(log.c.n).where(*_IS_ENTRY_OF)
    connection.execute(delete(leaf).where(leaf.c.account_id == bindparam("whose"), leaf.c.n.in_(gone)), these)
    rebuild_visits(connection, account_id)


def _scrub_account(connection: Connection, account_id: str, now: datetime) -> None:
    for table in (visit, leaf):
        connection.execute(delete(table).where(table.c.account_id == account_id))
    connection.execute(update(log).where(log.c.account_id == account_id).values(canonical=None))
    moment = stamp(now)
    ended = func.coalesce(device.c.revoked_at, moment)
    connection.execute(
        update(device)
        .where(device.c.account_id == account_id)
        .values(name="", unsent=None, oldest=None, revoked_at=ended)
    )
    connection.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(name="", carry_key=secrets.token_bytes(32), erased_at=moment)
    )


def _end_codes(connection: Connection, account_id: str, now: datetime) -> None:
    connection.execute(
        update(code)
        .where(code.c.account_id == account_id)
        .values(name=None, used_at=func.coalesce(code.c.used_at, stamp(now)))
    )


def _adjust(connection: Connection, falls: Mapping[int, int]) -> None:
    for year, low in falls.items():
        more = update(adjustment).where(adjustment.c.year == year).values(low=adjustment.c.low + low)
        if connection.execute(more).rowcount == 0:
            connection.execute(insert(adjustment).values(year=year, low=low))


def _unseen(connection: Connection, lines: Iterable[Line]) -> list[Line]:
    seen = set(connection.execute(select(erasure_seen.c.id)).scalars())
    return [line for line in lines if line.id not in seen]


def _miss_lines(connection: Connection, eraser: Eraser, lines: Iterable[Line]) -> None:
    """Say so when the list lacks lines that this database has followed: it may be the wrong file, or damaged."""
    seen = set(connection.execute(select(erasure_seen.c.id)).scalars())
    if missing := len(seen - {line.id for line in lines}):
        _log.warning(
            "%s lacks %d erasures that this database has followed: is it the right list?",
            eraser.erasures.path,
            missing,
        )


def _left_over(connection: Connection) -> Mapping[str, set[str]]:
    """By account, the erased records that have a body in the log all the same."""
    of_erased = select(erased_record.c.account_id, erased_record.c.record_id)
    kept = (
        select(log.c.account_id, log.c.record_id)
        .distinct()
        .where(
            log.c.account_id.in_(select(erased_record.c.account_id)),
            # So that neither database goes through an account once for each of its records.
            tuple_(log.c.account_id + "", log.c.record_id).in_(of_erased),
            log.c.kind != Kind.ERASURE.value,
            log.c.canonical.is_not(None),
        )
    )
    found: dict[str, set[str]] = {}
    for account_id, record_id in connection.execute(kept):
        found.setdefault(account_id, set()).add(record_id)
    return found
