"""The centre's database, SQLite or PostgreSQL: connections, transactions, and the migrations when they are due.

On SQLite every answer that says "kept" follows a commit under `journal_mode=TRUNCATE, synchronous=EXTRA`, for the
reasons measured for the ambassador's file. Writers of this process take turns, which is fairer than SQLite's busy
wait, and share commits; another process (`omi-central invite`) waits in that one. What is deleted there is overwritten,
so that an erased body is not left in a free page of the file. PostgreSQL commits synchronously and
locks the account's row.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any

import psycopg
from psycopg import IsolationLevel, pq
from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    IntegrityError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from omi_desktop.central.commits import SharedCommits
from omi_desktop.central.erasure_list import ErasureList, default_path
from omi_desktop.central.exchange import EVERYONE, WHOSE, begin, driver_of
from omi_desktop.central.lines import Lines
from omi_desktop.central.statements import Prepared, Steps
from omi_desktop.central.waiting import is_beside_others, is_silent, refuse_beside_others

REVISION = "0008"
"""The newest migration in this package."""

REFUSED = (IntegrityError, DataError, psycopg.IntegrityError, psycopg.DataError, sqlite3.IntegrityError)
"""What the database raises when a row is against its rules; `insert_all` and `Prepared` go past SQLAlchemy's own."""
UNREACHABLE = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    sqlite3.OperationalError,
    sqlite3.InterfaceError,
)
"""What is raised when the database does not answer."""

ASIDE = "before_restore_"
"""What a restore moved out of the way has this in its name."""
_BUSY_MILLISECONDS = 20_000
_speak = Prepared(text("SELECT set_config('omi.account_id', CAST(:whose AS text), true)"))


class Turn(IntEnum):
    """What is done by one transaction at a time. Who needs several takes them in this order, after any row."""

    MIGRATION = 0x0_314_1E57
    ERASURE = 0x0_314_1E58
    AUDIT = 0x0_314_1E59
    EDITION = 0x0_314_1E5A


class DatabaseRefused(Exception):
    """The database cannot be used; the message says why, for the operator."""


class Database:
    """One database and its transactions. Safe to use from many threads."""

    def __init__(self, url: str, erasures: Path | None = None) -> None:
        """Connect to `sqlite:///path` or `postgresql+psycopg://…`. Raises DatabaseRefused.

        `erasures` is where the list of erasures is, if not where `default_path` has it.
        """
        self.url = _checked(url)
        self.erasures = ErasureList(erasures or default_path(self.url))
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        self._reader: Engine = self.engine
        self._glancer: Engine = self.engine
        self._lines = Lines(self.engine)
        self._commits: SharedCommits | None = None
        if self.is_sqlite:
            self._commits = SharedCommits(self.engine.execution_options(is_write=True))
        else:
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
            self._glancer = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def works_beside_others(self) -> bool:
        """Whether another call can be worked on in the event loop now. A loop on Windows can't watch the sockets of
        libpq, and SQLite waits for no socket."""
        return not self.is_sqlite and sys.platform != "win32" and self._lines.is_one_free

    @contextmanager
    def reading(self, whose: str = EVERYONE) -> Iterator[Connection]:
        """One consistent picture. Fetch all that is needed and leave: nothing is sent from inside.

        `whose` is the account that it speaks for: see `see_only`.
        """
        if is_beside_others():
            with self._lines.lent(IsolationLevel.REPEATABLE_READ) as line, _speaking_for(line, whose):
                yield line
            return
        with self._reader.connect() as connection, connection.begin(), _speaking_for(connection, whose):
            yield connection

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """For one reading statement, which is a picture of its own: PostgreSQL need not begin and end a transaction
        around it, which takes longer than who speaks takes to be found. In a thread alone."""
        refuse_beside_others()
        with self._glancer.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, whose: str = EVERYONE) -> Iterator[Connection]:
        """One durable transaction: committed when this returns. `whose` as for `reading`."""
        if is_beside_others():
            with self._lines.lent(IsolationLevel.READ_COMMITTED) as line, _speaking_for(line, whose):
                yield line
            return
        account = None if whose == EVERYONE else whose
        begun = self._commits.writing(account) if self._commits else self.engine.begin()
        with begun as connection, _speaking_for(connection, whose):
            yield connection

    def migrate(self) -> None:
        """Bring the tables to this version, if they are not. Raises DatabaseRefused for a newer database."""
        found = self._revision()
        if found == REVISION:
            return
        if found is not None and found > REVISION:
            raise DatabaseRefused(
                f"The database was written by a newer version of omi-central ({found}; this one knows {REVISION})"
            )
        if found is None and not self.is_sqlite:
            self._refuse_half_restored()
        with self.writing() as connection:
            take_turn(connection, Turn.MIGRATION)
            upgrade(connection)

    def close(self) -> None:
        """Close all connections."""
        self._lines.close()
        self.engine.dispose()

    def _refuse_half_restored(self) -> None:
        """An empty database beside one that was moved aside is no new centre: a restore ended half way."""
        query = text(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE :name ORDER BY nspname DESC LIMIT 1"
        )
        with self.reading() as connection:
            aside = connection.execute(query, {"name": f"{ASIDE}%"}).scalar_one_or_none()
        if aside is not None:
            raise DatabaseRefused(
                f"A restore was not finished: what was there before is in the schema {aside}. Bring it back with "
                f"DROP SCHEMA public; ALTER SCHEMA {aside} RENAME TO public"
            )

    def _revision(self) -> str | None:
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.execute(
                text("SELECT version_num FROM alembic_version")
            ).scalar_one_or_none()
            return found


def take_turn(connection: Connection, turn: Turn) -> None:
    """Wait until no other transaction has this turn, and keep it to the end of ours. SQLite has one writer anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": turn.value})


@contextmanager
def _speaking_for(connection: Connection, whose: str) -> Iterator[None]:
    see_only(connection, whose)
    try:
        yield
    finally:
        # Of a session that is gone nothing is left to be forgotten, and to ask for it would hide why it went.
        if not connection.invalidated:
            connection.info.pop(WHOSE, None)


def see_only(connection: Connection, whose: str) -> None:
    """Let the rest of a transaction read and write the rows of one account alone.

    A net under the conditions of our own statements, held by PostgreSQL's policies (step 0003). SQLite has none.
    """
    if connection.dialect.name == "sqlite":
        return
    connection.info[WHOSE] = whose
    if driver_of(connection).pgconn.transaction_status != pq.TransactionStatus.IDLE:
        _speak.run(connection, {"whose": whose})


@contextmanager
def seeing_everyone(connection: Connection) -> Iterator[None]:
    """Lift that for the block. An error that leaves it must end the transaction, or a savepoint around it."""
    before = connection.info.get(WHOSE, EVERYONE)
    if before == EVERYONE:
        yield
        return
    begin(connection)
    see_only(connection, EVERYONE)
    try:
        yield
    except BaseException:
        if not connection.invalidated:
            connection.info[WHOSE] = before
        raise
    see_only(connection, before)


def as_everyone(connection: Connection, steps: Steps) -> Steps:
    """Steps that see everyone's rows, among others that do not."""
    whose = connection.info.get(WHOSE, EVERYONE)
    if whose == EVERYONE or not steps:
        return steps
    return [(_speak, {"whose": EVERYONE}), *steps, (_speak, {"whose": whose})]


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations inside the transaction of `connection`."""
    from alembic import command  # noqa: PLC0415 (0.4 s, seldom needed)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _checked(url: str) -> URL:
    try:
        found = make_url(url)
    except ArgumentError as error:
        raise DatabaseRefused("The database URL can't be read") from error
    if found.drivername in ("postgresql", "postgres"):
        found = found.set(drivername="postgresql+psycopg")
    if found.drivername == "sqlite":
        if not found.database or found.database == ":memory:":
            raise DatabaseRefused("Give a file: sqlite:///path/to/central.db")
        return found
    if found.drivername == "postgresql+psycopg":
        return found
    raise DatabaseRefused(f"{found.drivername} is not supported: use sqlite or postgresql+psycopg")


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=40,
        pool_use_lifo=True,  # whose pages are still at hand: each write by one makes those of the others old
        hide_parameters=True,  # they are what people wrote, and errors end in logs
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={_BUSY_MILLISECONDS}",
            "journal_mode=TRUNCATE",
            "synchronous=EXTRA",
            "foreign_keys=ON",
            "mmap_size=0",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin_as_wanted(connection: Connection) -> None:
        is_write = connection.get_execution_options().get("is_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine


def _postgres_engine(url: URL) -> Engine:
    # Whoever connects without the last setting, or narrows it, sees no more than their own.
    settings = (
        f"-c client_encoding=utf8 -c bytea_output=hex -c synchronous_commit=on -c omi.account_id={EVERYONE}"
    )
    # Of the statements that it prepares itself psycopg would take all away after a rollback, and ours with them.
    options: dict[str, Any] = {"options": settings, "connect_timeout": 10, "prepare_threshold": None}
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=50,  # with those of all threads and lines together no call has to wait for one
        pool_use_lifo=True,  # whose session has the statements at hand
        hide_parameters=True,
        connect_args=options,
    )

    @event.listens_for(engine, "before_cursor_execute")
    def begin_first(connection: Connection, *_: object) -> None:
        refuse_beside_others()
        begin(connection)

    @event.listens_for(engine, "checkout")
    def ask_whether_it_lives(driver: psycopg.Connection[Any], _record: object, _proxy: object) -> None:
        # Each time, or a call would be told that the database does not answer when only its session was ended. An ended
        # session has said so, or hung up: while there is nothing to read it need not be asked. Else libpq's own empty
        # question takes a third of the time of SQLAlchemy's `pool_pre_ping`, which is asked through psycopg.
        if driver.pgconn.status == pq.ConnStatus.OK and is_silent(driver.pgconn.socket):
            return
        try:
            is_alive = driver.pgconn.exec_(b"").status == pq.ExecStatus.EMPTY_QUERY
        except psycopg.Error:
            is_alive = False
        if not is_alive:
            raise InvalidatePoolError

    return engine
