"""Files of a person's own beside a page of the Library, such as a film that they downloaded.

The app keeps a copy, so that it opens with the network off and after the folder of downloads was emptied. The copy has
a name of ours and one of a few endings, so that the desktop shows it and never runs it. Backups hold that there is one,
and not the file itself.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from omi_desktop.domain.clock import Clock, stamp
from omi_desktop.domain.errors import LibraryProblem, OmiError
from omi_desktop.domain.revision import new_id
from omi_desktop.store import margin
from omi_desktop.store.durable import make_folder, move, sync_file
from omi_desktop.store.file import Store

log = logging.getLogger(__name__)
FOLDER: Final = "attachments"
SUFFIXES: Final = margin.SUFFIXES
MOST: Final = 10
"""Files beside one page."""
_ROOM_LEFT: Final = 200 * 1024 * 1024
"""Bytes that stay free on the disk: the sessions need room too."""
_CHUNK: Final = 1024 * 1024
_PART: Final = ".part"
_NOTHING: Final = "Nothing was attached, and your own file is as it was."


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file beside a page. `size` is in bytes; `is_here` says that the copy is still there."""

    id: str
    name: str
    suffix: str
    size: int
    is_here: bool


@dataclass(slots=True)
class Copying:
    """How far a copy has come, in bytes, for whoever watches it; `stop` ends it before its end."""

    size: int = 0
    done: int = 0
    _is_stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def is_stopped(self) -> bool:
        """Whether somebody wants no copy any more."""
        return self._is_stopped.is_set()

    def stop(self) -> None:
        """Want no copy any more."""
        self._is_stopped.set()


class Stopped(OmiError):
    """The person wanted no copy any more."""

    code = "attachment_stopped"
    title = "Nothing was attached"
    detail = "You stopped it."


class Attachments:
    """The files of one profile, in the folder `attachments`. Any thread may call it; `attach` takes its time."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._folder = store.path.parent / FOLDER

    def of(self, page: str) -> tuple[Attachment, ...]:
        """What is attached to a page, the oldest first."""
        with self._store.read() as connection:
            rows = margin.attached_to(connection, page)
        return tuple(self._attachment(row) for row in rows)

    def attach(self, page: str, source: Path, copying: Copying) -> Attachment:
        """Copy a file and attach the copy to a page. The copy is durable before anything says that it is there.

        Raises LibraryProblem, Stopped, NotSaved; then nothing is attached and no copy is left.
        """
        suffix = source.suffix.removeprefix(".").lower()
        if suffix not in SUFFIXES:
            raise LibraryProblem(
                "This kind of file can't be attached",
                detail=_NOTHING,
                hint=f"Choose a film, sound, picture or PDF ({', '.join(sorted(SUFFIXES))}).",
            )
        if len(self.of(page)) >= MOST:
            raise LibraryProblem(
                f"A page holds {MOST} files of yours at most", detail=_NOTHING, hint="Remove one first."
            )
        new = self._folder / f"{new_id()}.{suffix}"
        part = new.with_name(f"{new.name}{_PART}")
        try:
            make_folder(self._folder)
            self._copy(source, part, copying)
            move(part, new)
            row = margin.Attached(
                new.stem,
                page,
                source.name[-margin.LONGEST_NAME :],
                suffix,
                copying.done,
                stamp(self._clock.now()),
                None,
            )
            with self._store.write() as connection:
                margin.attach(connection, row)
        except BaseException as error:
            for left in (part, new):
                with suppress(OSError):
                    left.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise LibraryProblem(
                    "The file could not be copied",
                    detail=_NOTHING,
                    hint="Check that it can be read and that the disk is not full, then try again.",
                ) from error
            raise
        return self._attachment(row)

    def remove(self, attachment_id: str) -> None:
        """Take a file away from its page. `bring_back` undoes it while the app is open. Raises NotSaved."""
        with self._store.write() as connection:
            margin.set_removed(connection, attachment_id, stamp(self._clock.now()))

    def bring_back(self, attachment_id: str) -> None:
        """Undo a removal. Raises NotSaved."""
        with self._store.write() as connection:
            margin.set_removed(connection, attachment_id, None)

    def path_of(self, attachment: Attachment) -> Path:
        """The copy, for the desktop to open: a plain file of an allowed ending in our own folder.

        Raises LibraryProblem when it is not there.
        """
        path = self._path(attachment.id, attachment.suffix)
        if attachment.suffix not in SUFFIXES or not _is_plain_file(path):
            raise LibraryProblem(
                "This file is not here any more",
                detail="Backups don't hold attached files.",
                hint="Attach it again.",
            )
        return path

    def tidy(self) -> None:
        """Delete the copies of what was removed, and what an end in the middle of copying left. What can't be deleted
        waits for the next time."""
        try:
            for part in self._folder.glob(f"*{_PART}"):
                part.unlink(missing_ok=True)
            with self._store.read() as connection:
                gone = margin.removed(connection)
            for row in gone:
                self._path(row.id, row.suffix).unlink(missing_ok=True)
                with self._store.write() as connection:
                    margin.forget(connection, row.id)
        except (OSError, OmiError) as problem:
            log.warning("Removed files were not tidied away: %s", type(problem).__name__)

    def _copy(self, source: Path, part: Path, copying: Copying) -> None:
        with source.open("rb") as reading:
            about = os.fstat(reading.fileno())
            if not stat.S_ISREG(about.st_mode) or not about.st_size:
                raise LibraryProblem(
                    "There is nothing in this file", detail=_NOTHING, hint="Choose another file."
                )
            copying.size = about.st_size
            free = shutil.disk_usage(part.parent).free
            if free < about.st_size + _ROOM_LEFT:
                raise LibraryProblem(
                    "There is not enough room on the disk for a copy",
                    detail=_NOTHING,
                    hint="Make room, then try again. The app leaves 200 MB free for your sessions.",
                )
            with part.open("xb") as writing:
                while chunk := reading.read(_CHUNK):
                    if copying.is_stopped:
                        raise Stopped
                    writing.write(chunk)
                    copying.done += len(chunk)
        sync_file(part)

    def _attachment(self, row: margin.Attached) -> Attachment:
        is_here = _is_plain_file(self._path(row.id, row.suffix))
        return Attachment(row.id, row.name, row.suffix, row.size, is_here)

    def _path(self, attachment_id: str, suffix: str) -> Path:
        """Never made from the name that the person's file had."""
        return self._folder / f"{attachment_id}.{suffix}"


def _is_plain_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
