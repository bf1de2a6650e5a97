"""Erasing for good: nothing of it stays in the file, nobody else's goes, and what was asked elsewhere waits."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.errors import BackupProblem, NotSaved
from omi_desktop.domain.revision import Kind
from omi_desktop.services.desk import Desk
from omi_desktop.services.drafts import correction_of, record_of_plan
from omi_desktop.services.records import RecordErased, RecordGone, Standing
from omi_desktop.services.sessions import record_id_of_plan
from omi_desktop.store import accounts, backups, erasures, questions, queue, replacement, revisions
from omi_desktop.store.file import Store
from omi_desktop.store.questions import Asked
from omi_desktop.store.revisions import Owner
from tests.kit.bodies import ASHBY, details, hex_id, plan_details, revision
from tests.kit.clock import SetClock
from tests.kit.full_disk import file_size_limit
from tests.services.test_sessions import ASHA, BEN, YEAR, arrive, enrol

CANARY = "Kanarienvogel"


def bytes_of(desk: Desk) -> bytes:
    """All that the profile's folder holds."""
    return b"".join(path.read_bytes() for path in desk.store.path.parent.rglob("*") if path.is_file())


def ask_elsewhere(desk: Desk, *record_ids: str, name: object = "asking") -> None:
    """What another laptop asked for arrives, as a pull brings it."""
    asking = revision(name, record=f"record of {name}", body={"records": list(record_ids)}, kind="erasure")
    arrive(desk, asking, owner=ASHA)
    with desk.store.write() as connection:
        erasures.note(connection, ASHA, [asking])


@pytest.fixture
def asha(desk: Desk) -> Desk:
    """A desk on which Asha is signed in."""
    enrol(desk, ASHA)
    return desk


def unsent_kinds(desk: Desk) -> list[str]:
    """What would be pushed."""
    with desk.store.read() as connection:
        found = revisions.unsent(connection, ASHA, after=(0, ""), limit=100, today="2026-11-24")
        held = [revisions.get(connection, each.rev_id) for each in found]
    return [each.revision.kind for each in held if each]


class TestErase:
    """What this laptop's person asks for."""

    def test_nothing_of_it_stays_in_the_file(self, asha: Desk) -> None:
        gone = asha.sessions.save(details(28, class_name=CANARY))
        for count in range(29, 60):
            asha.sessions.correct(gone.record_id, details(count, class_name=f"{CANARY} {count}"))
        stays = asha.sessions.save(details(30))
        asha.drafts.keep(correction_of(gone.record_id), {"class_name": CANARY})
        assert CANARY.encode() in bytes_of(asha)
        asha.erasures.erase([gone.record_id])
        assert CANARY.encode() not in bytes_of(asha)
        assert [view.record_id for view in asha.sessions.all()] == [stays.record_id]
        assert asha.sessions.count(YEAR) == (30, 30)
        assert asha.drafts.keys() == []
        with pytest.raises(RecordGone):
            asha.sessions.get(gone.record_id)

    def test_only_the_erasure_is_sent_then(self, asha: Desk) -> None:
        gone = asha.sessions.save(details())
        asha.erasures.erase([gone.record_id])
        assert unsent_kinds(asha) == ["erasure"]
        assert asha.erasures.waiting() == []

    def test_it_goes_whole_or_not_at_all(self, asha: Desk) -> None:
        kept = asha.sessions.save(details(28, class_name=CANARY))
        with file_size_limit(asha.store.path.stat().st_size // 2), pytest.raises(NotSaved):
            asha.erasures.erase([kept.record_id])
        assert asha.sessions.get(kept.record_id).details.class_name == CANARY
        assert unsent_kinds(asha) == ["session"]

    def test_what_could_not_be_rebuilt_is_at_the_next_start(
        self, asha: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = asha.sessions.save(details(28, class_name=CANARY))
        asha.sessions.save(details())
        real, asked = Store.rebuild, list[int]()

        def no_room(_store: Store) -> None:
            asked.append(1)
            raise NotSaved

        monkeypatch.setattr(Store, "rebuild", no_room)
        asha.erasures.erase([gone.record_id])
        assert (asked, asha.sessions.count(YEAR)) == ([1], (28, 28))
        asha.close()
        rebuilt = list[int]()

        def counted(store: Store) -> None:
            rebuilt.append(1)
            real(store)

        monkeypatch.setattr(Store, "rebuild", counted)
        for _ in range(2):
            profile = asha.store.path.parent
            Desk.open(profile, clock=asha.clock, changes=asha.changes, app="omi-desktop/test").close()
        assert rebuilt == [1]

    def test_what_nobody_owns_goes_without_a_word_to_anyone(self, desk: Desk) -> None:
        gone = desk.sessions.save(details(28, class_name=CANARY))
        desk.erasures.erase([gone.record_id])
        assert CANARY.encode() not in bytes_of(desk)
        enrol(desk, ASHA)
        assert unsent_kinds(desk) == []

    def test_many_go_in_several_erasures(self, asha: Desk) -> None:
        gone = [asha.sessions.save(details()).record_id for _ in range(201)]
        asha.erasures.erase(gone)
        assert unsent_kinds(asha) == ["erasure", "erasure"]
        assert asha.sessions.all() == []

    def test_what_another_account_recorded_here_stays(self, asha: Desk) -> None:
        theirs = asha.sessions.save(details())
        enrol(asha, BEN)
        with pytest.raises(RecordGone):
            asha.erasures.erase([theirs.record_id])
        enrol(asha, ASHA)
        assert asha.sessions.get(theirs.record_id).details.total == 28

    def test_a_plan_recorded_after_its_session_was_erased_says_so(self, asha: Desk) -> None:
        plan = asha.plans.save(plan_details())
        saved = asha.sessions.save(details(plan_id=plan.record_id))
        assert saved.record_id == record_id_of_plan(plan.record_id)
        asha.erasures.erase([saved.record_id])
        with pytest.raises(RecordErased):
            asha.sessions.save(details(plan_id=plan.record_id))

    def test_what_asks_for_an_erasure_cannot_be_erased(self, asha: Desk) -> None:
        asha.erasures.erase([asha.sessions.save(details()).record_id])
        with asha.store.read() as connection:
            (found,) = revisions.leaf_keys(connection, Kind.ERASURE, ASHA, with_unowned=False)
        with pytest.raises(RecordGone):
            asha.erasures.erase([found.record_id])


class TestAskedElsewhere:
    """What the same person asked for on another laptop."""

    def test_nothing_goes_before_its_person_says_so(self, asha: Desk) -> None:
        saved = asha.sessions.save(details())
        ask_elsewhere(asha, saved.record_id)
        (asked,) = asha.erasures.waiting()
        assert (asked.record_id, asked.device) == (saved.record_id, "Work laptop")
        assert "2026" in asked.what
        assert "Ashby Academy" in asked.what
        assert asha.sessions.get(saved.record_id).details.total == 28

    def test_it_is_neither_sent_nor_called_synced_meanwhile(self, asha: Desk) -> None:
        saved = asha.sessions.save(details())
        ask_elsewhere(asha, saved.record_id)
        assert unsent_kinds(asha) == ["erasure"]
        assert asha.sessions.get(saved.record_id).record.standing is Standing.SAVED
        with asha.store.read() as connection:
            waits = queue.waiting(connection, ASHA)
            assert (waits.waiting, erasures.count_open(connection, ASHA)) == (1, 1)

    def test_confirmed_nothing_of_it_stays_in_the_file(self, asha: Desk, announced: list[Change]) -> None:
        saved = asha.sessions.save(details(28, class_name=CANARY))
        ask_elsewhere(asha, saved.record_id)
        announced.clear()
        asha.erasures.confirm([saved.record_id])
        assert CANARY.encode() not in bytes_of(asha)
        assert asha.erasures.waiting() == []
        assert asha.sessions.all() == []
        assert Change(Topic.RECORDS) in announced

    def test_kept_it_stays_on_this_laptop_only_and_says_so_when_changed(self, asha: Desk) -> None:
        saved = asha.sessions.save(details())
        ask_elsewhere(asha, saved.record_id)
        asha.erasures.keep([saved.record_id])
        assert asha.erasures.waiting() == []
        view = asha.sessions.get(saved.record_id)
        assert view.record.is_erased
        assert unsent_kinds(asha) == ["erasure"]
        with pytest.raises(RecordErased):
            asha.sessions.correct(saved.record_id, details(31))
        with pytest.raises(RecordErased):
            asha.sessions.remove(saved.record_id)
        with pytest.raises(RecordErased):
            asha.sessions.undo(saved.record_id)
        ask_elsewhere(asha, saved.record_id, name="again")
        assert asha.erasures.waiting() == []

    def test_kept_it_can_still_be_erased(self, asha: Desk) -> None:
        saved = asha.sessions.save(details(28, class_name=CANARY))
        ask_elsewhere(asha, saved.record_id)
        asha.erasures.keep([saved.record_id])
        asha.erasures.confirm([saved.record_id])
        assert CANARY.encode() not in bytes_of(asha)

    def test_what_is_not_here_is_not_asked_about(self, asha: Desk) -> None:
        ask_elsewhere(asha, hex_id("elsewhere"))
        assert asha.erasures.waiting() == []
        with asha.store.read() as connection:
            assert erasures.count_open(connection, ASHA) == 0

    def test_nothing_can_be_confirmed_that_nobody_asked_for(self, asha: Desk) -> None:
        saved = asha.sessions.save(details())
        with pytest.raises(RecordGone):
            asha.erasures.confirm([saved.record_id])
        assert asha.sessions.get(saved.record_id).details.total == 28

    def test_an_erasure_of_one_account_touches_no_record_of_another(self, asha: Desk) -> None:
        enrol(asha, BEN)
        theirs = asha.sessions.save(details())
        enrol(asha, ASHA)
        ask_elsewhere(asha, theirs.record_id)
        assert asha.erasures.waiting() == []
        asha.erasures.confirm([theirs.record_id])
        enrol(asha, BEN)
        assert asha.sessions.get(theirs.record_id).details.total == 28

    def test_one_that_was_taken_back_asks_for_nothing(self, asha: Desk) -> None:
        saved = asha.sessions.save(details())
        asking = revision(
            "x", record="y", body={"records": [saved.record_id]}, kind="erasure", state="withdrawn"
        )
        assert erasures.records_of(asking) == []

    def test_no_account_no_erasures(self, desk: Desk) -> None:
        assert desk.erasures.waiting() == []
        with desk.store.write() as connection:
            accounts.leave(connection)
        with pytest.raises(RecordGone):
            desk.erasures.keep([hex_id("any")])


class TestCopies:
    """The safety copies of the file hold it no longer, and bring nothing of it back."""

    def test_every_copy_lets_go_of_it_keeps_the_rest_and_stays_good(
        self, asha: Desk, clock: SetClock
    ) -> None:
        gone = asha.sessions.save(details(28, class_name=CANARY))
        asha.sessions.save(details(30))
        asha.drafts.keep(correction_of(gone.record_id), {"class_name": CANARY})
        for _ in range(2):
            clock.forward(days=1)
            asha.backups.make()
        asha.backups.wait()
        assert len(asha.backups.all()) == 3
        asha.erasures.erase([gone.record_id])
        assert CANARY.encode() not in bytes_of(asha)
        previews = [asha.backups.preview(backup) for backup in asha.backups.all()[:2]]
        assert [(p.is_good, p.sessions, p.young_people) for p in previews] == [(True, 1, 30)] * 2
        asha.backups.restore(asha.backups.all()[0])
        assert [view.details.total for view in asha.sessions.all()] == [30]

    def test_one_that_could_not_be_reached_brings_nothing_back_and_lets_go_at_the_next_start(
        self, desk: Desk, clock: SetClock
    ) -> None:
        enrol(desk, Owner(hex_id("centre"), hex_id("asha")))
        gone = desk.sessions.save(details(28, class_name=CANARY))
        desk.sessions.save(details(30))
        desk.backups.wait()
        clock.forward(days=1)
        copy = desk.backups.make()
        blocked = copy.path.parent / "ambassador.part"
        blocked.mkdir()  # nothing can be written under this name
        desk.erasures.erase([gone.record_id])
        assert CANARY.encode() in copy.path.read_bytes()
        assert CANARY.encode() not in desk.store.path.read_bytes()
        blocked.rmdir()
        desk.backups.restore(copy)
        assert [view.details.total for view in desk.sessions.all()] == [30]
        desk.erasures.finish()  # as the next start does
        assert CANARY.encode() not in bytes_of(desk)

    def test_what_was_never_anybodys_goes_from_the_copies_as_well(self, desk: Desk) -> None:
        gone = desk.sessions.save(details(28, class_name=CANARY))
        desk.backups.wait()
        desk.backups.make()
        desk.erasures.erase([gone.record_id])
        assert CANARY.encode() not in bytes_of(desk)

    def test_a_damaged_copy_that_may_hold_it_goes_whole(self, asha: Desk) -> None:
        gone = asha.sessions.save(details(28, class_name=CANARY))
        asha.backups.wait()
        (copy,) = asha.backups.all()
        data = copy.path.read_bytes()
        copy.path.write_bytes(data[:2048] + b"\xff" * 8192 + data[10240:])
        asha.erasures.erase([gone.record_id])
        assert CANARY.encode() not in bytes_of(asha)


class TestEverywhereOnThisLaptop:
    """Erased is erased wherever the program itself has put it."""

    def test_a_question_that_was_answered_no_longer_says_where_it_was(self, asha: Desk) -> None:
        place = replace(ASHBY, name=CANARY)
        gone = asha.sessions.save(details(28, places=(place,)))
        asked = Asked(hex_id("question"), gone.record_id, hex_id("other"), "2026-11-24", "10:40", CANARY)
        with asha.store.write() as connection:
            questions.replace_all(connection, ASHA, [asked], "2026-11-24T12:00:00Z")
        asha.questions.answer(asked.id, "same")
        asha.backups.wait()
        asha.backups.make()
        asha.erasures.erase([gone.record_id])
        assert CANARY.encode() not in bytes_of(asha)
        assert asha.questions.answered() == []

    @pytest.mark.parametrize(
        "name",
        [
            "backups/ambassador.part",
            "backups/ambassador.examined",
            "ambassador.unclean.db",
            "ambassador.mended.db",
            "ambassador.mending/ambassador.db",
        ],
    )
    def test_what_a_crash_left_of_a_copy_goes_too(self, asha: Desk, name: str) -> None:
        gone = asha.sessions.save(details(28, class_name=CANARY))
        asha.backups.wait()
        left = asha.store.path.parent / name
        left.parent.mkdir(exist_ok=True)
        shutil.copyfile(asha.store.path, left)
        for backup in asha.backups.all():
            backup.path.unlink()
        asha.erasures.erase([gone.record_id])
        assert CANARY.encode() not in bytes_of(asha)

    def test_a_damaged_file_that_was_put_aside_loses_it_and_keeps_all_else(self, asha: Desk) -> None:
        gone = asha.sessions.save(details(28, class_name=CANARY))
        asha.sessions.save(details(30, class_name="Amsel"))
        aside = replacement.damaged_name(asha.store.path, asha.clock.now())
        shutil.copyfile(asha.store.path, aside)
        before = aside.read_bytes()
        asha.erasures.erase([gone.record_id])
        assert CANARY.encode() not in bytes_of(asha)
        assert (len(aside.read_bytes()), b"Amsel" in aside.read_bytes()) == (len(before), True)

    def test_what_was_nobodys_does_not_come_back_with_a_copy_that_could_not_be_reached(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone, stays = desk.sessions.save(details(28)), desk.sessions.save(details(30))
        desk.backups.wait()
        copy = desk.backups.make()

        def unreached(*_given: object) -> None:
            raise BackupProblem

        with monkeypatch.context() as patched:
            patched.setattr(backups, "scrub", unreached)
            desk.erasures.erase([gone.record_id])
        desk.backups.restore(copy)
        assert [view.record_id for view in desk.sessions.all()] == [stays.record_id]

    def test_a_plan_recorded_anew_after_its_session_was_erased_stays_when_a_copy_comes_back(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = desk.plans.save(plan_details())
        gone = desk.sessions.save(details(28, plan_id=plan.record_id))
        desk.backups.wait()
        copy = desk.backups.make()

        def unreached(*_given: object) -> None:
            raise BackupProblem

        with monkeypatch.context() as patched:
            patched.setattr(backups, "scrub", unreached)
            desk.erasures.erase([gone.record_id])
        desk.sessions.save(details(31, plan_id=plan.record_id))
        desk.backups.restore(copy)
        assert desk.sessions.count(YEAR) == (31, 31)

    def test_what_was_being_counted_for_it_goes_written_or_not(self, desk: Desk) -> None:
        plan = desk.plans.save(plan_details())
        key = record_of_plan(plan.record_id)
        desk.tally.press(key, "y8")
        desk.tally.flush()
        with desk.store.alone():
            desk.tally.press(key, "y8")
            desk.tally.press("another", "y8")
            desk.erasures.erase([plan.record_id])
        desk.tally.file_replaced()
        desk.tally.flush()
        assert desk.tally.sessions() == ["another"]
        desk.close()
        again = Desk.open(
            desk.store.path.parent, clock=desk.clock, changes=desk.changes, app="omi-desktop/test"
        )
        assert again.tally.sessions() == ["another"]
        again.close()
