"""The history of syncing: what happened is there to be read, and it never grows for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from omi_desktop.domain.online import Attempt
from omi_desktop.store import attempts
from omi_desktop.store.file import Store

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FAILED = Attempt(NOON, "unreachable", "OMI online can't be reached", seconds=6.25)


def kept(store: Store, *made: Attempt) -> list[Attempt]:
    """What is there after these."""
    for each in made:
        with store.write() as connection:
            attempts.add(connection, each)
    with store.read() as connection:
        return attempts.newest(connection)


def after(attempt: Attempt, **time: float) -> Attempt:
    """The same, later."""
    return replace(attempt, at=attempt.at + timedelta(**time))


def test_what_was_kept_comes_back_newest_first(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    synced = Attempt(NOON + timedelta(minutes=1), "ok", "Synced", 3, 3, 2, 1, 0.5)
    assert kept(store, FAILED, synced) == [synced, FAILED]


def test_of_a_row_of_equal_failures_the_first_and_the_last_stay(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    row = [after(FAILED, minutes=minute) for minute in range(5)]
    assert kept(store, *row) == [row[-1], row[0]]
    other = Attempt(NOON + timedelta(minutes=9), "busy", "OMI online is busy")
    assert kept(store, other, after(FAILED, minutes=10)) == [
        after(FAILED, minutes=10),
        other,
        row[-1],
        row[0],
    ]


def test_one_that_moved_something_is_never_swallowed(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    moved = replace(FAILED, sent=1)
    assert len(kept(store, moved, moved, moved, FAILED, FAILED, FAILED)) == 5


def test_the_oldest_go(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    old = replace(FAILED, sent=7)
    assert kept(store, old, after(FAILED, weeks=9)) == [after(FAILED, weeks=9)]
    many = [Attempt(NOON + timedelta(weeks=9, minutes=n), "ok", "Synced", sent=1) for n in range(520)]
    found = kept(store, *many)
    assert (len(found), found[0]) == (attempts.KEPT, many[-1])
