"""One durable save as the window makes it, against SQLite alone writing the same row of the same bytes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from omi_desktop.domain.clock import SystemClock, uk_today
from omi_desktop.store.file import FILE_NAME
from tests.bench.measuring import Broken, Figure, Found, Settings, Values, column, p50_ms, take_turns
from tests.bench.profile import open_desk, recorded, session

_PRAGMAS = ("journal_mode=TRUNCATE", "synchronous=EXTRA", "foreign_keys=ON", "mmap_size=0")


def measure(settings: Settings) -> Found:
    """Both into a new file each run."""
    saves = settings.size(200, 10)
    recorded(settings.folder / "save" / "pattern", saves)
    schema, columns, rows = _pattern(settings.folder / "save" / "pattern" / FILE_NAME)
    insert = f"INSERT INTO revision ({columns}) VALUES ({','.join('?' * len(rows[0]))})"  # noqa: S608
    today = uk_today(SystemClock())
    numbers = iter(range(1_000_000))

    def limit() -> Values:
        file = settings.folder / "save" / f"limit{next(numbers)}.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            for statement in schema:
                connection.execute(statement)

            def save(row: tuple[object, ...]) -> None:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(insert, row)
                connection.execute("COMMIT")

            p50 = p50_ms([partial(save, row) for row in rows])
            kept = connection.execute("SELECT count(*) FROM revision").fetchone()[0]
        if kept != saves:
            raise Broken(f"{kept} rows are in the table, not {saves}")
        return {"p50": p50}

    def ours() -> Values:
        with open_desk(settings.folder / "save" / f"ours{next(numbers)}") as desk:
            details = [session(number, today) for number in range(saves)]
            p50 = p50_ms([partial(desk.sessions.save, each) for each in details])
            view = desk.sessions.save(details[0])
            if view != desk.sessions.get(view.record_id):
                raise Broken("a save shows something else than was saved")
            kept = len(desk.sessions.all()) - 1
        if kept != saves:
            raise Broken(f"{kept} sessions are on the desk, not {saves}")
        return {"p50": p50}

    limits, our_runs = take_turns(settings, limit, ours)
    what = f"one durable save, p50 of {saves}; limit: raw sqlite3, same pragmas, table and bytes"
    return Found(
        [Figure("save", what, "ms", column(limits, "p50"), column(our_runs, "p50"), goal=1.3)],
    )


def _pattern(file: Path) -> tuple[list[str], str, list[tuple[object, ...]]]:
    """The statements that make the app's own tables and indexes, and the rows that its saves wrote."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        made = connection.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC"
        )
        schema = [statement for (statement,) in made]
        found = connection.execute("SELECT * FROM revision ORDER BY rowid")
        columns = ",".join(name for name, *_ in found.description)
        return schema, columns, found.fetchall()
