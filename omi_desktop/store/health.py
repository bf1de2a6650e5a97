"""Whether a file is whole: every page, every index, and every revision against its own sha.

SQLite's check compares each index with its table, which finds what changed in a column that is indexed. What no index
holds twice is compared with the canonical bytes, and those with their sha.
"""

from __future__ import annotations

import hashlib
import sqlite3

import orjson

from omi_desktop.domain.revision import ROOT, chain
from omi_desktop.store import columns

_SYNCED_COLUMNS = ("rev_id", "record_id", "kind", "state", "depth", "saved_at")
_TABLES = {"revision", "parent", "account", "draft", "preference"}
"""Tables that every version of the file has."""
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What using a file may raise when it is not whole."""
_NOT_DAMAGE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CANTOPEN}
_NOT_DAMAGE |= {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_NOT_DAMAGE |= {sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_AUTH}


def says_damage(error: BaseException | None) -> bool:
    """Whether SQLite says with this error, or one that it wraps, that the file is malformed or no database."""
    found = getattr(error, "orig", None) or error
    if isinstance(found, UnicodeDecodeError):
        return True  # Of SQLite's own words, which quote a name that is garbled.
    code = getattr(found, "sqlite_errorcode", 0) or 0
    # Python's own word about a text whose bytes are none has no code.
    is_garbled = isinstance(found, sqlite3.OperationalError) and "decode to UTF-8" in str(found)
    # Too big is what a length says that was changed: nothing we write comes near.
    return is_garbled or code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_TOOBIG}


def header_fault(header: bytes) -> str | None:
    """What is wrong in the first 100 bytes of a file of ours that is not being written, as far as they are fixed."""
    if not header.startswith(b"SQLite format 3\0"):
        return "the header is gone"
    page = int.from_bytes(header[16:18], "big")
    fixed = (
        page in {1, *(2**power for power in range(9, 16))}
        and header[18:20] in {b"\1\1", b"\2\2"}
        and header[20:24] == bytes([0, 64, 32, 32])
        and header[44:48] == b"\0\0\0\4"
        and header[52:56] == bytes(4)
        and header[56:60] == b"\0\0\0\1"
        and header[64:68] == bytes(4)
        and header[72:92] == bytes(20)
    )
    return None if fixed else "the header is changed"


def damage_in(raw: sqlite3.Connection) -> str | None:
    """What is wrong with a file; None when it is whole. For the log: it holds nothing that a person wrote.

    Raises sqlite3.Error only where that says nothing about the file (busy, a disk that can't be read).
    """
    try:
        found = raw.execute("PRAGMA integrity_check(1)").fetchone()
        if found[0] != "ok":
            return "pages or indexes do not fit together"
        tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables >= _TABLES:
            return "a table is missing"
        return _table_fault(raw, tables) or _revision_fault(raw) or _account_fault(raw)
    except (sqlite3.Error, ValueError) as error:
        code = getattr(error, "sqlite_errorcode", 0) or 0
        if code & 0xFF in _NOT_DAMAGE:
            raise
        return "it cannot be read through"


def _table_fault(raw: sqlite3.Connection, tables: set[str]) -> str | None:
    """A letter of a column's name is in the schema only, which SQLite takes at its word."""
    for table in columns.ALL:
        if table.name in tables:
            names = {name for (name,) in raw.execute("SELECT name FROM pragma_table_info(?)", (table.name,))}
            if not names >= set(table.c.keys()):
                return "a table is changed"
    return None


def _revision_fault(raw: sqlite3.Connection) -> str | None:
    parents: set[tuple[str, str]] = set()
    named: set[tuple[str, str]] = set()
    leaves: dict[tuple[str, str], bool] = {}
    rows = raw.execute(
        "SELECT rev_id, record_id, kind, state, depth, saved_at, canonical, sha, is_leaf FROM revision"
    )
    for *copied, canonical, sha, is_leaf in rows:
        if not isinstance(canonical, bytes) or hashlib.sha256(canonical).hexdigest() != sha:
            return "a revision has another sha"
        said = orjson.loads(canonical)
        if [said.get(name) for name in _SYNCED_COLUMNS] != copied:
            return "a column differs from its revision"
        rev_id, record_id = said["rev_id"], said["record_id"]
        parents.update((rev_id, parent) for parent in said["parents"])
        named.update((record_id, parent) for parent in said["parents"])
        leaves[record_id, rev_id] = bool(is_leaf)
    if set(raw.execute("SELECT rev_id, parent_id FROM parent")) != parents:
        return "parents differ from their revisions"
    if any(is_leaf == (key in named) for key, is_leaf in leaves.items()):
        return "a leaf is none, or the other way round"
    return None


def _account_fault(raw: sqlite3.Connection) -> str | None:
    accounts = raw.execute("SELECT centre_id, account_id, cursor_n, cursor_h FROM account").fetchall()
    known = {(centre_id, account_id) for centre_id, account_id, *_ in accounts}
    owners = raw.execute(
        "SELECT DISTINCT centre_id, account_id FROM revision WHERE centre_id IS NOT NULL OR account_id IS NOT NULL"
    )
    if not set(owners) <= known:
        return "a revision belongs to nobody known"
    for centre_id, account_id, cursor_n, cursor_h in accounts:
        log = raw.execute(
            "SELECT n, rev_id, sha FROM revision WHERE centre_id = ? AND account_id = ? AND n <= ? ORDER BY n",
            (centre_id, account_id, cursor_n),
        ).fetchall()
        if [n for n, *_ in log] != list(range(1, cursor_n + 1)):
            continue  # Something in this log was erased: its chain can't be recomputed here.
        h = ROOT
        for _, rev_id, sha in log:
            h = chain(h, rev_id, sha)
        if h != cursor_h:
            return "the chain of a log does not hold"
    return None
