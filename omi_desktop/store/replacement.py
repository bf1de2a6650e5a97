"""Putting another file in the place of the ambassador's, so that a crash at any moment leaves one of the two whole.

The new file gets the name `ambassador.next.db` once it is durable. From then on the replacement is finished, if not by
this run of the program then by the next.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from omi_desktop.store.durable import move, sync_folder


def next_of(path: Path) -> Path:
    """The name of a file that is ready to take the place of this one."""
    return path.with_name(f"{path.stem}.next{path.suffix}")


def damaged_name(path: Path, at: datetime) -> Path:
    """A free name under which a file that is not whole is kept."""
    stem = f"{path.stem}.damaged-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    number = 1
    while (found := path.with_name(f"{stem}{f'-{number}' if number > 1 else ''}{path.suffix}")).exists():
        number += 1
    return found


def unclean_of(path: Path) -> Path:
    """The name of the copy of a file that was left in the middle of a write, before SQLite took that write back."""
    return path.with_name(f"{path.stem}.unclean{path.suffix}")


def keep_unclean(path: Path) -> None:
    """Copy a file with its journal before SQLite rolls that back into it: if the journal is damaged too, that destroys
    what is still there. Without room for it the start goes on."""
    copy = unclean_of(path)
    with suppress(OSError):
        shutil.copyfile(path, copy)
        shutil.copyfile(journal_of(path), journal_of(copy))


def forget_unclean(path: Path) -> None:
    """The file is whole: the copy is not needed."""
    for copy in (unclean_of(path), journal_of(unclean_of(path))):
        copy.unlink(missing_ok=True)


def journal_of(path: Path) -> Path:
    """The name of a file's rollback journal."""
    return path.with_name(f"{path.name}-journal")


def put(new: Path, path: Path, aside: Path | None) -> None:
    """Put a durable file in the place of another, which is kept as `aside`, with its journal. Raises OSError."""
    move(new, next_of(path))
    _finish(path, aside)


def settle(path: Path) -> None:
    """Finish a replacement in whose middle the program ended. Raises OSError."""
    if next_of(path).exists():
        _finish(path, damaged_name(path, datetime.now(UTC)))


def _finish(path: Path, aside: Path | None) -> None:
    # Before the file: left beside the new one, an old journal would be rolled back into it. There is a `-wal` only
    # where another program has had the file in WAL mode, and SQLite would play that into the new one as well.
    for ending in ("-journal", "-wal"):
        beside = path.with_name(f"{path.name}{ending}")
        if not beside.exists():
            continue
        if aside is None or beside.stat().st_size == 0:
            beside.unlink()
            sync_folder(path.parent)
        else:
            move(beside, aside.with_name(f"{aside.name}{ending}"))
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    if aside is not None:
        unclean = unclean_of(path)
        for found, name in (
            (unclean, unclean_of(aside)),
            (journal_of(unclean), journal_of(unclean_of(aside))),
        ):
            if found.exists():
                found.replace(name)
        if path.exists():
            path.replace(aside)
    move(next_of(path), path)
