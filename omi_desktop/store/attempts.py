"""The history of syncing: what came of each try. Nothing personal is in it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from omi_desktop.domain.clock import from_stamp, is_stamp, stamp
from omi_desktop.domain.online import Attempt
from omi_desktop.store.columns import attempt

KEPT = 500
"""Tries that are kept."""
KEPT_FOR = timedelta(weeks=8)
"""For how long at most."""

_columns = [column for column in attempt.c if column.name != "id"]
_newest = select(*_columns).order_by(attempt.c.id.desc())
_numbers = ("sent", "read_back", "received", "rejected")


def add(connection: Connection, made: Attempt) -> None:
    """Keep a try and let the oldest go. One in which nothing moved takes the place of the one before, if that ended the
    same way and nothing moved in it either, but for the first of such a row: since when it is so stays to be seen."""
    c = attempt.c
    row = {
        "at": stamp(made.at),
        "code": made.code,
        "title": made.title,
        "sent": made.sent,
        "read_back": made.read_back,
        "received": made.received,
        "rejected": made.rejected,
        "seconds": made.seconds,
    }
    last = connection.execute(_newest.add_columns(c.id).limit(2)).all()
    is_idle = not any(row[name] for name in _numbers)
    is_repeated = len(last) == 2 and all(
        each.code == made.code and not any(getattr(each, name) for name in _numbers) for each in last
    )
    if is_idle and is_repeated:
        connection.execute(update(attempt).where(c.id == last[0].id).values(row))
        return
    connection.execute(insert(attempt).values(row))
    newest: int = connection.execute(select(func.max(c.id))).scalar_one()
    is_old = or_(c.id <= newest - KEPT, c.at < stamp(made.at - KEPT_FOR))
    connection.execute(delete(attempt).where(is_old))


def newest(connection: Connection, limit: int = KEPT) -> list[Attempt]:
    """The last tries, the newest first."""
    rows = connection.execute(_newest.limit(limit))
    return [Attempt(from_stamp(row.at), *row[1:]) for row in rows if is_stamp(row.at)]
