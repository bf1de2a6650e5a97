"""The audit log: what was done to this centre, each row chained to those before it.

A row is written in the transaction of what it tells of, and the database refuses to change or delete one (triggers,
step 0002). It names hubs, accounts and devices by id, never a person. `h(n)` is the SHA-256 of `h(n−1)` and of the
row's canonical form; h(0) is 32 zero bytes. Whoever owns the database could write the whole chain anew: it shows
a row that was altered or taken out, not a log that was cut at its end, unless its last `h` was noted elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, Row, insert, select

from omi_desktop.central.database import Turn, take_turn
from omi_desktop.central.tables import audit
from omi_desktop.domain import canonical
from omi_desktop.domain.clock import stamp
from omi_desktop.domain.revision import ROOT

OPERATOR = "operator"
"""Who typed a command of `omi-central`."""
CENTRE = "centre"
"""The service itself."""


class Action(StrEnum):
    """What is written down."""

    CENTRE_MADE = "centre_made"
    HUB_ADDED = "hub_added"
    CODES_MADE = "codes_made"
    DEVICE_ENROLLED = "device_enrolled"
    DEVICE_REVOKED = "device_revoked"
    RECORDS_ERASED = "records_erased"
    ACCOUNT_ERASED = "account_erased"
    ERASURES_REPLAYED = "erasures_replayed"
    SYNC_FILE_CARRIED = "sync_file_carried"
    SYNC_FILE_TAKEN_IN = "sync_file_taken_in"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    PACK_PUBLISHED = "pack_published"


class Checked(NamedTuple):
    """How many rows the log has, and the number of the first that does not hold; None when all do."""

    rows: int
    broken_at: int | None


def append(
    connection: Connection,
    action: Action,
    *,
    actor: str,
    subject: str = "",
    detail: Mapping[str, int] | None = None,
    now: datetime,
) -> None:
    """Add a row inside the caller's transaction. Let it be the last thing there: others wait for their turn.

    `actor` and `subject` are ids with their sort before them (`device:…`), `detail` has numbers alone.
    """
    take_turn(connection, Turn.AUDIT)
    last = connection.execute(select(audit.c.n, audit.c.h).order_by(audit.c.n.desc()).limit(1)).one_or_none()
    row = {
        "n": last.n + 1 if last else 1,
        "at": stamp(now),
        "actor": actor,
        "action": action.value,
        "subject": subject,
        "detail": canonical.encode(dict(detail or {})).decode(),
    }
    connection.execute(insert(audit).values(**row, h=_h(last.h if last else ROOT, row)))


def rows(connection: Connection) -> Iterator[Row[tuple[int, str, str, str, str, str, str]]]:
    """All rows, oldest first: n, at, actor, action, subject, detail, h."""
    yield from connection.execute(select(audit).order_by(audit.c.n))


def verify(connection: Connection) -> Checked:
    """Compute the chain anew."""
    count, h = 0, ROOT
    for row in rows(connection):
        count += 1
        found = row._asdict()
        kept = found.pop("h")
        h = _h(h, found)
        if row.n != count or h != kept:
            return Checked(count, row.n)
    return Checked(count, None)


def _h(previous: str, row: Mapping[str, int | str]) -> str:
    return hashlib.sha256(bytes.fromhex(previous) + canonical.encode(dict(row))).hexdigest()
