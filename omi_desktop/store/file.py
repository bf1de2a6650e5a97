"""Opening the ambassador's file, and the two ways to use it: one writer at a time, readers that leave at once.

`journal_mode=TRUNCATE` with `synchronous=EXTRA` is what survived every simulated power cut; both are verified
on every connection. On macOS `fullfsync` asks the disk itself. `mmap_size=0`, since a memory-mapped file turns
a full disk or a pulled stick into a crash.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from omi_desktop.domain.clock import Clock, SystemClock
from omi_desktop.domain.errors import BackupProblem, FileDamaged, FileProblem, FileTooNew, NotSaved, OmiError
from omi_desktop.store import backups, replacement
from omi_desktop.store.driver import driver_of
from omi_desktop.store.durable import make_folder
from omi_desktop.store.health import UNREADABLE, damage_in, header_fault, says_damage
from omi_desktop.store.salvage import was_ours

FILE_NAME = "ambassador.db"
APPLICATION_ID = 0x4F4D4931
"""`OMI1`: marks a SQLite file as an ambassador's."""
VERSION = 3
"""`user_version` of the newest migration."""
BUSY_MS = 5000
CHECKED_AT_START = 2 * 1024 * 1024
"""The size in bytes up to which a file is read through before it is used: a thousand sessions, in some hundredths of a
second. A larger one is read through in the background, or at once after an unclean end."""


class Store:
    """The ambassador's file, open. Safe to use from any thread.

    `when_damaged` is called, on the thread that noticed, when SQLite or a revision's sha says that the file is not
    what was written. `is_checked` says that all of it was read through when it was opened. Whoever makes or changes
    copies of the file holds `copying`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.when_damaged: Callable[[], None] = lambda: None
        self.is_checked = False
        self.copying = threading.Lock()
        self._engine = _engine(path)
        self._lock = threading.RLock()
        self._writer: Connection | None = None
        self._readers = 0
        self._is_replacing = False
        self._given_up: list[
            Path | None
        ] = []  # what a failed replacement was to put aside, while it is not undone
        self._reading = threading.Condition()

    @classmethod
    def open(cls, profile: Path, clock: Clock | None = None) -> Self:
        """Open or make the file of a profile, migrated to this version; a copy is made before a migration.

        Raises FileDamaged, FileTooNew for a newer file, and FileProblem for one that is not ours or can't be copied
        before its migration; none of them is touched.
        """
        try:
            if _size(profile / FILE_NAME) == 0:
                make_folder(profile)
        except OSError as error:
            raise FileProblem(
                "The folder for your file can't be made",
                detail="Nothing was changed.",
                hint=f"Check that {profile} can be written.",
            ) from error
        store = cls(profile / FILE_NAME)
        try:
            replacement.settle(store.path)
            store._prepare(clock or SystemClock())
        except (DBAPIError, *UNREADABLE, OSError) as error:
            store.close()
            raise (FileDamaged if says_damage(error) else FileProblem) from error
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
            self._undo_replacement()
            try:
                if self._writer is None:
                    self._writer = self._engine.connect()
                with self._writer.begin():
                    yield self._writer
            except (DBAPIError, *UNREADABLE) as error:
                self._drop_writer()
                if says_damage(error):
                    self.when_damaged()
                raise NotSaved from error
            except FileDamaged:
                self._drop_writer()
                self.when_damaged()
                raise
            except OmiError:
                raise
            except BaseException:
                self._drop_writer()
                raise

    def commit_again(self) -> None:
        """A whole commit that changes nothing a person wrote. When it returns, whatever the file holds is durable.

        Raises NotSaved.
        """
        with self.write() as connection:
            connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While the block runs, nobody but this thread writes."""
        with self._lock:
            yield

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view. Fetch everything and leave: a reader that stays keeps the writer from committing."""
        self._enter()
        try:
            reader = self._engine.execution_options(omi_reads=True)
            with self._telling_damage(), reader.connect() as connection, connection.begin():
                yield connection
        finally:
            self._leave()

    @contextmanager
    def read_as_writer(self) -> Iterator[Connection]:
        """The same, for what is read often and is short: while it lasts nobody writes, since it is the writer's own
        connection. That has its pages at hand; to open and verify another takes twice as long as to read what waits."""
        with self._lock:
            if self._writer is None:  # One opened while the file may not be written could never write.
                with self.read() as connection:
                    yield connection
                return
            try:
                self._writer.execution_options(omi_reads=True)
                with self._telling_damage(), self._writer.begin():
                    yield self._writer
                self._writer.execution_options(omi_reads=False)
            except BaseException:
                self._drop_writer()
                raise

    @contextmanager
    def _telling_damage(self) -> Iterator[None]:
        """Raises FileDamaged and FileProblem for what the driver raises."""
        try:
            yield
        except (DBAPIError, *UNREADABLE) as error:
            if says_damage(error):
                self.when_damaged()
                raise FileDamaged from error
            raise FileProblem from error
        except FileDamaged:
            self.when_damaged()
            raise

    def replace(self, make: Callable[[], Path], aside: Path | None) -> None:
        """Put the file that `make` makes beside this one in its place, while nobody reads or writes. The present
        one gets the name `aside`. Raises FileProblem when somebody reads for too long or the disk refuses, and
        what `make` raises; then nothing has changed.
        """
        # Nor while a copy is made: its connection would look for the journal of the new file beside the old one.
        with self.copying, self._lock:
            self._undo_replacement()
            self._drop_writer()
            with self._reading:
                self._is_replacing = True
                is_free = self._reading.wait_for(lambda: not self._readers, BUSY_MS / 1000)
            try:
                if not is_free:
                    raise FileProblem("Your file is in use", hint="Wait a moment and try again.")
                replacement.put(make(), self.path, aside)
            except OSError as error:
                self._given_up.append(aside)
                with suppress(NotSaved):
                    self._undo_replacement()
                raise FileProblem from error
            finally:
                with self._reading:
                    self._is_replacing = False
                    self._reading.notify_all()

    def _undo_replacement(self) -> None:
        """Nothing is written while a replacement that failed could still be finished by the next start: that would take
        it away again. Raises NotSaved."""
        while self._given_up:
            try:
                replacement.give_up(self.path, self._given_up[0])
            except OSError as error:
                raise NotSaved from error
            self._given_up.pop(0)

    def _enter(self) -> None:
        with self._reading:
            self._reading.wait_for(lambda: not self._is_replacing)
            self._readers += 1

    def _leave(self) -> None:
        with self._reading:
            self._readers -= 1
            self._reading.notify_all()

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

    def _prepare(self, clock: Clock) -> None:
        is_unclean = self._has_journal()
        if is_unclean:
            replacement.keep_unclean(self.path)
        self._look_first()
        with self._lock, self._engine.connect() as connection:
            raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
            version = _refuse_others(raw)
            size = _size(self.path)
            self.is_checked = is_unclean or size <= CHECKED_AT_START
            if size and self.is_checked and damage_in(raw):
                raise FileDamaged
        if is_unclean:
            replacement.forget_unclean(self.path)
        if version < VERSION:
            self._copy_before_migration(clock)
            # Alembic costs 0.4 s to import, so only when a migration is due.
            from omi_desktop.store.migrate import migrate  # noqa: PLC0415

            migrate(self._engine, VERSION, APPLICATION_ID)

    def _copy_before_migration(self, clock: Clock) -> None:
        """A migration rewrites what it did not write: it is not begun without a copy that was found good."""
        if _size(self.path) == 0:
            return
        try:
            made = backups.make(self.path, clock.now(), backups.Reason.MIGRATION)
        except BackupProblem as problem:
            raise FileProblem(
                "Your file can't be brought to this version yet",
                detail="A backup has to be made first, and could not be. Your file was left exactly as it is.",
                hint="Make room on the disk, or check that the folder can be written, and start the app again.",
            ) from problem
        backups.thin(self.path, made)

    def _has_journal(self) -> bool:
        return _size(self.path.with_name(f"{self.path.name}-journal")) > 0

    def _look_first(self) -> None:
        """Refuse what is not ours before an ordinary connection would change it: one in WAL mode would leave that.

        After a crash in the middle of a transaction the file makes sense only once its journal is rolled back,
        which an ordinary connection does; nothing is concluded from the file before that.
        """
        if _size(self.path) == 0:
            if backups.all_of(self.path):
                raise FileDamaged
            return
        if self._has_journal():
            return
        with self.path.open("rb") as file:
            header = file.read(100)
        if not header.startswith(b"SQLite format 3\0"):
            raise FileDamaged if was_ours(self.path) or backups.all_of(self.path) else _not_ours()
        is_ours = int.from_bytes(header[68:72], "big") == APPLICATION_ID
        if is_ours and header_fault(header):
            raise FileDamaged
        if not is_ours and header[18] == _WAL:
            raise _not_ours()
        # SQLite would put files of its own beside one in WAL mode, even to read it, unless told that nobody writes.
        how = "mode=ro&immutable=1" if header[18] == _WAL else "mode=ro"
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?{how}", uri=True)) as connection:
            _refuse_others(connection)


_WAL = 2
"""The file format version, at offset 18 of the header, of a file in WAL mode."""


def _refuse_others(connection: sqlite3.Connection) -> int:
    """The version of the file. Raises FileTooNew, FileProblem for a file with tables that are not ours, and
    FileDamaged where the number of its version, or the mark that it is ours, is not what its tables say."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        if 0 <= version <= VERSION and (version or not tables):
            return version
        if "alembic_version" in tables:
            migrated = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if migrated is not None and migrated[0] <= f"{VERSION:04}":
                raise FileDamaged
        raise FileTooNew
    if {"alembic_version", "revision", "parent", "account"} <= tables:
        raise FileDamaged
    if tables:
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
        hide_parameters=True,  # they are what the person wrote, and an error may end in a report
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
    driver_of(connection).execute("BEGIN" if reads else "BEGIN IMMEDIATE")


def pragmas(store: Store) -> dict[str, Any]:
    """What a connection of this store really runs with; for the tests and the report of a problem."""
    names = ("journal_mode", "synchronous", "foreign_keys", "mmap_size", "busy_timeout", "user_version")
    with store.read() as connection:
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names}
