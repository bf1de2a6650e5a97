"""Reading what is still whole in a damaged file. It is never written to.

Tables are read as far as SQLite gets. What it can't reach is looked for in the bytes themselves: a revision's canonical
form is followed by its sha in the file, so that one that is found and hashes to it is whole, wherever it lies.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omi_desktop.domain.revision import BadRevision, Revision, is_id
from omi_desktop.store import columns
from omi_desktop.store.backups import damage_of
from omi_desktop.store.durable import move, sync_file
from omi_desktop.store.health import UNREADABLE
from omi_desktop.store.revisions import Owner

MERGED = (
    "account",
    "draft",
    "preference",
    "tally",
    "erasure",
    "attempt",
    "question",
    "favourite",
    "page_note",
    "attachment",
)
"""The tables beside the revisions."""

_NAMES = {table.name: table.c.keys() for table in columns.ALL}
_BEGINNING = b'{"app":"'
_SHA = re.compile(rb"[0-9a-f]{64}")
_OWNER = re.compile(rb"[0-9a-f]{64}")
Row = dict[str, Any]


@dataclass
class Salvaged:
    """What a file gave. A table that could not be read to its end is in `torn`; its rows so far are here all the
    same. `is_damaged` says that what no sha covers may have changed by itself."""

    revisions: dict[str, tuple[Revision, Owner | None]] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    torn: set[str] = field(default_factory=set)
    is_damaged: bool = False

    def rows(self, table: str) -> list[Row]:
        """The rows of a table, as far as they could be read."""
        return self.tables.get(table, [])


def salvage(path: Path, folder: Path, *others: Path) -> Salvaged:
    """Read a file from a copy in `folder`, its journal beside it, so that the file itself stays as it is. In the bytes
    of `others`, where there are any, is looked for more.

    Raises OSError when it can't even be copied.
    """
    copy = folder / "salvaged.db"
    found = Salvaged()
    if not path.exists():
        return found
    shutil.copyfile(path, copy)
    journal = path.with_name(f"{path.name}-journal")
    if journal.exists():
        shutil.copyfile(journal, copy.with_name(f"{copy.name}-journal"))
    for table in ("revision", *MERGED):
        found.tables[table] = []
        if not _read_table(copy, table, found.tables[table]):
            found.torn.add(table)
    for row in found.tables.pop("revision"):
        _take(
            found, row.get("canonical"), row.get("sha"), _owner(row.get("centre_id"), row.get("account_id"))
        )
    # A letter of a schema may be such that SQLite reads the file on one connection, and not on another.
    found.is_damaged = "revision" in found.torn or damage_of(copy) is not None
    if found.is_damaged:
        for each in (copy, *(other for other in others if other.exists())):
            for canonical, sha, owner in carve(each.read_bytes()):
                _take(found, canonical, sha, owner)
    return found


def was_ours(path: Path) -> bool:
    """Whether a file that is no database any more was ours: whole revisions are in it, or it is all zeros, as no
    program writes them and failing disks do."""
    data = path.read_bytes()
    return not data.strip(b"\0") or next(carve(data), None) is not None


def carve(data: bytes) -> Iterator[tuple[bytes, str, Owner | None]]:
    """Every canonical form in these bytes that its own sha follows, with that sha and the owner after it."""
    at = data.find(_BEGINNING)
    while at >= 0:
        # The end is where the sha of all before it stands; a revision is at most 16 KiB.
        for end in re.finditer(rb"\}(?=[0-9a-f]{64})", data[at : at + 16 * 1024 + 65]):
            canonical = data[at : at + end.end()]
            after = data[at + end.end() : at + end.end() + 128]
            sha = after[:64].decode()
            if hashlib.sha256(canonical).hexdigest() == sha:
                whose = after[64:]
                owner = Owner(whose[:32].decode(), whose[32:].decode()) if _OWNER.fullmatch(whose) else None
                yield canonical, sha, owner
                break
        at = data.find(_BEGINNING, at + 1)


def redact(path: Path, record_ids: Collection[str]) -> None:
    """Write blanks over every whole revision of these records in a damaged file that was put aside; all else in it
    stays as it is. Raises OSError."""
    data = before = path.read_bytes()
    for canonical, _, _ in carve(before):
        with suppress(ValueError, LookupError, TypeError):
            if json.loads(canonical)["record_id"] in record_ids:
                data = data.replace(canonical, b" " * len(canonical))
    if data != before:
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(data)
        sync_file(part)
        move(part, path)


def _read_table(copy: Path, table: str, rows: list[Row]) -> bool:
    """Read a table into `rows`; whether its end was reached."""
    names = _NAMES[table]
    try:
        with closing(sqlite3.connect(copy)) as raw:
            raw.text_factory = lambda text: text.decode(errors="replace")
            found = raw.execute(f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608 - a name of ours
            if len(found.description) != len(names):
                return False
            # By their places: a letter of a column's name may have changed.
            rows.extend(dict(zip(names, row, strict=True)) for row in found)
    except (*UNREADABLE, OverflowError):
        return False
    return True


def _take(found: Salvaged, canonical: object, sha: object, owner: Owner | None) -> None:
    if not isinstance(canonical, bytes) or hashlib.sha256(canonical).hexdigest() != sha:
        found.torn.add("revision")
        return
    with suppress(BadRevision, ValueError):
        revision = Revision.from_object(json.loads(canonical))
        if revision.canonical == canonical:
            found.revisions.setdefault(revision.rev_id, (revision, owner))


def _owner(centre_id: object, account_id: object) -> Owner | None:
    return Owner(str(centre_id), str(account_id)) if is_id(centre_id) and is_id(account_id) else None
