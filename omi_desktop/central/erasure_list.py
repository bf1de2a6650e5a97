"""The list of erasures: a file of its own beside the database, in no backup of it.

A backup from before an erasure still holds what was erased. This list outlives the restore, and what it names is
scrubbed before a restored centre answers anybody. One JSON object a line, only ever appended; a line is on the disk
before the transaction that it tells of commits. So a line may be there whose transaction never did: a record is
listed only while it is not erased yet, and a later line that names it again says that the earlier one came to
nothing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from sqlalchemy.engine import URL

from omi_desktop.domain.revision import is_id

_log = logging.getLogger(__name__)


class ErasureListRefused(Exception):
    """The list of erasures can't be read; the message says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Line:
    """One erasure. `records` are those that it erased, or None for the whole account; `at` is a UTC moment.

    `adjustments`: by year, how much the programme's low total fell.
    """

    id: str
    centre_id: str
    account_id: str
    records: tuple[str, ...] | None
    at: str
    adjustments: Mapping[int, int]

    def encode(self) -> bytes:
        """The line as the file has it."""
        found = {
            "id": self.id,
            "centre_id": self.centre_id,
            "account_id": self.account_id,
            "records": self.records,
            "at": self.at,
            "adjustments": {str(year): low for year, low in self.adjustments.items()},
        }
        return json.dumps(found, separators=(",", ":")).encode() + b"\n"


class ErasureList:
    """The file at one path. Several processes may append to it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, line: Line) -> None:
        """Add a line; it is on the disk when this returns. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        file = os.open(self.path, flags | getattr(os, "O_BINARY", 0), 0o600)
        try:
            # What a crash left of a line must not swallow the next one. An empty line means nothing.
            start = b"" if _ends_with_a_line(file) else b"\n"
            data = start + line.encode()
            if os.write(file, data) != len(data):
                raise OSError(f"{self.path} took only a part of a line")
            os.fsync(file)
        finally:
            os.close(file)
        _sync_folder(self.path.parent)

    def read(self) -> list[Line]:
        """All lines, oldest first; none without a file. A damaged line is left out and told to the log.

        Raises ErasureListRefused.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            reason = error.strerror or str(error)
            raise ErasureListRefused(f"The list of erasures {self.path} can't be read: {reason}") from error
        found = []
        for number, text in enumerate(data.split(b"\n"), 1):
            if not text:
                continue
            line = _read(text)
            if line is None:
                _log.warning("line %d of %s can't be read", number, self.path)
            else:
                found.append(line)
        return found


def default_path(url: URL) -> Path:
    """Where `OMI_CENTRAL_ERASURES` says; else beside the SQLite file, or for PostgreSQL in the user data folder."""
    if told := os.environ.get("OMI_CENTRAL_ERASURES"):
        return Path(told)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).with_name(f"{Path(url.database).stem}-erasures.jsonl")
    return Path(platformdirs.user_data_dir("omi-central", appauthor=False)) / "central-erasures.jsonl"


def void_lines(lines: Iterable[Line]) -> set[str]:
    """The ids of lines whose transaction came to nothing: a later one erased the same again."""
    last: dict[tuple[str, str | None], str] = {}
    void = set()
    for line in lines:
        for record in line.records if line.records is not None else (None,):
            earlier = last.get((line.account_id, record))
            if earlier is not None:
                void.add(earlier)
            last[line.account_id, record] = line.id
    return void


def _ends_with_a_line(file: int) -> bool:
    size = os.lseek(file, 0, os.SEEK_END)
    if size == 0:
        return True
    os.lseek(file, size - 1, os.SEEK_SET)
    return os.read(file, 1) == b"\n"


def _sync_folder(folder: Path) -> None:
    """Make the file's name durable too."""
    if os.name != "posix":
        return  # Windows has no such call; NTFS keeps names in its own journal.
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _read(text: bytes) -> Line | None:
    try:
        found: Any = json.loads(text)
        records = found["records"]
        adjustments = {int(year): low for year, low in found["adjustments"].items()}
        line = Line(
            id=found["id"],
            centre_id=found["centre_id"],
            account_id=found["account_id"],
            records=None if records is None else tuple(records),
            at=found["at"],
            adjustments=adjustments,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    is_sound = (
        all(map(is_id, (line.id, line.centre_id, line.account_id, *(line.records or ()))))
        and all(type(low) is int and low >= 0 for low in line.adjustments.values())
        and isinstance(line.at, str)
    )
    return line if is_sound else None
