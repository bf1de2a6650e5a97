"""Several statements in one exchange with PostgreSQL: what comes back, what an error leaves, how large it may be."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, text

from omi_desktop.central.database import UNREACHABLE, Database
from omi_desktop.central.exchange import Asked, driver_of, exchange
from omi_desktop.central.waiting import is_silent, wait_until_ready
from tests.kit.postgres import fresh_database

pytestmark = pytest.mark.slow
ONE = "1" * 32
MANY = 9 * 1024 * 1024
"""Bytes that no socket takes at once."""


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with fresh_database() as url, closing(Database(url)) as found:
        yield found


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing(ONE) as found:
        yield found


def said(connection: Connection, *queries: str) -> list[bytes | None]:
    return [each.get_value(0, 0) for each in exchange(connection, [Asked(query) for query in queries])]


def test_each_statement_has_its_result_and_the_transaction_has_begun(connection: Connection) -> None:
    whose = "SELECT current_setting('omi.account_id')"
    assert said(connection, "SELECT 'a'::text", whose, "SELECT 'a'::text") == [b"a", ONE.encode(), b"a"]
    assert exchange(connection, []) == []
    driver: Any = connection.connection.driver_connection
    assert driver.pgconn.transaction_status == psycopg.pq.TransactionStatus.INTRANS


def test_what_comes_after_one_that_fails_is_not_done_and_the_session_goes_on(database: Database) -> None:
    def fail(*queries: str) -> None:
        with database.writing(ONE) as connection:
            said(connection, *queries)

    with database.writing() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS mark (n integer PRIMARY KEY)"))
    add = "INSERT INTO mark VALUES (1) RETURNING n::text"
    with pytest.raises(psycopg.errors.UniqueViolation):
        fail(add, add, "INSERT INTO mark VALUES (2) RETURNING n::text")
    with pytest.raises(psycopg.errors.UndefinedTable):
        fail("SELECT 'prepared'::text", "SELECT n::text FROM nowhere", "SELECT 'never prepared'::text")
    with database.writing(ONE) as connection:
        assert said(connection, "SELECT count(*)::text FROM mark", "SELECT 'never prepared'::text") == [
            b"0",
            b"never prepared",
        ]


def test_what_is_larger_than_any_socket_holds_goes_both_ways(connection: Connection) -> None:
    """PostgreSQL answers before it has read all: whoever only writes would wait for ever."""
    given = [b"x" * MANY, b"y" * MANY]
    found = exchange(connection, [Asked("SELECT $1::text", [each]) for each in given * 2])
    assert [each.get_value(0, 0) for each in found] == given * 2


@pytest.mark.parametrize("at", range(3))
def test_a_session_that_ends_in_the_middle_is_told_as_that(database: Database, at: int) -> None:
    queries = ["SELECT 'a'::text"] * 2
    queries.insert(at, "SELECT pg_terminate_backend(pg_backend_pid())::text")

    def end() -> None:
        with database.writing(ONE) as connection:
            said(connection, *queries)

    with pytest.raises(UNREACHABLE):
        end()
    with database.writing(ONE) as connection:
        assert said(connection, "SELECT 'a'::text") == [b"a"]


def test_a_statement_whose_table_is_another_one_now_is_prepared_again(database: Database) -> None:
    """As after a migration under a running service."""

    def look() -> list[bytes | None]:
        with database.writing(ONE) as connection:
            return said(connection, "SELECT n FROM other")

    with database.writing() as connection:
        connection.execute(text("CREATE TABLE other AS SELECT 1 AS n"))
    assert look() == [b"\0\0\0\1"]
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE other ALTER COLUMN n TYPE text"))
    with pytest.raises(UNREACHABLE):
        look()
    assert look() == [b"1"]


def test_without_poll_it_waits_in_another_way(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    monkeypatch.delattr(select, "poll")
    socket = driver_of(connection).pgconn.socket
    assert is_silent(socket)
    given = b"x" * MANY
    (found,) = exchange(connection, [Asked("SELECT $1::text", [given])])
    assert found.get_value(0, 0) == given
    driver_of(connection).pgconn.send_query(b"SELECT 1")
    wait_until_ready(socket)
    assert not is_silent(socket)
    while driver_of(connection).pgconn.get_result() is not None:
        pass
