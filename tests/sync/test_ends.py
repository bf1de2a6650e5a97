"""What would go on or grow without end: an OMI online that never stops or takes back what it said, versions that are
refused again and again. And what a person takes back where versions were refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection

from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.revision import Kind, Revision, State, chain, compose, new_id
from omi_desktop.services.records import Standing
from omi_desktop.store import refusals, revisions
from omi_desktop.sync import engine
from omi_desktop.wire.messages import Cursor, Pulled, Rejected, SyncAnswer, SyncRequest
from omi_desktop.wire.problems import Rejection
from tests.kit.bodies import details
from tests.kit.laptop import Cable, Laptop
from tests.sync.conftest import MakeLaptop
from tests.sync.test_engine import save


class Changed:
    """The cable, with each answer changed on its way back; not for longer than any run takes."""

    def __init__(self, cable: Cable, change: Callable[[Sequence[bytes], SyncAnswer], SyncAnswer]) -> None:
        self.cable = cable
        self.change = change
        self.calls = 0

    def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        """One call."""
        self.calls += 1
        assert self.calls < 1_000, "it goes on for ever"
        return self.change(push, self.cable.sync(token, request, push))


def next_version(
    laptop: Laptop, parents: Sequence[Revision], count: int, *, activity: str = "juggling"
) -> Revision:
    """Put down a version of a session, one that OMI online refuses unless another activity is given."""
    body = dict(parents[0].body) | {"activity": activity}
    made = compose(
        kind=Kind.SESSION,
        body=body | {"young_people": [{**body["young_people"][0], "count": count}]},
        parents=parents,
        app="test",
        device="one",
        now=SystemClock().now(),
    )
    with laptop.store.write() as connection:
        revisions.add(connection, made, laptop.owner, is_new=True)
    return made


def head(laptop: Laptop, record_id: str) -> Revision:
    return laptop.desk.sessions.get(record_id).record.head


def count_of(found: Revision) -> int:
    counted: int = found.body["young_people"][0]["count"]
    return counted


def test_a_log_without_end_ends_the_run(
    make_laptop: MakeLaptop, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_ANSWERS_AT_MOST", 7)
    laptop = make_laptop("work")
    like = save(laptop).record.head.to_object()
    laptop.sync(cable)
    end = Cursor(n=1, h=chain("0" * 64, *next(iter(_synced(laptop)))))

    def more(_push: Sequence[bytes], answer: SyncAnswer) -> SyncAnswer:
        nonlocal end
        made = Revision.from_object(like | {"rev_id": new_id(), "record_id": new_id()})
        end = Cursor(n=end.n + 1, h=chain(end.h, made.rev_id, made.sha))
        pulled = Pulled(n=end.n, rev_id=made.rev_id, sha=made.sha, revision=made.to_object())
        changes = {"status": "ok", "pull": [pulled], "cursor": end, "more": True, "digest": None}
        return answer.model_copy(update=changes)

    endless = Changed(cable, more)
    with pytest.raises(engine.GoesOn):
        laptop.engine.run(endless, laptop.token)
    assert endless.calls == 7
    assert len(_synced(laptop)) == 8


def _synced(laptop: Laptop) -> list[tuple[str, str]]:
    """The ids and shas of what is synced here."""
    with laptop.store.read() as connection:
        return [
            (rev_id, sha)
            for rev_id, sha in revisions.shas(connection, list(laptop.held())).items()
            if laptop.held()[rev_id] is not None
        ]


def test_every_id_said_to_be_anothers_ends_the_run_and_adds_nothing(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    for _ in range(30):
        save(laptop)

    def refuse(push: Sequence[bytes], answer: SyncAnswer) -> SyncAnswer:
        ids = [Revision.from_canonical(each).rev_id for each in push]
        named = [Rejected(rev_id=each, code=Rejection.ID_REUSE) for each in ids]
        return answer.model_copy(update={"rejected": named})

    for _ in range(3):
        laptop.engine.run(
            Changed(cable, lambda push, answer: refuse(push, answer.model_copy(update=_NOTHING))),
            laptop.token,
        )
    assert len(laptop.held()) == 30
    assert set(laptop.held().values()) == {None}


_NOTHING = {"pull": [], "cursor": Cursor(n=0, h="0" * 64), "more": False, "digest": None, "status": "ok"}


def test_what_came_back_gives_way_to_nobody(make_laptop: MakeLaptop, cable: Cable) -> None:
    """Else each such answer would leave one more version of it, here and at OMI online."""
    laptop = make_laptop("work")
    view = save(laptop)
    reused = Rejected(rev_id=view.record.head.rev_id, code=Rejection.ID_REUSE)
    laptop.engine.run(
        Changed(cable, lambda _push, answer: answer.model_copy(update={"rejected": [reused]})), laptop.token
    )
    assert laptop.held() == {view.record.head.rev_id: 1}


def test_many_refused_versions_of_one_record_are_looked_at_once(
    make_laptop: MakeLaptop, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    say_again = refusals.say_again

    def noted(connection: Connection, record_id: str) -> None:
        asked.append(record_id)
        say_again(connection, record_id)

    monkeypatch.setattr(refusals, "say_again", noted)
    laptop = make_laptop("work")
    record_id = save(laptop).record_id
    laptop.sync(cable)
    for count in range(5):
        next_version(laptop, [head(laptop, record_id)], count)
    laptop.sync(cable)
    assert asked == [record_id]


def test_taking_back_the_correction_of_what_was_refused_twice_does_not_remove_it_again(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    """What the correction names too, so that it does not stand on elsewhere, is not what its person corrected."""
    one = make_laptop("one")
    two = make_laptop("two", like=one)
    record_id = save(one).record_id
    one.desk.sessions.remove(record_id)
    one.sync(cable)
    with one.store.read() as connection:
        stone = revisions.leaves_of_record(connection, record_id)[0].revision
    next_version(one, [next_version(one, [stone], 29)], 30)
    one.sync(cable)
    one.desk.sessions.correct(record_id, details(31))

    one.desk.sessions.undo(record_id)

    assert head(one, record_id).state is State.LIVE
    assert count_of(head(one, record_id)) == 30
    one.desk.sessions.correct(record_id, details(32))
    for laptop in (one, one, two):
        laptop.sync(cable)
    for laptop in (one, two):
        view = laptop.desk.sessions.get(record_id).record
        assert view.standing is Standing.SYNCED
        assert count_of(view.head) == 32


def test_an_answer_taken_back_asks_about_no_more_than_was_asked(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    one = make_laptop("one")
    two = make_laptop("two", like=one)
    record_id = save(one).record_id
    one.sync(cable)
    two.sync(cable)
    two.desk.sessions.correct(record_id, details(29))
    two.sync(cable)
    one.desk.sessions.correct(record_id, details(30))
    next_version(one, [next_version(one, [head(one, record_id)], 31)], 32)
    one.sync(cable)
    asked = one.desk.sessions.get(record_id).record
    assert sorted(map(count_of, asked.leaves)) == [29, 32]
    one.desk.sessions.settle(record_id, next(each.rev_id for each in asked.leaves if count_of(each) == 29))

    one.desk.sessions.ask_again(record_id)

    asked = one.desk.sessions.get(record_id).record
    assert sorted(map(count_of, asked.leaves)) == [29, 32]


def test_versions_said_again_many_times_are_taken_back_as_one(make_laptop: MakeLaptop, cable: Cable) -> None:
    """Refusals that become known one by one, each with something before it that stands: more than Python calls deep."""
    laptop = make_laptop("work")
    record_id = save(laptop).record_id
    first = head(laptop, record_id)
    said = next_version(laptop, [first], 31, activity="class_session")
    with laptop.store.write() as connection:
        for _ in range(1_100):
            again = Revision.from_object(
                said.to_object()
                | {
                    "rev_id": new_id(),
                    "depth": said.depth + 1,
                    "parents": sorted([said.rev_id, first.rev_id]),
                }
            )
            revisions.add(connection, again, laptop.owner, is_new=True)
            said = again
    laptop.desk.sessions.undo(record_id)
    assert count_of(head(laptop, record_id)) == 28


def test_versions_that_name_each_other_do_not_hold_up_what_is_taken_back(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    """No laptop makes them, and any may bring them."""
    laptop = make_laptop("work")
    record_id = save(laptop).record_id
    first = head(laptop, record_id)
    ids = [new_id(), new_id()]
    circle = [
        Revision.from_object(
            first.to_object() | {"rev_id": mine, "depth": 2, "parents": sorted([first.rev_id, other])}
        )
        for mine, other in (ids, reversed(ids))
    ]
    with laptop.store.write() as connection:
        for each in circle:
            revisions.add(connection, each, laptop.owner)
    next_version(laptop, [*circle, first], 28, activity=first.body["activity"])
    laptop.desk.sessions.undo(record_id)
    assert head(laptop, record_id).state is State.LIVE


@pytest.mark.parametrize("is_sent_together", [True, False])
def test_what_was_saved_on_top_of_a_version_that_gives_way_undoes_no_removal(
    make_laptop: MakeLaptop, cable: Cable, monkeypatch: pytest.MonkeyPatch, *, is_sent_together: bool
) -> None:
    """Two laptops drew one id, as copies of one disk may: one for a removal, the other for an edit. The next edit names
    that id, and must follow the edit, whether it went with it or was saved while that was under way."""
    one = make_laptop("one")
    two = make_laptop("two", like=one)
    record_id = save(one).record_id
    for laptop in (one, two):
        laptop.sync(cable)
    one.desk.sessions.remove(record_id)
    stone = head(one, record_id)
    one.sync(cable)
    ids = iter([stone.rev_id])
    with monkeypatch.context() as patch:
        patch.setattr("omi_desktop.domain.revision.new_id", lambda: next(ids, None) or new_id())
        two.desk.sessions.correct(record_id, details(29))
    assert head(two, record_id).rev_id == stone.rev_id
    edits = iter([details(30)])

    def edit() -> None:
        for each in edits:
            two.desk.sessions.correct(record_id, each)

    def edited_meanwhile(_push: Sequence[bytes], answer: SyncAnswer) -> SyncAnswer:
        edit()
        return answer

    if is_sent_together:
        edit()
    two.engine.run(Changed(cable, edited_meanwhile), two.token)
    for laptop in (two, one, two):
        laptop.sync(cable)

    for laptop in (one, two):
        assert head(laptop, record_id) == stone
        with laptop.store.read() as connection:
            kept = revisions.of_record(connection, record_id)
        assert sorted(count_of(each.revision) for each in kept) == [28, 28, 29, 30]
        assert all(each.is_synced for each in kept)
