"""Presses in the classroom, one row each. What a line stands at follows from its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from omi_desktop.store.columns import tally


class Press(NamedTuple):
    """One press: so many more of a line (fewer below 0), or exactly so many. `pressed_at` is ISO text."""

    id: int
    session: str
    line: str
    number: int
    is_set: bool
    pressed_at: str


def add(connection: Connection, presses: Sequence[Press]) -> None:
    """Keep presses. One that is here already is not kept twice, so that a commit of which nobody knows whether it
    happened may be made again."""
    if presses:
        rows = [press._asdict() | {"is_set": int(press.is_set)} for press in presses]
        connection.execute(insert(tally).on_conflict_do_nothing(index_elements=["id"]), rows)


def take_back(connection: Connection, ids: Sequence[int]) -> None:
    """Let single presses go."""
    for press_id in ids:
        connection.execute(delete(tally).where(tally.c.id == press_id))


def forget(connection: Connection, session: str) -> None:
    """Let every press of a session go: its numbers are in a record now."""
    connection.execute(delete(tally).where(tally.c.session == session))


def presses(connection: Connection) -> list[Press]:
    """Every press, in the order in which they were made."""
    rows = connection.execute(select(tally).order_by(tally.c.id))
    return [
        Press(row.id, row.session, row.line, row.number, bool(row.is_set), row.pressed_at) for row in rows
    ]


def count(made: Iterable[Press]) -> dict[str, int]:
    """What each line stands at after these presses of one session. No line stands below 0."""
    counts: dict[str, int] = {}
    for press in made:
        before = 0 if press.is_set else counts.get(press.line, 0)
        counts[press.line] = max(0, before + press.number)
    return counts
