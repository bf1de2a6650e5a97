"""The list of erasures: on the disk before the commit, followed before anybody is answered, crash or no crash."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import update

from omi_desktop.central import accounts, audit
from omi_desktop.central.database import Database
from omi_desktop.central.erasure import Eraser, erased_among
from omi_desktop.central.erasure_list import ErasureList, ErasureListRefused, Line, void_lines
from omi_desktop.central.tables import log
from omi_desktop.domain.revision import new_id
from tests.central.erasing import CANARY, backed_up, bodies, enrolled, erase, restored, totals
from tests.central.laptop import NOW, Laptop, erased, recorded
from tests.central.test_cli import command
from tests.central.test_contract import problem
from tests.kit.centre import Centre


def test_the_list_has_a_line_of_ids_and_numbers_alone(own_centre: Centre, own_laptop: Laptop) -> None:
    first = recorded(28, class_name=CANARY)
    own_laptop.sync([first, erased(recorded().record_id)])
    own_laptop.sync([erased(first.record_id), erased(first.record_id)])
    own_laptop.sync([erased(first.record_id)])
    lines = own_centre.database.erasures.read()
    assert [len(line.records or ()) for line in lines] == [1, 1]
    assert (lines[1].records, lines[1].adjustments) == ((first.record_id,), {2026: 28})
    assert lines[1].account_id == own_laptop.account
    data = own_centre.database.erasures.path.read_text()
    assert CANARY not in data
    assert own_laptop.enrolment["account"]["name"] not in data
    assert own_centre.database.erasures.path.stat().st_mode & 0o077 == 0


class Refusing(ErasureList):
    """A list on a disk that is full."""

    def append(self, line: Line) -> None:
        raise OSError(28, "No space left on device")


def test_an_erasure_that_cannot_be_listed_is_not_done(own_centre: Centre, own_laptop: Laptop) -> None:
    first = recorded(28)
    own_laptop.sync([first])
    kept = own_centre.database.erasures
    own_centre.database.erasures = Refusing(kept.path)
    sent = [erased(first.record_id), recorded(3)]
    response = own_laptop.ask(sent)
    assert problem(response) == (503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert totals(own_centre) == (28, 28, 0)
    own_centre.database.erasures = kept
    own_laptop.sync(sent)
    assert totals(own_centre) == (3, 3, 28)


def at(calls: list[str], pattern: str) -> list[int]:
    """Where in strace's record a call stands."""
    return [number for number, call in enumerate(calls) if re.search(pattern, call)]


def test_the_line_is_durable_before_the_transaction_commits(tmp_path: Path) -> None:
    """Watched at the system: the list's file and folder are synced before SQLite empties its journal."""
    if shutil.which("strace") is None:
        missing = "strace is not installed, so nobody watches when the list is on the disk"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    database = Database(f"sqlite:///{tmp_path / 'central.db'}")
    database.migrate()
    with database.writing() as connection:
        accounts.add_hub(connection, "Leicester", NOW)
        (code_made,) = accounts.invite(connection, "Leicester", 1, NOW)
        made = accounts.enrol(connection, code_made, "Laptop", NOW)
    database.close()
    watched = tmp_path / "watched"
    words = command("account", "erase", made.account_id, "--yes", "--database-url", str(database.url))
    strace = ["strace", "-f", "-y", "-qq", "-e", "trace=fsync,fdatasync,ftruncate", "-o", str(watched)]
    subprocess.run([*strace, *words], check=True, capture_output=True, timeout=120)
    calls = watched.read_text().splitlines()
    listed = at(calls, r"f(data)?sync\(.*central-erasures\.jsonl>")
    named = at(calls, rf"fsync\(.*{re.escape(str(tmp_path))}>\)")
    committed = at(calls, r"ftruncate\(.*central\.db-journal>, 0\)")
    assert listed[-1] < named[-1] < committed[-1]
    assert not [one for one in committed if listed[-1] < one < named[-1]]


def test_a_line_is_on_the_disk_before_its_transaction_ends(own_centre: Centre, own_laptop: Laptop) -> None:
    """Killed between the two, the centre does what was asked when it starts again, and tells of it once."""
    first = recorded(28)
    own_laptop.sync([first])
    eraser = Eraser(own_centre.database.erasures, own_laptop.enrolment["centre_id"], NOW)

    def ask_and_fail() -> None:
        with own_centre.database.writing() as connection:
            erased_among(connection, eraser, own_laptop.account, [erased(first.record_id)])
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            ask_and_fail()
    assert totals(own_centre) == (28, 28, 0)
    assert len(own_centre.database.erasures.read()) == 2
    for _ in range(2):
        own_centre.stop()
        own_centre.start()
        assert totals(own_centre) == (0, 0, 28)
        assert bodies(own_centre, own_laptop.account) == {first.rev_id: False}
    own_laptop.sync([erased(first.record_id)])
    assert totals(own_centre) == (0, 0, 28)
    assert len(own_centre.database.erasures.read()) == 2


def test_an_erasure_that_failed_and_was_asked_for_again_is_told_once_after_a_restore(
    own_centre: Centre, own_laptop: Laptop
) -> None:
    first, second = recorded(28), recorded(3)
    own_laptop.sync([first, second])
    backup = backed_up(own_centre)
    eraser = Eraser(own_centre.database.erasures, own_laptop.enrolment["centre_id"], NOW)

    def ask_and_fail() -> None:
        with own_centre.database.writing() as connection:
            erased_among(connection, eraser, own_laptop.account, [erased(first.record_id)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ask_and_fail()
    own_laptop.sync([erased(first.record_id, second.record_id)])
    assert totals(own_centre) == (0, 0, 31)
    with restored(own_centre, backup):
        pass
    assert totals(own_centre) == (0, 0, 31)


def test_what_was_erased_stays_erased_in_a_restored_centre(own_centre: Centre, own_laptop: Laptop) -> None:
    before, edited, later = recorded(28), recorded(5), recorded(3)
    gone = enrolled(own_centre)
    gone.sync([recorded(100)])
    own_laptop.sync([before, edited])
    backup = backed_up(own_centre)
    late = enrolled(own_centre)
    late.sync([recorded(1000)])
    sent = erased(before.record_id, later.record_id)
    own_laptop.sync([later])
    own_laptop.sync([sent])
    for one in (gone, late):
        assert erase(own_centre, one.account)
    expected = totals(own_centre)
    assert expected == (5, 5, 28 + 3 + 100 + 1000)
    with restored(own_centre, backup):
        assert bodies(own_centre, own_laptop.account) == {before.rev_id: True, edited.rev_id: True}
    # It has not been asked anything yet.
    assert bodies(own_centre, own_laptop.account) == {before.rev_id: False, edited.rev_id: True}
    assert set(bodies(own_centre, gone.account).values()) == {False}
    assert totals(own_centre) == expected
    assert problem(gone.ask()) == (401, "account_erased")
    own_centre.stop()
    own_centre.start()
    assert totals(own_centre) == expected
    assert own_laptop.sync().status == "history_changed"
    own_laptop.restart()
    answer = own_laptop.sync([before, edited, later, sent], check=True)
    assert [(entry.rev_id, entry.erased) for entry in answer.pull] == [
        (before.rev_id, True),
        (edited.rev_id, False),
        (later.rev_id, True),
        (sent.rev_id, False),
    ]
    assert totals(own_centre) == expected
    with own_centre.database.reading() as connection:
        actions = [row.action for row in audit.rows(connection)]
        assert actions.count("erasures_replayed") == 1
        assert audit.verify(connection).broken_at is None


def test_a_body_that_came_back_in_another_way_is_scrubbed_at_the_next_start(
    own_centre: Centre, own_laptop: Laptop
) -> None:
    first = recorded(28)
    own_laptop.sync([first])
    own_laptop.sync([erased(first.record_id)])
    with own_centre.database.writing() as connection:
        connection.execute(update(log).where(log.c.rev_id == first.rev_id).values(canonical=first.canonical))
    own_centre.stop()
    own_centre.start()
    assert not bodies(own_centre, own_laptop.account)[first.rev_id]


def test_a_list_of_another_centre_and_damaged_lines_are_passed_over(
    own_centre: Centre, own_laptop: Laptop, caplog: pytest.LogCaptureFixture
) -> None:
    first = recorded(28)
    own_laptop.sync([first])
    erasures = own_centre.database.erasures
    erasures.append(
        Line(new_id(), new_id(), own_laptop.account, (first.record_id,), "2026-11-24T12:00:00Z", {2026: 28})
    )
    with erasures.path.open("ab") as file:
        file.write(b'{"id":"x"}\n[]\n\xff\n{"id":"cut sho')
    own_laptop.sync([erased(recorded().record_id)])
    own_centre.stop()
    own_centre.start()
    assert totals(own_centre) == (28, 28, 0)
    assert len(erasures.read()) == 2
    assert caplog.text.count("can't be read") >= 4


def test_a_list_that_is_gone_is_told_to_the_operator(
    own_centre: Centre, own_laptop: Laptop, caplog: pytest.LogCaptureFixture
) -> None:
    own_laptop.sync([erased(recorded().record_id)])
    own_centre.stop()
    own_centre.database.erasures.path.unlink()
    own_centre.start()
    assert "lacks 1 erasures" in caplog.text


def test_nobody_is_answered_when_the_list_cannot_be_read(own_centre: Centre) -> None:
    own_centre.stop()
    path = own_centre.database.erasures.path
    path.unlink(missing_ok=True)
    path.mkdir()
    with pytest.raises(ErasureListRefused):
        own_centre.start()
    path.rmdir()
    own_centre.start()


def test_a_line_that_is_listed_again_came_to_nothing() -> None:
    who, records = new_id(), [new_id() for _ in range(3)]

    def line(*named: int, whose: str = who) -> Line:
        return Line(new_id(), new_id(), whose, tuple(records[index] for index in named), "", {})

    lines = [line(0), line(0, 1), line(2), line(0, whose=new_id())]
    assert void_lines(lines) == {lines[0].id}
    whole = [Line(new_id(), new_id(), who, None, "", {}) for _ in range(3)]
    assert void_lines([*lines[1:3], *whole]) == {whole[0].id, whole[1].id}
