"""The centre's database, SQLite or PostgreSQL: connections, transactions, and the migrations when they are due.

On SQLite every answer that says "kept" follows a commit under `journal_mode=TRUNCATE, synchronous=EXTRA`, for the
reasons measured for the ambassador's file. Writers of this process take turns, which is fairer than SQLite's busy
wait, and share commits; another process (`omi-central invite`) waits in that one. What is deleted there is overwritten,
so that an erased body is not left in a free page of the file. PostgreSQL commits synchronously and
locks the account's row.
"""

from __future__ import annotations

import re
import select
import sqlite3
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
from omi_desktop.central.statements import (
    Steps,
    begin_not,
    begin_now,
    begin_with_next,
    driver_of,
    exchange,
)

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
EVERYONE = "*"
"""Who sees all rows: the counting of the programme, and the operator."""
_BUSY_MILLISECONDS = 20_000
_WHOSE = "whose"
"""In a connection's `info`: whom its transaction speaks for."""
_SPOKEN_FOR = re.compile(r"[0-9a-f]{32}|\*")
_IDLE = pq.TransactionStatus.IDLE
_BEGIN = {
    None: "BEGIN;",
    IsolationLevel.READ_COMMITTED: "BEGIN ISOLATION LEVEL READ COMMITTED;",
    IsolationLevel.REPEATABLE_READ: "BEGIN ISOLATION LEVEL REPEATABLE READ;",
}
_BY_INDEX = "SET LOCAL enable_seqscan = off;SET LOCAL plan_cache_mode = force_generic_plan;"
"""What one account asks for is always found by an index. By its statistics PostgreSQL would rather read all of the log,
and with it every ambassador's, to look for two hundred ids; and would think anew each time about which to do."""


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
        self._commits: SharedCommits | None = None
        if self.is_sqlite:
            self._commits = SharedCommits(self.engine.execution_options(is_write=True))
        else:
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
            self._glancer = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self, whose: str = EVERYONE) -> Iterator[Connection]:
        """One consistent picture. Fetch all that is needed and leave: nothing is sent from inside.

        `whose` is the account that it speaks for: see `see_only`.
        """
        with self._reader.connect() as connection, connection.begin(), _speaking_for(connection, whose):
            yield connection

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """For one reading statement, which is a picture of its own: PostgreSQL need not begin and end a transaction
        around it, which takes longer than who speaks takes to be found."""
        with self._glancer.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, whose: str = EVERYONE) -> Iterator[Connection]:
        """One durable transaction: committed when this returns. `whose` as for `reading`."""
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
    connection.info[_WHOSE] = EVERYONE
    if whose != EVERYONE:
        see_only(connection, whose)
    try:
        yield
    finally:
        # Of a session that is gone nothing is left to be forgotten, and to ask for it would hide why it went.
        if not connection.invalidated:
            connection.info.pop(_WHOSE, None)
            begin_not(connection)


def see_only(connection: Connection, whose: str) -> None:
    """Let the rest of a transaction read and write the rows of one account alone.

    A net under the conditions of our own statements, held by PostgreSQL's policies (step 0003). SQLite has none.
    """
    if connection.dialect.name == "sqlite":
        return
    driver = driver_of(connection)
    connection.info[_WHOSE] = whose
    if driver.autocommit or not _SPOKEN_FOR.fullmatch(whose):
        begin_now(connection)
        driver.execute("SELECT set_config('omi.account_id', %s, true)", (whose,))
    elif driver.pgconn.transaction_status == _IDLE:
        begin_with_next(connection, f"{_BEGIN[driver.isolation_level]}{_BY_INDEX}{_speak_for(whose)}")
    else:
        exchange(connection, [_speak_for(whose).encode()])


def _speak_for(whose: str) -> str:
    """Said without a parameter, so that it goes with other statements: ids have nothing in them to be escaped."""
    return f"SET LOCAL omi.account_id = '{whose}'"


@contextmanager
def seeing_everyone(connection: Connection) -> Iterator[None]:
    """Lift that for the block. An error that leaves it must end the transaction, or a savepoint around it."""
    before = connection.info.get(_WHOSE, EVERYONE)
    if before == EVERYONE:
        yield
        return
    see_only(connection, EVERYONE)
    try:
        yield
    except BaseException:
        if not connection.invalidated:
            connection.info[_WHOSE] = before
        raise
    see_only(connection, before)


def run_seeing_everyone(connection: Connection, steps: Steps, then: Steps = ()) -> None:
    """Run statements whose rows nobody needs, the first of them seeing everyone's: one exchange with PostgreSQL. An
    error must end the transaction, or a savepoint around it."""
    whose = connection.info.get(_WHOSE, EVERYONE)
    if connection.dialect.name == "sqlite" or whose == EVERYONE or not _SPOKEN_FOR.fullmatch(whose):
        with seeing_everyone(connection):
            for statement, values in steps:
                statement.run(connection, values)
        for statement, values in then:
            statement.run(connection, values)
        return
    seen = [statement.written(connection, values) for statement, values in steps]
    if seen:
        seen = [_speak_for(EVERYONE).encode(), *seen, _speak_for(whose).encode()]
    if texts := [*seen, *(statement.written(connection, values) for statement, values in then)]:
        exchange(connection, texts)


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
    def begin(connection: Connection) -> None:
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
        max_overflow=40,
        pool_use_lifo=True,  # whose session has the statements at hand
        hide_parameters=True,
        connect_args=options,
    )

    @event.listens_for(engine, "before_cursor_execute")
    def begin_first(connection: Connection, *_: object) -> None:
        begin_now(connection)

    @event.listens_for(engine, "checkout")
    def ask_whether_it_lives(driver: psycopg.Connection[Any], _record: object, _proxy: object) -> None:
        # Each time, or a call would be told that the database does not answer when only its session was ended. An ended
        # session has said so, or hung up: while there is nothing to read it need not be asked. Else libpq's own empty
        # question takes a third of the time of SQLAlchemy's `pool_pre_ping`, which is asked through psycopg.
        if driver.pgconn.status == pq.ConnStatus.OK and _is_silent(driver):
            return
        try:
            is_alive = driver.pgconn.exec_(b"").status == pq.ExecStatus.EMPTY_QUERY
        except psycopg.Error:
            is_alive = False
        if not is_alive:
            raise InvalidatePoolError

    return engine


def _is_silent(driver: psycopg.Connection[Any]) -> bool:
    """Whether nothing came from PostgreSQL that was not asked for. On Windows, nobody knows."""
    if not hasattr(select, "poll"):
        return False
    looks = select.poll()
    looks.register(driver.fileno(), select.POLLIN)
    return not looks.poll(0)
