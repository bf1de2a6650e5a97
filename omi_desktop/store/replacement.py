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


def put_aside(path: Path) -> list[Path]:
    """The damaged files that were kept, with what belongs to them."""
    return sorted(path.parent.glob(f"{path.stem}.damaged-*"))


def unclean_of(path: Path) -> Path:
    """The name of the copy of a file that was left in the middle of a write, before SQLite took that write back."""
    return path.with_name(f"{path.stem}.unclean{path.suffix}")


def mending_of(path: Path) -> Path:
    """The folder in which a file is mended."""
    return path.with_name(f"{path.stem}.mending")


def mended_of(path: Path) -> Path:
    """The name of a mended file before it gets that of `next_of`."""
    return path.with_name(f"{path.stem}.mended{path.suffix}")


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


def forget_leftovers(path: Path) -> None:
    """Delete what a mending or a start left beside a file in whose middle the program ended. Raises OSError."""
    forget_unclean(path)
    mended_of(path).unlink(missing_ok=True)
    if mending_of(path).exists():
        shutil.rmtree(mending_of(path))


def journal_of(path: Path) -> Path:
    """The name of a file's rollback journal."""
    return path.with_name(f"{path.name}-journal")


def put(new: Path, path: Path, aside: Path | None) -> None:
    """Put a durable file in the place of another, which is kept as `aside`, with its journal. Raises OSError."""
    move(new, next_of(path))
    _finish(path, aside)


def give_up(path: Path, aside: Path | None) -> None:
    """After `put` failed: the old file has its name again, unless the new one has it already. Else the next start would
    finish the replacement, and what was saved in the old file meanwhile would be gone. Raises OSError."""
    if not next_of(path).exists():
        return
    # The file last: until then the next start goes on with the new one, and these are put aside again.
    for name in (journal_of, unclean_of, _journal_of_unclean, _itself):
        if aside is not None and name(aside).exists() and not name(path).exists():
            name(aside).replace(name(path))
    next_of(path).unlink()
    sync_folder(path.parent)


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
        for name in (unclean_of, _journal_of_unclean):
            if name(path).exists():
                name(path).replace(name(aside))
        if path.exists():
            path.replace(aside)
    move(next_of(path), path)


def _journal_of_unclean(path: Path) -> Path:
    return journal_of(unclean_of(path))


def _itself(path: Path) -> Path:
    return path
