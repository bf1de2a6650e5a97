"""Putting another file in the place of the ambassador's, so that a crash at any moment leaves one of the two whole.

The new file gets the name `ambassador.next.db` once it is durable. From then on the replacement is finished, if not by
this run of the program then by the next.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from omi_desktop.store.backups import sync_folder


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


def put(new: Path, path: Path, aside: Path | None) -> None:
    """Put a durable file in the place of another, which is kept as `aside`, with its journal. Raises OSError."""
    new.replace(next_of(path))
    sync_folder(path.parent)
    _finish(path, aside)


def settle(path: Path) -> None:
    """Finish a replacement in whose middle the program ended. Raises OSError."""
    if next_of(path).exists():
        _finish(path, damaged_name(path, datetime.now(UTC)))


def _finish(path: Path, aside: Path | None) -> None:
    journal = path.with_name(f"{path.name}-journal")
    if journal.exists():
        # Before the file: left beside the new one, an old journal would be rolled back into it.
        if aside is None or journal.stat().st_size == 0:
            journal.unlink()
        else:
            journal.replace(aside.with_name(f"{aside.name}-journal"))
        sync_folder(path.parent)
    if aside is not None and path.exists():
        path.replace(aside)
    next_of(path).replace(path)
    sync_folder(path.parent)
