"""Statements that are put together once and given to the driver as they are, on both databases.

SQLAlchemy's way from a statement to the driver and back takes longer than most of them take in the database, and its
look at each value of a batch longer than the insert. psycopg in its turn lets other threads of the process go first at
several places of each exchange; libpq's own blocking call, which it offers too, at one. With eight laptops at once
that is a quarter of the service's time.
"""

from __future__ import annotations

import functools
import itertools
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import psycopg
from psycopg import errors, pq
from psycopg.pq.abc import PGresult
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
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

_NUMBERED = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_numbers = itertools.count()
_OPENING = "opening"
"""In a connection's `info`: what begins its transaction, until the first statement takes it along."""
_ROWS_AT_ONCE = 20
"""Rows in one INSERT into SQLite. Python's driver lets other threads go first at each step of a statement, and with one
for each row whoever has the turn to write waits for them as many times. So few that each number's statement is kept."""
Rows = Sequence[Mapping[str, Any]]
Steps = Sequence[tuple["Prepared", Mapping[str, Any]]]
"""Statements, each with its values."""


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
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[start : start + _ROWS_AT_ONCE]
                driver.execute(
                    _insert_values(table, names, len(some)), [value for row in some for value in row.values()]
                )
        return
    query, formats = _insert_arrays(tuple((table, names) for table, names, _ in full))
    columns = [[row[name] for row in rows] for _, names, rows in full for name in names]
    arrays = [
        _array_of_bytes(values) if binary else array_literal(values).encode()
        for values, binary in zip(columns, formats, strict=True)
    ]
    _ask(connection, query, arrays, formats)


class Prepared:
    """A statement of every call, put together once for each kind of database."""

    def __init__(self, statement: ClauseElement | Mapping[str, ClauseElement]) -> None:
        """One statement, or one for each name of a dialect. Texts in a list are for `among` and `looking_up`."""
        self._statement = statement
        self._ready: dict[str, tuple[str, Sequence[str], Mapping[str, Any]]] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What it finds. Raises what the driver raises: see REFUSED and UNREACHABLE."""
        query, names, constants = self._ready.get(connection.dialect.name) or self._prepare(connection)
        if constants:
            values = {**constants, **values}
        given = [values[name] for name in names]
        if connection.dialect.name != "sqlite":
            if _OPENING in connection.info:
                return _rows_of(exchange(connection, [self.written(connection, values)]))
            parameters = list(map(_parameter, given))
            return _rows_of(_ask(connection, query, parameters))
        driver: Any = connection.connection.driver_connection
        found: list[tuple[Any, ...]] = driver.execute(
            query, [orjson.dumps(each).decode() if type(each) is list else each for each in given]
        ).fetchall()
        return found

    run = rows
    """For what finds nothing."""

    def written(self, connection: Connection, values: Mapping[str, Any]) -> bytes:
        """The same as a text for `exchange`. Each value is a literal as libpq escapes it, for a typed parameter."""
        query, names, constants = self._ready.get(connection.dialect.name) or self._prepare(connection)
        given = [_parameter({**constants, **values}[name]) for name in names]
        escape = pq.Escaping(driver_of(connection).pgconn).escape_literal
        literals = b",".join(b"NULL" if each is None else escape(each) for each in given)
        name = _prepared_name(connection, query)
        return b"EXECUTE %b(%b)" % (name, literals) if given else b"EXECUTE %b" % name

    def _prepare(self, connection: Connection) -> tuple[str, Sequence[str], Mapping[str, Any]]:
        name = connection.dialect.name
        statement = self._statement
        chosen = statement[name] if isinstance(statement, Mapping) else statement
        compiled = chosen.compile(dialect=connection.dialect if name == "sqlite" else _NUMBERED)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 (for the type: it is no table that is made)
        constants = {key: value for key, value in compiled.params.items() if value is not None}
        ready = str(compiled), tuple(compiled.positiontup or ()), constants
        self._ready[name] = ready
        return ready


def begin_with_next(connection: Connection, opening: str) -> None:
    """Begin PostgreSQL's transaction with the next statement, in one exchange, whichever that is."""
    connection.info[_OPENING] = opening


def begin_not(connection: Connection) -> None:
    """Nothing was said in a transaction: there was none."""
    connection.info.pop(_OPENING, None)


def begin_now(connection: Connection) -> None:
    """Begin it, if that still waits for a statement."""
    if _OPENING in connection.info:
        exchange(connection, [])


def exchange(connection: Connection, texts: Sequence[bytes]) -> PGresult:
    """Statements of which only the last one's rows are looked at, in one exchange with PostgreSQL: going there and back
    takes as long as most of them."""
    driver = driver_of(connection)
    opening: str | None = connection.info.pop(_OPENING, None)
    try:
        return answered(
            driver, driver.pgconn.exec_(b";".join([opening.encode(), *texts] if opening else texts))
        )
    except errors.InvalidSqlStatementName as error:
        raise _prepared_is_gone(connection) from error


def _ask(
    connection: Connection,
    query: str,
    parameters: Sequence[bytes | None],
    formats: Sequence[int] | None = None,
) -> PGresult:
    """One exchange with PostgreSQL, which keeps the statement prepared for its connection."""
    begin_now(connection)
    driver = driver_of(connection)
    if driver.pgconn.transaction_status == pq.TransactionStatus.IDLE and not driver.autocommit:
        driver.execute("SELECT 1")  # psycopg begins its transaction with that
    given: Any = parameters
    name = _prepared_name(connection, query)
    try:
        return answered(driver, driver.pgconn.exec_prepared(name, given, formats, pq.Format.BINARY))
    except errors.InvalidSqlStatementName as error:
        raise _prepared_is_gone(connection) from error


def _prepared_name(connection: Connection, query: str) -> bytes:
    """What PostgreSQL knows a statement by, in this session."""
    prepared: dict[str, bytes] = connection.info.setdefault("prepared", {})
    name = prepared.get(query)
    if name is None:
        name = f"omi_{next(_numbers)}".encode()
        driver = driver_of(connection)
        answered(driver, driver.pgconn.prepare(name, query.encode()))
        prepared[query] = name
    return name


def _prepared_is_gone(connection: Connection) -> psycopg.OperationalError:
    """Something between us took them away. The call comes again, and they are prepared again."""
    connection.info["prepared"].clear()
    return psycopg.OperationalError("What was prepared is gone")


def answered(driver: psycopg.Connection[Any], result: PGresult) -> PGresult:
    """What PostgreSQL answered. Raises the error that it told instead, and OperationalError where it is gone."""
    if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        return result
    if driver.pgconn.status != pq.ConnStatus.OK:
        raise psycopg.OperationalError(result.error_message.decode("utf-8", "replace"))
    raise errors.error_from_result(result)


def _rows_of(result: PGresult) -> list[tuple[Any, ...]]:
    columns = range(result.nfields)
    read = [(_READ if result.fformat(at) else _READ_TEXT)[result.ftype(at)] for at in columns]
    return [
        tuple(
            None if (value := result.get_value(row, column)) is None else read[column](value)
            for column in columns
        )
        for row in range(result.ntuples)
    ]


def _whole(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)


_READ: Mapping[int, Callable[[bytes], Any]] = {
    16: lambda value: value == b"\1",
    17: bytes,
    20: _whole,
    23: _whole,
    25: bytes.decode,
}
"""By PostgreSQL's numbers of the types in our tables: bool, bytea, bigint, integer, text."""
_READ_TEXT: Mapping[int, Callable[[bytes], Any]] = {
    16: lambda value: value == b"t",
    17: lambda value: bytes.fromhex(value[2:].decode()),
    20: int,
    23: int,
    25: bytes.decode,
}
"""The same where rows come as text, as they do from `exchange`."""


def _parameter(value: Any) -> bytes | None:
    if value is None:
        return None
    return (array_literal(value) if type(value) is list else str(value)).encode()


def _array_of_bytes(values: Sequence[bytes | None]) -> bytes:
    """As PostgreSQL sends an array of bytea."""
    head = struct.pack("!iiIii", 1, None in values, 17, len(values), 1)
    return head + b"".join(
        struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value for value in values
    )


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """psycopg's own connection, for what SQLAlchemy would only slow down."""
    driver: psycopg.Connection[Any] | None = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 (for the type: the connection is open)
    return driver


@functools.cache
def _insert_values(table: Table, names: tuple[str, ...], count: int) -> str:
    row = f"({','.join('?' * len(names))})"
    return f"INSERT INTO {table.name} ({','.join(names)}) VALUES {','.join([row] * count)}"  # noqa: S608


@functools.cache
def _insert_arrays(inserts: tuple[tuple[Table, tuple[str, ...]], ...]) -> tuple[str, Sequence[int]]:
    """The statement, and for each of its parameters whether it is binary."""
    made, formats = [], []
    for table, names in inserts:
        arrays = []
        for name in names:
            sort = table.c[name].type
            formats.append(int(isinstance(sort, LargeBinary)))
            arrays.append(f"${len(formats)}::{sort.compile(_NUMBERED)}[]")
        into, rows = f"{table.name} ({','.join(names)})", f"unnest({','.join(arrays)})"
        made.append(f"INSERT INTO {into} SELECT * FROM {rows}")  # noqa: S608
    *first, last = made
    before = ",".join(f"insert_{number} AS ({each})" for number, each in enumerate(first))
    return (f"WITH {before} {last}" if before else last), formats


def array_literal(values: Sequence[Any]) -> str:
    """Values as PostgreSQL writes an array of them: psycopg takes ten times as long over it."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return f"{{{','.join(map(str, values))}}}"
    if kinds == {type(None)}:
        return f"{{{','.join(['NULL'] * len(values))}}}"
    if kinds == {str}:
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
        return orjson.dumps(value).decode() if dialect.name == "sqlite" else value


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


class Sought(NamedTuple):
    """A column that is looked in, the name of the list of texts that it may have, and which rows its index has."""

    column: str
    name: str
    where: str = ""


def looking_up(table: Table, wanted: Sequence[str], *sought: Sought) -> Prepared:
    """The rows of the account `whose` that have, in one of some columns, one of the texts in a list.

    PostgreSQL has an index that begins with the column. It would rather take the one that begins with the account: of
    an account newer than its statistics it believes that there is nothing, and reads all ten thousand rows. So that
    column is hidden from it.
    """
    ways = {
        "sqlite": ("account_id = :whose", "IN (SELECT value FROM json_each(:{}))"),
        "postgresql": ("account_id || '' = :whose", "= ANY(CAST(:{} AS text[]))"),
    }

    def look(mine: str, among: str, of: Sought) -> str:
        conditions = [mine, f"{of.column} {among.format(of.name)}", *filter(None, [of.where])]
        return f"SELECT {','.join(wanted)} FROM {table.name} WHERE {' AND '.join(conditions)}"  # noqa: S608

    return Prepared(
        {
            dialect: text(" UNION ".join(look(mine, among, of) for of in sought))
            for dialect, (mine, among) in ways.items()
        }
    )
