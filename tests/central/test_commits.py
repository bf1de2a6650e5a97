"""Writers of one SQLite file share a commit, and nobody is answered before it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from omi_desktop.central import commits
from omi_desktop.central.commits import SharedCommits
from omi_desktop.central.database import Database
from omi_desktop.central.exchange import EVERYONE

PATIENCE = 10


class Writers:
    """Threads that write one number each, beside one that holds the turn until all of them wait for it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.commits = 0
        self.at_commit: Callable[[], object] = lambda: None
        found = database._commits
        assert found is not None
        self.shared: SharedCommits = found
        with database.writing() as connection:
            connection.execute(text("CREATE TABLE number (n INTEGER PRIMARY KEY CHECK (n < 100))"))
        event.listen(database.engine, "commit", self._count)

    def _count(self, _connection: Connection) -> None:
        self.commits += 1
        self.at_commit()

    def write(
        self, n: int, then: Callable[[Connection], object] = lambda _: None, whose: str = EVERYONE
    ) -> int:
        with self.database.writing(whose) as connection:
            connection.execute(text("INSERT INTO number VALUES (:n)"), {"n": n})
            then(connection)
        return self.commits

    def together(self, works: list[Callable[[], int]], whose: str = EVERYONE) -> list[Future[int]]:
        """The first work waits inside its turn until all others are queued behind it."""

        def first(_connection: Connection) -> None:
            pause, tries = threading.Event(), 0
            while self.shared._waiting.total() < len(works):
                pause.wait(0.01)
                tries += 1
                assert tries < PATIENCE * 100

        with ThreadPoolExecutor(len(works) + 1) as pool:
            return [pool.submit(self.write, 0, first, whose), *(pool.submit(work) for work in works)]

    def kept(self) -> set[int]:
        with self.database.reading() as connection:
            return set(connection.execute(text("SELECT n FROM number")).scalars())


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    with closing(Database(f"sqlite:///{tmp_path / 'central.db'}")) as database:
        yield Writers(database)


def test_those_who_wait_together_are_kept_by_one_commit_and_told_after_it(writers: Writers) -> None:
    done = writers.together([lambda n=n: writers.write(n) for n in range(1, 8)])  # type: ignore[misc]
    assert [each.result() for each in done] == [1] * 8
    assert writers.kept() == set(range(8))


def test_a_commit_does_not_grow_without_end(writers: Writers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "MOST", 3)
    done = writers.together([lambda n=n: writers.write(n) for n in range(1, 8)])  # type: ignore[misc]
    assert max(each.result() for each in done) == 3
    assert writers.kept() == set(range(8))


@pytest.mark.parametrize(("then", "after"), [("1" * 32, [1, 2]), ("2" * 32, [1, 1]), (EVERYONE, [1, 1])])
def test_an_account_waits_for_others_and_not_for_its_own_next_call(
    writers: Writers, then: str, after: list[int]
) -> None:
    done = writers.together([lambda: writers.write(1, whose=then)], whose="1" * 32)
    assert [each.result() for each in done] == after
    assert writers.kept() == {0, 1}


@pytest.mark.parametrize("bad", [0, 100])
def test_one_that_fails_is_undone_alone(writers: Writers, bad: int) -> None:
    """Whatever came before it or comes after it."""
    works: list[Callable[[], int]] = [
        lambda: writers.write(1),
        lambda: writers.write(bad),
        lambda: writers.write(2),
    ]
    done = writers.together(works)
    assert [type(each.exception()).__name__ for each in done] == [
        "NoneType",
        "NoneType",
        "IntegrityError",
        "NoneType",
    ]
    assert writers.kept() == {0, 1, 2}


def test_what_one_wrote_before_it_failed_is_undone_with_it_alone(writers: Writers) -> None:
    works: list[Callable[[], int]] = [
        lambda: writers.write(1),
        lambda: writers.write(2, lambda _: 1 // 0),
        lambda: writers.write(3),
    ]
    done = writers.together(works)
    assert [type(each.exception()) for each in done].count(ZeroDivisionError) == 1
    assert writers.kept() == {0, 1, 3}


def test_the_first_that_fails_takes_nobody_with_it(writers: Writers) -> None:
    with pytest.raises(ZeroDivisionError):
        writers.write(5, lambda _: 1 // 0)
    assert writers.write(6) == 1
    assert writers.kept() == {6}


def test_a_commit_that_fails_fails_for_all_of_it(writers: Writers) -> None:
    writers.at_commit = lambda: 1 // 0
    done = writers.together([lambda: writers.write(1)])
    writers.at_commit = lambda: None
    assert [type(each.exception()) for each in done] == [ZeroDivisionError] * 2
    assert writers.kept() == set()
    writers.write(3)
    assert writers.kept() == {3}


def test_when_sqlite_undoes_everything_nobody_is_told_that_it_was_kept(writers: Writers) -> None:
    """As it does by itself on a full disk."""

    def undo(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.rollback()
        raise OSError("the disk is full")

    done = writers.together([lambda: writers.write(1, undo)])
    assert all(each.exception() is not None for each in done)
    assert writers.kept() == set()
    writers.write(3)
    assert writers.kept() == {3}
