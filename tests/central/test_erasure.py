"""Erasure: bodies gone for good, whatever the order, the race or the backup; the totals say by how much they fell."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select, text

from omi_desktop.central import accounts, audit
from omi_desktop.central.tables import account, code, device, erased_record, leaf, log, metadata, visit
from omi_desktop.domain import join_code
from omi_desktop.domain.revision import Kind, Revision, heads_digest, new_id
from tests.central.erasing import CANARY, bodies, enrolled, erase, totals
from tests.central.laptop import NOW, Laptop, answered, erased, place, recorded, removed, saved
from tests.central.test_contract import problem
from tests.central.test_ingest import at_once
from tests.kit.centre import Centre
from tests.kit.operator import run

SCHOOL = place("Ashby Academy")


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
        visits = connection.execute(select(visit.c.account_id)).scalars().all()
    assert left == [kept.rev_id]
    assert visits == [own_laptop.account]
    if own_centre.database.is_sqlite and own_centre.database.url.database:
        own_centre.stop()
        own_centre.database.close()
        assert CANARY.encode() not in Path(own_centre.database.url.database).read_bytes()
        assert b"later_text" not in Path(own_centre.database.url.database).read_bytes()


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

    monkeypatch.setattr("omi_desktop.central.appending.erased_among", unexpected)
    assert laptop.sync([recorded()]).rejected == []


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
                    visit,
                    erased_record,
                    metadata.tables["audit"],
                )
                for row in connection.execute(select(table))
            ]
        )
        assert connection.execute(select(log.c.canonical)).scalars().all() == [None] * 3
    assert "Canary" not in kept
    assert "2026-11-02" not in kept


def test_no_code_of_an_erased_account_works_or_is_made(own_centre: Centre, own_laptop: Laptop) -> None:
    with own_centre.database.writing() as connection:
        accounts.invite_next_device(connection, own_laptop.account, NOW)
        device_id = accounts.devices(connection)[0][0]
    assert erase(own_centre, own_laptop.account)
    with own_centre.database.writing() as connection:
        assert accounts.invite_again(connection, device_id, NOW) is None
        whose = code.c.account_id == own_laptop.account
        ended = connection.execute(select(code.c.used_at).where(whose)).scalars().all()
        assert None not in ended
        late, _ = accounts.invite_next_device(connection, own_laptop.account, NOW)
    typed = {"code": late, "device": "Late"}
    assert problem(requests.post(f"{own_centre.url}/v1/devices", json=typed, timeout=5)) == (
        403,
        "code_refused",
    )
    with own_centre.database.reading() as connection:
        assert len(accounts.devices(connection)) == 1


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
                for turn in range(4):
                    push = [recorded(number) for number in range(1, 6)]
                    holding = {"unsent": len(push) + turn, "oldest": "2026-11-20"}
                    response = laptops[index - 2].ask(push, holding=holding)
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
