"""Statements that are put together once and given to the driver as they are, on both databases.

SQLAlchemy's way from a statement to the driver and back takes longer than most of them take in the database, and its
look at each value of a batch longer than the insert.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import (
    ARRAY,
    ClauseElement,
    ColumnElement,
    Connection,
    Dialect,
    LargeBinary,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

Rows = Sequence[Mapping[str, Any]]


def insert_all(connection: Connection, rows_of: Mapping[Table, Rows]) -> None:
    """Insert many rows into one table or several, each table's with the same columns, in one exchange with PostgreSQL.

    Raises one of REFUSED when a row is not taken. The driver gets the values as they are: SQLAlchemy's look at each of
    them costs more than the insert. PostgreSQL gets each column as one array: a quarter of the time of a batch of
    INSERTs, and as quick as a COPY, which it refuses where rows have policies.
    """
    full = [(table, tuple(rows[0]), rows) for table, rows in rows_of.items() if rows]
    if not full:
        return
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        for table, names, rows in full:
            driver.executemany(_insert_values(table, names), [tuple(row.values()) for row in rows])
        return
    query = _insert_arrays(tuple((table, names) for table, names, _ in full))
    arrays = [
        _array(table.c[name].type, [row[name] for row in rows])
        for table, names, rows in full
        for name in names
    ]
    driver_of(connection).execute(query, arrays)


class Prepared:
    """A statement of every call, put together once for each kind of database."""

    def __init__(self, statement: ClauseElement | Mapping[str, ClauseElement]) -> None:
        """One statement, or one for each name of a dialect. Texts in a list are for `among` and `looking_up`."""
        self._statement = statement
        self._ready: dict[str, tuple[str, Sequence[str], Mapping[str, Any]]] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What it finds. Raises what the driver raises: see REFUSED and UNREACHABLE."""
        found: list[tuple[Any, ...]] = self._execute(connection, values).fetchall()
        return found

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """For what finds nothing."""
        self._execute(connection, values)

    def _execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        dialect = connection.dialect.name
        query, names, constants = self._ready.get(dialect) or self._prepare(connection.dialect)
        if constants:
            values = {**constants, **values}
        driver: Any = connection.connection.driver_connection
        if dialect == "sqlite":
            given = [values[name] for name in names]
            return driver.execute(query, [json.dumps(each) if type(each) is list else each for each in given])
        given_by_name = {
            name: array_literal(each) if type(each) is list else each for name, each in values.items()
        }
        return driver.execute(query, given_by_name)

    def _prepare(self, dialect: Dialect) -> tuple[str, Sequence[str], Mapping[str, Any]]:
        statement = self._statement
        chosen = statement[dialect.name] if isinstance(statement, Mapping) else statement
        compiled = chosen.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 (for the type: it is no table that is made)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        ready = str(compiled), tuple(compiled.positiontup or ()), constants
        self._ready[dialect.name] = ready
        return ready


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """psycopg's own connection, for what SQLAlchemy would only slow down."""
    driver: psycopg.Connection[Any] | None = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 (for the type: the connection is open)
    return driver


@functools.cache
def _insert_values(table: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({','.join(names)}) VALUES ({','.join('?' * len(names))})"  # noqa: S608


@functools.cache
def _insert_arrays(inserts: tuple[tuple[Table, tuple[str, ...]], ...]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    made = []
    for table, names in inserts:
        sorts = [table.c[name].type for name in names]
        arrays = ",".join(
            f"{'%b' if isinstance(sort, LargeBinary) else '%s'}::{sort.compile(dialect)}[]" for sort in sorts
        )
        made.append(f"INSERT INTO {table.name} ({','.join(names)}) SELECT * FROM unnest({arrays})")  # noqa: S608
    *first, last = made
    before = ",".join(f"insert_{number} AS ({each})" for number, each in enumerate(first))
    return f"WITH {before} {last}" if before else last


def _array(sort: TypeEngine[Any], values: list[Any]) -> Any:
    """Bytes psycopg packs well itself."""
    return values if isinstance(sort, LargeBinary) else array_literal(values)


def array_literal(values: Sequence[Any]) -> str:
    """Values as PostgreSQL writes an array of them: psycopg takes ten times as long over it."""
    if set(map(type, values)) == {str}:
        joined = '","'.join(values)
        if "\\" not in joined and joined.count('"') == 2 * (len(values) - 1):
            return f'{{"{joined}"}}'
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if type(value) is int:
        return str(value)
    if type(value) is bool:
        return "t" if value else "f"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Texts(TypeDecorator[Sequence[str]]):
    """Any number of texts as one value: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Text))

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        return json.dumps(value) if dialect.name == "sqlite" else value


class _Among(FunctionElement[Any]):
    """A column's value is one of a list's. An `IN` with two hundred values takes longer to write than to run.

    It has no type, for a Boolean one would be compared with 1 on SQLite, which then looks at every row.
    """

    inherit_cache = True


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608


@compiles(_Among)
def _on_postgres(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY({texts})"


def among(column: ColumnElement[str], name: str) -> ColumnElement[Any]:
    """Whether a column's value is one of the texts that the statement is given under a name."""
    return _Among(column, bindparam(name, type_=_Texts()))


def looking_up(table: Table, sought: Mapping[str, str], wanted: Sequence[str]) -> Prepared:
    """The rows of the account `whose` that have, in one of some columns, one of the texts in a list, by its index.

    `sought` names the list for each column. PostgreSQL keeps the plan that it made when the table was small, and reads
    all of an account for a list of values. So each value is a look of its own there, and OFFSET keeps it one.
    """
    found, mine = ",".join(wanted), f"FROM {table.name} WHERE account_id = :whose AND"
    on_sqlite = [
        f"SELECT {found} {mine} {column} IN (SELECT value FROM json_each(:{name}))"  # noqa: S608
        for column, name in sought.items()
    ]
    on_postgresql = [
        f"SELECT {found} FROM unnest(CAST(:{name} AS text[])) AS sought (value) "  # noqa: S608
        f"CROSS JOIN LATERAL (SELECT {found} {mine} {column} = sought.value OFFSET 0) AS found"
        for column, name in sought.items()
    ]
    return Prepared(
        {"sqlite": text(" UNION ".join(on_sqlite)), "postgresql": text(" UNION ".join(on_postgresql))}
    )
