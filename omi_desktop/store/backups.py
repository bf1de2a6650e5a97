"""Copies of the ambassador's file: made by SQLite, read through before they count, thinned as they grow older.

A copy has a temporary name until it was found whole and equal, row for row, to what it was made from. Everything
that is known about one stands in its name, so that a folder of copies needs no list that could be lost.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self

from omi_desktop.domain.clock import UK
from omi_desktop.domain.errors import BackupProblem, FileDamaged
from omi_desktop.store.durable import make_folder, move, sync_file
from omi_desktop.store.erasures import groups_of
from omi_desktop.store.health import UNREADABLE, damage_in, says_damage

FOLDER = "backups"
DAYS, WEEKS, MONTHS = 7, 4, 12
"""How many days, weeks and months keep their newest copy."""

_NAME = re.compile(r"ambassador-(\d{8}T\d{6})Z-v(\d{1,4})-([a-z_]{1,20})\.db")
_PART, _EXAMINED = "ambassador.part", "ambassador.examined"
_BUSY_SECONDS = 5.0


class Reason(StrEnum):
    """Why a copy was made."""

    DAY = "day"
    MIGRATION = "migration"
    BEFORE_RESTORE = "before_restore"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was good when it was made. `made_at` is aware, in UTC; `size` is in bytes."""

    path: Path
    made_at: datetime
    reason: Reason
    size: int
    version: int

    @classmethod
    def at(cls, path: Path) -> Self | None:
        """What the name of a file says; None if it is no copy's."""
        found = _NAME.fullmatch(path.name)
        if found is None:
            return None
        try:
            made_at = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            return cls(path, made_at, Reason(found[3]), path.stat().st_size, int(found[2]))
        except (ValueError, OSError):
            return None


def folder_of(file: Path) -> Path:
    """Where the copies of a file are."""
    return file.parent / FOLDER


def all_of(file: Path) -> list[Backup]:
    """The copies of a file, the newest first."""
    try:
        paths = list(folder_of(file).iterdir())
    except OSError:
        return []
    found = (Backup.at(path) for path in paths)
    return sorted((b for b in found if b is not None), key=lambda b: (b.made_at, b.path.name), reverse=True)


def make(file: Path, at: datetime, reason: Reason) -> Backup:
    """Copy a file that is open, as it is at one moment. When this returns, the copy is durable, whole and equal.

    Raises FileDamaged when it is the file itself that is not whole, else BackupProblem; then there is no new copy.
    """
    folder = folder_of(file)
    part = folder / _PART
    try:
        return _make(file, folder, part, at, reason)
    except (*UNREADABLE, OSError) as error:
        raise (FileDamaged if says_damage(error) else BackupProblem) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _make(file: Path, folder: Path, part: Path, at: datetime, reason: Reason) -> Backup:
    make_folder(folder)
    part.unlink(missing_ok=True)
    version, digests = _copy(file, part)
    sync_file(part)
    with closing(open_to_read(part)) as copy:
        if damage_in(copy) is not None:
            raise FileDamaged
        if row_digests(copy) != digests:
            raise BackupProblem
    path = _free_name(folder, at, version, reason)
    move(part, path)
    made = Backup.at(path)
    if made is None:
        raise BackupProblem
    return made


def examine(file: Path) -> str | None:
    """Read a file through while it is in use: a copy is read, so that no save waits for it. What is wrong with it;
    None when it is whole. Raises BackupProblem when that can't be found out."""
    part = folder_of(file) / _EXAMINED
    try:
        folder_of(file).mkdir(exist_ok=True)
        part.unlink(missing_ok=True)
        _copy(file, part)
        return damage_of(part)
    except (*UNREADABLE, OSError) as error:
        if says_damage(error):
            return "it cannot be copied"
        raise BackupProblem from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def scrub(file: Path, record_ids: Sequence[str], keys: Sequence[str]) -> None:
    """Take records out of every copy, with the drafts and tallies by these keys: what is erased must not come back
    with a copy. Each is written anew, read through and put in its own place. Raises BackupProblem, when some still
    hold them."""
    part = folder_of(file) / _PART
    _forget_unfinished(file)
    for backup in all_of(file):
        try:
            part.unlink(missing_ok=True)
            shutil.copyfile(backup.path, part)
            if not _delete(part, record_ids, keys):
                continue
            sync_file(part)
            if damage_of(part) is not None:
                # It was no good copy any more, and what is in it was to go.
                backup.path.unlink()
                continue
            move(part, backup.path)
        except (*UNREADABLE, OSError) as error:
            if not says_damage(error):
                raise BackupProblem from error
            backup.path.unlink(missing_ok=True)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _delete(part: Path, record_ids: Sequence[str], keys: Sequence[str]) -> bool:
    """Delete records and what stands beside them from a copy; whether any was there."""
    with closing(sqlite3.connect(part, isolation_level=None)) as raw:
        raw.execute("PRAGMA foreign_keys=ON")
        gone = 0
        marks = ", ".join("?" * len(record_ids))
        said = raw.execute(f"SELECT canonical FROM revision WHERE record_id IN ({marks})", record_ids)  # noqa: S608 - marks
        for table, column, values in (
            ("question", "my_group", list(groups_of(canonical for (canonical,) in said))),
            ("revision", "record_id", record_ids),
            ("draft", "key", keys),
            ("tally", "session", [*record_ids, *keys]),
        ):
            if raw.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                rows = [(value,) for value in values]
                gone += raw.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows).rowcount  # noqa: S608 - ours
        if gone:
            raw.execute("VACUUM")
        return gone > 0


def _forget_unfinished(file: Path) -> None:
    """Delete copies in whose middle the program ended."""
    for name in (_PART, _EXAMINED):
        for left in (folder_of(file) / name, folder_of(file) / f"{name}-journal"):
            left.unlink(missing_ok=True)


def most_trusted_first(found: Iterable[Backup], at: datetime) -> list[Backup]:
    """In the order in which copies are trusted at a moment. Those from after it were made under a clock that was wrong:
    they may be older than they say, and come last."""
    return sorted(found, key=lambda b: (b.made_at <= at, b.made_at, b.path.name), reverse=True)


def thin(file: Path, made: Backup) -> None:
    """After a copy was made: let those go that no day, week or month needs any more."""
    found = all_of(file)
    for backup in set(found) - kept(found, made):
        with suppress(OSError):
            backup.path.unlink()


def kept(found: Iterable[Backup], made: Backup) -> set[Backup]:
    """Of these copies, those that stay: the newest of each of the last days, weeks and months that have any (UK
    dates), and the one just made whatever the clock says."""
    newest_first = sorted(found, key=lambda b: (b.made_at, b.path.name), reverse=True)
    stay = {made}
    for most, name in ((DAYS, "%Y-%m-%d"), (WEEKS, "%G-%V"), (MONTHS, "%Y-%m")):
        newest: dict[str, Backup] = {}
        for backup in newest_first:
            newest.setdefault(backup.made_at.astimezone(UK).strftime(name), backup)
        stay.update(list(newest.values())[:most])
    return stay


def damage_of(path: Path) -> str | None:
    """What is wrong with a copy or another file that nothing writes; None when it is whole."""
    try:
        with closing(open_to_read(path)) as raw:
            return damage_in(raw)
    except UNREADABLE:
        return "it cannot be opened"


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that can't change a file. Raises sqlite3.Error."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)


def row_digests(raw: sqlite3.Connection) -> dict[str, str]:
    """For each table, a hash over all of its rows in order."""
    tables = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    found = {}
    for (table,) in tables:
        if not isinstance(table, str):
            raise FileDamaged  # A name of other bytes than text is no table's.
        digest = hashlib.sha256()
        for row in raw.execute(f'SELECT rowid, * FROM "{table}" ORDER BY rowid'):  # noqa: S608 - a name of the file's own
            digest.update(repr(row).encode())
        found[table] = digest.hexdigest()
    return found


def _copy(file: Path, part: Path) -> tuple[int, dict[str, str]]:
    """Copy one moment of the file; its version, and the digests of its rows at that moment."""
    with (
        closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_SECONDS)
        ) as source,
        closing(sqlite3.connect(part)) as copy,
    ):
        source.isolation_level = None
        source.execute("BEGIN")
        version: int = source.execute("PRAGMA user_version").fetchone()[0]
        digests = row_digests(source)
        copy.execute("PRAGMA synchronous=OFF")  # It is synced as a whole, before it gets its name.
        source.backup(copy)
        source.execute("COMMIT")
    return version, digests


def _free_name(folder: Path, at: datetime, version: int, reason: Reason) -> Path:
    """Two copies of one second would leave open which is newer."""
    while any(folder.glob(f"ambassador-{at.astimezone(UTC):%Y%m%dT%H%M%S}Z-*.db")):
        at += timedelta(seconds=1)
    return folder / f"ambassador-{at.astimezone(UTC):%Y%m%dT%H%M%S}Z-v{version}-{reason}.db"
