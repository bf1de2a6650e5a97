"""Erasure: bodies gone for good, whatever the order, the race or the backup; the totals say by how much they fell."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import delete, insert, select, text, update

from omi_desktop.central import accounts, audit
from omi_desktop.central.erasure import Eraser, erase_account, erased_among, prepare
from omi_desktop.central.erasure_list import ErasureList, ErasureListRefused, Line, void_lines
from omi_desktop.central.tables import account, code, device, erased_record, leaf, leaf_place, log, metadata
from omi_desktop.domain import join_code
from omi_desktop.domain.revision import Kind, Revision, heads_digest, new_id
from tests.central.laptop import NOW, Laptop, answered, erased, place, recorded, removed, saved
from tests.central.test_cli import run
from tests.central.test_contract import problem
from tests.central.test_ingest import at_once
from tests.kit.centre import Centre

SCHOOL = place("Ashby Academy")
CANARY = "Canary class 8B"


def totals(centre: Centre, year: int = 2026) -> tuple[int, int, int]:
    """low, high, adjustments"""
    answer = requests.get(f"{centre.url}/v1/totals?year={year}", timeout=10).json()
    return answer["low"], answer["high"], answer["adjustments"]


def enrolled(centre: Centre) -> Laptop:
    return Laptop.enrol(centre.url, centre.invite())


def bodies(centre: Centre, account_id: str) -> dict[str, bool]:
    """By revision, in the order of the log, whether its body is kept."""
    with centre.database.reading() as connection:
        kept = select(log.c.rev_id, log.c.canonical).where(log.c.account_id == account_id).order_by(log.c.n)
        return {rev_id: canonical is not None for rev_id, canonical in connection.execute(kept)}


def erase(centre: Centre, account_id: str) -> bool:
    identity = prepare(centre.database, NOW)
    eraser = Eraser(centre.database.erasures, identity.centre_id, NOW)
    with centre.database.writing() as connection:
        return erase_account(connection, eraser, account_id, actor=audit.OPERATOR)


Backup = Mapping[str, list[dict[str, Any]]]


def backed_up(centre: Centre) -> Backup:
    """All rows but the audit log's."""
    with centre.database.reading() as connection:
        return {
            table.name: [row._asdict() for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
            if table.name != "audit"
        }


@contextmanager
def restored(centre: Centre, backup: Backup) -> Iterator[None]:
    """The centre is stopped, what it had is replaced by the backup, and after the block it starts again."""
    centre.stop()
    with centre.database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "audit":
                connection.execute(delete(table))
        for table in metadata.sorted_tables:
            if backup.get(table.name):
                connection.execute(insert(table), backup[table.name])
    yield
    centre.start()


def test_nothing_of_a_body_is_left_in_the_database(own_centre: Centre, own_laptop: Laptop) -> None:
    long: dict[str, Any] = {"class_name": CANARY, "later_text": f"{CANARY} " * 600}
    first = recorded(28, **long)
    own_laptop.sync([first, recorded(29, [first], **long), kept := recorded(3)])
    own_laptop.sync([erased(first.record_id)])
    assert list(bodies(own_centre, own_laptop.account).values()) == [
        False,
        False,
        True,
        True,
    ]
    with own_centre.database.reading() as connection:
        left = connection.execute(select(leaf.c.rev_id).where(leaf.c.kind == "session")).scalars().all()
        places = connection.execute(select(leaf_place.c.rev_id)).scalars().all()
    assert left == places == [kept.rev_id]
    if own_centre.database.is_sqlite and own_centre.database.url.database:
        own_centre.stop()
        own_centre.database.close()
        assert CANARY.encode() not in Path(own_centre.database.url.database).read_bytes()
        assert b"later_text" not in Path(own_centre.database.url.database).read_bytes()


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


def test_the_total_falls_and_says_by_how_much(centre: Centre, laptop: Laptop) -> None:
    first, older = recorded(28), recorded(7, date="2025-12-31")
    laptop.sync([first, older, recorded(3)])
    assert totals(centre) == (31, 31, 0)
    laptop.sync([erased(first.record_id, older.record_id)])
    assert totals(centre) == (3, 3, 28)
    assert totals(centre, 2025) == (0, 0, 7)
    laptop.sync([erased(first.record_id)])
    laptop.sync([recorded(29, [first])])
    assert totals(centre) == (3, 3, 28)


def test_what_comes_with_its_erasure_never_counted(centre: Centre, laptop: Laptop) -> None:
    first, second = recorded(28), recorded(30)
    laptop.sync([first, erased(first.record_id)])
    laptop.sync([erased(second.record_id), second])
    assert totals(centre) == (0, 0, 0)


def test_a_joint_session_falls_with_the_last_who_recorded_it(centre: Centre, laptop: Laptop) -> None:
    group = join_code.make()
    mine, theirs = recorded(30, group=group), recorded(28, group=group)
    other = enrolled(centre)
    laptop.sync([mine])
    other.sync([theirs])
    laptop.sync([erased(mine.record_id)])
    assert totals(centre) == (28, 28, 2)
    other.sync([erased(theirs.record_id)])
    assert totals(centre) == (0, 0, 30)


def test_an_erased_answer_opens_its_question_again(centre: Centre, laptop: Laptop) -> None:
    other = enrolled(centre)
    laptop.sync([recorded(28, places=[SCHOOL])])
    other.sync([recorded(30, places=[SCHOOL])])
    (question,) = laptop.sync().questions
    said = answered(question.id, "different")
    laptop.sync([said])
    assert totals(centre) == (58, 58, 0)
    assert len(laptop.sync([erased(said.record_id)]).questions) == 1
    assert totals(centre) == (30, 58, 28)


def test_an_erased_session_ends_its_questions(centre: Centre, laptop: Laptop) -> None:
    other = enrolled(centre)
    mine = recorded(28, places=[SCHOOL])
    laptop.sync([mine])
    other.sync([recorded(30, places=[SCHOOL])])
    assert len(other.sync().questions) == 1
    laptop.sync([erased(mine.record_id)])
    assert other.sync().questions == []
    # Until then low held the greater of the two: nothing of it is gone.
    assert totals(centre) == (30, 30, 0)


def test_an_erasure_that_raises_the_low_end_takes_nothing_off(centre: Centre, laptop: Laptop) -> None:
    group = join_code.make()
    one = recorded(30, group=group, agreed=10)
    laptop.sync([one, recorded(28, group=group)])
    assert totals(centre)[0] == 10
    laptop.sync([erased(one.record_id)])
    assert totals(centre) == (28, 28, 0)


def test_of_ambassadors_who_erase_one_joint_session_at_once_the_fall_is_told_once(centre: Centre) -> None:
    group = join_code.make()
    laptops = [enrolled(centre) for _ in range(8)]
    records = [recorded(30, group=group) for _ in laptops]
    for one, record in zip(laptops, records, strict=True):
        one.sync([record])
    at_once(8, lambda index: laptops[index].sync([erased(records[index].record_id)]))
    assert totals(centre) == (0, 0, 30)
    with centre.database.reading() as connection:
        assert audit.verify(connection).broken_at is None


def test_of_laptops_of_one_account_that_edit_and_erase_at_once_no_body_is_left(
    centre: Centre, laptop: Laptop
) -> None:
    records = [recorded(number) for number in range(1, 5)]
    laptop.sync(records)
    laptops = [laptop.another(f"Laptop {number}") for number in range(8)]

    def work(index: int) -> None:
        record = records[index // 2]
        if index % 2:
            laptops[index].sync([erased(record.record_id)])
        else:
            for number in range(4):
                laptops[index].sync([recorded(number + 1, [record])])

    at_once(8, work)
    kept = bodies(centre, laptop.account)
    assert sum(kept.values()) == 4
    assert len(kept) == 4 + 4 + 16
    assert totals(centre)[:2] == (0, 0)
    for one in laptops:
        one.pull_all()
    assert {one.cursor for one in laptops} == {laptops[0].cursor}


def some_history(chance: random.Random) -> list[Revision]:
    """Records with edits and removals, and erasures of some of them, some removed again."""
    made: list[Revision] = []
    firsts = [recorded(number) for number in range(1, 7)]
    for first in firsts:
        made.append(first)
        edits = range(chance.randrange(3))
        made += [recorded(9, [first]) if chance.random() < 0.7 else removed(first) for _ in edits]
    for _ in range(3):
        named = [one.record_id for one in chance.sample(firsts, 2)]
        sent = erased(*named, *(one.record_id for one in made if one.kind == Kind.ERASURE))
        made += [sent, removed(sent)] if chance.random() < 0.5 else [sent]
    return made


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_order_and_the_batches_the_same_bodies_are_left(centre: Centre, seed: int) -> None:
    chance = random.Random(seed)
    history = some_history(chance)
    gone = {
        record
        for one in history
        if one.kind == Kind.ERASURE and one.state == "live"
        for record in one.body["records"]
    }
    expected = {one.rev_id: one.kind == Kind.ERASURE or one.record_id not in gone for one in history}
    digests = set()
    for _ in range(3):
        one = enrolled(centre)
        rest = chance.sample(history, len(history))
        while rest:
            size = chance.randrange(1, 6)
            one.sync(rest[:size])
            rest = rest[size:]
        assert bodies(centre, one.account) == expected
        digests.add(one.sync(check=True).digest)
    assert len(digests) == 1


def test_the_digest_is_over_what_is_not_erased(laptop: Laptop) -> None:
    first, other = recorded(28), recorded(3)
    sent = erased(first.record_id)
    laptop.sync([first, other, sent])
    assert laptop.sync(check=True).digest == heads_digest([other.rev_id, sent.rev_id])


def test_an_account_without_erasures_is_asked_nothing_more(
    centre: Centre, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.sync([recorded()])

    def unexpected(*_arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr("omi_desktop.central.ingest.erased_among", unexpected)
    assert laptop.sync([recorded()]).rejected == []


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


def test_an_erased_account_keeps_ids_alone(own_centre: Centre) -> None:
    laptop = Laptop.enrol(own_centre.url, own_centre.invite(name="Sam Canary"), "Canary's laptop")
    other = laptop.another("Canary's other laptop")
    laptop.sync([recorded(28), saved(Kind.PROFILE, {"name": "Sam Canary"})])
    laptop.sync([erased(recorded().record_id)], holding={"unsent": 3, "oldest": "2026-11-02"})
    open_code = laptop.session.post(f"{laptop.url}/v1/devices/code", timeout=5).json()["code"]
    assert totals(own_centre) == (28, 28, 0)
    assert erase(own_centre, laptop.account)
    assert not erase(own_centre, laptop.account)
    assert not erase(own_centre, new_id())
    assert totals(own_centre) == (0, 0, 28)
    for one in (laptop, other):
        assert problem(one.ask([recorded()])) == (401, "account_erased")
        assert problem(one.session.post(f"{one.url}/v1/devices/code", timeout=5)) == (401, "account_erased")
        one.session.headers["Authorization"] = f"Bearer {one.enrolment['token']}x"
        assert problem(one.ask()) == (401, "unauthorised")
    typed = {"code": open_code, "device": "Late"}
    late = requests.post(f"{laptop.url}/v1/devices", json=typed, timeout=5)
    assert problem(late) == (403, "code_refused")
    with own_centre.database.reading() as connection:
        kept = str(
            [
                row
                for table in (
                    account,
                    code,
                    device,
                    log,
                    leaf,
                    leaf_place,
                    erased_record,
                    metadata.tables["audit"],
                )
                for row in connection.execute(select(table))
            ]
        )
        assert connection.execute(select(log.c.canonical)).scalars().all() == [None] * 3
    assert "Canary" not in kept
    assert "2026-11-02" not in kept


def test_a_revoked_laptop_of_an_erased_account_hears_the_same(own_centre: Centre, own_laptop: Laptop) -> None:
    with own_centre.database.writing() as connection:
        accounts.revoke(connection, accounts.devices(connection)[0][0], NOW)
    assert problem(own_laptop.ask()) == (401, "unauthorised")
    assert erase(own_centre, own_laptop.account)
    assert problem(own_laptop.ask()) == (401, "account_erased")


def test_an_account_that_is_erased_while_its_laptops_send_keeps_no_body(centre: Centre) -> None:
    for _ in range(4):
        laptop = enrolled(centre)
        laptops = [laptop.another() for _ in range(4)]
        gate = threading.Barrier(6)

        def work(
            index: int,
            laptops: list[Laptop] = laptops,
            laptop: Laptop = laptop,
            gate: threading.Barrier = gate,
        ) -> None:
            gate.wait()
            if index == 0:
                assert erase(centre, laptop.account)
            elif index == 1:
                made = laptop.session.post(f"{laptop.url}/v1/devices/code", timeout=10)
                if made.ok:
                    body = {"code": made.json()["code"], "device": "Canary"}
                    requests.post(f"{laptop.url}/v1/devices", json=body, timeout=10)
            else:
                for _ in range(4):
                    response = laptops[index - 2].ask([recorded(number) for number in range(1, 6)])
                    assert response.status_code in (200, 401)

        at_once(6, work)
        with centre.database.reading() as connection:
            whose = log.c.account_id == laptop.account
            assert set(connection.execute(select(log.c.canonical).where(whose)).scalars()) <= {None}
            assert not connection.execute(
                select(leaf.c.rev_id).where(leaf.c.account_id == laptop.account)
            ).all()
            names = select(device.c.name).where(device.c.account_id == laptop.account)
            assert set(connection.execute(names).scalars()) == {""}
            assert audit.verify(connection).broken_at is None


def test_the_operator_lists_accounts_and_erases_one(tmp_path: Path, own_centre: Centre) -> None:
    laptop = Laptop.enrol(own_centre.url, own_centre.invite(name="Sam Patel"))
    laptop.sync([recorded(28)])
    url = own_centre.database_url
    listed = run("account", "list", url=url).stdout.strip().split("\t")
    assert [*listed[:3], *listed[4:]] == [laptop.account, "Leicester", "Sam Patel", "1", "in use"]
    asked = run("account", "erase", laptop.account, url=url)
    assert asked.returncode == 1
    assert "Erase Sam Patel of Leicester, with 1 entries? This can't be undone" in asked.stdout
    assert laptop.ask().status_code == 200
    path = tmp_path / "elsewhere" / "erasures.jsonl"
    done = run("account", "erase", laptop.account, "--yes", "--erasures", str(path), url=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(path) in done.stdout
    assert json.loads(path.read_text())["account_id"] == laptop.account
    assert problem(laptop.ask()) == (401, "account_erased")
    again = run("account", "erase", laptop.account, "--yes", "--erasures", str(path), url=url)
    assert (again.returncode, again.stderr) == (
        1,
        f"No account that is not erased has the id {laptop.account}\n",
    )
    assert "\terased " in run("account", "list", url=url).stdout


def test_rows_that_the_database_refuses_do_not_keep_an_erasure_from_its_records(
    own_centre: Centre, own_laptop: Laptop
) -> None:
    """One by one, after the batch was refused: the erasure holds for what stands before and after it."""
    first, bad, other = recorded(28), recorded(1), recorded(29)
    sent = erased(first.record_id, other.record_id)
    with own_centre.database.writing() as connection:
        if own_centre.database.is_sqlite:
            connection.execute(
                text(
                    f"CREATE TRIGGER refuse BEFORE INSERT ON log WHEN NEW.rev_id = '{bad.rev_id}' "
                    "BEGIN SELECT RAISE(ABORT, 'refused'); END"
                )
            )
        else:
            connection.execute(
                text(f"ALTER TABLE log ADD CONSTRAINT refuse CHECK (rev_id <> '{bad.rev_id}')")
            )
    answer = own_laptop.sync([first, bad, sent, other])
    assert [one.rev_id for one in answer.rejected] == [bad.rev_id]
    assert bodies(own_centre, own_laptop.account) == {
        first.rev_id: False,
        sent.rev_id: True,
        other.rev_id: False,
    }
    own_laptop.restart()
    assert [entry.erased for entry in own_laptop.sync().pull] == [True, False, True]
