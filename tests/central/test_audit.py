"""The audit log: written with what it tells of, chained, never changed, and without a word about a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import DatabaseError

from omi_desktop.central import accounts, audit
from omi_desktop.central.audit import Action
from omi_desktop.central.database import Database
from omi_desktop.central.identity import identify_centre
from omi_desktop.central.tables import audit as audit_table
from tests.central.laptop import NOW, Laptop
from tests.central.test_ingest import at_once
from tests.kit.centre import Centre
from tests.kit.operator import run


def written(centre: Centre) -> list[tuple[str, str]]:
    with centre.database.reading() as connection:
        return [(row.action, row.detail) for row in audit.rows(connection)]


def taken_away(connection: Connection) -> None:
    """What the database's owner can do, and nobody else."""
    if connection.dialect.name == "sqlite":
        for what in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER audit_no_{what}"))
    else:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_only_grows"))


def test_what_is_done_to_a_centre_is_written_down(own_centre: Centre) -> None:
    laptop = Laptop.enrol(own_centre.url, own_centre.invite(name="Sam Patel"), "Sam's laptop")
    laptop.another("Kim's laptop")
    with own_centre.database.writing() as connection:
        (lost,) = [row[0] for row in accounts.devices(connection) if row[3] == "Kim's laptop"]
        accounts.revoke(connection, lost, NOW)
        accounts.invite_again(connection, lost, NOW)
        accounts.invite(connection, "Leicester", 5, NOW)
    assert written(own_centre) == [
        ("centre_made", "{}"),
        ("hub_added", "{}"),
        ("codes_made", '{"codes":1}'),
        ("device_enrolled", "{}"),
        ("codes_made", '{"codes":1}'),
        ("device_enrolled", "{}"),
        ("device_revoked", "{}"),
        ("codes_made", '{"codes":1}'),
        ("codes_made", '{"codes":5}'),
    ]
    with own_centre.database.reading() as connection:
        assert audit.verify(connection) == (9, None)
        all_of_it = str(list(audit.rows(connection)))
    for word in ("Sam", "Patel", "Kim", "Leicester"):
        assert word not in all_of_it


def test_what_is_undone_is_not_written_down(own_centre: Centre) -> None:
    before = written(own_centre)

    def half_way() -> None:
        with own_centre.database.writing() as connection:
            accounts.add_hub(connection, "Cardiff", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    assert written(own_centre) == before


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_a_row_or_take_one_out(own_centre: Centre, statement: str) -> None:
    with own_centre.database.writing() as connection, pytest.raises(DatabaseError, match="only grows"):
        connection.exec_driver_sql(statement)
    with own_centre.database.reading() as connection:
        assert audit.verify(connection) == (1, None)


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET detail = '{\"codes\":9}' WHERE n = 3", 3),
        ("UPDATE audit SET actor = 'nobody' WHERE n = 2", 2),
        ("UPDATE audit SET h = (SELECT h FROM audit WHERE n = 2) WHERE n = 3", 3),
        ("DELETE FROM audit WHERE n = 2", 3),
        ("DELETE FROM audit WHERE n = 1", 2),
    ],
)
def test_a_row_that_was_altered_or_taken_out_breaks_the_chain(
    own_centre: Centre, statement: str, broken_at: int
) -> None:
    own_centre.invite()
    own_centre.invite()
    with own_centre.database.writing() as connection:
        assert audit.verify(connection) == (4, None)
        taken_away(connection)
        connection.exec_driver_sql(statement)
        assert audit.verify(connection).broken_at == broken_at


def test_a_row_that_was_altered_with_its_hash_breaks_the_next(own_centre: Centre) -> None:
    own_centre.invite()
    with own_centre.database.writing() as connection:
        first, second, _ = audit.rows(connection)
        forged = second._asdict() | {"actor": "nobody"}
        del forged["h"]
        h = audit._h(first.h, forged)
        taken_away(connection)
        connection.execute(update(audit_table).where(audit_table.c.n == 2).values(actor="nobody", h=h))
        assert audit.verify(connection).broken_at == 3


def test_rows_that_are_written_at_once_make_one_chain(own_centre: Centre) -> None:
    def write(index: int) -> None:
        for _ in range(5):
            with own_centre.database.writing() as connection:
                subject = f"hub:{index}"
                audit.append(connection, Action.HUB_ADDED, actor="operator", subject=subject, now=NOW)

    at_once(8, write)
    with own_centre.database.reading() as connection:
        assert audit.verify(connection) == (41, None)


def test_the_operator_reads_it_and_hears_of_a_broken_chain(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'central.db'}"
    database = Database(url)
    database.migrate()
    with database.writing() as connection:
        identify_centre(connection, NOW)
        accounts.add_hub(connection, "Leicester", NOW)
    done = run("audit", url=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split("\t")[3] for line in done.stdout.splitlines()] == ["centre_made", "hub_added"]
    with database.writing() as connection:
        taken_away(connection)
        connection.execute(text("UPDATE audit SET at = '2020-01-01T00:00:00Z' WHERE n = 1"))
    database.close()
    done = run("audit", url=url)
    assert done.returncode == 1
    assert done.stderr == "The chain does not hold: row 1 was altered, or one before it taken out\n"
