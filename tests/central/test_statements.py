"""Statements that go past SQLAlchemy: the same values in and out, the same errors, nothing lost with a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, bindparam, column, make_url, select, text

from omi_desktop.central.database import (
    REFUSED,
    UNREACHABLE,
    Database,
    as_everyone,
    see_only,
    seeing_everyone,
)
from omi_desktop.central.exchange import EVERYONE
from omi_desktop.central.statements import (
    Prepared,
    Sought,
    among,
    array_literal,
    insert_all,
    looking_up,
    together,
)
from omi_desktop.central.tables import erased_record, leaf, log
from tests.central.laptop import Laptop, recorded
from tests.kit.centre import Centre, running_centre
from tests.kit.postgres import fresh_database

ONE = "1" * 32
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.fixture
def database(centre: Centre) -> Database:
    return centre.database


@pytest.fixture(scope="module")
def on_postgresql() -> Iterator[Connection]:
    with fresh_database() as url:
        database = Database(url)
        with database.reading() as connection:
            yield connection
        database.close()


def entry(n: int, **changes: Any) -> dict[str, Any]:
    made = {"account_id": ONE, "n": n, "rev_id": f"{n:032}", "record_id": f"{n:032}", "sha": "a" * 64}
    made |= {"h": "b" * 64, "kind": "session", "parents": "", "received_at": "2026", "canonical": b"{}"}
    return made | changes


def test_rows_come_back_as_they_went_in(database: Database) -> None:
    rows = [
        entry(1, canonical=bytes(range(256)), kind='say "hi" \\ {a,b} NULL', parents="Tŷ\u2028 '; --"),
        entry(2, canonical=None, kind="null"),
        entry(3, kind=""),
    ]
    with database.writing() as connection:
        insert_all(connection, {log: rows, leaf: []})
        found = connection.execute(select(log).order_by(log.c.n)).mappings().all()
        assert [dict(row) for row in found] == rows
        ours = Prepared(select(log).where(log.c.account_id == bindparam("whose")).order_by(log.c.n))
        assert ours.rows(connection, {"whose": ONE}) == [tuple(row.values()) for row in rows]


def test_leaves_with_nothing_in_many_columns_come_back_as_they_went_in(database: Database) -> None:
    row = {"account_id": ONE, "n": 1, "rev_id": ONE, "record_id": ONE, "kind": "session", "withdrawn": True}
    row |= {"depth": 1, "day": None, "young": 0, "group_code": None, "agreed": None, "start_minute": 0}
    row |= {"minutes": None, "question": None, "answer": None, "places": ""}
    rows = [row, row | {"n": 2, "withdrawn": False, "day": "2026-11-24", "agreed": 0, "minutes": 50}]
    with database.writing() as connection:
        insert_all(connection, {leaf: rows})
        found = connection.execute(select(leaf).order_by(leaf.c.n)).mappings().all()
    assert [dict(each) for each in found] == rows


@pytest.mark.parametrize("wrong", [entry(1, sha="short"), entry(1, canonical=b"")])
def test_a_row_that_is_refused_raises_one_of_the_errors_for_that_and_leaves_nothing(
    database: Database, wrong: dict[str, Any]
) -> None:
    def write() -> None:
        with database.writing() as connection:
            insert_all(connection, {erased_record: [{"account_id": ONE, "record_id": ONE}], log: [wrong]})

    with pytest.raises(REFUSED):
        write()
    with database.reading() as connection:
        assert connection.execute(select(erased_record)).all() == []


def test_what_is_looked_up_is_of_the_account_and_each_row_once(database: Database) -> None:
    other = entry(1, account_id="2" * 32)
    lookup = looking_up(log, ("account_id", "n"), Sought("rev_id", "ids"), Sought("record_id", "records"))
    with database.writing() as connection:
        insert_all(connection, {log: [entry(1), entry(2, record_id=f"{1:032}"), entry(3), other]})
        both = [f"{1:032}", f"{9:032}"]
        found = lookup.rows(connection, {"whose": ONE, "ids": both, "records": both})
        assert sorted(found) == [(ONE, 1), (ONE, 2)]
        assert lookup.rows(connection, {"whose": ONE, "ids": [], "records": []}) == []


@pytest.mark.slow
@given(values=st.lists(TEXTS | st.none() | st.sampled_from(["NULL", '"', "\\", "{}", ","])))
def test_an_array_reads_as_the_texts_that_were_written(on_postgresql: Connection, values: list[Any]) -> None:
    query = text("SELECT CAST(:them AS text[])").columns(column("them"))
    assert on_postgresql.execute(query, {"them": array_literal(values)}).scalar_one() == values


@pytest.mark.slow
@pytest.mark.parametrize("gone", ["DEALLOCATE ALL", "DISCARD PLANS"])
def test_statements_that_someone_took_away_are_prepared_again(gone: str) -> None:
    with fresh_database() as url, running_centre(url) as centre:
        laptop = Laptop.enrol(centre.url, centre.invite())
        laptop.sync([recorded()])
        with centre.database.writing() as connection:
            connection.execute(text(gone))
        answers = {laptop.ask([]).status_code for _ in range(5)}
        assert answers <= {200, 503}
        assert laptop.ask([]).status_code == 200
        assert laptop.sync([recorded()]).status == "ok"


@pytest.mark.slow
def test_a_rollback_takes_nothing_away(on_postgresql: Connection) -> None:
    ours = Prepared(select(bindparam("it", type_=log.c.rev_id.type).label("it")).where(text("true")))
    for _ in range(10):
        assert ours.rows(on_postgresql, {"it": "x"}) == [("x",)]
        on_postgresql.execute(text("SAVEPOINT here"))
        on_postgresql.execute(text("ROLLBACK TO here"))


@pytest.mark.slow
def test_a_connection_that_was_ended_is_told_as_that() -> None:
    ours = Prepared(select(log.c.n).where(log.c.account_id == bindparam("whose")))
    with fresh_database() as url, running_centre(url) as centre:

        def ask() -> None:
            with centre.database.reading() as connection:
                ours.rows(connection, {"whose": ONE})
                driver: Any = connection.connection.driver_connection
                with psycopg.connect(driver.info.dsn) as other:
                    other.execute("SELECT pg_terminate_backend(%s)", (driver.info.backend_pid,))
                ours.rows(connection, {"whose": ONE})

        with pytest.raises(UNREACHABLE):
            ask()
        with centre.database.engine.connect() as ended, centre.database.engine.connect() as other:
            ended_at = ended.connection.driver_connection
            assert isinstance(ended_at, psycopg.Connection)
            end = text("SELECT pg_terminate_backend(:at, 30000)")
            other.execute(end, {"at": ended_at.info.backend_pid})
            see_only(ended, ONE)
            with pytest.raises(UNREACHABLE):
                ours.rows(ended, {"whose": ONE})
        with centre.database.reading() as connection:
            assert ours.rows(connection, {"whose": ONE}) == []


@pytest.mark.parametrize("whose", [EVERYONE, ONE])
def test_a_session_that_ends_under_a_plain_statement_is_told_as_that_too(whose: str) -> None:
    """SQLAlchemy lets go of such a session at once. What is tidied up after it must not hide why."""
    end = text("SELECT pg_terminate_backend(:at, 30000)")

    def ask(connection: Connection, other: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
        other.execute(end, {"at": driver.info.backend_pid})
        connection.execute(text("SELECT 1"))

    def seeing_all(connection: Connection, other: Connection) -> None:
        with seeing_everyone(connection):
            ask(connection, other)

    with fresh_database() as url, closing(Database(url)) as database, closing(Database(url)) as operator:
        for opened in (database.reading, database.writing):
            for way in (ask, seeing_all):
                with operator.writing() as other, pytest.raises(UNREACHABLE), opened(whose) as connection:
                    way(connection, other)
        with database.writing() as connection:
            found = connection.execute(text("SELECT current_setting('omi.account_id')"))
            assert found.scalar_one() == EVERYONE


def test_an_account_stays_narrowed_whatever_comes_first_or_fails() -> None:
    ours = Prepared(text("SELECT current_setting('omi.account_id')"))
    fails = Prepared(text("SELECT 1 / CAST(:by AS integer)"))
    zero = {"by": 0}

    def lifted(connection: Connection) -> None:
        with seeing_everyone(connection):
            fails.run(connection, zero)

    with fresh_database() as url, closing(Database(url)) as database:
        with database.writing(ONE) as connection:
            for fail in (
                lambda it: together(it, as_everyone(it, [(ours, {}), (fails, zero), (ours, {})])),
                lambda it: together(it, [*as_everyone(it, [(ours, {})]), (fails, zero)]),
                lifted,
            ):
                with pytest.raises(psycopg.DataError), connection.begin_nested():
                    fail(connection)
                assert ours.rows(connection, {}) == [(ONE,)]
            _, seen, _, after = together(connection, [*as_everyone(connection, [(ours, {})]), (ours, {})])
            assert (seen, after) == ([(EVERYONE,)], [(ONE,)])
            assert ours.rows(connection, {}) == [(ONE,)]
        with database.reading(ONE) as connection:
            with seeing_everyone(connection):
                pass
            assert ours.rows(connection, {}) == [(ONE,)]
        with suppress(ZeroDivisionError), database.writing(ONE) as connection:
            raise ZeroDivisionError
        for opened in (database.glancing, database.reading, database.writing):
            with opened() as connection:
                assert ours.rows(connection, {}) == [(EVERYONE,)]


def test_what_failed_as_it_began_a_transaction_lets_nothing_more_be_seen() -> None:
    """The transaction has begun and failed: it has not become one that sees everyone."""
    ours = Prepared(text("SELECT current_setting('omi.account_id')"))
    fails = Prepared(text("SELECT 1 / CAST(:by AS integer)"))
    with fresh_database() as url, closing(Database(url)) as database:

        def go_on() -> None:
            with database.writing(ONE) as connection:
                with suppress(psycopg.DataError):
                    fails.run(connection, {"by": 0})
                ours.rows(connection, {})

        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            go_on()
        with database.writing(ONE) as connection:
            assert ours.rows(connection, {}) == [(ONE,)]


def test_bytes_come_back_whole_where_a_database_would_write_them_another_way() -> None:
    some = Prepared(text("SELECT decode('00ff5c27', 'hex')"))
    with fresh_database() as url:
        with closing(Database(url)) as database, database.writing() as connection:
            name = make_url(url).database
            connection.execute(text(f'ALTER DATABASE "{name}" SET bytea_output = escape'))
        with closing(Database(url)) as database, database.reading(ONE) as connection:
            assert some.rows(connection, {}) == [(b"\0\xff\\'",)]


@given(written=TEXTS, number=st.integers(-(2**31), 2**31 - 1))
def test_values_of_every_type_come_back_as_they_went(
    on_postgresql: Connection, written: str, number: int
) -> None:
    of_every_type = Prepared(
        text(
            "SELECT CAST(:written AS text), CAST(:number AS integer), CAST(:number AS bigint),"
            " CAST(:number AS integer) > 0, CAST(:nothing AS text), convert_to(CAST(:written AS text), 'UTF8')"
        )
    )
    values = {"written": written, "number": number, "nothing": None}
    found = [(written, number, number, number > 0, None, written.encode())]
    assert together(on_postgresql, [(of_every_type, values)] * 2) == [found, found]


def test_a_transaction_begins_with_whatever_comes_first_and_not_at_all_without() -> None:
    ours = Prepared(text("SELECT current_setting('omi.account_id')"))
    with fresh_database() as url, running_centre(url) as centre:
        with centre.database.writing(ONE) as connection:
            assert connection.execute(text("SELECT current_setting('omi.account_id')")).scalar_one() == ONE
        with centre.database.writing(ONE) as connection:
            insert_all(connection, {erased_record: [{"account_id": ONE, "record_id": ONE}]})
            assert ours.rows(connection, {}) == [(ONE,)]
        with centre.database.writing(ONE) as connection:
            driver: Any = connection.connection.driver_connection
        with centre.database.writing() as connection:
            assert connection.connection.driver_connection is driver
            assert ours.rows(connection, {}) == [(EVERYONE,)]


def test_a_session_that_ended_in_the_pool_is_not_lent() -> None:
    alive = Prepared(text("SELECT 1"))
    end = text("SELECT pg_terminate_backend(:at, 30000)")
    with fresh_database() as url, closing(Database(url)) as database:
        with database.reading() as connection, database.reading() as other:
            driver: Any = connection.connection.driver_connection
            other_driver: Any = other.connection.driver_connection
            pids = [driver.info.backend_pid, other_driver.info.backend_pid]
        with psycopg.connect(driver.info.dsn) as operator:
            for pid in pids:
                operator.execute("SELECT pg_terminate_backend(%s, 30000)", (pid,))
        for opened in (database.reading, database.writing, database.glancing):
            with opened() as connection:
                assert alive.rows(connection, {}) == [(1,)]
        with database.reading(ONE) as connection, database.writing() as other:
            ended: Any = connection.connection.driver_connection
            other.execute(end, {"at": ended.info.backend_pid})
        with database.writing(ONE) as connection:
            assert alive.rows(connection, {}) == [(1,)]


@pytest.mark.slow
def test_a_look_into_a_log_reads_no_more_when_the_log_has_grown() -> None:
    """Of a new centre whose tables nobody has analysed yet, and of a whole batch: by a plan that is kept all of an
    account would be read, and by one that is made for two hundred ids all of the log."""
    ids = [f"{number:032}" for number in range(100_000, 100_200)]
    ours = looking_up(log, ("n",), Sought("rev_id", "ids"), Sought("record_id", "ids", where="parents <> ''"))
    plain = Prepared(
        select(log.c.n).where(log.c.account_id == bindparam("whose"), among(log.c.rev_id, "ids"))
    )
    whose = [ONE]
    read = text("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'log'")
    with fresh_database() as url, closing(Database(url)) as database:
        database.migrate()
        with database.writing(ONE) as connection, seeing_everyone(connection):

            def rows_read(lookup: Prepared) -> int:
                before: int = connection.execute(read).scalar_one()
                assert lookup.rows(connection, {"whose": whose[-1], "ids": ids}) == []
                after: int = connection.execute(read).scalar_one()
                return after - before

            for batch in range(12):
                insert_all(connection, {log: [entry(20 * batch + number) for number in range(1, 21)]})
                rows_read(ours), rows_read(plain)
            insert_all(connection, {log: [entry(number) for number in range(1000, 6000)]})
            assert rows_read(ours) == 0
            connection.exec_driver_sql("ANALYZE log")
            young = [
                entry(number, account_id="2" * 32, rev_id=f"{number + 50_000:032}")
                for number in range(1, 5001)
            ]
            whose.append("2" * 32)
            insert_all(connection, {log: [row | {"record_id": row["rev_id"]} for row in young]})
            assert rows_read(ours) == 0
            connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
            assert rows_read(plain) > 1000, "spelt plainly it reads no more either: then it may be"
