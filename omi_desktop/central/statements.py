"""Statements that are put together once and given to the driver as they are, on both databases.

SQLAlchemy's way from a statement to the driver and back takes longer than most of them take in the database, and its
look at each value of a batch longer than the insert.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import orjson
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

from omi_desktop.central.exchange import Asked, exchange

_NUMBERED = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_ROWS_AT_ONCE = 20
"""Rows in one INSERT into SQLite. Python's driver lets other threads go first at each step of a statement, and with one
for each row whoever has the turn to write waits for them as many times. So few that each number's statement is kept."""
Rows = Sequence[Mapping[str, Any]]
Row = tuple[Any, ...]
Values = Mapping[str, Any]


class Statement(Protocol):
    """What can be given to the driver."""

    def rows(self, connection: Connection, values: Values) -> list[Row]:
        """What it finds. Raises what the driver raises: see REFUSED and UNREACHABLE."""
        ...

    def asked(self, values: Values) -> Asked:
        """As it goes to PostgreSQL."""
        ...


Step = tuple[Statement, Values]
"""A statement with its values."""
Steps = Sequence[Step]


def together(connection: Connection, steps: Steps) -> list[list[Row]]:
    """What each of them finds, asked in one exchange with PostgreSQL. Raises what the first that fails does, and does
    none of those after it; nor is anything of those before it kept, unless a savepoint around it is gone back to."""
    if not steps:
        return []
    if connection.dialect.name == "sqlite":
        return [statement.rows(connection, values) for statement, values in steps]
    return list(map(_rows_of, exchange(connection, [statement.asked(values) for statement, values in steps])))


class Prepared:
    """A statement of every call, put together once for each kind of database."""

    def __init__(self, statement: ClauseElement | Mapping[str, ClauseElement]) -> None:
        """One statement, or one for each name of a dialect. Texts in a list are for `among` and `looking_up`."""
        self._statement = statement
        self._ready: dict[str, tuple[str, Sequence[str], Values]] = {}

    def rows(self, connection: Connection, values: Values) -> list[Row]:
        """What it finds. Raises what the driver raises: see REFUSED and UNREACHABLE."""
        if connection.dialect.name != "sqlite":
            return _rows_of(*exchange(connection, [self.asked(values)]))
        query, given = self._given(connection.dialect, values)
        driver: Any = connection.connection.driver_connection
        found: list[Row] = driver.execute(
            query, [orjson.dumps(each).decode() if type(each) is list else each for each in given]
        ).fetchall()
        return found

    run = rows
    """For what finds nothing."""

    def asked(self, values: Values) -> Asked:
        """As it goes to PostgreSQL."""
        query, given = self._given(_NUMBERED, values)
        return Asked(query, list(map(_parameter, given)))

    def _given(self, dialect: Dialect, values: Values) -> tuple[str, list[Any]]:
        query, names, constants = self._ready.get(dialect.name) or self._prepare(dialect)
        if constants:
            values = {**constants, **values}
        return query, [values[name] for name in names]

    def _prepare(self, dialect: Dialect) -> tuple[str, Sequence[str], Values]:
        statement = self._statement
        chosen = statement[dialect.name] if isinstance(statement, Mapping) else statement
        compiled = chosen.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 (for the type: it is no table that is made)
        constants = {key: value for key, value in compiled.params.items() if value is not None}
        ready = str(compiled), tuple(compiled.positiontup or ()), constants
        self._ready[dialect.name] = ready
        return ready


class _Insert:
    """Rows into one table or several, each table's with the same columns; its values are all rows of each.

    The driver gets the values as they are: SQLAlchemy's look at each of them costs more than the insert. PostgreSQL
    gets each column as one array: a quarter of the time of a batch of INSERTs, and as quick as a COPY, which it refuses
    where rows have policies.
    """

    def __init__(self, *into: tuple[Table, tuple[str, ...]]) -> None:
        self._into = into
        self._query, self._formats = _insert_arrays(into)

    def rows(self, connection: Connection, values: Values) -> list[Row]:
        """Nothing is found."""
        driver: Any = connection.connection.driver_connection
        for table, names in self._into:
            rows: Rows = values[table.name]
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[start : start + _ROWS_AT_ONCE]
                driver.execute(
                    _insert_values(table, names, len(some)), [value for row in some for value in row.values()]
                )
        return []

    def asked(self, values: Values) -> Asked:
        """As it goes to PostgreSQL."""
        columns: list[tuple[Any, ...]] = []
        for table, _ in self._into:
            columns += zip(*[row.values() for row in values[table.name]], strict=True)
        arrays = [
            _array_of_bytes(column) if is_binary else array_literal(column).encode()
            for column, is_binary in zip(columns, self._formats, strict=True)
        ]
        return Asked(self._query, arrays, self._formats)


_insert = functools.cache(_Insert)


def inserting(rows_of: Mapping[Table, Rows]) -> Steps:
    """Insert many rows into one table or several, each table's with the same columns. One of REFUSED when a row is not
    taken."""
    into = [(table, tuple(rows[0])) for table, rows in rows_of.items() if rows]
    return [(_insert(*into), {table.name: rows for table, rows in rows_of.items()})] if into else []


def insert_all(connection: Connection, rows_of: Mapping[Table, Rows]) -> None:
    """Insert them now."""
    together(connection, inserting(rows_of))


def _rows_of(result: PGresult) -> list[Row]:
    columns = range(result.nfields)
    read = [_READ[result.ftype(at)] for at in columns]
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


@functools.cache
def _insert_values(table: Table, names: tuple[str, ...], count: int) -> str:
    row = f"({','.join('?' * len(names))})"
    return f"INSERT INTO {table.name} ({','.join(names)}) VALUES {','.join([row] * count)}"  # noqa: S608


def _insert_arrays(inserts: Sequence[tuple[Table, tuple[str, ...]]]) -> tuple[str, Sequence[int]]:
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
