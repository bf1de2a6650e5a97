"""Opening the ambassador's file, and the two ways to use it: one writer at a time, readers that leave at once.

`journal_mode=TRUNCATE` with `synchronous=EXTRA` is what survived every simulated power cut; both are verified
on every connection. On macOS `fullfsync` asks the disk itself. `mmap_size=0`, since a memory-mapped file turns
a full disk or a pulled stick into a crash.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from omi_desktop.domain.errors import FileProblem, FileTooNew, NotSaved, OmiError

FILE_NAME = "ambassador.db"
APPLICATION_ID = 0x4F4D4931
"""`OMI1`: marks a SQLite file as an ambassador's."""
VERSION = 2
"""`user_version` of the newest migration."""
BUSY_MS = 5000


class Store:
    """The ambassador's file, open. Safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)
        self._lock = threading.RLock()
        self._writer: Connection | None = None

    @classmethod
    def open(cls, profile: Path) -> Self:
        """Open or make the file of a profile, migrated to this version.

        Raises FileTooNew for a newer file and FileProblem for one that is damaged or not ours; neither is touched.
        """
        try:
            profile.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileProblem(
                "The folder for your file can't be made",
                detail="Nothing was changed.",
                hint=f"Check that {profile} can be written.",
            ) from error
        store = cls(profile / FILE_NAME)
        try:
            store._prepare()
        except (DBAPIError, sqlite3.Error, OSError) as error:
            store.close()
            raise FileProblem from error
        except BaseException:
            store.close()
            raise
        return store

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One durable transaction: committed when the block ends, undone if it raises.

        Raises NotSaved when the file cannot be written; then nothing of the block is kept.
        """
        with self._lock:
            try:
                if self._writer is None:
                    self._writer = self._engine.connect()
                with self._writer.begin():
                    yield self._writer
            except (DBAPIError, sqlite3.Error) as error:
                self._drop_writer()
                raise NotSaved from error
            except OmiError:
                raise
            except BaseException:
                self._drop_writer()
                raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view. Fetch everything and leave: a reader that stays keeps the writer from committing."""
        try:
            reader = self._engine.execution_options(omi_reads=True)
            with reader.connect() as connection, connection.begin():
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            raise FileProblem from error

    def rebuild(self) -> None:
        """Write the file anew, so that no page of it holds anything that was deleted. Takes as much room again, and
        about a second for 50 MB. Raises NotSaved; the file is then as before."""
        with self._lock:
            self._drop_writer()
            try:
                with self._engine.connect() as connection:
                    # Straight to the driver: this can't be done inside a transaction.
                    connection.connection.cursor().execute("VACUUM")
            except (DBAPIError, sqlite3.Error) as error:
                raise NotSaved from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._drop_writer()
            self._engine.dispose()

    def _drop_writer(self) -> None:
        """After a failure the next write starts on a fresh connection."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except (DBAPIError, sqlite3.Error):
                writer.invalidate()

    def _prepare(self) -> None:
        self._look_first()
        with self._lock, self._engine.connect() as connection:
            version = _refuse_others(cast("sqlite3.Connection", connection.connection.dbapi_connection))
        if version < VERSION:
            # Alembic costs 0.4 s to import, so only when a migration is due.
            from omi_desktop.store.migrate import migrate  # noqa: PLC0415

            migrate(self._engine, VERSION, APPLICATION_ID)

    def _look_first(self) -> None:
        """Refuse what is not ours before an ordinary connection would change it: one in WAL mode would leave that.

        After a crash in the middle of a transaction the file makes sense only once its journal is rolled back,
        which an ordinary connection does; nothing is concluded from the file before that.
        """
        if _size(self.path) == 0 or _size(self.path.with_name(f"{self.path.name}-journal")) > 0:
            return
        with self.path.open("rb") as file:
            header = file.read(100)
        if not header.startswith(b"SQLite format 3\0"):
            raise _not_ours()
        is_ours = int.from_bytes(header[68:72], "big") == APPLICATION_ID
        if is_ours and int.from_bytes(header[60:64], "big") > VERSION:
            raise FileTooNew
        if not is_ours and header[18] == _WAL:
            raise _not_ours()
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            _refuse_others(connection)


_WAL = 2
"""The file format version, at offset 18 of the header, of a file in WAL mode."""


def _refuse_others(connection: sqlite3.Connection) -> int:
    """The version of the file. Raises FileTooNew, and FileProblem for a file with tables that are not ours."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        if version > VERSION:
            raise FileTooNew
    elif connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise _not_ours()
    return version


def _not_ours() -> FileProblem:
    return FileProblem(
        "This file is not an OMI Desktop file",
        hint=f"Move {FILE_NAME} out of the folder and start the app again.",
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path.absolute())),
        poolclass=NullPool,
        connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    """Take transactions into our own hands (so that DDL rolls back too), and verify what durability rests on."""
    try:
        _verify(connection)
    except BaseException:
        connection.close()
        raise


def _verify(connection: sqlite3.Connection) -> None:
    connection.isolation_level = None
    run = connection.execute
    run(f"PRAGMA busy_timeout={BUSY_MS}")
    mode = run("PRAGMA journal_mode=TRUNCATE").fetchone()[0]
    run("PRAGMA synchronous=EXTRA")
    run("PRAGMA foreign_keys=ON")
    run("PRAGMA mmap_size=0")
    run("PRAGMA secure_delete=ON")
    if sys.platform == "darwin":
        run("PRAGMA fullfsync=ON")
    kept = (mode, run("PRAGMA synchronous").fetchone()[0], run("PRAGMA foreign_keys").fetchone()[0])
    if kept != ("truncate", 3, 1):
        raise FileProblem(
            "Your file can't be kept safely here",
            hint="Move the folder to a disk of this computer; network folders are not safe.",
        )


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("omi_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def pragmas(store: Store) -> dict[str, Any]:
    """What a connection of this store really runs with; for the tests and the report of a problem."""
    names = ("journal_mode", "synchronous", "foreign_keys", "mmap_size", "busy_timeout", "user_version")
    with store.read() as connection:
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names}
