"""Migrations: what they make is what the tables say."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import date
from pathlib import Path
from sqlite3 import Connection, IntegrityError, connect

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.stages import Nation
from omi_desktop.services import drafts
from omi_desktop.services.desk import Desk, Person
from omi_desktop.store import tables
from omi_desktop.store.file import FILE_NAME, VERSION, Store
from omi_desktop.store.migrate import SCRIPTS
from tests.kit.clock import SetClock

VERSION_1 = Path(__file__).parent / "files" / "version_1.db"
"""A file that the program made when its files were of version 1."""


def made_by_migrations(folder: Path) -> Path:
    """The file of a new profile."""
    Store.open(folder).close()
    return folder / FILE_NAME


def schema_of(path: Path) -> dict[str, str]:
    """Every table and index with the words that made it."""
    with closing(connect(path)) as raw:
        rows = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: sql for name, sql in rows if name != "alembic_version"}


def test_migrations_make_the_tables_that_the_code_declares(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{made_by_migrations(tmp_path)}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": True, "include_object": _is_ours},
        )
        steps = compare_metadata(context, tables.revision.metadata)
    engine.dispose()
    assert steps == []


def _is_ours(_found: object, name: str | None, kind: str, *_more: object) -> bool:
    """SQLModel keeps one list of tables for the whole process, the centre's included."""
    return kind != "table" or name in {table.name for table in tables.ALL}


def test_migrations_make_the_same_checks_keys_and_indexes_too(tmp_path: Path) -> None:
    # Alembic's comparison looks neither at CHECK constraints nor at the conditions of partial indexes.
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    tables.revision.metadata.create_all(engine, tables=tables.ALL)
    engine.dispose()
    declared = schema_of(tmp_path / "declared.db")
    migrated = schema_of(made_by_migrations(tmp_path))
    assert declared.keys() == migrated.keys()
    for name, sql in declared.items():
        assert _clauses(sql) == _clauses(migrated[name]), name


def _clauses(sql: str) -> list[str]:
    """The parts of a statement, in any order."""
    inside = " ".join(sql.replace('"', "").split()).partition("(")
    return [inside[0].strip(), *sorted(part.strip(" )(") for part in inside[2].split(", "))]


def test_the_version_of_the_file_is_the_number_of_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert len(scripts) == VERSION
    assert ScriptDirectory.from_config(config).get_heads() == [f"{VERSION:04}"]


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    before = made_by_migrations(tmp_path).read_bytes()
    assert made_by_migrations(tmp_path).read_bytes() == before


def rows_of(raw: Connection, table: str) -> list[tuple[object, ...]]:
    """Everything in a table."""
    return raw.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608  the names are ours


def test_a_file_of_version_1_is_brought_to_this_version_with_every_row(tmp_path: Path) -> None:
    shutil.copyfile(VERSION_1, tmp_path / FILE_NAME)
    old = ("revision", "parent", "account", "draft", "preference")
    with closing(connect(VERSION_1)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (1,)
        before = {table: rows_of(raw, table) for table in old}
    assert all(before.values())
    desk = Desk.open(tmp_path, clock=SetClock(), changes=Changes(), app="omi-desktop/test")
    sessions, person, kept = desk.sessions.all(), desk.person(), desk.drafts.get(drafts.NEW_RECORD)
    desk.close()
    with closing(connect(tmp_path / FILE_NAME)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert {table: rows_of(raw, table) for table in old} == before
    assert [(view.details.day, view.details.young_people[0].count) for view in sessions] == [
        (date(2026, 11, 24), 31),
        (date(2026, 11, 10), 7),
    ]
    assert person == Person("Siân O’Brien", Nation.WALES, "Orbit")
    assert kept is not None
    assert kept.form == {"where": "Ysgol Tŷ"}


def test_a_migrated_file_is_like_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    shutil.copyfile(VERSION_1, tmp_path / "old" / FILE_NAME)
    assert schema_of(made_by_migrations(tmp_path / "old")) == schema_of(made_by_migrations(tmp_path / "new"))


@pytest.mark.parametrize(
    "row",
    [
        "INSERT INTO tally (session, line, number, is_set, pressed_at) VALUES ('s', 'l', 100000, 0, '')",
        "INSERT INTO tally (session, line, number, is_set, pressed_at) VALUES ('s', 'l', -1, 1, '')",
        "INSERT INTO erasure VALUES ('c', 'a', 'r', 'v', '', 'perhaps')",
    ],
)
def test_what_no_press_or_decision_can_be_is_not_kept(tmp_path: Path, row: str) -> None:
    with closing(connect(made_by_migrations(tmp_path))) as raw, pytest.raises(IntegrityError, match="CHECK"):
        raw.execute(row)
