"""`omi-central verify` holds for what ambassadors did, and finds whatever was changed behind the service's back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from omi_desktop.central.tables import account, erased_record, leaf, log, visit
from omi_desktop.central.verification import Check, verify
from omi_desktop.domain import join_code
from omi_desktop.domain.revision import Revision
from tests.central.erasing import erase
from tests.central.laptop import Laptop, answered, erased, place, recorded, removed
from tests.kit.centre import Centre
from tests.kit.operator import run

SCHOOL = place("Ashby Academy")


@pytest.fixture
def lived_in(own_centre: Centre) -> Centre:
    """A centre with everything in it: joint groups, questions and answers, conflicts, removals, erasures."""
    sam, alex, kim = (Laptop.enrol(own_centre.url, own_centre.invite()) for _ in range(3))
    Laptop.enrol(own_centre.url, own_centre.invite())
    first, gone, code = recorded(28), recorded(31), join_code.make()
    sam.sync([first, gone, recorded(30, [first]), recorded(33, [first]), removed(gone)])
    sam.sync([recorded(12, group=code), recorded(9, places=[SCHOOL], date="2025-05-01")])
    alex.sync([recorded(14, group=code), recorded(11, places=[SCHOOL], date="2025-05-01"), recorded(6_000)])
    alex.sync([answered(alex.sync().questions[0].id, "same")])
    unwanted = recorded(17)
    alex.sync([unwanted, erased(unwanted.record_id)])
    alex.sync([recorded(18, [unwanted])])
    kim.sync([recorded(40)])
    assert erase(own_centre, kim.account)
    return own_centre


def test_everything_holds_for_what_ambassadors_did(lived_in: Centre) -> None:
    for finding in verify(lived_in.database):
        assert finding.holds, finding.faults
    done = run("verify", url=lived_in.database_url)
    assert done.returncode == 0
    assert "Every year's total is the rule's over the log (2 years).\n" in done.stdout
    assert "entries of 4 accounts" in done.stdout


def test_an_empty_centre_holds(own_centre: Centre) -> None:
    assert all(finding.holds for finding in verify(own_centre.database))


def live_leaf(connection: Connection) -> tuple[str, str]:
    row = connection.execute(
        select(leaf.c.account_id, leaf.c.rev_id).where(leaf.c.young == 33).limit(1)
    ).one()
    return row.account_id, row.rev_id


def one_more_child(connection: Connection) -> None:
    mine = live_leaf(connection)
    connection.execute(
        update(leaf).where(leaf.c.account_id == mine[0], leaf.c.rev_id == mine[1]).values(young=34)
    )


def one_more_child_in_the_body(connection: Connection) -> None:
    of = (log.c.account_id, log.c.rev_id)
    mine = live_leaf(connection)
    data = connection.execute(select(log.c.canonical).where(of[0] == mine[0], of[1] == mine[1])).scalar_one()
    connection.execute(
        update(log)
        .where(of[0] == mine[0], of[1] == mine[1])
        .values(canonical=data.replace(b'"count":33', b'"count":34'))
    )


def an_entry_taken_out(connection: Connection) -> None:
    mine = live_leaf(connection)[0]
    connection.execute(delete(log).where(log.c.account_id == mine, log.c.n == 2))


def the_end_cut_off(connection: Connection) -> None:
    mine = live_leaf(connection)[0]
    last = connection.execute(select(account.c.n).where(account.c.id == mine)).scalar_one()
    connection.execute(delete(log).where(log.c.account_id == mine, log.c.n == last))


def two_entries_swapped(connection: Connection) -> None:
    mine = live_leaf(connection)[0]
    for old, new in ((1, 99), (2, 1), (99, 2)):
        connection.execute(update(log).where(log.c.account_id == mine, log.c.n == old).values(n=new))


def another_hash(connection: Connection) -> None:
    connection.execute(update(log).where(log.c.n == 1).values(h="ab" * 32))


def an_account_ahead_of_its_log(connection: Connection) -> None:
    connection.execute(
        update(account).where(account.c.id == live_leaf(connection)[0]).values(n=account.c.n + 1)
    )


def a_parent_forgotten(connection: Connection) -> None:
    connection.execute(update(log).where(log.c.parents != "").values(parents=""))


def a_leaf_lost(connection: Connection) -> None:
    connection.execute(delete(leaf).where(leaf.c.rev_id == live_leaf(connection)[1]))


def a_leaf_left_over(connection: Connection) -> None:
    row = dict(connection.execute(select(leaf).limit(1)).mappings().one()) | {
        "n": 99,
        "rev_id": "f" * 32,
        "young": 7,
    }
    connection.execute(insert(leaf).values(row))


def a_leaf_of_nobody(connection: Connection) -> None:
    row = dict(connection.execute(select(leaf).limit(1)).mappings().one()) | {"account_id": "f" * 32}
    connection.execute(insert(leaf).values(row))


def a_place_moved(connection: Connection) -> None:
    connection.execute(update(visit).values(day="2024-01-01"))


def a_visit_left_out(connection: Connection) -> None:
    connection.execute(delete(visit).where(visit.c.account_id == live_leaf(connection)[0]))


def a_visit_of_a_day_that_nobody_wrote(connection: Connection) -> None:
    row = dict(connection.execute(select(visit).limit(1)).mappings().one()) | {
        "day": "2024-01-01",
        "is_met": True,
    }
    connection.execute(insert(visit).values(row))


def a_meeting_forgotten(connection: Connection) -> None:
    mine = select(visit.c.account_id).where(visit.c.is_met).limit(1)
    connection.execute(update(visit).where(visit.c.account_id == mine.scalar_subquery()).values(is_met=False))


def an_answer_changed(connection: Connection) -> None:
    connection.execute(update(leaf).where(leaf.c.answer == "same").values(answer="different"))


def an_erased_body_back(connection: Connection) -> None:
    mine = connection.execute(select(erased_record)).first()
    assert mine is not None
    body = recorded(17)
    connection.execute(
        update(log)
        .where(log.c.account_id == mine.account_id, log.c.record_id == mine.record_id)
        .values(canonical=body.canonical)
    )


def a_body_scrubbed_that_nobody_erased(connection: Connection) -> None:
    connection.execute(update(log).where(log.c.rev_id == live_leaf(connection)[1]).values(canonical=None))


def an_erased_account_remembered(connection: Connection) -> None:
    mine = connection.execute(select(account.c.id).where(account.c.erased_at.is_not(None))).scalar_one()
    body: Revision = recorded(40)
    connection.execute(update(log).where(log.c.account_id == mine).values(canonical=body.canonical))


def an_audit_row_altered(connection: Connection) -> None:
    for drop in ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_only_grows ON audit"):
        if ("ON audit" in drop) is (connection.dialect.name != "sqlite"):
            connection.execute(text(drop))
    connection.execute(text("UPDATE audit SET actor = 'nobody' WHERE n = 2"))


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (one_more_child, {Check.LEAVES, Check.TOTALS}),
        (one_more_child_in_the_body, {Check.BODIES}),
        (an_entry_taken_out, {Check.CHAINS}),
        (the_end_cut_off, {Check.CHAINS}),
        (two_entries_swapped, {Check.CHAINS}),
        (another_hash, {Check.CHAINS}),
        (an_account_ahead_of_its_log, {Check.CHAINS}),
        (a_parent_forgotten, {Check.BODIES}),
        (a_leaf_lost, {Check.LEAVES}),
        (a_leaf_left_over, {Check.LEAVES}),
        (a_leaf_of_nobody, {Check.LEAVES}),
        (a_place_moved, {Check.LEAVES}),
        (a_visit_left_out, {Check.LEAVES}),
        (a_visit_of_a_day_that_nobody_wrote, {Check.LEAVES}),
        (a_meeting_forgotten, {Check.LEAVES}),
        (an_answer_changed, {Check.LEAVES, Check.TOTALS}),
        (an_erased_body_back, {Check.ERASED}),
        (a_body_scrubbed_that_nobody_erased, {Check.ERASED}),
        (an_erased_account_remembered, {Check.ERASED}),
        (an_audit_row_altered, {Check.AUDIT}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_was_changed_behind_the_services_back_is_found(
    lived_in: Centre, tamper: Callable[[Connection], None], found: set[Check]
) -> None:
    with lived_in.database.writing() as connection:
        tamper(connection)
    findings = verify(lived_in.database)
    broken = {finding.check for finding in findings if not finding.holds}
    assert broken >= found, [finding.faults for finding in findings]


def test_a_damaged_centre_ends_with_1_and_says_where(lived_in: Centre) -> None:
    with lived_in.database.writing() as connection:
        an_entry_taken_out(connection)
    done = run("verify", url=lived_in.database_url)
    assert done.returncode == 1
    assert "DOES NOT HOLD: Every account's chain holds" in done.stdout
    assert "entry 3 the number 2 is missing." in done.stdout


def test_a_long_list_of_faults_is_cut(lived_in: Centre) -> None:
    with lived_in.database.writing() as connection:
        connection.execute(update(log).values(h="ab" * 32))
    (chains,) = (finding for finding in verify(lived_in.database) if finding.check is Check.CHAINS)
    assert len(list(chains.sentences())) == 12
