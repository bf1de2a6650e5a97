"""What sessions a file or a copy of one holds, for a person who chooses between them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date

from omi_desktop.domain import session
from omi_desktop.domain.counting import record_of, record_range
from omi_desktop.domain.revision import Kind, Revision, State
from omi_desktop.store.backups import Backup, open_to_read
from omi_desktop.store.health import UNREADABLE, damage_in
from omi_desktop.store.revisions import Owner


@dataclass
class Contents:
    """Sessions by record: the day of each that is not removed, and the ids of all, removed ones included."""

    days: dict[str, date | None] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    young_people: int = 0


def of_copy(backup: Backup, owner: Owner | None) -> Contents | None:
    """What is in a copy, for one account and the records of nobody; None when it is not good any more."""
    try:
        with closing(open_to_read(backup.path)) as raw:
            return None if damage_in(raw) else of(raw, owner)
    except UNREADABLE:
        return None


def of(raw: sqlite3.Connection, owner: Owner | None) -> Contents:
    """What is in a file, for one account and the records of nobody."""
    rows = raw.execute(
        "SELECT record_id, canonical FROM revision WHERE kind = ? AND is_leaf"
        " AND (centre_id IS NULL OR (centre_id = ? AND account_id = ?))",
        (Kind.SESSION.value, *(owner or (None, None))),
    )
    leaves: dict[str, list[Revision]] = {}
    for record_id, canonical in rows:
        leaves.setdefault(record_id, []).append(Revision.from_canonical(canonical))
    found = Contents(known=set(leaves))
    for record_id, each in leaves.items():
        head = max(each, key=lambda leaf: leaf.order)
        if head.state is State.LIVE:
            found.days[record_id] = session.read(head.body).day
        if (record := record_of("", each)) is not None:
            found.young_people += record_range(record).high
    return found
