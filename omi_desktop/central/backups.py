"""`omi-central backup` and `restore`: a copy that was checked, and a way back that deletes nothing.

The list of erasures is in no backup: it is followed in what was restored before that becomes the centre. A restored
centre keeps its id; laptops see that its log is not the one they read, and bring back what it lacks.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from omi_desktop.central import audit
from omi_desktop.central.audit import OPERATOR, Action
from omi_desktop.central.database import ASIDE, Database, DatabaseRefused
from omi_desktop.central.erasure import prepare
from omi_desktop.central.exchange import EVERYONE
from omi_desktop.central.tables import centre, log
from omi_desktop.central.verification import verify
from omi_desktop.domain.clock import stamp

_PART = ".part"
"""What is still being made has this after its name."""


class BackupRefused(Exception):
    """A backup that was not made or not restored; the message says why, for the operator. Nothing was changed."""


def back_up(database: Database, file: Path, now: datetime) -> int:
    """Write a backup to a new file and check it; the number of log entries in the database. Raises BackupRefused."""
    part = file.with_name(file.name + _PART)
    with _reserved(file):
        part.unlink(missing_ok=True)
        try:
            if database.is_sqlite:
                _copy_sqlite(_path(database.url), part)
                with _opened(f"sqlite:///{part}", database) as copy:
                    _check(copy, "The copy")
            else:
                _check(database, "The database")
                _dump(database.url, part)
            _to_the_disk(part)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    with database.writing() as connection:
        entries: int = connection.execute(select(func.count()).select_from(log)).scalar_one()
        audit.append(connection, Action.BACKED_UP, actor=OPERATOR, detail={"entries": entries}, now=now)
    return entries


def restore(database: Database, file: Path, now: datetime) -> str:
    """Put a backup in the place of the database; where the present one is now. The service must be stopped.

    Raises BackupRefused, and then the present database is what it was.
    """
    if not file.is_file():
        raise BackupRefused(f"There is no backup {file}")
    return (
        _restore_sqlite(database, file, now) if database.is_sqlite else _restore_postgres(database, file, now)
    )


def _restore_sqlite(database: Database, file: Path, now: datetime) -> str:
    here = _path(database.url)
    part = here.with_name(here.name + _PART)
    part.unlink(missing_ok=True)
    try:
        try:
            _copy_sqlite(file, part)
            with _opened(f"sqlite:///{part}", database) as copy:
                copy.migrate()
                _make_ready(copy, _centre_id(database) if here.exists() else None, now)
        except (sqlite3.Error, DBAPIError) as error:
            raise BackupRefused(
                f"{file} is damaged, or no backup: {getattr(error, 'orig', error)}"
            ) from error
        _to_the_disk(part)
        database.close()
        aside = here.with_name(f"{here.stem}-{_name_aside(now)}{here.suffix}")
        if here.exists():
            _keep_too(here, aside)
        part.replace(here)
    finally:
        for left in (part, part.with_name(f"{part.name}-journal")):
            left.unlink(missing_ok=True)
    return str(aside)


def _restore_postgres(database: Database, file: Path, now: datetime) -> str:
    _run("pg_restore", ["--list", str(file)], database.url, f"{file} is no backup")
    before = _centre_id(database)
    aside = _name_aside(now)
    with database.writing() as connection:
        if inspect(connection).has_schema(aside):
            raise _in_one_second(f"The schema {aside}")
        connection.execute(text(f"ALTER SCHEMA public RENAME TO {aside}"))
        connection.execute(text("CREATE SCHEMA public"))
    database.close()
    try:
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        where = [*options, f"--dbname={_without_password(database.url)}", str(file)]
        _run("pg_restore", where, database.url, f"{file} can't be restored")
        database.migrate()
        _make_ready(database, before, now)
    except BaseException:
        database.close()
        with database.writing() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text(f"ALTER SCHEMA {aside} RENAME TO public"))
        raise
    return f"the schema {aside}"


def _make_ready(restored: Database, expected: str | None, now: datetime) -> None:
    """Erase in a restored database what was erased since, and check it. Raises BackupRefused."""
    found = _centre_id(restored)
    if expected is not None and found != expected:
        raise BackupRefused(f"This is a backup of another centre ({found}); this one is {expected}")
    prepare(restored, now)
    with restored.writing() as connection:
        audit.append(connection, Action.RESTORED, actor=OPERATOR, now=now)
    _check(restored, "The backup")


def _check(database: Database, what: str) -> None:
    faults = [fault for finding in verify(database) for fault in finding.faults]
    if faults:
        raise BackupRefused(f"{what} does not hold: {faults[0]}. `omi-central verify` says more")


def _centre_id(database: Database) -> str | None:
    """Whose database it is; None where there is none that can be read."""
    with suppress(DBAPIError), database.reading() as connection:
        found: str | None = connection.execute(select(centre.c.centre_id)).scalar_one_or_none()
        return found
    return None


@contextmanager
def _opened(url: str, like: Database) -> Iterator[Database]:
    """Another database with the same list of erasures."""
    with closing(Database(url, like.erasures.path)) as found:
        yield found


@contextmanager
def _reserved(file: Path) -> Iterator[None]:
    """A name that was free and is ours; free again if the block fails. Raises BackupRefused."""
    try:
        file.open("xb").close()
    except FileExistsError:
        raise BackupRefused(f"{file} is there already, and no backup is ever overwritten") from None
    except OSError as error:
        raise BackupRefused(f"{file} can't be written: {error.strerror}") from error
    try:
        yield
    except BaseException as error:
        file.unlink()
        if isinstance(error, OSError):
            raise BackupRefused(f"{file} can't be written: {error.strerror}") from error
        raise


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own backup, in one step: what is written meanwhile waits."""
    # Read as a URI that may not be made: a name typed wrongly must not become an empty database.
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as there,
        closing(sqlite3.connect(target)) as here,
    ):
        there.backup(here)


def _in_one_second(aside: str) -> BackupRefused:
    return BackupRefused(f"{aside} is there already; try again in a second")


def _keep_too(here: Path, aside: Path) -> None:
    """Give the present database a second name, so that at no moment there is none under the first."""
    if aside.exists():
        raise _in_one_second(str(aside))
    try:
        os.link(here, aside)
    except OSError:
        shutil.copy2(here, aside)
        _to_the_disk(aside)
    # A journal that was left by a crash belongs to the old file and would spoil the new one.
    journal = here.with_name(f"{here.name}-journal")
    if journal.exists():
        journal.replace(aside.with_name(f"{aside.name}-journal"))


def _dump(url: URL, file: Path) -> None:
    """pg_dump sees all rows, and none of what earlier restores moved aside."""
    options = ["--format=custom", "--no-owner", "--no-privileges", "--enable-row-security"]
    words = [*options, f"--exclude-schema={ASIDE}*", f"--file={file}", _without_password(url)]
    _run("pg_dump", words, url, "The backup was not made")
    _run("pg_restore", ["--list", str(file)], url, "The backup can't be read back")


def _run(program: str, words: Sequence[str], url: URL, failure: str) -> None:
    """Run one of PostgreSQL's programs. Raises BackupRefused."""
    found = shutil.which(program)
    if found is None:
        raise BackupRefused(f"{program} is not installed here: install PostgreSQL's client programs")
    environment = os.environ | {"PGOPTIONS": f"-c omi.account_id={EVERYONE}"}
    if url.password:
        environment["PGPASSWORD"] = str(url.password)
    done = subprocess.run(  # noqa: S603 (no shell; a program of PostgreSQL by its full path)
        [found, *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise BackupRefused(f"{failure}: {said[0] if said else program}")


def _without_password(url: URL) -> str:
    """For a command line, which other users of the machine can read."""
    return URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    ).render_as_string()


def _path(url: URL) -> Path:
    if not url.database:
        raise DatabaseRefused("The database has no file")
    return Path(url.database)


def _name_aside(now: datetime) -> str:
    return ASIDE + stamp(now).replace("-", "").replace(":", "").lower()


def _to_the_disk(file: Path) -> None:
    with file.open("rb+") as written:
        os.fsync(written.fileno())
