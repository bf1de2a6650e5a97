"""Calls that are worked on in the event loop: they give way where they wait, and leave their connection clean."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg import IsolationLevel
from sqlalchemy import Connection, make_url, select, text

from omi_desktop.central import app, ingest, lines, rates
from omi_desktop.central.audit import Action
from omi_desktop.central.database import UNREACHABLE, Database
from omi_desktop.central.rates import Rates
from omi_desktop.central.statements import Prepared
from omi_desktop.central.tables import audit, log
from omi_desktop.central.waiting import OnlyInThread, beside_others, is_beside_others
from tests.central.laptop import Laptop, erased, place, recorded
from tests.central.test_ingest import at_once, refuse_in_database
from tests.kit.centre import Centre, running_centre
from tests.kit.postgres import fresh_database

pytestmark = pytest.mark.slow
ONE, TWO = "1" * 32, "2" * 32
SCHOOL = place("Ashby Academy")
PATIENCE = 20
_Found = TypeVar("_Found")

whose = Prepared(text("SELECT current_setting('omi.account_id')"))
level = Prepared(text("SELECT current_setting('transaction_isolation')"))
pid = Prepared(text("SELECT pg_backend_pid()"))
fails = Prepared(text("SELECT 1 / CAST(:by AS integer)"))
lock = Prepared(text("SELECT pg_advisory_xact_lock(1) IS NULL"))
mark = Prepared(text("INSERT INTO mark VALUES (CAST(:n AS integer))"))
marks = Prepared(text("SELECT n FROM mark ORDER BY n"))


@pytest.fixture
def database() -> Iterator[Database]:
    with fresh_database() as url, closing(Database(url)) as found:
        with found.writing() as connection:
            connection.execute(
                text("CREATE TABLE mark (n integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
            )
        yield found


@pytest.fixture
def centre() -> Iterator[Centre]:
    with fresh_database() as url, running_centre(url) as found:
        yield found


def run(*works: Callable[[], _Found]) -> list[_Found | BaseException]:
    """All of them beside each other in one loop; what each gave or raised."""

    async def all_of_them() -> list[_Found | BaseException]:
        return await asyncio.gather(*map(beside_others, works), return_exceptions=True)

    return asyncio.run(all_of_them())


def written(database: Database, *numbers: int) -> None:
    with database.writing(ONE) as connection:
        for number in numbers:
            mark.run(connection, {"n": number})


def kept(database: Database) -> list[int]:
    with database.reading() as connection:
        return [n for (n,) in marks.rows(connection, {})]


def backend(database: Database) -> int:
    with database.writing(ONE) as connection:
        ((found,),) = pid.rows(connection, {})
        return int(found)


def end_session(database: Database, at: int) -> None:
    dsn = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as operator:
        operator.execute("SELECT pg_terminate_backend(%s, 30000)", (at,))


def test_while_one_waits_for_the_database_another_does_all_its_work(database: Database) -> None:
    """The first waits for a lock that the second has, and gives back only once the first is waiting."""
    is_held, is_waiting = threading.Event(), threading.Event()

    def hold() -> str:
        with database.writing(ONE) as connection:
            lock.run(connection, {})
            is_held.set()
            while not is_waiting.is_set():
                with database.writing(TWO) as other:
                    waits = Prepared(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
                    if waits.rows(other, {}) == [(1,)]:
                        is_waiting.set()
        return "held"

    def wait() -> str:
        with database.writing(TWO) as connection:
            assert is_held.is_set()
            lock.run(connection, {})
        return "waited"

    assert run(hold, wait) == ["held", "waited"]


def test_each_speaks_for_its_own_account_in_its_own_picture(database: Database) -> None:
    def look(opened: Callable[[str], Any], account: str) -> tuple[Any, Any]:
        with opened(account) as connection:
            return whose.rows(connection, {}), level.rows(connection, {})

    for _ in range(2):  # The second time on lines that others had.
        found = run(
            lambda: look(database.reading, ONE),
            lambda: look(database.writing, TWO),
            lambda: look(database.reading, "*"),
        )
        assert found == [
            ([(ONE,)], [("repeatable read",)]),
            ([(TWO,)], [("read committed",)]),
            ([("*",)], [("repeatable read",)]),
        ]
    with database.writing() as connection:
        assert (whose.rows(connection, {}), level.rows(connection, {})) == ([("*",)], [("read committed",)])


def test_what_fails_leaves_nothing_and_its_line_is_lent_again(database: Database) -> None:
    def spoil() -> None:
        with database.writing(ONE) as connection:
            mark.run(connection, {"n": 1})
            fails.run(connection, {"by": 0})

    def suppressed() -> None:
        with database.writing(ONE) as connection:
            mark.run(connection, {"n": 2})
            with suppress(psycopg.DataError):
                fails.run(connection, {"by": 0})

    def at_commit() -> None:
        written(database, 3, 3)

    def refused() -> None:
        written(database, 4)
        raise ZeroDivisionError

    before = run(lambda: backend(database))
    for work, raised in (
        (spoil, psycopg.DataError),
        (suppressed, psycopg.errors.InFailedSqlTransaction),
        (at_commit, psycopg.errors.UniqueViolation),
        (refused, ZeroDivisionError),
    ):
        (found,) = run(work)
        assert isinstance(found, raised)
        assert run(lambda: backend(database)) == before
    assert kept(database) == [4]


def test_nothing_that_would_stop_the_loop_is_let_through_and_nothing_of_it_is_kept(
    database: Database,
) -> None:
    def plain() -> None:
        with database.writing(ONE) as connection:
            mark.run(connection, {"n": 1})
            connection.execute(text("SELECT 1"))

    def glance() -> None:
        with database.glancing():
            raise AssertionError

    before = run(lambda: backend(database))
    assert [type(found) for found in run(plain, glance)] == [OnlyInThread, OnlyInThread]
    assert run(lambda: backend(database)) == before
    assert kept(database) == []


def test_whoever_finds_no_line_goes_into_a_thread_and_nobody_waits_for_one(database: Database) -> None:
    """All lines wait for a row that somebody else has."""

    def add(number: int) -> int:
        with database.writing(ONE) as connection:
            lock.run(connection, {})
            mark.run(connection, {"n": number})
        return number

    with database.writing() as blocking:
        blocking.execute(text("SELECT pg_advisory_xact_lock(1)"))

        async def more_than_there_are() -> list[int | BaseException]:
            works = [partial(add, number) for number in range(lines.MOST + 3)]
            tasks = [asyncio.create_task(beside_others(work)) for work in works]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            assert not database.works_beside_others
            blocking.rollback()
            return await asyncio.gather(*tasks, return_exceptions=True)

        found = asyncio.run(more_than_there_are())
    assert found[: lines.MOST] == list(range(lines.MOST))
    assert {type(each) for each in found[lines.MOST :]} == {OnlyInThread}
    assert kept(database) == list(range(lines.MOST))
    assert database.works_beside_others


def test_lines_that_fail_or_are_lost_leave_room_for_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MOST", 1)

    def lose() -> None:
        with database.writing(ONE) as connection:
            Prepared(text("SELECT pg_terminate_backend(pg_backend_pid())")).run(connection, {})

    def fail() -> None:
        with database.writing(ONE) as connection:
            fails.run(connection, {"by": 0})

    (before,) = run(lambda: backend(database))
    assert [type(each) for each in run(fail)] == [psycopg.errors.DivisionByZero]
    assert run(lambda: backend(database)) == [before]
    assert all(isinstance(each, UNREACHABLE) for each in run(lose))
    (after,) = run(lambda: backend(database))
    assert isinstance(after, int)
    assert after != before


def test_a_line_whose_session_ended_is_not_lent(database: Database) -> None:
    for _ in range(3):
        (before,) = run(lambda: backend(database))
        assert isinstance(before, int)
        end_session(database, before)
        (after,) = run(lambda: backend(database))
        assert isinstance(after, int)
        assert after != before


def test_when_nobody_can_be_connected_to_that_is_told_and_the_next_try_is_as_good(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> Connection:
        raise psycopg.OperationalError("nobody there")

    with monkeypatch.context() as patch:
        patch.setattr(database.engine, "connect", refuse)
        found = run(*[lambda: backend(database)] * lines.MOST)
        assert {type(each) for each in found} == {psycopg.OperationalError}
    assert all(isinstance(each, int) for each in run(*[lambda: backend(database)] * lines.MOST))


def test_a_call_that_is_given_up_while_it_waits_leaves_nothing(database: Database) -> None:
    """As when the service is told to end. Its line is let go of, since nobody reads what is still to come on it."""
    pids: list[int] = []

    def wait(connection: Connection) -> None:
        pids.extend(n for (n,) in pid.rows(connection, {}))
        mark.run(connection, {"n": 1})
        lock.run(connection, {})

    def work() -> None:
        with database.writing(ONE) as connection:
            wait(connection)

    async def give_up() -> None:
        task = asyncio.create_task(beside_others(work))
        with database.writing() as blocking:
            blocking.execute(text("SELECT pg_advisory_xact_lock(1)"))
            for _ in range(PATIENCE * 100):
                if is_waited_for():
                    break
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    def is_waited_for() -> bool:
        with database.glancing() as connection:
            waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(connection.execute(waits).scalar_one())

    asyncio.run(give_up())
    assert kept(database) == []
    assert run(lambda: backend(database)) != pids


def test_lines_are_closed_with_the_database(database: Database) -> None:
    with ExitStack() as stack:
        connection = stack.enter_context(database.engine.connect())
        found = [each for each in run(*[lambda: backend(database)] * 3) if isinstance(each, int)]
        open_now = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        assert set(found) <= set(connection.execute(open_now).scalars())
    database.close()
    with database.engine.connect() as connection:
        assert not set(found) & set(connection.execute(open_now).scalars())


def test_a_line_is_no_repeatable_reader_for_the_pool_afterwards(database: Database) -> None:
    run(lambda: look_at(database))
    database.close()
    with database.writing(ONE) as connection:
        assert level.rows(connection, {}) == [("read committed",)]


def look_at(database: Database) -> None:
    with database.reading(ONE) as connection:
        assert connection.info["level"] is IsolationLevel.REPEATABLE_READ


class Watch:
    """Where each sync was worked on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ways: list[str] = []
        real = ingest.answer_sync

        def answer(*given: Any, **more: Any) -> bytes:
            way = "loop" if is_beside_others() else "thread"
            try:
                found = real(*given, **more)
            except OnlyInThread:
                self.ways.append("given up")
                raise
            self.ways.append(way)
            return found

        monkeypatch.setattr(app, "answer_sync", answer)


def test_short_syncs_go_in_the_loop_and_long_ones_in_a_thread(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch)
    laptop = Laptop.enrol(centre.url, centre.invite())
    laptop.sync([recorded()])  # Who speaks is looked up in a thread the first time.
    laptop.sync([recorded()])
    laptop.sync()
    laptop.sync([recorded(minutes=n + 1) for n in range(100)])
    assert watch.ways == ["thread", "loop", "loop", "thread"]
    laptop.restart()
    laptop.pull_all()
    assert len(laptop.held) == 102


def test_what_needs_a_thread_is_answered_from_one_as_if_nothing_had_been_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Questions and erasures; each counts once against who calls too often."""
    counted: list[object] = []
    monkeypatch.setattr(Rates, "count", lambda _rates, what, _whom: counted.append(what))
    with fresh_database() as url, running_centre(url) as centre:
        sam, alex = (Laptop.enrol(centre.url, centre.invite()) for _ in range(2))
        sam.sync([recorded(28, places=[SCHOOL])])
        alex.sync()
        watch = Watch(monkeypatch)
        counted.clear()
        met = recorded(30, places=[SCHOOL])
        assert len(alex.sync([met]).questions) == 1
        assert len(sam.sync().questions) == 1
        assert alex.sync([erased(met.record_id)]).rejected == []
        # Whoever met another account, or erased something, needed a thread and begins in one from then on.
        assert watch.ways == ["given up", "thread", "given up", "thread", "thread"]
        assert len([each for each in counted if each == rates.SYNCS]) == 3
        with centre.database.reading() as connection:
            bodies = connection.execute(select(log.c.canonical).where(log.c.record_id == met.record_id))
            assert bodies.scalars().all() == [None]
            assert (
                connection.execute(select(audit.c.action)).scalars().all().count(Action.RECORDS_ERASED) == 1
            )


def test_many_calls_of_one_laptop_that_need_threads_do_not_wait_for_each_other_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More than there are workers stand behind a first one that is given up in the loop."""
    with fresh_database() as url, running_centre(url) as centre:
        sam, alex = (Laptop.enrol(centre.url, centre.invite()) for _ in range(2))
        sam.sync([recorded(28, places=[SCHOOL])])
        alex.sync([recorded(30, places=[SCHOOL])])
        watch = Watch(monkeypatch)

        def ask(_index: int) -> int:
            other = Laptop(centre.url, sam.enrolment)
            return other.ask([recorded(28, places=[SCHOOL])], cursor=sam.cursor.model_dump()).status_code

        assert set(at_once(60, ask)) == {200}
        assert "given up" in watch.ways


def test_an_account_that_erased_something_is_worked_on_in_the_loop_again(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was erased is looked up in each of its syncs; that takes no thread."""
    laptop = Laptop.enrol(centre.url, centre.invite())
    gone = recorded()
    laptop.sync([gone])
    watch = Watch(monkeypatch)
    laptop.sync([erased(gone.record_id)])
    assert watch.ways == ["given up", "thread"]
    other = laptop.another()
    other.sync()
    watch.ways.clear()
    other.sync([recorded()])
    other.sync([gone])
    assert watch.ways == ["loop", "loop"]
    assert gone.rev_id not in other.held


def test_a_row_that_the_database_refuses_is_refused_alone(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = Laptop.enrol(centre.url, centre.invite())
    laptop.sync()
    watch = Watch(monkeypatch)
    good, bad = recorded(), recorded()
    refuse_in_database(centre.database, bad.rev_id)
    assert [each.rev_id for each in laptop.sync([bad, good]).rejected] == [bad.rev_id]
    assert good.rev_id in laptop.held
    assert watch.ways == ["given up", "thread"]


def test_a_service_that_starts_again_on_the_same_database_uses_its_lines(centre: Centre) -> None:
    laptop = Laptop.enrol(centre.url, centre.invite())
    for _ in range(3):
        laptop.sync([recorded()])
        laptop.sync([recorded()])
        centre.stop()
        centre.start()
    assert len(laptop.sync([recorded()]).pull) == 1
