"""The migrations make the tables that the code declares, on both databases, and only when they are due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Table, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from omi_desktop.central import database as database_module
from omi_desktop.central.accounts import add_hub
from omi_desktop.central.app import create_app
from omi_desktop.central.database import REVISION, Database, DatabaseRefused
from omi_desktop.central.identity import identify_centre
from omi_desktop.central.tables import account, code, hub, leaf, log, metadata, visit
from tests.central.laptop import NOW
from tests.central.test_ingest import at_once


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as found:
        yield found


def shape(database: Database) -> dict[str, Any]:
    """Everything that can be read back of the tables, CHECK constraints included."""
    found = inspect(database.engine)
    return {
        name: {
            "columns": [
                (part["name"], str(part["type"]), part["nullable"]) for part in found.get_columns(name)
            ],
            "checks": sorted(
                (str(part["name"]), part["sqltext"]) for part in found.get_check_constraints(name)
            ),
            "indexes": sorted((str(part["name"]), part["column_names"]) for part in found.get_indexes(name)),
            "unique": sorted(
                (str(part["name"]), part["column_names"]) for part in found.get_unique_constraints(name)
            ),
            "key": found.get_pk_constraint(name)["constrained_columns"],
            "foreign": sorted(part["constrained_columns"] for part in found.get_foreign_keys(name)),
        }
        for name in found.get_table_names()
        if name != "alembic_version"
    }


def is_of(database: Database) -> Callable[..., bool]:
    """Whether a declared constraint or index is of this kind of database at all. What is there always counts."""

    def is_meant(item: Any, _name: str, kind: str, is_there: bool, _other: object) -> bool:
        condition = getattr(item, "_ddl_if", None)
        if is_there or condition is None:
            return True
        return bool(condition.dialect == database.url.get_backend_name())

    return is_meant


def test_the_migrations_make_the_tables_that_are_declared(database: Database) -> None:
    database.migrate()
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_of(database)})
        assert compare_metadata(context, metadata) == []
    migrated = shape(database)
    with database.writing() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert shape(database) == migrated
    assert set(migrated) == set(metadata.tables)


def test_a_database_of_the_first_version_keeps_its_rows(database: Database) -> None:
    """What a centre of version 0001 holds is there after the next step, and its checks still hold."""
    ident, sha = "a" * 32, "b" * 64
    entry: dict[str, Any] = {"account_id": ident, "n": 1, "rev_id": ident, "record_id": ident, "sha": sha}
    entry |= {"h": sha, "kind": "session", "parents": "", "received_at": "2026", "canonical": b"{}"}
    person = {"id": ident, "hub_id": ident, "name": "Sam", "carry_key": b"k" * 32, "n": 1, "h": sha}
    used = {"code_hash": sha, "hub_id": ident, "name": "Sam", "expires_at": "2027", "used_at": "2026"}
    rows: list[tuple[Table, dict[str, Any]]] = [
        (hub, {"id": ident, "name": "Leicester", "added_at": "2026"}),
        (account, person | {"added_at": "2026"}),
        (code, used),
        (code, used | {"code_hash": "c" * 64, "name": "Kim", "used_at": None}),
        (log, entry),
    ]
    with database.writing() as connection:
        database_module.upgrade(connection, "0001")
        for table, values in rows:
            connection.execute(insert(table).values(values))
    database.migrate()
    with database.reading() as connection:
        assert connection.execute(select(log)).one()._asdict() == entry
        assert connection.execute(select(account.c.name, account.c.erased_records)).one() == ("Sam", 0)
        names = connection.execute(select(code.c.name).order_by(code.c.code_hash)).scalars().all()
        assert names == [None, "Kim"]
    for wrong in ({"sha": "short"}, {"canonical": b""}, {"n": 0}):
        with database.writing() as connection, pytest.raises(IntegrityError):
            connection.execute(insert(log).values(entry | {"n": 2, "rev_id": "c" * 32} | wrong))


def test_the_newest_migration_is_the_one_that_the_code_waits_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database_module.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_a_database_is_migrated_once(database: Database) -> None:
    database.migrate()
    database.migrate()
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [
            REVISION
        ]


# pydantic, when several apps are made at once in one process, which only happens here.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.UnsupportedFieldAttributeWarning")
def test_processes_that_start_together_make_one_centre(database_url: str) -> None:
    gate = threading.Lock()
    ids = []

    def start(_index: int) -> None:
        with closing(Database(database_url)) as found:
            found.migrate()
            create_app(found)
            with found.reading() as connection, gate:
                ids.append(identify_centre(connection, NOW))

    at_once(4, start)
    assert len(set(ids)) == 1


def test_writers_of_several_processes_on_sqlite_wait_their_turn(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'central.db'}"

    def write(_index: int) -> None:
        with closing(Database(url)) as found:
            found.migrate()
            for _ in range(5):
                with found.writing() as connection:
                    number = connection.execute(text("SELECT count(*) FROM hub")).scalar_one()
                    add_hub(connection, f"Hub {number}", NOW)

    at_once(4, write)
    with closing(Database(url)) as found, found.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM hub")).scalar_one() == 20


def test_processes_that_ask_at_once_who_they_are_agree(database: Database) -> None:
    database.migrate()

    def ask(_index: int) -> object:
        with database.writing() as connection:
            return identify_centre(connection, NOW)

    assert len(set(at_once(8, ask))) == 1


def test_who_the_centre_is_stays_as_it_was_made(database: Database) -> None:
    database.migrate()
    with database.writing() as connection:
        made = identify_centre(connection, NOW)
    with database.writing() as connection:
        assert identify_centre(connection, NOW) == made


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    database.migrate()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseRefused, match="newer version"):
        database.migrate()


def test_every_connection_is_as_durable_as_promised(database: Database) -> None:
    with database.writing() as one, database.reading() as other:
        for connection in (one, other):
            if database.is_sqlite:
                pragmas = [
                    connection.execute(text(f"PRAGMA {name}")).scalar_one()
                    for name in ("journal_mode", "synchronous", "foreign_keys")
                ]
                assert pragmas == ["truncate", 3, 1]
            else:
                assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"


def test_a_transaction_that_fails_leaves_nothing_tables_included(database: Database) -> None:
    def fail_half_way() -> None:
        with database.writing() as connection:
            connection.execute(text("CREATE TABLE half (x INTEGER)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert not inspect(database.engine).has_table("half")


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "sqlite:///:memory:", "mysql://x/y"])
def test_a_database_that_is_not_supported_is_refused_in_words(url: str) -> None:
    with pytest.raises(DatabaseRefused):
        Database(url)


def test_the_short_spelling_of_postgresql_is_understood() -> None:
    with closing(Database("postgresql://somewhere/omi")) as found:
        assert found.url.drivername == "postgresql+psycopg"


def test_leaves_and_visits_of_step_0005_are_kept_in_their_new_shape(database: Database) -> None:
    """Two accounts at one place on one day are told that they met, and a leaf has all its places."""
    one, two, rev, far = "1" * 32, "2" * 32, "a" * 32, "f" * 32
    places = [(one, rev, "e" * 32), (one, rev, far), (two, rev, far)]
    entry = "INSERT INTO log VALUES (:whose, 7, :rev, :rev, :sha, :sha, 'session', '', '2026', :body)"
    kept = """
        INSERT INTO leaf VALUES
        (:whose, :rev, :rev, 'session', false, 1, '2026-11-24', 28, NULL, 29, 60, 50, NULL, NULL)
    """
    visited = "INSERT INTO leaf_place VALUES (:whose, :rev, :place, '2026-11-24')"
    with database.writing() as connection:
        database_module.upgrade(connection, "0005")
        for whose in (one, two):
            values = {"whose": whose, "rev": rev, "sha": "b" * 64, "body": b"{}"}
            connection.execute(text(entry), values)
            connection.execute(text(kept), {"whose": whose, "rev": rev})
        for whose, rev_id, place in places:
            connection.execute(text(visited), {"whose": whose, "rev": rev_id, "place": place})
    database.migrate()
    with database.reading() as connection:
        rows = [row._asdict() for row in connection.execute(select(leaf).order_by(leaf.c.account_id))]
        assert [(row["account_id"], row["n"], row["places"]) for row in rows] == [
            (one, 7, f"{'e' * 32} {far}"),
            (two, 7, far),
        ]
        assert [(row["day"], row["young"], row["agreed"], row["minutes"]) for row in rows] == [
            ("2026-11-24", 28, 29, 50)
        ] * 2
        found = connection.execute(select(visit).order_by(visit.c.account_id, visit.c.place)).all()
        assert [tuple(row) for row in found] == [
            (one, "2026-11-24", "e" * 32, False),
            (one, "2026-11-24", far, True),
            (two, "2026-11-24", far, True),
        ]
