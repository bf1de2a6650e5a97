"""Runs that meet a service, a disk or a revision at fault: the rest goes on, and what is shown stays true."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import delete, select

from omi_desktop.central.tables import leaf, log
from omi_desktop.domain.errors import Misunderstood, NotSaved
from omi_desktop.domain.revision import ROOT, Revision, chain
from omi_desktop.services.records import Standing
from omi_desktop.store import accounts, revisions
from omi_desktop.sync.client import TooMuch
from omi_desktop.sync.engine import Differs
from omi_desktop.wire.messages import ROOT_CURSOR, Cursor, Pulled, SyncAnswer, SyncRequest
from tests.kit.full_disk import file_size_limit
from tests.kit.laptop import Cable
from tests.sync.conftest import MakeLaptop
from tests.sync.test_engine import Altered, save, standing
from tests.sync.test_engine_runs import Watched


def test_a_service_that_counts_something_else_is_reported_after_all_was_read_again(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    view = save(laptop)
    laptop.sync(cable)
    assert laptop.owner
    with laptop.store.write() as connection:
        accounts.set_success(connection, laptop.owner, "2026-01-01T00:00:00Z", "2026-01-01")
    with cable.database.writing() as connection:
        connection.execute(delete(leaf))
    for _ in range(2):
        with pytest.raises(Differs):
            laptop.sync(cable)
    assert standing(laptop, view) is Standing.SYNCED


def test_one_that_the_service_cannot_read_does_not_hold_up_the_others(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    views = [save(laptop, count) for count in range(20, 30)]
    poison = views[4].record.head

    class Choking:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            if poison.canonical in push:
                raise TooMuch
            return cable.sync(token, request, push)

    with pytest.raises(TooMuch):
        laptop.engine.run(Choking(), laptop.token)
    waiting = {rev_id for rev_id, n in laptop.held().items() if n is None}
    assert waiting == {poison.rev_id}
    later = save(laptop, 40)
    with pytest.raises(TooMuch):
        laptop.engine.run(Choking(), laptop.token)
    assert standing(laptop, later) is Standing.SYNCED
    assert standing(laptop, views[4]) is Standing.SAVED


def test_a_session_shown_before_its_id_went_to_another_is_not_shown_in_its_place(
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
    assert [view.details.total for view in home.desk.sessions.all()] == [31]
    home.sync(cable)
    home.sync(cable)
    assert sorted(view.details.total for view in home.desk.sessions.all()) == [30, 31]


def test_a_disk_that_fills_while_an_answer_is_taken_in_costs_nothing_but_time(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    for _ in range(30):
        save(work)
    work.sync(cable)
    view = save(home)

    class Filling:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            answer = cable.sync(token, request, push)
            limit.__enter__()
            return answer

    limit = file_size_limit(home.store.path.stat().st_size)
    try:
        with pytest.raises(NotSaved):
            home.engine.run(Filling(), home.token)
    finally:
        limit.__exit__(None, None, None)
    assert home.held() == {view.record.head.rev_id: None}
    assert standing(home, view) is Standing.SAVED
    with home.store.read() as connection:
        account = accounts.current(connection)
    assert account
    assert account.cursor_n == 0
    home.sync(cable)
    assert len(home.desk.sessions.all()) == 31
    assert standing(home, view) is Standing.SYNCED
    with cable.database.reading() as connection:
        assert len(connection.execute(select(log)).all()) == 31


def test_an_answer_without_what_was_sent_leaves_it_saved(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    view = save(laptop)
    laptop.engine.run(Altered(cable, pull=[], cursor=ROOT_CURSOR, digest=None), laptop.token)
    assert standing(laptop, view) is Standing.SAVED
    laptop.sync(cable)
    assert standing(laptop, view) is Standing.SYNCED


def test_an_answer_that_promises_more_and_brings_nothing_is_not_asked_for_again(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    watched = Watched(cable)
    watched.after = lambda answer: answer.model_copy(update={"more": True, "digest": None})
    watched.before = lambda call: pytest.fail("it goes on for ever") if call else None
    with pytest.raises(Misunderstood):
        laptop.engine.run(watched, laptop.token)


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda own: [own.model_copy(update={"sha": "e" * 64})], id="our id with another sha"),
        pytest.param(lambda own: [own.model_copy(update={"rev_id": "e" * 32})], id="nothing of one not sent"),
        pytest.param(lambda own: [own.model_copy(update={"n": 2})], id="a place left out"),
        pytest.param(lambda own: [own, own.model_copy(update={"n": 2})], id="the same twice"),
    ],
)
def test_a_page_that_hashes_well_but_cannot_be_is_not_counted(
    make_laptop: MakeLaptop, cable: Cable, forged: Callable[[Pulled], list[Pulled]]
) -> None:
    laptop = make_laptop("work")
    view = save(laptop)

    class Forging:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            answer = cable.sync(token, request, push)
            pull, h = forged(answer.pull[0]), ROOT
            for entry in pull:
                h = chain(h, entry.rev_id, entry.sha)
            return answer.model_copy(
                update={"pull": pull, "cursor": Cursor(n=len(pull), h=h), "digest": None}
            )

    with pytest.raises(Misunderstood):
        laptop.engine.run(Forging(), laptop.token)
    assert laptop.held() == {view.record.head.rev_id: None}
    laptop.sync(cable)
    assert standing(laptop, view) is Standing.SYNCED
