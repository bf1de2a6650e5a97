"""The core of `/v1/sync`: plain functions over a connection, with no HTTP in them.

Everything of one account happens under the lock of its row. The answer is put together inside the transaction and
sent after its commit. Revisions go in and out as canonical bytes: they are never written as JSON a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, bindparam, or_, select, update

from omi_desktop.central.accounts import Device
from omi_desktop.central.answers import Answer, Entry, Position, page
from omi_desktop.central.appending import looking_for, take
from omi_desktop.central.database import REFUSED, Database
from omi_desktop.central.envelope import read_message, read_object
from omi_desktop.central.erasure import Eraser
from omi_desktop.central.judging import Judged, judge
from omi_desktop.central.leaves import digest_of_heads
from omi_desktop.central.questions import open_questions
from omi_desktop.central.refusal import Refusal, account_erased, unauthorised
from omi_desktop.central.statements import Prepared, Row, Steps, together
from omi_desktop.central.tables import account, device, log
from omi_desktop.central.visits import days_met
from omi_desktop.central.waiting import refuse_beside_others
from omi_desktop.domain.clock import UK
from omi_desktop.domain.revision import ROOT
from omi_desktop.wire import limits
from omi_desktop.wire.messages import Holding, SyncRequest
from omi_desktop.wire.problems import Code

_Found_co = TypeVar("_Found_co", covariant=True)
_CLOCK_ALLOWANCE = timedelta(days=1)
"""A laptop's clock may be ahead of ours."""

_mine = log.c.account_id == bindparam("whose")
_hash_at = Prepared(select(log.c.h).where(_mine, log.c.n == bindparam("at")))
_page_after = Prepared(
    select(log.c.n, log.c.rev_id, log.c.sha, log.c.h, log.c.canonical)
    .where(_mine, log.c.n > bindparam("after"), log.c.n <= bindparam("until"))
    .order_by(log.c.n)
    .limit(limits.PAGE_COUNT)
)
_locked = Prepared(
    select(account.c.n, account.c.h, account.c.erased_at, account.c.erased_records)
    .where(account.c.id == bindparam("whose"))
    .with_for_update()
)
_speaks = (
    select(
        account.c.n,
        account.c.h,
        account.c.erased_at,
        account.c.erased_records,
        device.c.revoked_at,
        device.c.unsent,
        device.c.oldest,
    )
    .join(device, device.c.account_id == account.c.id)
    .where(account.c.id == bindparam("whose"), device.c.id == bindparam("teller"))
)
_speaking = Prepared(_speaks)
_speaking_locked = Prepared(_speaks.with_for_update(of=account))
_tell = Prepared(
    update(device)
    .where(
        device.c.id == bindparam("teller"),
        or_(
            device.c.unsent.is_distinct_from(bindparam("waiting")),
            device.c.oldest.is_distinct_from(bindparam("since")),
        ),
    )
    .values(unsent=bindparam("waiting"), oldest=bindparam("since"))
)


def answer_sync(
    database: Database,
    centre_id: str,
    speaker: Device,
    body: bytes,
    now: datetime,
    *,
    in_turn: Callable[[], object] = lambda: None,
) -> bytes:
    """All of `/v1/sync` but HTTP: an inflated body in, the answer's JSON out, committed before it returns.

    `in_turn` waits for what came before of the same laptop, before the log is looked at. Raises Refusal.
    """
    request = read_request(body)
    if request.centre_id not in (None, centre_id):
        # What belongs to another centre is not for us, even where its sign-in is known here.
        return Answer(request.nonce, centre_id, is_history_changed=True).encode()
    judged = judge(request.push, latest_day(now))
    in_turn()
    eraser = Eraser(database.erasures, centre_id, now)
    if not any(one.revision for one in judged):
        with database.reading(speaker.account_id) as connection:
            standing, _ = _speaker(connection, speaker)
            if not standing.lacks(request.holding):
                return sync(connection, eraser, speaker.account_id, request, judged, standing, []).encode()

    # After the account's row was locked, as whoever erases the account goes about it too.
    then = [looking_for(speaker.account_id, judged)]
    if request.holding is not None:
        told = {"waiting": request.holding.unsent, "since": request.holding.oldest}
        then.append((_tell, told | {"teller": speaker.id}))

    def work(connection: Connection, *, is_each_alone: bool) -> Answer:
        standing, found = _speaker(connection, speaker, then)
        return sync(
            connection,
            eraser,
            speaker.account_id,
            request,
            judged,
            standing,
            found,
            is_each_alone=is_each_alone,
        )

    return writing_all(database, speaker.account_id, work).encode()


class _Work(Protocol[_Found_co]):
    def __call__(self, connection: Connection, *, is_each_alone: bool) -> _Found_co: ...


def writing_all(database: Database, account_id: str, work: _Work[_Found_co]) -> _Found_co:
    """Do work that takes revisions in, all of them at once; if the database refuses a row, again and one by one.

    Savepoints around all that hardly ever fails would cost two exchanges with PostgreSQL.
    """
    try:
        with database.writing(account_id) as connection:
            return work(connection, is_each_alone=False)
    except REFUSED:
        refuse_beside_others()
        with database.writing(account_id) as connection:
            return work(connection, is_each_alone=True)


def latest_day(now: datetime) -> date:
    """The last day on which a delivered session is not in the future."""
    today = now.astimezone(UK).date()
    return today + _CLOCK_ALLOWANCE if today < date.max else today


def read_request(body: bytes) -> SyncRequest:
    """The request of a body. Raises Refusal; another protocol is told before anything else is looked at."""
    found = read_object(body)
    if type(found.get("protocol")) is int and found["protocol"] != limits.PROTOCOL:
        raise Refusal(Code.PROTOCOL_UNKNOWN, f"Protocol {limits.PROTOCOL} is spoken here")
    return read_message(found, SyncRequest)


def sync(  # noqa: PLR0917 (in the order of the call; what comes last is told apart by name)
    connection: Connection,
    eraser: Eraser,
    account_id: str,
    request: SyncRequest,
    judged: Sequence[Judged],
    standing: Standing,
    found: Sequence[Row],
    *,
    is_each_alone: bool = False,
) -> Answer:
    """One call, inside a transaction of the caller's: take the push in, and read the next page back. `found`: what
    `looking_for` found of the push.

    Where the account's row is not locked nothing may be pushed, and the transaction must see one consistent picture.
    Raises one of REFUSED when the database takes a row not, unless `is_each_alone`: then that one is rejected.
    """
    centre_id, end = eraser.centre_id, standing.end
    cursor = Position(request.cursor.n, request.cursor.h)
    if not _is_in_log(connection, account_id, cursor, end):
        return Answer(request.nonce, centre_id, is_history_changed=True)
    taken = take(
        connection,
        eraser,
        account_id,
        end,
        judged,
        found,
        has_erased=standing.has_erased,
        is_each_alone=is_each_alone,
    )
    answer = Answer(request.nonce, centre_id, rejected=taken.rejected)
    if cursor.n + limits.PAGE_COUNT >= taken.end.n:
        days = taken.days_met
        if days is None:
            days = days_met(connection, account_id)
        answer = replace(answer, questions=open_questions(connection, account_id, days))
    pushed = {(one.revision.rev_id, one.revision.sha) for one in judged if one.revision}
    entries = [*_entries(connection, account_id, cursor.n, end.n), *taken.added][: limits.PAGE_COUNT]
    answer = page(answer, entries, pushed, cursor)
    if answer.cursor.n < taken.end.n:
        return replace(answer, more=True, questions=())
    if request.check:
        answer = replace(answer, digest=digest_of_heads(connection, account_id))
    return answer


class TakenIn(NamedTuple):
    """What became of revisions that came another way than by a sync, in numbers."""

    taken: int
    known: int
    refused: int


def take_in(
    connection: Connection,
    eraser: Eraser,
    account_id: str,
    judged: Sequence[Judged],
    *,
    is_each_alone: bool = False,
) -> TakenIn:
    """Take revisions as if their account had pushed them, inside a transaction of the caller's.

    Raises Refusal; and one of REFUSED as `sync` does.
    """
    ((n, h, erased_at, erased_records),) = _locked.rows(connection, {"whose": account_id})
    if erased_at is not None:
        raise account_erased()
    (held,) = together(connection, [looking_for(account_id, judged)])
    found = take(
        connection,
        eraser,
        account_id,
        Position(n, h),
        judged,
        held,
        has_erased=erased_records > 0,
        is_each_alone=is_each_alone,
    )
    taken, refused = len(found.added), len(found.rejected)
    return TakenIn(taken, len(judged) - taken - refused, refused)


class Standing(NamedTuple):
    """How things stand for who speaks: the end of the account's log, whether any of its records are erased (so that
    bodies may have to be dropped), and what the laptop last said was waiting."""

    end: Position
    has_erased: bool
    unsent: int | None
    oldest: str | None

    def lacks(self, holding: Holding | None) -> bool:
        """Whether what waits is news."""
        return holding is not None and (holding.unsent, holding.oldest) != (self.unsent, self.oldest)


def _speaker(
    connection: Connection, speaker: Device, then: Steps | None = None
) -> tuple[Standing, list[Row]]:
    """Look again, in the call's own transaction, whether a laptop may speak. Raises Refusal.

    With `then` the account's row is locked, and those steps are done before it is known whether it may: what they
    changed must be undone if this raises. What the first of them found is given back.
    """
    values = {"whose": speaker.account_id, "teller": speaker.id}
    look = _speaking if then is None else _speaking_locked
    found, *more = together(connection, [(look, values), *(then or [])])
    if not found:
        raise unauthorised()
    ((n, h, erased_at, erased_records, revoked_at, unsent, oldest),) = found
    if erased_at is not None:
        raise account_erased()
    if revoked_at is not None:
        raise unauthorised()
    return Standing(Position(n, h), erased_records > 0, unsent, oldest), more[0] if more else []


def _is_in_log(connection: Connection, account_id: str, cursor: Position, end: Position) -> bool:
    """Whether the log has an entry with the cursor's number and hash; the root is always there."""
    if cursor.n == 0:
        return cursor.h == ROOT
    if cursor.n >= end.n:
        return cursor == end
    return _hash_at.rows(connection, {"whose": account_id, "at": cursor.n}) == [(cursor.h,)]


def _entries(connection: Connection, account_id: str, after: int, until: int) -> list[Entry]:
    """At most a page of the log's entries after one number and up to another."""
    if after >= until:
        return []
    rows = _page_after.rows(connection, {"whose": account_id, "after": after, "until": until})
    return [Entry(*row) for row in rows]
