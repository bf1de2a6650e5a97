"""The profiles on which lives begin: made by the real program, the same each time."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.revision import Kind, compose
from omi_desktop.services.desk import Desk
from omi_desktop.store import backups, revisions
from omi_desktop.store.file import FILE_NAME
from tests.faults.lives import APP
from tests.kit.bodies import TODAY, details
from tests.kit.clock import SetClock
from tests.kit.ids import seeded_ids

VERSION_1 = Path(__file__).parents[1] / "store" / "files" / "version_1.db"
SESSIONS = 8


def make(name: str, profile: Path) -> None:
    """Put the profile of this name where none is yet."""
    with seeded_ids(f"start {name}"):
        STARTS[name](profile)


def _nothing(profile: Path) -> None:
    """No folder."""


def _few(profile: Path) -> None:
    """Some sessions, one corrected, one removed, one with two versions that differ; a plan and a draft."""
    with closing(Desk.open(profile, clock=SetClock(), changes=Changes(), app=APP)) as desk:
        days = [TODAY - timedelta(days=number) for number in range(SESSIONS)]
        saved = [desk.sessions.save(details(10 + number, day=day)) for number, day in enumerate(days)]
        desk.sessions.correct(saved[0].record_id, details(31))
        desk.sessions.remove(saved[1].record_id)
        desk.sessions.correct(saved[2].record_id, details(28))
        # As the home laptop would have corrected it meanwhile.
        old = saved[2].record.head
        other = compose(
            kind=Kind.SESSION,
            body=desk.sessions.get(saved[0].record_id).record.head.body,
            parents=(old,),
            app=APP,
            device="Home laptop",
            now=SetClock().now(),
        )
        with desk.store.write() as connection:
            revisions.add(connection, other, None)
        desk.drafts.keep("record/old", {"class_name": "9A"})
        desk.preferences.put("device", "Work laptop")


def _version_1(profile: Path) -> None:
    """A file that version 1 of the tables was made for, as the program left it."""
    profile.mkdir()
    shutil.copyfile(VERSION_1, profile / FILE_NAME)
    _journal(profile).touch()


def _torn(profile: Path) -> None:
    """`few`, in the middle of a transaction that has reached the file: its journal must be rolled back first."""
    whole = profile.with_name(f"{profile.name}-whole")
    _few(whole)
    with closing(sqlite3.connect(whole / FILE_NAME, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=TRUNCATE")
        connection.execute("PRAGMA synchronous=EXTRA")
        connection.execute("PRAGMA cache_size=1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM draft")
        connection.execute("UPDATE revision SET canonical = zeroblob(9000)")
        connection.execute("CREATE TABLE filler (a)")
        connection.executemany("INSERT INTO filler VALUES (zeroblob(?))", [(4000,)] * 40)
        shutil.copytree(whole, profile)
        connection.execute("ROLLBACK")
    shutil.rmtree(whole)
    assert _journal(profile).stat().st_size > 512, "nothing reached the file: this start shows nothing"


def _with_copies(profile: Path) -> None:
    """`few`, with a copy of each of many past days."""
    _few(profile)
    file = profile / FILE_NAME
    for days in (*range(1, 9), 15, 22, 29, 36, 60, 90):
        backups.make(file, SetClock().now() - timedelta(days=days), backups.Reason.DAY)


def _behind_its_copy(profile: Path) -> None:
    """A file older than a copy of it, as after a disk was restored: the copy holds sessions that the file does not."""
    _few(profile)
    older = (profile / FILE_NAME).read_bytes()
    clock = SetClock()
    clock.forward(days=-1)
    with closing(Desk.open(profile, clock=clock, changes=Changes(), app=APP)) as desk:
        for number in range(3):
            desk.sessions.save(details(20 + number, day=TODAY - timedelta(days=1)))
        for backup in desk.backups.all():
            backup.path.unlink()
        desk.backups.make()
    (profile / FILE_NAME).write_bytes(older)


def _journal(profile: Path) -> Path:
    return profile / f"{FILE_NAME}-journal"


STARTS: Mapping[str, Callable[[Path], None]] = {
    "nothing": _nothing,
    "few": _few,
    "version 1": _version_1,
    "torn": _torn,
    "with copies": _with_copies,
    "behind its copy": _behind_its_copy,
}
