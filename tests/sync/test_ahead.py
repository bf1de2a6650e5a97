"""A request goes before the one under way is answered: what is promised of a run holds as if it had waited."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from omi_desktop.central.tables import log
from omi_desktop.domain.errors import Busy, NotSaved, SyncProblem, Unreachable
from omi_desktop.domain.revision import Revision, new_id
from omi_desktop.store import accounts, revisions
from omi_desktop.store.columns import revision
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.aside import Aside
from omi_desktop.sync.client import TooMuch
from omi_desktop.sync.engine import Engine
from omi_desktop.wire import limits
from omi_desktop.wire.messages import SyncAnswer
from omi_desktop.wire.problems import Rejection
from tests.faults.simulation.ahead import Sent, Work
from tests.kit.laptop import Cable, Laptop
from tests.sync.conftest import MakeLaptop
from tests.sync.test_engine import save
from tests.sync.test_engine_runs import Watched, checked_today, empty

_MOST = 5
_COUNT = 18
_PUSHED = [4, 4, 4, 4, 2]
"""18 are too many, and so are 9; four are not."""


class Under:
    """Calls under way, without threads. `late` says which of them, counted from 0, are heard only when their answer is
    waited for, or never; the others are heard at once."""

    def __init__(self, late: Callable[[int], bool] = lambda _number: False) -> None:
        self.late = late
        self.events: list[str] = []
        self._begun = 0

    def begin(self, work: Work) -> Sent:
        """Let a call go."""
        self.events.append("sent")
        made = Sent(work)
        if not self.late(self._begun):
            made.arrive()
        self._begun += 1
        return made


@pytest.fixture
def laptop(make_laptop: MakeLaptop) -> Laptop:
    """One with eighteen sessions that wait, and no comparison due, which would heal what went wrong."""
    made = make_laptop("work")
    for count in range(_COUNT):
        save(made, 20 + count)
    checked_today(made)
    return made


@pytest.fixture
def watched(cable: Cable) -> Watched:
    """The cable, which takes no more than a few at once."""
    return Watched(cable, _MOST)


def engine(laptop: Laptop, under: Under) -> Engine:
    """The engine of a laptop, whose calls go as a test says."""
    return Engine(laptop.store, clock=laptop.desk.clock, changes=laptop.desk.changes, begin=under.begin)


def back(laptop: Laptop) -> list[int]:
    """The places in the log that the file knows of; the cursor must be the last of them."""
    found = sorted(n for n in laptop.held().values() if n is not None)
    with laptop.store.read() as connection:
        account = accounts.current(connection)
    assert account
    assert account.cursor_n == len(found)
    return found


def each_is_once_in_the_log(cable: Cable, count: int = _COUNT) -> None:
    """What was sent twice counts once."""
    with cable.database.reading() as connection:
        assert len(connection.execute(select(log)).all()) == count


def writing(monkeypatch: pytest.MonkeyPatch, events: list[str], *, fails_at: int = 99) -> None:
    """Put down when a page is written; the file refuses one of them, counted from 0."""
    whole = revisions.set_read_back

    def set_read_back(connection: Connection, *rest: Any) -> int:
        events.append("written")
        found = whole(connection, *rest)
        if events.count("written") == fails_at + 1:
            raise NotSaved
        return found

    monkeypatch.setattr(revisions, "set_read_back", set_read_back)


def restarts(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One for each time that nothing counts as synced any more."""
    found: list[bool] = []
    whole = revisions.forget_read_back

    def forget(connection: Connection, owner: Owner) -> None:
        found.append(True)
        whole(connection, owner)

    monkeypatch.setattr(revisions, "forget_read_back", forget)
    return found


def test_two_are_under_way_while_a_page_is_written(
    laptop: Laptop, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    under = Under()
    writing(monkeypatch, under.events)
    report = engine(laptop, under).run(watched, laptop.token)
    # The first waits for its answer: perhaps the log is not as it was. Of the next two one goes before the page is
    # written and one after, so that they arrive in their order.
    expected = "sent written sent sent written sent written written written"
    assert under.events == expected.split()
    assert watched.pushed == _PUSHED
    assert (report.requests, report.sent, report.read_back) == (5, _COUNT, _COUNT)
    assert back(laptop) == list(range(1, _COUNT + 1))


def test_what_fits_into_one_request_needs_no_other_thread(make_laptop: MakeLaptop, watched: Watched) -> None:
    laptop, under = make_laptop("work"), Under()
    save(laptop)
    engine(laptop, under).run(watched, laptop.token)
    assert (watched.pushed, under.events) == ([1], [])


def test_with_threads_nothing_else_comes_of_it(laptop: Laptop, watched: Watched, cable: Cable) -> None:
    report = laptop.engine.run(watched, laptop.token)
    assert (report.sent, report.read_back) == (_COUNT, _COUNT)
    assert back(laptop) == list(range(1, _COUNT + 1))
    each_is_once_in_the_log(cable)


@pytest.mark.parametrize(("late", "requests"), [(0, 7), (2, 6)])
def test_one_that_overtakes_is_asked_again_and_nothing_is_forgotten(
    laptop: Laptop, watched: Watched, cable: Cable, monkeypatch: pytest.MonkeyPatch, late: int, requests: int
) -> None:
    forgotten = restarts(monkeypatch)
    report = engine(laptop, Under(lambda number: number == late)).run(watched, laptop.token)
    # Where more waits after it, one more has gone ahead of what did not count.
    assert (report.requests, report.sent, report.read_back) == (requests, _COUNT, _COUNT)
    assert back(laptop) == list(range(1, _COUNT + 1))
    assert not forgotten
    each_is_once_in_the_log(cable)


def test_a_history_that_did_change_is_seen_with_the_next_call(
    laptop: Laptop, watched: Watched, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = restarts(monkeypatch)

    def forget(call: int) -> None:
        if call == 2:
            empty(cable)

    watched.before = forget
    report = engine(laptop, Under()).run(watched, laptop.token)
    assert len(forgotten) == 1
    assert report.read_back >= _COUNT
    assert back(laptop) == list(range(1, _COUNT + 1))
    each_is_once_in_the_log(cable)


@pytest.mark.parametrize("fails_at", range(5))
def test_a_page_that_cannot_be_written_ends_the_run_and_what_went_ahead_counts_as_nothing(
    laptop: Laptop, watched: Watched, cable: Cable, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    with monkeypatch.context() as broken:
        under = Under(lambda number: number % 2 == 0)
        writing(broken, under.events, fails_at=fails_at)
        made = engine(laptop, under)
        with pytest.raises(NotSaved):
            made.run(watched, laptop.token)
    assert back(laptop) == list(range(1, 4 * fails_at + 1))
    assert (made.report.sent, made.report.read_back) == (4 * fails_at, 4 * fails_at)
    laptop.sync(cable)
    assert back(laptop) == list(range(1, _COUNT + 1))
    each_is_once_in_the_log(cable)


@pytest.mark.parametrize("fate", ["answer_lost", "request_lost"])
@pytest.mark.parametrize("call", range(1, 6))
def test_what_came_back_before_a_request_that_failed_stays_read_back(
    laptop: Laptop, watched: Watched, cable: Cable, fate: str, call: int
) -> None:
    cable.fate = lambda: fate if len(watched.pushed) == call else "ok"
    with pytest.raises(Unreachable):
        engine(laptop, Under()).run(watched, laptop.token)
    assert back(laptop) == list(range(1, 4 * (call - 1) + 1))
    cable.fate = lambda: "ok"
    laptop.sync(cable)
    assert back(laptop) == list(range(1, _COUNT + 1))
    each_is_once_in_the_log(cable)


def test_nothing_more_is_sent_once_the_account_has_left(laptop: Laptop, watched: Watched) -> None:
    def leave(answer: SyncAnswer) -> SyncAnswer:
        if len(watched.pushed) == 3:
            with laptop.store.write() as connection:
                accounts.leave(connection)
        return answer

    watched.after = leave
    with pytest.raises(SyncProblem):
        engine(laptop, Under()).run(watched, laptop.token)
    assert watched.pushed == _PUSHED[:3]
    assert sorted(n for n in laptop.held().values() if n) == [1, 2, 3, 4]


@pytest.mark.parametrize("late", [False, True])
def test_what_another_laptop_sent_in_between_is_taken_in_before_more_is_sent(
    laptop: Laptop, watched: Watched, cable: Cable, make_laptop: MakeLaptop, late: bool
) -> None:
    other = make_laptop("home", like=laptop)

    def another(call: int) -> None:
        if call == 2:
            save(other, 77)
            other.sync(cable)

    watched.before = another
    report = engine(laptop, Under(lambda _number: late)).run(watched, laptop.token)
    assert (report.read_back, report.received) == (_COUNT, 1)
    assert back(laptop) == list(range(1, _COUNT + 2))
    each_is_once_in_the_log(cable, _COUNT + 1)


@pytest.mark.parametrize("fate", ["ok", "answer_lost", "request_lost"])
def test_after_one_was_refused_what_went_ahead_is_sent_again_whatever_became_of_it(
    laptop: Laptop, watched: Watched, cable: Cable, monkeypatch: pytest.MonkeyPatch, fate: str
) -> None:
    cable.fate = lambda: fate if len(watched.pushed) == 3 else "ok"
    forgotten = restarts(monkeypatch)
    assert laptop.owner
    with laptop.store.write() as connection:
        waits = revisions.unsent(connection, laptop.owner, after=(0, ""), limit=_COUNT, today="2026-11-26")
        like = Revision.from_canonical(waits[6].canonical)
        # It stands right behind the seventh.
        rev_id = f"{int(like.rev_id, 16) + 1:032x}"
        changes = {"rev_id": rev_id, "record_id": new_id(), "body": {**like.body, "minutes": 0}}
        revisions.add(connection, Revision.from_object(like.to_object() | changes), laptop.owner)
    report = engine(laptop, Under()).run(watched, laptop.token)
    assert (report.rejected, report.read_back) == (1, _COUNT)
    assert watched.pushed == [4, 4, 4, 4, 4, 3]  # the third twice
    with laptop.store.read() as connection:
        held = revisions.get(connection, rev_id)
    assert held is not None
    assert held.rejected_code == Rejection.INVALID
    assert not forgotten
    each_is_once_in_the_log(cable)


def test_a_busy_service_is_left_alone_also_where_it_said_so_to_a_call_that_came_to_nothing(
    laptop: Laptop, watched: Watched, cable: Cable, make_laptop: MakeLaptop
) -> None:
    other = make_laptop("home", like=laptop)
    asked = []

    def before(call: int) -> None:
        if call == 1:  # So the next, which goes ahead, has to be sent again.
            save(other, 77)
            other.sync(cable)
        elif call == 2:
            asked.append(call)
            raise Busy(120)

    watched.before = before
    with pytest.raises(Busy) as found:
        engine(laptop, Under()).run(watched, laptop.token)
    assert (len(asked), found.value.retry_after) == (1, 120)


def test_nothing_goes_before_a_call_that_is_still_to_begin(
    laptop: Laptop, watched: Watched, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.sync(cable)
    empty(cable)
    with laptop.store.read() as connection:
        longest = connection.execute(select(func.max(func.length(revision.c.canonical)))).scalar_one()
    monkeypatch.setattr(limits, "PUSH_BYTES", 4 * longest)
    report = engine(laptop, Under()).run(watched, laptop.token)
    assert watched.pushed == [0, 0, *_PUSHED]
    assert (report.requests, report.read_back) == (7, _COUNT)


def test_one_ahead_that_is_too_much_is_halved(laptop: Laptop, watched: Watched, cable: Cable) -> None:
    def narrower(call: int) -> None:
        if call == 2 and watched.most > 2:
            watched.most = 2
            raise TooMuch

    watched.before = narrower
    report = engine(laptop, Under()).run(watched, laptop.token)
    assert (report.sent, report.read_back) == (_COUNT, _COUNT)
    assert max(watched.pushed[2:]) == 2
    assert back(laptop) == list(range(1, _COUNT + 1))
    each_is_once_in_the_log(cable)


def test_an_engine_without_threads_sends_and_keeps_the_same(laptop: Laptop, watched: Watched) -> None:
    alone = Engine(laptop.store, clock=laptop.desk.clock, changes=laptop.desk.changes)
    report = alone.run(watched, laptop.token)
    assert watched.pushed == _PUSHED
    assert (report.requests, report.sent, report.read_back) == (5, _COUNT, _COUNT)
    assert back(laptop) == list(range(1, _COUNT + 1))


def test_work_aside_goes_on_beside_its_maker_who_gets_what_it_found() -> None:
    going_on = threading.Event()

    def work() -> str:
        going_on.wait(60)
        return "found"

    aside = Aside(work)
    going_on.set()
    assert aside.result() == "found"


def test_what_fails_aside_is_raised_when_it_is_waited_for() -> None:
    def work() -> str:
        raise NotSaved

    aside = Aside(work)
    with pytest.raises(NotSaved):
        aside.result()
