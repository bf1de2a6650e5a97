"""A damaged file is put aside and its place taken by the newest good copy, with all that the file itself still gives.

The same union serves a copy that a person chose to bring back: no revision of the present file is thrown away, since a
session once shown as Saved is never lost, and syncing would bring it back anyway. What OMI online holds besides comes
with the next sync: the accounts go back to where the copy had read their logs.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, delete

from omi_desktop.domain.clock import from_stamp, stamp
from omi_desktop.domain.errors import BackupProblem, FileProblem
from omi_desktop.store import accounts, backups, notes, replacement
from omi_desktop.store.backups import Backup
from omi_desktop.store.columns import preference
from omi_desktop.store.durable import move
from omi_desktop.store.file import FILE_NAME, VERSION, Store
from omi_desktop.store.health import UNREADABLE
from omi_desktop.store.salvage import salvage
from omi_desktop.store.union import count_sessions, unite

T = TypeVar("T")
log = logging.getLogger(__name__)
_NOTICE = "recovery"
"""The name under which the preferences keep what the person has not been told yet."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was done about a damaged file, for the person. Numbers are of sessions; moments are ISO text.

    `from_copy` came from the copy made at `copy_of` (None: there was no good one), `salvaged` from the damaged file
    besides. `is_signed_in` says that the rest comes from OMI online by itself. `kept_as` is the damaged file's name.
    """

    at: str
    copy_of: str | None
    from_copy: int
    salvaged: int
    is_signed_in: bool
    kept_as: str

    @property
    def copy_made_at(self) -> datetime | None:
        """When the copy was made: aware, in UTC."""
        return from_stamp(self.copy_of) if self.copy_of else None


def recover(path: Path, at: datetime) -> Recovery:
    """Recover a file that nobody has open. Raises FileProblem when the disk allows nothing; the file stays then."""
    aside = replacement.damaged_name(path, at)
    new, found = rebuild(path, at, aside)
    try:
        replacement.put(new, path, aside)
    except OSError as error:
        raise FileProblem from error
    return found


def recover_open(store: Store, at: datetime) -> Recovery:
    """Recover the file of an open store, which goes on with the new one. Raises FileProblem."""
    aside = replacement.damaged_name(store.path, at)
    found: list[Recovery] = []

    def make() -> Path:
        new, recovery = rebuild(store.path, at, aside)
        found.append(recovery)
        return new

    store.replace(make, aside)
    return found[0]


def rebuild(path: Path, at: datetime, aside: Path) -> tuple[Path, Recovery]:
    """Make the file that takes the place of a damaged one, and what the person is told of it."""
    copies = backups.most_trusted_first(backups.all_of(path), at)
    base = next((backup for backup in copies if _is_good(backup)), None)
    log.warning("The file is damaged; it is put aside as %s", aside.name)

    def note(connection: Connection, before: int) -> Recovery:
        found = Recovery(
            at=stamp(at),
            copy_of=stamp(base.made_at) if base else None,
            from_copy=before,
            salvaged=count_sessions(connection) - before,
            is_signed_in=accounts.current(connection) is not None,
            kept_as=aside.name,
        )
        notes.put_preference(connection, _NOTICE, asdict(found))
        return found

    return _united(path, base, note)


def bring_back(store: Store, backup: Backup) -> int:
    """Put a copy in the place of an open store's file, with every revision of that file that the copy lacks; how many
    sessions it brought back that were not there. Raises BackupProblem when the copy is not good, and FileProblem."""
    if not _is_good(backup):
        raise BackupProblem(
            "This copy can't be used",
            detail="It is not whole. Nothing was changed.",
            hint="Choose another copy.",
        )
    with store.read() as connection:
        before = count_sessions(connection)
    after: list[int] = []

    def make() -> Path:
        new, sessions = _united(store.path, backup, lambda connection, _before: count_sessions(connection))
        after.append(sessions)
        return new

    store.replace(make, None)
    return after[0] - before


def not_yet_told(preferences: Mapping[str, Any]) -> Recovery | None:
    """The recovery that the person has not been told of, from the kept preferences."""
    kept = preferences.get(_NOTICE)
    try:
        return Recovery(**kept) if kept else None
    except TypeError:
        return None


def told(connection: Connection) -> None:
    """The person has read what was recovered."""
    connection.execute(delete(preference).where(preference.c.name == _NOTICE))


def _is_good(backup: Backup) -> bool:
    return 0 < backup.version <= VERSION and backups.damage_of(backup.path) is None


def _united(path: Path, base: Backup | None, finish: Callable[[Connection, int], T]) -> tuple[Path, T]:
    """A durable file that holds a copy and what the present file gives besides."""
    folder = replacement.mending_of(path)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        unclean = replacement.unclean_of(path)
        found = salvage(
            path, folder, unclean, replacement.journal_of(unclean), path.with_name(f"{path.name}-wal")
        )
        if base is not None:
            shutil.copyfile(base.path, folder / FILE_NAME)
        store = Store.open(folder)
        try:
            with store.write() as connection:
                before = count_sessions(connection)
                unite(connection, found)
                result = finish(connection, before)
        finally:
            store.close()
        if backups.damage_of(folder / FILE_NAME) is not None:
            raise FileProblem
        new = replacement.mended_of(path)
        move(folder / FILE_NAME, new)
        shutil.rmtree(folder, ignore_errors=True)
    except (OSError, *UNREADABLE) as error:
        raise FileProblem from error
    return new, result
