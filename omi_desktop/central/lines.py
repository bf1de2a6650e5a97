"""The connections of the calls that are worked on in the event loop: kept open, and lent to one call after another.

SQLAlchemy's pool would stop the loop where it makes a connection or waits for one. Here that is waited for beside
others; and a transaction ends with an exchange like all others of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import IsolationLevel, pq
from sqlalchemy import Connection, Engine

from omi_desktop.central.exchange import LEVEL, Asked, driver_of, exchange
from omi_desktop.central.waiting import OnlyInThread, is_silent, wait_for

MOST = 10
"""Lines at once. Whoever finds none goes into a thread: ten that wait for a row must keep nobody else waiting."""
_State = pq.TransactionStatus


class Lines:
    """For one event loop at a time, whose thread alone may lend them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: list[Connection] = []
        self._open = 0

    @property
    def is_one_free(self) -> bool:
        """Whether `lent` would lend one now."""
        return bool(self._idle) or self._open < MOST

    @contextmanager
    def lent(self, level: IsolationLevel) -> Iterator[Connection]:
        """A line for one transaction: committed when this returns, undone if it raises. Raises psycopg.Error, and
        OnlyInThread when none is free."""
        connection = self._free()
        connection.info[LEVEL] = level
        try:
            yield connection
            _commit(connection)
        except BaseException:
            self._undo(connection)
            raise
        self._idle.append(connection)

    def close(self) -> None:
        """Close those that are not lent."""
        while self._idle:
            self._drop(self._idle.pop())

    def _free(self) -> Connection:
        """A line on which nothing is under way."""
        if not self.is_one_free:
            raise OnlyInThread
        while self._idle:
            connection = self._idle.pop()
            if _lives(connection):
                return connection
            self._drop(connection)
        self._open += 1
        try:
            return wait_for(asyncio.get_running_loop().run_in_executor(None, self._engine.connect))
        except BaseException:
            self._open -= 1
            raise

    def _undo(self, connection: Connection) -> None:
        """Leave nothing of its transaction, or let go of the line: then PostgreSQL does."""
        try:
            is_clean = _roll_back(connection)
        except BaseException:
            self._drop(connection)
            raise
        if is_clean:
            self._idle.append(connection)
        else:
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._open -= 1
        with suppress(Exception):
            connection.invalidate()
            connection.close()


def _commit(connection: Connection) -> None:
    if driver_of(connection).pgconn.transaction_status == _State.IDLE:
        return
    (done,) = exchange(connection, [Asked("COMMIT")])
    if done.command_status != b"COMMIT":
        raise psycopg.errors.InFailedSqlTransaction("What failed before was not undone")


def _roll_back(connection: Connection) -> bool:
    """Whether the session can be gone on with."""
    pgconn = driver_of(connection).pgconn
    if pgconn.transaction_status in {_State.INTRANS, _State.INERROR}:
        with suppress(psycopg.Error):
            exchange(connection, [Asked("ROLLBACK")])
    if pgconn.transaction_status != _State.IDLE:
        return False
    if connection.in_transaction():
        connection.rollback()  # Begun by a statement of SQLAlchemy's that was not let through.
    return True


def _lives(connection: Connection) -> bool:
    """Whether its session goes on. One that has ended said so, or hung up: nothing else is said unasked, or nearly."""
    pgconn = driver_of(connection).pgconn
    return pgconn.status == pq.ConnStatus.OK and is_silent(pgconn.socket)
