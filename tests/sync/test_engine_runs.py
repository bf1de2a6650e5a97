"""What one run sends and in which order, and what it takes in: rules that a healed mistake would hide."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import delete

from omi_desktop.central.tables import account as account_table
from omi_desktop.central.tables import leaf, log, visit
from omi_desktop.domain.clock import SystemClock, stamp, uk_today
from omi_desktop.domain.errors import SyncProblem
from omi_desktop.domain.revision import ROOT, Kind, Revision, compose, new_id, says_the_same
from omi_desktop.services.records import ChangedSince, Standing
from omi_desktop.store import accounts, revisions
from omi_desktop.store.tables import account as account_row
from omi_desktop.sync.client import TooMuch
from omi_desktop.wire import limits
from omi_desktop.wire.messages import ROOT_CURSOR, Rejected, SyncAnswer, SyncRequest
from omi_desktop.wire.problems import Rejection
from tests.kit.bodies import details
from tests.kit.laptop import Cable, Laptop
from tests.sync.conftest import MakeLaptop, sign_in
from tests.sync.test_engine import Altered, save, standing


class Watched:
    """The cable with small batches: what each call pushed, and what happens `before` and `after` one."""

    def __init__(self, cable: Cable, most: int = 200) -> None:
        self.cable = cable
        self.most = most
        self.pushed: list[int] = []
        self.checks: list[bool] = []
        self.before: Callable[[int], None] = lambda _call: None
        self.after: Callable[[SyncAnswer], SyncAnswer] = lambda answer: answer

    def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        """One call."""
        if len(push) > self.most:
            raise TooMuch
        self.before(len(self.pushed))
        self.pushed.append(len(push))
        self.checks.append(request.check)
        return self.after(self.cable.sync(token, request, push))


def empty(cable: Cable) -> None:
    """Make the centre forget every log."""
    with cable.database.writing() as connection:
        for table in (visit, leaf, log):
            connection.execute(delete(table))
        connection.execute(account_table.update().values(n=0, h=ROOT))


def checked_today(laptop: Laptop) -> None:
    """No comparison is due, which would heal what a run did wrong."""
    assert laptop.owner
    clock = SystemClock()
    with laptop.store.write() as connection:
        moment, today = stamp(clock.now()), uk_today(clock).isoformat()
        accounts.set_success(connection, laptop.owner, moment, today)


def cursor(laptop: Laptop) -> int:
    """How far this laptop has read."""
    with laptop.store.read() as connection:
        found = accounts.current(connection)
    assert found
    return found.cursor_n


def test_an_answer_that_comes_after_another_run_read_on_changes_nothing(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    save(laptop)
    late = Watched(cable)

    def meanwhile(answer: SyncAnswer) -> SyncAnswer:
        save(laptop)
        laptop.sync(cable)
        return answer

    late.after = meanwhile
    with pytest.raises(SyncProblem):
        laptop.engine.run(late, laptop.token)
    assert cursor(laptop) == 2


def test_an_answer_that_comes_after_another_person_signed_in_changes_nothing(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    save(laptop)
    late = Watched(cable)
    token = laptop.token

    def meanwhile(answer: SyncAnswer) -> SyncAnswer:
        sign_in(laptop, cable)
        return answer

    late.after = meanwhile
    with pytest.raises(SyncProblem):
        laptop.engine.run(late, token)
    assert list(laptop.held().values()) == [None]


def test_when_the_history_changed_all_is_read_before_anything_is_sent(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    for _ in range(2):
        save(laptop)
    laptop.sync(cable)
    empty(cable)
    save(laptop)
    watched = Watched(cable)
    laptop.engine.run(watched, laptop.token)
    assert watched.pushed == [1, 0, 3]
    assert None not in laptop.held().values()


def test_what_was_sent_before_the_history_changed_is_sent_again_in_the_same_run(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    for _ in range(4):
        save(laptop)
    watched = Watched(cable, most=2)
    watched.before = lambda call: empty(cable) if call == 1 else None
    laptop.engine.run(watched, laptop.token)
    assert watched.pushed == [2, 2, 0, 2, 2]
    assert None not in laptop.held().values()


def test_pages_after_the_first_push_nothing(make_laptop: MakeLaptop, cable: Cable) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    for _ in range(201):
        save(home)
    home.sync(cable)
    for _ in range(4):
        save(work)
    watched = Watched(cable, most=2)
    work.engine.run(watched, work.token)
    assert watched.pushed == [2, 0, 2]
    assert None not in work.held().values()
    assert len(work.held()) == 205


def test_what_does_not_come_back_is_not_sent_twice_in_a_run(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    for _ in range(3):
        save(laptop)
    watched = Watched(cable, most=1)
    watched.after = lambda answer: answer.model_copy(
        update={"pull": [], "cursor": ROOT_CURSOR, "more": False, "digest": None}
    )
    watched.before = lambda call: pytest.fail("it goes on for ever") if call > 5 else None
    laptop.engine.run(watched, laptop.token)
    assert watched.pushed == [1, 1, 1]
    assert set(laptop.held().values()) == {None}


def test_only_what_was_just_sent_can_be_refused(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    other = save(laptop)
    watched = Watched(cable, most=1)
    named = Rejected(rev_id=other.record.head.rev_id, code=Rejection.INVALID)
    watched.after = lambda answer: answer.model_copy(
        update={"pull": [], "cursor": ROOT_CURSOR, "digest": None, "rejected": [named]}
    )
    with laptop.store.write() as connection:
        found = revisions.get(connection, other.record.head.rev_id)
        assert found
        hidden = Revision.from_object(found.revision.to_object() | {"rev_id": new_id()})
        revisions.replace(connection, other.record.head.rev_id, hidden, laptop.owner)
        revisions.add(connection, found.revision, None)
    laptop.engine.run(watched, laptop.token)
    with laptop.store.read() as connection:
        held = revisions.get(connection, other.record.head.rev_id)
    assert held
    assert held.rejected_code is None


def test_without_a_comparison_the_day_is_not_called_compared(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    watched = Watched(cable)
    watched.after = lambda answer: answer.model_copy(update={"digest": None})
    for _ in range(2):
        laptop.engine.run(watched, laptop.token)
    assert watched.checks == [True, True]


def test_long_revisions_go_in_pushes_that_the_service_takes(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    found = save(laptop).record.head.to_object()
    with laptop.store.write() as connection:
        for _ in range(40):
            long = found | {"rev_id": new_id(), "record_id": new_id(), "kind": "novel"}
            made = Revision.from_object(long | {"body": {"text": "a" * 15_000}})
            revisions.add(connection, made, laptop.owner)
    watched = Watched(cable)
    laptop.engine.run(watched, laptop.token)
    assert sum(watched.pushed) == 41
    assert len(watched.pushed) > 2
    assert None not in laptop.held().values()


def test_one_that_is_taken_after_it_was_refused_is_synced(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    view = save(laptop)
    with laptop.store.write() as connection:
        revisions.reject(
            connection,
            view.record.head.rev_id,
            code=Rejection.SCHEMA_UNKNOWN.value,
            field="schema",
            message="",
            today="2026-01-01",
        )
    assert standing(laptop, view) is Standing.NEEDS_YOU
    laptop.sync(cable)
    assert standing(laptop, view) is Standing.SYNCED


def test_an_id_that_is_anothers_already_keeps_both_without_any_comparison(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    theirs = save(work, 30)
    work.sync(cable)
    ours = save(home, 31)
    made = Revision.from_object(ours.record.head.to_object() | {"rev_id": theirs.record.head.rev_id})
    with home.store.write() as connection:
        revisions.replace(connection, ours.record.head.rev_id, made, home.owner)
    checked_today(home)
    for _ in range(2):
        home.engine.run(Altered(cable, digest=None), home.token)
    assert sorted(view.details.total for view in home.desk.sessions.all()) == [30, 31]
    assert None not in home.held().values()


def test_nothing_is_compared_while_an_erasure_still_waits_behind_pages(
    make_laptop: MakeLaptop, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_laptop("one")
    two = make_laptop("two", like=one)
    kept = [save(one).record_id for _ in range(3)]
    one.sync(cable)
    two.sync(cable)
    two.desk.sessions.remove(kept[2])
    two.desk.sessions.undo(kept[2])
    two.sync(cable)
    one.desk.erasures.erase([kept[0]])
    one.desk.erasures.erase([kept[1]])
    monkeypatch.setattr(limits, "PAGE_COUNT", 1)
    with one.store.write() as connection:
        connection.execute(account_row.update().values(checked_on=None))

    watched = Watched(cable, most=1)
    one.engine.run(watched, one.token)

    assert watched.checks[-1]
    assert not any(watched.checks[:-1])


def spoil(laptop: Laptop, record_id: str, activity: str = "juggling") -> None:
    """Put down a version that OMI online will refuse."""
    head = laptop.desk.sessions.get(record_id).record.head
    spoilt = compose(
        kind=Kind.SESSION,
        body=dict(head.body) | {"activity": activity},
        parents=[head],
        app="test",
        device="one",
        now=SystemClock().now(),
    )
    with laptop.store.write() as connection:
        revisions.add(connection, spoilt, laptop.owner, is_new=True)


def test_a_correction_of_what_was_refused_leaves_no_conflict_on_other_laptops(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    one = make_laptop("one")
    two = make_laptop("two", like=one)
    record_id = save(one).record_id
    one.sync(cable)
    two.sync(cable)
    spoil(one, record_id)
    one.sync(cable)
    assert one.desk.sessions.get(record_id).record.rejected

    one.desk.sessions.correct(record_id, details(31))
    one.sync(cable)
    two.sync(cable)

    seen = [laptop.desk.sessions.get(record_id).record for laptop in (one, two)]
    assert [view.is_conflict for view in seen] == [False, False]
    assert seen[0].head == seen[1].head
    one.desk.sessions.undo(record_id)
    assert one.desk.sessions.get(record_id).record.head.body["activity"] == "juggling"


@pytest.mark.parametrize("edits", ["correct", "correct twice", "remove"])
def test_an_edit_made_before_anyone_knew_of_a_refusal_leaves_no_conflict_on_other_laptops(
    make_laptop: MakeLaptop, cable: Cable, edits: str
) -> None:
    one = make_laptop("one")
    two = make_laptop("two", like=one)
    record_id = save(one).record_id
    one.sync(cable)
    two.sync(cable)
    spoil(one, record_id)
    if edits == "remove":
        one.desk.sessions.remove(record_id)
    else:
        one.desk.sessions.correct(record_id, details(30))
        if edits == "correct twice":
            one.desk.sessions.correct(record_id, details(31))
    said = one.desk.sessions.get(record_id).record.head

    for _ in range(2):
        one.sync(cable)
        two.sync(cable)

    seen = [laptop.desk.sessions.get(record_id).record for laptop in (one, two)]
    assert [view.standing for view in seen] == [Standing.SYNCED] * 2
    assert seen[0].head == seen[1].head
    assert says_the_same(seen[0].head, said)
    with one.store.read() as connection:
        versions = len(revisions.of_record(connection, record_id))
    one.sync(cable)
    with one.store.read() as connection:
        assert len(revisions.of_record(connection, record_id)) == versions

    with pytest.raises(ChangedSince):
        one.desk.sessions.ask_again(record_id)
    one.desk.sessions.undo(record_id)
    body = one.desk.sessions.get(record_id).record.head.body
    if edits == "correct twice":
        assert body["young_people"][0]["count"] == 30
    else:
        assert body["activity"] == "juggling"


def test_words_that_are_refused_too_are_not_said_again_without_end(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    """The answers come one by one, so that what is said again waits still when its own words are refused."""
    one = make_laptop("one")
    two = make_laptop("two", like=one)
    record_id = save(one).record_id
    one.sync(cable)
    spoil(one, record_id)
    one.desk.sessions.correct(record_id, details(30))
    spoil(one, record_id, activity="chess")
    watched = Watched(cable, most=1)

    def lose_patience(call: int) -> None:
        assert call < 20

    watched.before = lose_patience
    one.engine.run(watched, one.token, one.owner)

    assert one.desk.sessions.get(record_id).record.rejected
    one.desk.sessions.correct(record_id, details(31))
    for laptop in (one, two):
        laptop.sync(cable)
        view = laptop.desk.sessions.get(record_id).record
        assert view.standing is Standing.SYNCED
        assert view.head.body["young_people"][0]["count"] == 31


def test_what_another_laptop_said_meanwhile_is_still_asked_about(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    one = make_laptop("one")
    two = make_laptop("two", like=one)
    record_id = save(one).record_id
    one.sync(cable)
    two.sync(cable)
    two.desk.sessions.correct(record_id, details(29))
    spoil(one, record_id)
    one.desk.sessions.correct(record_id, details(31))
    for laptop in (one, two, one, two):
        laptop.sync(cable)
    for laptop in (one, two):
        view = laptop.desk.sessions.get(record_id).record
        assert view.is_conflict
        assert {leaf.body["young_people"][0]["count"] for leaf in view.leaves} == {29, 31}
