"""One exchange with PostgreSQL: any number of statements there, and the rows of all of them back.

To go there and back takes as long as most statements of a sync, and the way of each through SQLAlchemy and psycopg
longer than that. So they are prepared once for each session and go past both, several together, as libpq's pipeline
has it: whatever comes after one that fails is not done. A transaction begins with its first statement, whichever that
is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import IsolationLevel, errors, pq
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Connection

from omi_desktop.central.waiting import wait_until_ready

EVERYONE = "*"
"""Who sees all rows: the counting of the programme, and the operator."""
WHOSE = "whose"
"""In a connection's `info`: whom its transaction speaks for."""
LEVEL = "level"
"""In a connection's `info`: how isolated its transaction is, if not as the driver's."""
_PREPARED = "prepared"
_BEGIN = {
    None: "BEGIN",
    IsolationLevel.READ_COMMITTED: "BEGIN ISOLATION LEVEL READ COMMITTED",
    IsolationLevel.REPEATABLE_READ: "BEGIN ISOLATION LEVEL REPEATABLE READ",
}
_NARROW = """SELECT set_config('omi.account_id', $1, true), set_config('enable_seqscan', 'off', true),
 set_config('plan_cache_mode', 'force_generic_plan', true)"""
"""What one account asks for is always found by an index. By its statistics PostgreSQL would rather read all of the log,
and with it every ambassador's, to look for two hundred ids; and would think anew each time about which to do."""
_DONE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_names = itertools.count()


class Asked(NamedTuple):
    """A statement, with its parameters as PostgreSQL reads them: as text, or binary where `formats` has a 1."""

    query: str
    parameters: Sequence[bytes | None] = ()
    formats: Sequence[int] | None = None


def exchange(connection: Connection, asked: Sequence[Asked]) -> list[PGresult]:
    """Ask all of it, and begin the transaction before if it has not begun. The result of each; what it found is binary.

    Raises psycopg.Error for the first that failed, of which the session can be gone on with as after any other.
    """
    driver = driver_of(connection)
    begun = _beginning(connection, driver)
    if not begun and not asked:
        return []
    prepared: dict[str, bytes] = connection.info.setdefault(_PREPARED, {})
    try:
        return _exchange(driver, prepared, [*begun, *asked])[len(begun) :]
    except (errors.InvalidSqlStatementName, errors.FeatureNotSupported) as error:
        # Something between us took them away, or a table is another one now. The call comes again, and they are
        # prepared again.
        prepared.clear()
        raise psycopg.OperationalError("What was prepared is gone, or does not fit any more") from error


def begin(connection: Connection) -> None:
    """Begin a transaction that speaks for one account, if it has not begun. That of everyone psycopg begins."""
    if connection.info.get(WHOSE, EVERYONE) != EVERYONE:
        exchange(connection, [])


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """psycopg's own connection, for what SQLAlchemy would only slow down."""
    driver: psycopg.Connection[Any] | None = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 (for the type: the connection is open)
    return driver


def _beginning(connection: Connection, driver: psycopg.Connection[Any]) -> list[Asked]:
    if driver.autocommit or driver.pgconn.transaction_status != pq.TransactionStatus.IDLE:
        return []
    begin = Asked(_BEGIN[connection.info.get(LEVEL, driver.isolation_level)])
    whose = connection.info.get(WHOSE, EVERYONE)
    return [begin] if whose == EVERYONE else [begin, Asked(_NARROW, [whose.encode()])]


def _exchange(
    driver: psycopg.Connection[Any], prepared: dict[str, bytes], asked: Sequence[Asked]
) -> list[PGresult]:
    pgconn = driver.pgconn
    pgconn.enter_pipeline_mode()
    new: dict[str, bytes] = {}
    makes: list[str | None] = []
    """For each result that will come, the statement that is prepared then."""
    for query, parameters, formats in asked:
        name = prepared.get(query) or new.get(query)
        if name is None:
            name = new[query] = f"omi_{next(_names)}".encode()
            pgconn.send_prepare(name, query.encode())
            makes.append(query)
        pgconn.send_query_prepared(name, parameters, formats, pq.Format.BINARY)
        makes.append(None)
    pgconn.pipeline_sync()
    _send_rest(pgconn)
    results = list(_results(pgconn))
    pgconn.exit_pipeline_mode()
    found = []
    for made, result in zip(makes, results, strict=True):
        if result.status not in _DONE:
            raise errors.error_from_result(result)
        if made is None:
            found.append(result)
        else:
            prepared[made] = new[made]
    return found


def _send_rest(pgconn: PGconn) -> None:
    while pgconn.flush():
        wait_until_ready(pgconn.socket, to_write=True)
        # PostgreSQL may not read on before its answers are read.
        pgconn.consume_input()


def _results(pgconn: PGconn) -> Iterator[PGresult]:
    """Each result up to the end of the exchange. Raises OperationalError when the session ends before."""
    last: PGresult | None = None
    is_after_none = False
    while True:
        while pgconn.is_busy():
            # Often PostgreSQL is quicker than whoever asked is back from asking.
            pgconn.consume_input()
            if pgconn.is_busy():
                wait_until_ready(pgconn.socket)
        result = pgconn.get_result()
        if result is None:
            if is_after_none or pgconn.status != pq.ConnStatus.OK:
                told = last.error_message if last else pgconn.error_message
                raise psycopg.OperationalError(told.decode("utf-8", "replace"))
            is_after_none = True
            continue
        is_after_none = False
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return
        last = result
        yield result
