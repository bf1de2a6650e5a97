"""The driver under SQLAlchemy, for what every save and every page of a sync does.

Around a statement that is written out already SQLAlchemy takes longer than SQLite does over the statement. Errors are
the driver's own; the file's two ways in take both kinds alike.
"""

from __future__ import annotations

import sqlite3
from typing import cast

from sqlalchemy import Connection


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, in the same transaction."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)
