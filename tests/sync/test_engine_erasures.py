"""An erasure on its way: from the laptop that asks over OMI online to the others, and past restores of any of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from omi_desktop.central.tables import account, erased_record, leaf, log, visit
from omi_desktop.domain.revision import ROOT, chain
from omi_desktop.store import erasures, queue
from omi_desktop.wire.messages import Cursor, Pulled, SyncAnswer, SyncRequest
from tests.kit.laptop import Cable, Laptop
from tests.sync.conftest import MakeLaptop
from tests.sync.test_engine import details, save


@pytest.fixture
def work(make_laptop: MakeLaptop, cable: Cable) -> Laptop:
    return make_laptop("work")


@pytest.fixture
def home(make_laptop: MakeLaptop, work: Laptop) -> Laptop:
    return make_laptop("home", like=work)


def bodies(cable: Cable) -> int:
    """How many entries of the log still say something, those that ask for erasures apart."""
    with cable.database.reading() as connection:
        rows = connection.execute(select(log.c.canonical).where(log.c.kind != "erasure"))
        return sum(row.canonical is not None for row in rows)


def checked(laptop: Laptop, cable: Cable) -> None:
    """Sync with the daily comparison, which fails if both sides count something else."""
    with laptop.store.write() as connection:
        connection.exec_driver_sql("UPDATE account SET checked_on = NULL")
    laptop.sync(cable)


def forget_everything(cable: Cable) -> None:
    """The centre is restored from long ago, and its list of erasures is lost."""
    with cable.database.writing() as connection:
        for table in (visit, leaf, log, erased_record):
            connection.execute(delete(table))
        connection.execute(update(account).values(n=0, h=ROOT, erased_records=0))


def test_what_was_erased_here_does_not_come_back_from_a_laptop_that_has_not_heard_of_it(
    work: Laptop, home: Laptop, cable: Cable
) -> None:
    gone = save(work)
    work.sync(cable)
    home.sync(cable)
    work.desk.erasures.erase([gone.record_id])
    work.sync(cable)
    forget_everything(cable)
    home.sync(cable)
    assert bodies(cable) == 1
    work.sync(cable)
    assert (work.desk.sessions.all(), bodies(cable)) == ([], 0)
    assert gone.record.head.rev_id not in work.held()
    checked(work, cable)


def test_what_is_erased_here_is_erased_there_and_asked_about_on_the_other_laptop(
    work: Laptop, home: Laptop, cable: Cable
) -> None:
    gone, stays = save(work, 28), save(work, 12)
    work.desk.sessions.correct(gone.record_id, details(31))
    work.sync(cable)
    home.sync(cable)
    work.desk.erasures.erase([gone.record_id])
    checked(work, cable)
    assert bodies(cable) == 1
    checked(home, cable)
    (asked,) = home.desk.erasures.waiting()
    assert (asked.record_id, asked.device) == (gone.record_id, work.desk.device())
    assert {view.record_id for view in home.desk.sessions.all()} == {gone.record_id, stays.record_id}
    home.desk.erasures.confirm([gone.record_id])
    assert [view.record_id for view in home.desk.sessions.all()] == [stays.record_id]
    checked(home, cable)
    checked(work, cable)


def test_what_was_not_sent_yet_is_not_sent_after_the_erasure_either(
    work: Laptop, home: Laptop, cable: Cable
) -> None:
    view = save(work)
    work.sync(cable)
    home.sync(cable)
    home.desk.sessions.correct(view.record_id, details(31))
    work.desk.erasures.erase([view.record_id])
    work.sync(cable)
    home.sync(cable)
    assert bodies(cable) == 0
    checked(home, cable)
    with home.store.read() as connection:
        assert home.owner
        assert queue.waiting(connection, home.owner).waiting == 0
    assert home.desk.sessions.get(view.record_id).details.total == 31


def test_an_answer_lost_around_the_erasure_costs_nothing(work: Laptop, cable: Cable) -> None:
    view = save(work)
    cable.fate = lambda: "answer_lost"
    with pytest.raises(Exception, match="can't be reached"):
        work.sync(cable)
    work.desk.erasures.erase([view.record_id])
    with pytest.raises(Exception, match="can't be reached"):
        work.sync(cable)
    cable.fate = lambda: "ok"
    checked(work, cable)
    assert work.desk.sessions.all() == []
    assert bodies(cable) == 0
    with work.store.read() as connection:
        assert work.owner
        assert queue.waiting(connection, work.owner).waiting == 0


def test_a_centre_that_forgot_everything_gets_the_erasure_again_and_nothing_of_what_was_erased(
    work: Laptop, home: Laptop, cable: Cable
) -> None:
    gone, kept = save(work), save(work, 12)
    work.sync(cable)
    home.sync(cable)
    work.desk.erasures.erase([gone.record_id])
    work.sync(cable)
    home.sync(cable)
    home.desk.erasures.keep([gone.record_id])
    forget_everything(cable)
    for laptop in (home, work, home):
        checked(laptop, cable)
    with cable.database.reading() as connection:
        rows = connection.execute(select(log.c.record_id, log.c.kind)).all()
    assert {row.record_id for row in rows if row.kind == "session"} == {kept.record_id}
    assert sorted(row.kind for row in rows) == ["erasure", "session"]
    assert home.desk.sessions.get(gone.record_id).record.is_erased


def test_an_old_disk_that_still_holds_it_is_asked_and_sends_nothing(
    work: Laptop, home: Laptop, cable: Cable, tmp_path: Path
) -> None:
    gone = save(work)
    home.sync(cable)
    home.back_up(tmp_path / "old.db")
    work.sync(cable)
    home.sync(cable)
    work.desk.erasures.erase([gone.record_id])
    work.sync(cable)
    home.sync(cable)
    home.desk.erasures.confirm([gone.record_id])
    home.restore(tmp_path / "old.db")
    checked(home, cable)
    assert home.desk.sessions.all() == []
    assert bodies(cable) == 0


def test_erased_without_a_word_of_who_asked_it_is_still_neither_sent_nor_dropped(
    work: Laptop, cable: Cable
) -> None:
    """OMI online lost the revision that asked, and followed its list of erasures all the same."""
    view = save(work)

    class Forgetful:
        """The cable; every session comes back as erased."""

        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            answer = cable.sync(token, request, push)
            pull = [Pulled(n=e.n, rev_id=e.rev_id, sha=e.sha, erased=True) for e in answer.pull]
            return answer.model_copy(update={"pull": pull, "digest": None})

    report = work.engine.run(Forgetful(), work.token)
    assert report.read_back == 1
    (asked,) = work.desk.erasures.waiting()
    assert (asked.record_id, asked.device) == (view.record_id, "")
    assert work.desk.sessions.get(view.record_id).details.total == 28


def test_erased_under_an_id_that_says_something_else_here_ours_gets_another_id(
    work: Laptop, cable: Cable
) -> None:
    view = save(work)

    class Another:
        """The cable; the entry has another sha, as after a clone used the same id."""

        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:

            answer = cable.sync(token, request, [])
            sha = "e" * 64
            rev_id = view.record.head.rev_id
            pull = [Pulled(n=1, rev_id=rev_id, sha=sha, erased=True)]
            cursor = Cursor(n=1, h=chain(ROOT, rev_id, sha))
            return answer.model_copy(update={"pull": pull, "cursor": cursor, "digest": None})

    work.engine.run(Another(), work.token)
    (again,) = work.desk.sessions.all()
    assert again.record.head.rev_id != view.record.head.rev_id
    assert again.details.total == 28
    with work.store.read() as connection:
        assert work.owner
        assert erasures.record_ids(connection, work.owner) == frozenset()


def test_the_last_word_about_an_erasure_outlives_a_copy_that_says_that_it_is_kept(
    work: Laptop, home: Laptop, cable: Cable
) -> None:
    view = save(work)
    work.sync(cable)
    home.sync(cable)
    work.desk.erasures.erase([view.record_id])
    work.sync(cable)
    home.sync(cable)
    home.desk.erasures.keep([view.record_id])
    home.desk.backups.wait()
    copy = home.desk.backups.make()
    home.desk.erasures.confirm([view.record_id])
    home.desk.backups.restore(copy)
    assert home.desk.sessions.all() == []
    with home.store.read() as connection:
        assert home.owner
        found = erasures.find(connection, home.owner, view.record_id)
    assert found is not None
    assert found.decision == erasures.ERASED
