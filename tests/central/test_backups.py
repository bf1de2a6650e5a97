"""A backup is checked, never overwrites and never deletes; a restore erases again, and laptops bring the rest back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
import requests
from sqlalchemy import make_url, select, text, update

from omi_desktop.central import backups
from omi_desktop.central.backups import BackupRefused
from omi_desktop.central.database import Database, DatabaseRefused
from omi_desktop.central.tables import audit, centre, leaf, log
from omi_desktop.central.verification import verify
from omi_desktop.domain.clock import SystemClock
from tests.central.erasing import bodies, totals
from tests.central.laptop import Laptop, erased, recorded
from tests.kit.centre import Centre
from tests.kit.operator import run

pytestmark = pytest.mark.slow


@contextmanager
def stopped(centre: Centre) -> Iterator[None]:
    """The service is stopped for the block, as for a restore it must be."""
    centre.stop()
    centre.database.close()
    yield
    centre.database.close()
    centre.start()


def back_up(centre: Centre, file: Path) -> None:
    done = run("backup", str(file), url=centre.database_url)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.startswith("Backed up ")


def restore(centre: Centre, file: Path) -> subprocess.CompletedProcess[str]:
    """Restore, again and again for as long as it is said that there was another in the same second."""
    while "try again in a second" in (done := run("restore", str(file), url=centre.database_url)).stderr:
        continue
    return done


def restored(centre: Centre, file: Path, now: datetime) -> None:
    """Restore at a moment."""
    database = Database(centre.database_url)
    try:
        backups.restore(database, file, now)
    finally:
        database.close()


def actions(centre: Centre) -> list[str]:
    with centre.database.reading() as connection:
        return list(connection.execute(select(audit.c.action).order_by(audit.c.n)).scalars())


def test_what_was_erased_since_stays_erased_and_laptops_bring_back_the_rest(
    own_centre: Centre, own_laptop: Laptop, tmp_path: Path
) -> None:
    unwanted, kept, later = recorded(28), recorded(31), recorded(5)
    own_laptop.sync([unwanted, kept])
    back_up(own_centre, tmp_path / "backup")
    own_laptop.sync([erased(unwanted.record_id)])
    own_laptop.sync([later])
    before = totals(own_centre)
    assert before == (36, 36, 28)
    with stopped(own_centre):
        done = run("restore", str(tmp_path / "backup"), url=own_centre.database_url)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert bodies(own_centre, own_laptop.account) == {unwanted.rev_id: False, kept.rev_id: True}
    assert totals(own_centre) == (31, 31, 28)
    answer = requests.get(f"{own_centre.url}/healthz", timeout=10).json()
    assert answer["centre_id"] == own_laptop.enrolment["centre_id"]
    # The laptop reads that this is not the log it knew, and sends what did not come back.
    assert own_laptop.sync().status == "history_changed"
    own_laptop.restart()
    own_laptop.pull_all()
    own_laptop.sync([erased(unwanted.record_id), later])
    assert totals(own_centre) == before
    assert all(finding.holds for finding in verify(own_centre.database))
    assert "restored" in actions(own_centre)
    assert (tmp_path / "backup").exists()


def test_what_was_there_before_a_restore_is_moved_aside_whole(
    own_centre: Centre, own_laptop: Laptop, tmp_path: Path
) -> None:
    back_up(own_centre, tmp_path / "backup")
    own_laptop.sync([recorded(31)])
    with stopped(own_centre):
        done = run("restore", str(tmp_path / "backup"), url=own_centre.database_url)
    assert totals(own_centre) == (0, 0, 0)
    aside = done.stdout.split("Before it: ")[1].rstrip(".\n")
    if own_centre.database.is_sqlite:
        old = Database(f"sqlite:///{aside}")
        with old.reading() as connection:
            assert connection.execute(select(leaf.c.young)).scalars().all() == [31]
        old.close()
        assert not list(tmp_path.glob("*.part*"))
    else:
        schema = aside.removeprefix("the schema ")
        with own_centre.database.reading() as connection:
            assert connection.execute(text(f"SELECT young FROM {schema}.leaf")).scalars().all() == [31]  # noqa: S608


def test_a_backup_may_follow_a_restore(own_centre: Centre, own_laptop: Laptop, tmp_path: Path) -> None:
    own_laptop.sync([recorded(31)])
    back_up(own_centre, tmp_path / "one")
    with stopped(own_centre):
        assert restore(own_centre, tmp_path / "one").returncode == 0
    back_up(own_centre, tmp_path / "two")
    with stopped(own_centre):
        done = restore(own_centre, tmp_path / "two")
        assert done.returncode == 0, done.stderr
    assert totals(own_centre) == (31, 31, 0)
    assert [action for action in actions(own_centre) if "ed" in action][-2:] == ["restored", "restored"]


def test_of_two_restores_in_one_second_the_second_is_refused_and_changes_nothing(
    own_centre: Centre, own_laptop: Laptop, tmp_path: Path
) -> None:
    back_up(own_centre, tmp_path / "backup")
    now = SystemClock().now()
    with stopped(own_centre):
        restored(own_centre, tmp_path / "backup", now)
    own_laptop.sync([recorded(31)])
    with stopped(own_centre), pytest.raises(BackupRefused, match="try again in a second"):
        restored(own_centre, tmp_path / "backup", now)
    assert totals(own_centre) == (31, 31, 0)


def test_no_backup_is_ever_overwritten(own_centre: Centre, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("the only one")
    done = run("backup", str(tmp_path / "backup"), url=own_centre.database_url)
    assert done.returncode == 1
    assert done.stderr.endswith("is there already, and no backup is ever overwritten\n")
    assert (tmp_path / "backup").read_text() == "the only one"


def test_a_backup_that_cannot_be_written_is_one_sentence_and_leaves_nothing(
    own_centre: Centre, tmp_path: Path
) -> None:
    done = run("backup", str(tmp_path / "nowhere" / "backup"), url=own_centre.database_url)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_a_database_that_does_not_hold_makes_no_backup(
    own_centre: Centre, own_laptop: Laptop, tmp_path: Path
) -> None:
    own_laptop.sync([recorded(31)])
    with own_centre.database.writing() as connection:
        connection.execute(update(log).values(h="ab" * 32))
    done = run("backup", str(tmp_path / "backup"), url=own_centre.database_url)
    assert done.returncode == 1
    assert "The hash does not follow at account" in done.stderr
    assert list(tmp_path.glob("backup*")) == []
    assert "backed_up" not in actions(own_centre)


@pytest.mark.parametrize(
    ("database_url", "damage"),
    [
        *(("sqlite", damage) for damage in ("not there", "empty", "foreign", "torn", "changed")),
        # A dump is packed: what is changed in it can't be read any more.
        *(
            pytest.param("postgresql", damage, marks=pytest.mark.slow)
            for damage in ("not there", "empty", "foreign", "torn")
        ),
    ],
    indirect=["database_url"],
)
def test_what_is_no_whole_backup_changes_nothing(
    own_centre: Centre, own_laptop: Laptop, tmp_path: Path, damage: str
) -> None:
    own_laptop.sync([recorded(31) for _ in range(30)])
    file = tmp_path / "backup"
    back_up(own_centre, file)
    data = file.read_bytes()
    if damage == "not there":
        file.unlink()
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "foreign":
        file.write_bytes(b"Dear diary, " * 1000)
    elif damage == "torn":
        file.write_bytes(data[: len(data) // 2])
    else:
        file.write_bytes(data.replace(b'"count":31', b'"count":32'))
    own_laptop.sync([recorded(5)])
    with stopped(own_centre):
        done = run("restore", str(file), url=own_centre.database_url)
        assert done.returncode == 1, done.stdout
        assert done.stderr.endswith("Nothing was changed\n")
        assert len(done.stderr.splitlines()) == 1
    assert own_laptop.sync().status == "ok"
    assert totals(own_centre)[0] == 30 * 31 + 5
    assert not [path for path in tmp_path.rglob("*") if ".part" in path.name]


def test_a_backup_of_another_centre_is_refused(
    own_centre: Centre, own_laptop: Laptop, tmp_path: Path
) -> None:
    own_laptop.sync([recorded(31)])
    back_up(own_centre, tmp_path / "backup")
    with own_centre.database.writing() as connection:
        connection.execute(update(centre).values(centre_id="ab" * 16))
    with stopped(own_centre):
        done = run("restore", str(tmp_path / "backup"), url=own_centre.database_url)
        assert done.returncode == 1
        assert "This is a backup of another centre" in done.stderr
    assert totals(own_centre) == (31, 31, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_is_restored_where_no_file_is(
    own_centre: Centre, own_laptop: Laptop, tmp_path: Path
) -> None:
    own_laptop.sync([recorded(31)])
    back_up(own_centre, tmp_path / "backup")
    with stopped(own_centre):
        Path(make_url(own_centre.database_url).database or "").unlink()
        done = run("restore", str(tmp_path / "backup"), url=own_centre.database_url)
        assert done.returncode == 0, done.stderr
    assert own_laptop.sync().status == "ok"
    assert totals(own_centre) == (31, 31, 0)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_restore_that_ended_half_way_makes_no_new_centre(own_centre: Centre, own_laptop: Laptop) -> None:
    own_laptop.sync([recorded(31)])
    with stopped(own_centre):
        with own_centre.database.writing() as connection:
            connection.execute(text("ALTER SCHEMA public RENAME TO before_restore_20261125t200000z"))
            connection.execute(text("CREATE SCHEMA public"))
        with pytest.raises(DatabaseRefused, match="A restore was not finished") as refused:
            own_centre.database.migrate()
        with own_centre.database.writing() as connection:
            for statement in str(refused.value).split("with ")[1].split(";"):
                connection.execute(text(statement))
    assert totals(own_centre) == (31, 31, 0)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_without_the_programs_of_postgresql_it_says_so(own_centre: Centre, tmp_path: Path) -> None:
    done = run("backup", str(tmp_path / "backup"), url=own_centre.database_url, PATH="/nowhere")
    assert done.returncode == 1
    assert done.stderr == "pg_dump is not installed here: install PostgreSQL's client programs\n"
