"""One run of the protocol, rule by rule, against the centre's own code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from omi_desktop.central.tables import log
from omi_desktop.domain.errors import Misunderstood, OtherCentre, SignedOut, SyncProblem, Unreachable
from omi_desktop.domain.revision import new_id
from omi_desktop.domain.session import Details, Place, YoungPeople
from omi_desktop.domain.stages import Nation
from omi_desktop.services.records import Standing
from omi_desktop.services.sessions import SessionView
from omi_desktop.store import accounts, queue, revisions
from omi_desktop.store.tables import revision as revision_table
from omi_desktop.sync.client import TooMuch
from omi_desktop.sync.engine import Differs, HistoryKeepsChanging
from omi_desktop.wire.messages import Cursor, SyncAnswer, SyncRequest
from tests.kit.laptop import Cable, Laptop
from tests.sync.conftest import MakeLaptop, sign_in

SCHOOL = Place(1, "Ysgol Tŷ Seren", nation=Nation.WALES)


def details(count: int = 28, day: date = date(2025, 11, 24)) -> Details:
    """A session that can be saved."""
    return Details(
        day=day,
        start=time(10, 40),
        minutes=50,
        places=(SCHOOL,),
        young_people=(YoungPeople(1, ("wa.y8",), count),),
    )


def save(laptop: Laptop, count: int = 28) -> SessionView:
    """Save one session."""
    return laptop.desk.sessions.save(details(count))


def standing(laptop: Laptop, view: SessionView) -> Standing:
    """How it stands now."""
    return laptop.desk.sessions.get(view.record_id).record.standing


class Altered:
    """The cable, with answers changed on their way back."""

    def __init__(self, cable: Cable, **changes: object) -> None:
        self.cable = cable
        self.changes = changes

    def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        """One call whose answer is altered."""
        return self.cable.sync(token, request, push).model_copy(update=self.changes)


def test_a_saved_session_is_synced_only_once_it_came_back(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    view = save(laptop)
    cable.fate = lambda: "answer_lost"
    with pytest.raises(Unreachable):
        laptop.sync(cable)
    assert standing(laptop, view) is Standing.SAVED
    cable.fate = lambda: "ok"
    report = laptop.sync(cable)
    assert standing(laptop, view) is Standing.SYNCED
    assert report.read_back == 1


def test_a_lost_answer_never_counts_anyone_twice(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    save(laptop)
    fates = iter(["answer_lost", "answer_lost", "answer_lost"])
    cable.fate = lambda: next(fates, "ok")
    for _ in range(3):
        with pytest.raises(Unreachable):
            laptop.sync(cable)
    laptop.sync(cable)
    with cable.database.reading() as connection:
        assert len(connection.execute(select(log)).all()) == 1


def test_nothing_waiting_and_nothing_new_is_one_request(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    laptop.sync(cable)
    cable.calls = 0
    laptop.sync(cable)
    assert cable.calls == 1


def test_450_revisions_go_in_three_requests_and_20_more_in_one(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    for _ in range(450):
        save(laptop)
    report = laptop.sync(cable)
    assert (report.requests, report.sent, report.read_back) == (3, 450, 450)
    for _ in range(20):
        save(laptop)
    assert laptop.sync(cable).requests == 1


def test_a_second_laptop_reads_every_page(make_laptop: MakeLaptop, cable: Cable) -> None:
    work = make_laptop("work")
    for _ in range(450):
        save(work)
    work.sync(cable)
    home = make_laptop("home", like=work)
    own = save(home)
    report = home.sync(cable)
    assert report.received == 450
    assert standing(home, own) is Standing.SYNCED
    work.sync(cable)
    assert work.held() == home.held()


def test_each_revision_is_sent_once_in_a_run(make_laptop: MakeLaptop, cable: Cable) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    for _ in range(210):
        save(home)
    home.sync(cable)
    for _ in range(210):
        save(work)
    sent: list[bytes] = []

    class Watching:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            sent.extend(push)
            return cable.sync(token, request, push)

    work.engine.run(Watching(), work.token)
    assert len(sent) == len(set(sent)) == 210


def test_a_silent_restore_of_the_centre_is_noticed_and_everything_sent_again(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    work, view = make_laptop("work"), None
    home = make_laptop("home", like=work)
    view = save(work)
    work.sync(cable)
    home.sync(cable)
    later = save(home)
    home.sync(cable)
    with cable.database.writing() as connection:
        connection.execute(delete(log).where(log.c.n == 2))
        _rewind(connection, cable)
    assert standing(home, later) is Standing.SYNCED
    home.sync(cable)
    assert standing(home, later) is Standing.SYNCED
    with cable.database.reading() as connection:
        kept = set(connection.execute(select(log.c.rev_id)).scalars())
    assert kept == set(home.held())
    assert view.record.head.rev_id in kept


def test_an_emptied_centre_gets_back_what_other_laptops_had_sent(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    save(work)
    work.sync(cable)
    home.sync(cable)
    with cable.database.writing() as connection:
        connection.execute(delete(log))
        _rewind(connection, cable)
    home.sync(cable)
    with cable.database.reading() as connection:
        assert len(connection.execute(select(log)).all()) == 1
    assert len(home.held()) == 1


def _rewind(connection: object, cable: Cable) -> None:
    """Set every account's counter to what its log still has, as an old backup would."""
    from omi_desktop.central.tables import account, leaf
    from omi_desktop.domain.revision import ROOT

    del cable
    run = connection.execute  # type: ignore[attr-defined]
    for row in run(select(account.c.id)).all():
        last = run(
            select(log.c.n, log.c.h).where(log.c.account_id == row.id).order_by(log.c.n.desc())
        ).first()
        n, h = (last.n, last.h) if last else (0, ROOT)
        run(update(account).where(account.c.id == row.id).values(n=n, h=h))
        kept = select(log.c.rev_id).where(log.c.account_id == row.id)
        run(delete(leaf).where(leaf.c.account_id == row.id, leaf.c.rev_id.not_in(kept)))


def test_a_history_that_changes_twice_in_a_run_backs_off(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    save(laptop)
    laptop.sync(cable)
    with pytest.raises(HistoryKeepsChanging):
        laptop.engine.run(Altered(cable, status="history_changed"), laptop.token)
    assert len(laptop.held()) == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"nonce": "f" * 32}, Misunderstood),
        ({"centre_id": "f" * 32}, OtherCentre),
        ({"cursor": None}, Misunderstood),
        ({"cursor": Cursor(n=7, h="e" * 64)}, Misunderstood),
        ({"pull": []}, Misunderstood),
        ({"pull": [], "more": True}, Misunderstood),
    ],
)
def test_an_answer_that_is_not_certainly_ours_changes_nothing(
    make_laptop: MakeLaptop, cable: Cable, changes: dict[str, object], expected: type[SyncProblem]
) -> None:
    laptop = make_laptop("work")
    view = save(laptop)
    with pytest.raises(expected):
        laptop.engine.run(Altered(cable, **changes), laptop.token)
    assert standing(laptop, view) is Standing.SAVED
    with laptop.store.read() as connection:
        account = accounts.current(connection)
    assert account
    assert account.cursor_n == 0


def test_a_page_with_a_forged_revision_is_not_taken_in(make_laptop: MakeLaptop, cable: Cable) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    save(work)
    work.sync(cable)

    class Forging:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            answer = cable.sync(token, request, push)
            entry = answer.pull[0]
            assert entry.revision
            body = entry.revision["body"] | {"minutes": 51}
            forged = entry.model_copy(update={"revision": entry.revision | {"body": body}})
            return answer.model_copy(update={"pull": [forged]})

    with pytest.raises(Misunderstood):
        home.engine.run(Forging(), home.token)
    assert home.held() == {}


def test_a_late_answer_is_not_counted_once_the_person_signed_out(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    save(laptop)

    class Slow:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            answer = cable.sync(token, request, push)
            with laptop.store.write() as connection:
                accounts.leave(connection)
            return answer

    with pytest.raises(SyncProblem):
        laptop.engine.run(Slow(), laptop.token)
    assert list(laptop.held().values()) == [None]


def test_one_bad_revision_is_refused_alone_and_a_correction_retires_it(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    good, bad = save(laptop), save(laptop)
    _spoil(laptop, bad)
    report = laptop.sync(cable)
    assert report.rejected == 1
    assert standing(laptop, good) is Standing.SYNCED
    view = laptop.desk.sessions.get(bad.record_id)
    assert view.record.standing is Standing.NEEDS_YOU
    assert view.record.rejected
    assert view.record.rejected.field == "minutes"
    laptop.desk.sessions.correct(bad.record_id, details(29))
    laptop.sync(cable)
    assert standing(laptop, bad) is Standing.SYNCED
    with laptop.store.read() as connection:
        assert queue.waiting(connection, laptop.owner).rejected == 0


def _spoil(laptop: Laptop, view: SessionView) -> None:
    """Make a kept revision one that the centre must refuse, as a fault of an older version might."""
    from omi_desktop.domain.revision import Revision

    found = view.record.head.to_object()
    spoilt = Revision.from_object(found | {"body": found["body"] | {"minutes": -1}})
    with laptop.store.write() as connection:
        row = {"canonical": spoilt.canonical, "sha": spoilt.sha}
        connection.execute(update(revision_table).where(revision_table.c.rev_id == spoilt.rev_id).values(row))
    laptop.close()
    laptop.open()


def test_an_id_that_the_centre_gave_to_another_revision_keeps_both(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    theirs = save(work, 30)
    work.sync(cable)
    ours = save(home, 31)
    clash = theirs.record.head.rev_id
    from omi_desktop.domain.revision import Revision

    made = Revision.from_object(ours.record.head.to_object() | {"rev_id": clash})
    with home.store.write() as connection:
        revisions.replace(connection, ours.record.head.rev_id, made, home.owner)
    home.sync(cable)
    home.sync(cable)
    work.sync(cable)
    assert sorted(v.details.total for v in home.desk.sessions.all()) == [30, 31]
    assert work.held() == home.held()


def test_what_was_saved_before_any_code_is_not_sent_until_it_is_claimed(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work", signed_in=False)
    before = save(laptop)
    sign_in(laptop, cable)
    after = save(laptop)
    laptop.sync(cable)
    assert standing(laptop, before) is Standing.SAVED
    assert standing(laptop, after) is Standing.SYNCED
    assert laptop.owner
    with laptop.store.write() as connection:
        assert revisions.claim(connection, laptop.owner) == 1
    laptop.sync(cable)
    assert standing(laptop, before) is Standing.SYNCED


def test_what_one_account_recorded_is_never_sent_as_another(make_laptop: MakeLaptop, cable: Cable) -> None:
    shared = make_laptop("shared")
    hers = save(shared)
    his_turn = make_laptop("his")
    assert his_turn.owner
    with shared.store.write() as connection:
        accounts.use(
            connection,
            accounts.Account(his_turn.owner, "B", "hub", "https://omi.invalid", "key"),
        )
    his = save(shared)
    shared.engine.run(cable, his_turn.token)
    with cable.database.reading() as connection:
        rows = connection.execute(select(log.c.account_id, log.c.rev_id)).all()
    assert [tuple(row) for row in rows] == [(his_turn.owner.account_id, his.record.head.rev_id)]
    assert hers.record_id not in {v.record_id for v in shared.desk.sessions.all()}


def test_two_laptops_that_change_one_session_end_with_one_question_and_one_screen(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    view = save(work)
    for laptop in (work, home):
        laptop.sync(cable)
    work.desk.sessions.correct(view.record_id, details(31))
    home.desk.sessions.correct(view.record_id, details(29))
    for laptop in (work, home, work):
        laptop.sync(cable)
    assert standing(work, view) is standing(home, view) is Standing.NEEDS_YOU
    said = {version.details.total for version in work.desk.sessions.leaves(view.record_id)}
    assert said == {31, 29}
    chosen = next(v for v in work.desk.sessions.leaves(view.record_id) if v.details.total == 31)
    work.desk.sessions.settle(view.record_id, chosen.rev_id)
    for laptop in (work, home):
        laptop.sync(cable)
    assert standing(home, view) is Standing.SYNCED
    assert home.desk.sessions.get(view.record_id).details.total == 31


def test_a_removal_is_not_outrun_by_an_edit_made_elsewhere(make_laptop: MakeLaptop, cable: Cable) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    view = save(work)
    for laptop in (work, home):
        laptop.sync(cable)
    work.desk.sessions.remove(view.record_id)
    for count in (29, 30, 31):
        home.desk.sessions.correct(view.record_id, details(count))
    for laptop in (work, home, work):
        laptop.sync(cable)
    assert work.desk.sessions.get(view.record_id).record.is_removed
    assert home.desk.sessions.get(view.record_id).record.is_removed


def test_a_planned_session_recorded_on_both_laptops_is_one_record(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    plan_id = new_id()
    for laptop, count in ((work, 28), (home, 31)):
        laptop.desk.sessions.save(replace(details(count), plan_id=plan_id))
    for laptop in (work, home, work):
        laptop.sync(cable)
    assert len(work.desk.sessions.all()) == len(home.desk.sessions.all()) == 1
    assert work.desk.sessions.count(lambda _day: True) == (28, 31)


def test_a_batch_that_is_too_large_is_halved(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    for _ in range(30):
        save(laptop)

    class Narrow:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            if len(push) > 4:
                raise TooMuch
            return cable.sync(token, request, push)

    laptop.engine.run(Narrow(), laptop.token)
    assert None not in laptop.held().values()


def test_a_single_revision_that_is_too_large_does_not_turn_for_ever(make_laptop: MakeLaptop) -> None:
    laptop = make_laptop("work")
    save(laptop)

    class Closed:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            raise TooMuch

    with pytest.raises(TooMuch):
        laptop.engine.run(Closed(), laptop.token)


def test_a_difference_found_by_the_daily_comparison_is_read_again_once_and_then_reported(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    laptop = make_laptop("work")
    save(laptop)
    with pytest.raises(Differs):
        laptop.engine.run(Altered(cable, digest="0" * 64), laptop.token)
    assert cable.calls >= 2


def test_the_comparison_is_made_once_a_day(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work")
    save(laptop)
    asked: list[bool] = []

    class Watching:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            asked.append(request.check)
            return cable.sync(token, request, push)

    for _ in range(2):
        laptop.engine.run(Watching(), laptop.token)
    assert asked == [True, False]


def test_an_unknown_kind_is_kept_and_relayed_and_not_counted(make_laptop: MakeLaptop, cable: Cable) -> None:
    from omi_desktop.domain.revision import Revision

    work = make_laptop("work")
    home = make_laptop("home", like=work)
    found = save(work).record.head.to_object()
    later = found | {"rev_id": new_id(), "record_id": new_id(), "kind": "hologram", "body": {"shine": 3}}
    with work.store.write() as connection:
        revisions.add(connection, Revision.from_object(later), work.owner)
    work.sync(cable)
    home.sync(cable)
    assert later["rev_id"] in home.held()
    assert len(home.desk.sessions.all()) == 1


def test_without_an_account_nothing_is_sent(make_laptop: MakeLaptop, cable: Cable) -> None:
    laptop = make_laptop("work", signed_in=False)
    save(laptop)
    with pytest.raises(SignedOut):
        laptop.engine.run(cable, "token")
    assert cable.calls == 0


def test_an_old_disk_that_comes_back_reads_what_it_had_sent(
    make_laptop: MakeLaptop, cable: Cable, tmp_path: Path
) -> None:
    laptop = make_laptop("work")
    laptop.back_up(tmp_path / "old.db")
    save(laptop)
    laptop.sync(cable)
    laptop.restore(tmp_path / "old.db")
    assert laptop.held() == {}
    laptop.sync(cable)
    assert [view.details.total for view in laptop.desk.sessions.all()] == [28]
