"""A program that ended in the middle of a transaction: the file makes sense only once its journal is rolled back."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from omi_desktop.store import queue, revisions
from omi_desktop.store.file import FILE_NAME, Store
from tests.kit.bodies import revision

SAVED = 40


@pytest.mark.parametrize(
    "half_done",
    [
        "DELETE FROM revision",
        "DROP TABLE preference",
        "DELETE FROM revision; DROP TABLE revision; DROP TABLE parent; DROP TABLE draft; PRAGMA application_id=7",
        "PRAGMA user_version=99",
    ],
)
def test_a_file_left_in_the_middle_of_a_write_opens_as_it_was_before(tmp_path: Path, half_done: str) -> None:
    store = Store.open(tmp_path / "profile")
    with store.write() as connection:
        for number in range(SAVED):
            revisions.add(connection, revision(f"r{number}", record=f"s{number}"), None)
    store.close()
    crash_in(tmp_path / "profile", half_done, tmp_path / "after")
    store = Store.open(tmp_path / "after")
    with store.read() as connection:
        assert queue.waiting(connection, None).waiting == SAVED
    store.close()


def test_a_first_start_that_crashed_while_it_made_the_tables_starts_again(tmp_path: Path) -> None:
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / FILE_NAME).touch()
    tables = "; ".join(f"CREATE TABLE t{n} (a, b)" for n in range(60))
    crash_in(tmp_path / "profile", tables, tmp_path / "after")
    store = Store.open(tmp_path / "after")
    with store.read() as connection:
        assert queue.waiting(connection, None).waiting == 0
    store.close()


def crash_in(profile: Path, statements: str, after: Path) -> None:
    """Begin a transaction, let its pages reach the file, and copy what a crash would leave."""
    with closing(sqlite3.connect(profile / FILE_NAME, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=TRUNCATE")
        connection.execute("PRAGMA synchronous=EXTRA")
        connection.execute("PRAGMA cache_size=1")
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements.split("; "):
            connection.execute(statement)
        connection.execute("CREATE TABLE filler (a)")
        connection.executemany("INSERT INTO filler VALUES (zeroblob(?))", [(4000,)] * 200)
        shutil.copytree(profile, after)
        connection.execute("ROLLBACK")
    journal = after / f"{FILE_NAME}-journal"
    assert journal.stat().st_size > 512, "nothing reached the disk: this test sees nothing"
