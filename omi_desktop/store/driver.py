"""The driver under SQLAlchemy, for what every save and every page of a sync does.

Around a statement that is put together already SQLAlchemy takes longer than SQLite does over the statement. Errors are
the driver's own; the file's two ways in take both kinds alike.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.sql.compiler import SQLCompiler


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, in the same transaction."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


class Prepared:
    """A statement of SQLAlchemy that is written out once, and then given to the driver as it is."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._written: tuple[str, dict[str, Any]] | None = None

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What it finds with these values. Raises what the driver raises."""
        query, constants = self._written or self._write()
        found: list[tuple[Any, ...]] = (
            driver_of(connection).execute(query, {**constants, **values}).fetchall()
        )
        return found

    run = rows
    """For what finds nothing."""

    def _write(self) -> tuple[str, dict[str, Any]]:
        compiled = self._statement.compile(dialect=SQLiteDialect(paramstyle="named"))
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 (for the type: it is no table that is made)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._written = str(compiled), constants
        return self._written
