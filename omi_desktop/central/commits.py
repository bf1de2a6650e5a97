"""One durable commit for all who write to a SQLite file at the same time.

A commit waits for the disk many times as long as a sync writes. So whoever finishes while others wait for their turn
leaves the transaction open to the next of them, and the last one commits for all; nobody is answered before. One whose
work fails is rolled back alone. Only an account's own next call is not waited for: its laptop has two under way at once
so that it can read one answer while the other is worked on.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

MOST = 32
"""Works in one commit, so that the first of them is not kept waiting without end."""


class _Shared:
    """A transaction that several threads write in, one after another."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.works = 0
        self.accounts: set[str] = set()
        self.is_over = threading.Event()
        self.failure: BaseException | None = None

    @property
    def is_open(self) -> bool:
        """False once SQLite has undone all of it by itself, as it does when the disk is full."""
        if self.connection.invalidated:
            return False
        driver = self.connection.connection.driver_connection
        return driver is not None and bool(driver.in_transaction)


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    """Undo what the block wrote if it raises, and leave the rest of the transaction. SQLAlchemy's takes longer than the
    block."""
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT work")
    try:
        yield
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK TO work")
            driver.execute("RELEASE work")
        raise
    driver.execute("RELEASE work")


class SharedCommits:
    """The writers of one process to one SQLite file. Safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._open: _Shared | None = None  # guarded by `_turn`
        self._counting = threading.Lock()
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def writing(self, whose: str | None = None) -> Iterator[Connection]:
        """A turn at the file. What was written is durable when this returns, and undone if it raises.

        `whose`: the account that is written for, if it is one.
        """
        name = whose or ""
        with self._counting:
            self._waiting[name] += 1
        with self._turn:
            with self._counting:
                self._waiting[name] -= 1
            shared = self._open = self._open or self._begin()
            try:
                # The first needs no savepoint: nobody else's work is there yet that would have to stay.
                if shared.works == 0:
                    yield shared.connection
                else:
                    with _savepoint(shared.connection):
                        yield shared.connection
                shared.works += 1
                if whose:
                    shared.accounts.add(whose)
            except BaseException as error:
                if shared.works == 0 or not shared.is_open:
                    self._end(shared, error)
                raise
            finally:
                if self._open is shared and (shared.works >= MOST or not self._is_wanted_by_others(shared)):
                    self._end(shared)
        shared.is_over.wait()
        if shared.failure is not None:
            raise shared.failure

    def _is_wanted_by_others(self, shared: _Shared) -> bool:
        with self._counting:
            self._waiting = +self._waiting
            return not self._waiting.keys() <= shared.accounts

    def _begin(self) -> _Shared:
        connection = self._engine.connect()
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return _Shared(connection)

    def _end(self, shared: _Shared, failure: BaseException | None = None) -> None:
        """Commit for all, or undo it for all; then everybody may go."""
        self._open = None
        try:
            if failure is None:
                shared.connection.commit()
        except BaseException as error:
            failure = error
            shared.connection.invalidate()  # A commit that failed may have left the transaction open.
            raise
        finally:
            shared.failure = failure
            with suppress(DBAPIError):
                shared.connection.close()
            shared.is_over.set()
