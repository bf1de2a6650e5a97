"""What only our centre can be asked: races, failing rows, its clock, and its tables against the log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from sqlalchemy import select, text

from omi_desktop.central.database import Database
from omi_desktop.central.envelope import read_object
from omi_desktop.central.judging import judge
from omi_desktop.central.leaves import digest_of_heads, place_hash
from omi_desktop.central.programme import between, records_where
from omi_desktop.central.tables import device, leaf, log
from omi_desktop.domain import counting
from omi_desktop.domain.revision import ROOT, Revision, chain, heads_digest, leaves
from omi_desktop.wire.messages import ROOT_CURSOR
from omi_desktop.wire.problems import Rejection
from tests.central.laptop import HandClock, Laptop, changed, recorded, removed
from tests.kit.centre import Centre

VECTOR = (
    '{"rev_id":"00000000000000000000000000000001","record_id":"'
    + "a" * 32
    + '","kind":"session","parents":[],'
    '"depth":1,"state":"live","schema":1,"app":"omi-desktop/0.1.0","device":"Work laptop",'
    '"saved_at":"2026-11-24T11:32:05Z","salt":"' + "b" * 32 + '","body":{"date":"2026-11-24",'
    '"name":"Ysgol T\\u0177\\u2028 \\"A\\"/\\u007f\\t\\ud83d\\ude00","n":30,"x":null}}'
)


def at_once(threads: int, work: Callable[[int], object]) -> list[object]:
    """Do the same in many threads that start together."""
    gate = threading.Barrier(threads)

    def start(index: int) -> object:
        gate.wait()
        return work(index)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(start, range(threads)))


def test_the_contracts_test_vector_is_read_as_the_contract_says() -> None:
    (one,) = judge([read_object(VECTOR.encode())], date(2026, 11, 25))
    assert one.revision is not None
    assert len(one.revision.canonical) == 364
    assert one.revision.sha == "a76109d4798eff1b1d27aa0dd700f2a185b8d045b7600967012ada7a878e8ade"
    h = chain(ROOT, one.revision.rev_id, one.revision.sha)
    assert h == "e21198e55f41094f095049531502df30cb114fecb5f51ba1e2b41e6fed4814eb"


def test_sixteen_laptops_sending_the_same_batch_keep_each_revision_once(laptop: Laptop) -> None:
    batch = [recorded(number) for number in range(1, 21)]
    laptops = [Laptop(laptop.url, laptop.enrolment) for _ in range(16)]
    at_once(16, lambda index: laptops[index].sync(batch))
    laptop.pull_all()
    assert laptop.cursor.n == 20
    assert set(laptop.held) == {one.rev_id for one in batch}
    assert all(one.cursor == laptop.cursor for one in laptops)


def test_laptops_of_one_account_that_send_at_once_share_one_chain(laptop: Laptop) -> None:
    laptops = [laptop.another(f"Laptop {number}") for number in range(8)]

    def work(index: int) -> None:
        for number in range(1, 6):
            laptops[index].sync([recorded(number) for _ in range(4)])

    at_once(8, work)
    for one in laptops:
        one.pull_all()
    assert {one.cursor for one in laptops} == {laptops[0].cursor}
    assert laptops[0].cursor.n == 8 * 5 * 4


def test_accounts_that_send_at_once_do_not_disturb_each_other(centre: Centre) -> None:
    laptops = [Laptop.enrol(centre.url, centre.invite()) for _ in range(8)]
    at_once(8, lambda index: [laptops[index].sync([recorded(number)]) for number in range(1, 6)])
    assert [one.cursor.n for one in laptops] == [5] * 8


def refuse_in_database(database: Database, rev_id: str) -> None:
    """Make the database itself refuse one row, as a full rule of its own would."""
    with database.writing() as connection:
        if database.is_sqlite:
            connection.execute(
                text(
                    f"CREATE TRIGGER refuse BEFORE INSERT ON log WHEN NEW.rev_id = '{rev_id}' "
                    "BEGIN SELECT RAISE(ABORT, 'refused'); END"
                )
            )
        else:
            connection.execute(text(f"ALTER TABLE log ADD CONSTRAINT refuse CHECK (rev_id <> '{rev_id}')"))


def test_a_row_that_the_database_refuses_is_rejected_alone(own_centre: Centre, own_laptop: Laptop) -> None:
    push = [recorded(number) for number in (1, 2, 3)]
    refuse_in_database(own_centre.database, push[1].rev_id)
    answer = own_laptop.sync(push, check=True)
    assert [(one.rev_id, one.code) for one in answer.rejected] == [(push[1].rev_id, Rejection.INVALID)]
    assert [entry.rev_id for entry in answer.pull] == [push[0].rev_id, push[2].rev_id]
    assert answer.digest == heads_digest([push[0].rev_id, push[2].rev_id])
    own_laptop.restart()
    own_laptop.pull_all()
    assert own_laptop.cursor.n == 2


def test_a_session_of_tomorrow_is_taken_and_one_of_the_day_after_is_not(laptop: Laptop) -> None:
    answer = laptop.sync([recorded(date="2026-11-25"), recorded(date="2026-11-26")])
    assert len(answer.pull) == 1
    assert [(one.code, one.field) for one in answer.rejected] == [(Rejection.INVALID, "date")]


def test_what_was_rejected_is_not_kept_and_may_come_again(laptop: Laptop, clock: HandClock) -> None:
    early = recorded(date="2026-11-26")
    assert laptop.sync([early]).rejected
    clock.move(days=2)
    assert laptop.sync([early]).rejected == []
    assert laptop.cursor.n == 1


def test_what_was_taken_once_is_never_rejected_later(laptop: Laptop, clock: HandClock) -> None:
    sent = recorded(date="2026-11-25")
    laptop.sync([sent])
    clock.move(days=-3)
    assert laptop.sync([sent]).rejected == []


def test_what_waits_on_a_laptop_is_kept_for_its_hub(centre: Centre, laptop: Laptop) -> None:
    for holding in ({"unsent": 3, "oldest": "2026-11-02"}, {"unsent": 0, "oldest": None}):
        laptop.sync(holding=holding)
        with centre.database.reading() as connection:
            row = connection.execute(select(device.c.unsent, device.c.oldest)).one()
        assert row._asdict() == holding


def test_a_restart_keeps_everything(own_centre: Centre, own_laptop: Laptop) -> None:
    own_laptop.sync([recorded(28), recorded(3)])
    own_centre.stop()
    own_centre.start()
    assert own_laptop.sync().status == "ok"
    assert own_laptop.cursor.n == 2
    own_laptop.restart()
    own_laptop.pull_all()
    assert len(own_laptop.held) == 2


def test_the_log_of_a_restored_backup_is_told_apart(centre: Centre, laptop: Laptop) -> None:
    laptop.sync([recorded(28), recorded(3)])
    with centre.database.writing() as connection:
        connection.execute(text("DELETE FROM log WHERE n = 2"))
        connection.execute(text("DELETE FROM leaf"))
        connection.execute(text("UPDATE account SET n = 1, h = (SELECT h FROM log WHERE n = 1)"))
    assert laptop.sync().status == "history_changed"
    laptop.cursor = ROOT_CURSOR
    laptop.sync([recorded(4)])
    assert laptop.cursor.n == 2


def test_the_leaves_are_those_of_the_log_in_whatever_order_revisions_come(
    centre: Centre, laptop: Laptop
) -> None:
    first = recorded(28, group="HK7M2Q9X", agreed=30)
    left, right = recorded(29, [first]), recorded(30, [first], start=None, minutes=None)
    merged = recorded(30, [left, right])
    gone = removed(merged)
    big = recorded(10, date="2025-03-01")
    for push in ([merged], [right, big], [first], [left], [gone], [recorded(31, [merged])]):
        laptop.sync(push)
        check_leaves(centre.database, laptop.account)


def check_leaves(database: Database, account_id: str) -> None:
    """The tables for counting say what the domain reads out of the log."""
    with database.reading() as connection:
        rows = connection.execute(select(log.c.canonical)).scalars()
        by_record: dict[str, list[Revision]] = {}
        for data in rows:
            revision = Revision.from_canonical(data)
            by_record.setdefault(revision.record_id, []).append(revision)
        kept = connection.execute(select(leaf.c.rev_id)).scalars().all()
        digest = digest_of_heads(connection, account_id)
        counted = records_where(connection, between(date(2000, 1, 1), date(2100, 1, 1)))
    expected = {name: leaves(members) for name, members in by_record.items()}
    assert sorted(kept) == sorted(one.rev_id for members in expected.values() for one in members)
    assert digest == heads_digest(members[0].rev_id for members in expected.values())
    for record in counted:
        read = [counting.leaf_of(one) for one in expected[record.record_id]]
        places = [frozenset(place_hash(key) for key in one.place_keys if one.young) for one in read]
        assert [one.rev_id for one in record.leaves] == [one.rev_id for one in read]
        for one, other, hashed in zip(record.leaves, read, places, strict=True):
            assert (one.day, one.young, one.group, one.agreed) == (
                other.day,
                other.young,
                other.group,
                other.agreed,
            )
            assert (one.start_minute, one.minutes, one.place_keys) == (
                other.start_minute,
                other.minutes,
                hashed,
            )


def test_what_names_a_parent_whose_id_is_anothers_here_is_refused_with_it(laptop: Laptop) -> None:
    """Else an edit would be a version of what has the id, and undo it if that is a removal."""
    first = recorded(28)
    stone = removed(first)
    laptop.sync([first, stone])
    edit = changed(recorded(29, parents=[first]), rev_id=stone.rev_id)
    child = changed(recorded(30, parents=[stone]), record_id=first.record_id)
    grandchild = changed(recorded(31, parents=[stone]), parents=[child["rev_id"]], depth=4)
    answer = laptop.sync([edit, child, grandchild])
    assert [(each.rev_id, each.code, each.field) for each in answer.rejected] == [
        (stone.rev_id, "id_reuse", "rev_id"),
        (child["rev_id"], "id_reuse", "parents"),
        (grandchild["rev_id"], "id_reuse", "parents"),
    ]
    # Whoever holds the removal may still undo it.
    assert laptop.sync([recorded(32, parents=[stone])]).rejected == []
