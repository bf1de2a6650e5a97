"""Recording, correcting, removing, undoing: each one durable version, none ever lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event

from omi_desktop.domain import canonical, session
from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.counting import in_year
from omi_desktop.domain.errors import NotSaved, Refused
from omi_desktop.domain.faults import faults
from omi_desktop.domain.revision import SIZE_LIMIT, Revision
from omi_desktop.domain.session import FOUR_CONDITIONS, CancelledBecause, Mode, Outcome, YoungPeople
from omi_desktop.services.desk import Desk
from omi_desktop.services.records import ChangedSince, NewerRecord, RecordGone, RecordRemoved, Standing
from omi_desktop.services.sessions import record_id_of_plan
from omi_desktop.store import accounts, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.revisions import Owner
from tests.kit.bodies import details, hex_id, plan_body, plan_details, revision, session_body
from tests.kit.clock import SetClock
from tests.kit.full_disk import file_size_limit

ASHA, BEN = (Owner(hex_id("centre"), name) for name in ("asha", "ben"))
YEAR = in_year(2026)


def arrive(desk: Desk, *made: Revision, owner: Owner | None = None) -> None:
    """What another laptop saved is here now."""
    with desk.store.write() as connection:
        for each in made:
            revisions.add(connection, each, owner)


def enrol(desk: Desk, owner: Owner) -> None:
    """Make an account current."""
    with desk.store.write() as connection:
        accounts.use(connection, Account(owner, "A", "Hub", "https://omi.example", "key"))


def forked(desk: Desk, count: int = 28, other: int = 31) -> tuple[str, Revision]:
    """A session that says one number here and another on the other laptop."""
    saved = desk.sessions.save(details(1))
    first = saved.record.head
    desk.sessions.correct(saved.record_id, details(count))
    elsewhere = Revision.from_object(
        first.to_object()
        | {"rev_id": hex_id("elsewhere"), "parents": [first.rev_id], "depth": 2, "body": session_body(other)}
    )
    arrive(desk, elsewhere)
    return saved.record_id, elsewhere


class TestSave:
    """The one durable promise."""

    def test_what_was_saved_is_there_after_the_program_starts_again(self, desk: Desk) -> None:
        strange = details(28, class_name="8B “Séren” O'Brien 😀 <b>&amp; \\ %s {x}\n{y}")
        saved = desk.sessions.save(strange)
        again = Desk.open(
            desk.store.path.parent, clock=desk.clock, changes=desk.changes, app="omi-desktop/test"
        )
        (view,) = again.sessions.all()
        again.close()
        assert (view.record_id, view.record.standing) == (saved.record_id, Standing.SAVED)
        assert replace(view.details, four={}) == strange

    def test_saving_announces_the_record_once_and_after_it_is_kept(
        self, desk: Desk, announced: list[Change]
    ) -> None:
        seen = list[int]()
        desk.changes.listen(lambda _: seen.append(len(desk.sessions.all())))
        saved = desk.sessions.save(details())
        assert announced == [Change(Topic.RECORDS, saved.record_id)]
        assert seen == [1]

    def test_every_fault_is_said_at_once_and_nothing_is_kept(
        self, desk: Desk, announced: list[Change]
    ) -> None:
        with pytest.raises(Refused) as refused:
            desk.sessions.save(replace(details(-1), day=None, places=()))
        assert {fault.field for fault in refused.value.faults} >= {"date", "places", "young_people.0.count"}
        assert desk.sessions.all() == []
        assert announced == []

    def test_a_session_too_long_to_keep_is_refused(self, desk: Desk) -> None:
        resources = tuple((f"{n:090}", "1") for n in range(200))
        with pytest.raises(Refused):
            desk.sessions.save(replace(details(), resources=resources))

    def test_a_save_that_fails_keeps_the_draft_and_nothing_else_and_can_be_tried_again(
        self, desk: Desk
    ) -> None:
        desk.drafts.keep("record/new", {"count": "28"})
        with file_size_limit(0), pytest.raises(NotSaved):
            desk.sessions.save(details(), draft="record/new")
        assert desk.sessions.all() == []
        assert desk.drafts.get("record/new") is not None
        desk.sessions.save(details(), draft="record/new")
        assert len(desk.sessions.all()) == 1
        assert desk.drafts.get("record/new") is None

    def test_the_draft_goes_in_the_very_transaction_that_saves(self, desk: Desk) -> None:
        begun = _statements(desk, "BEGIN IMMEDIATE")
        desk.drafts.keep("record/new", {"count": "28"})
        desk.sessions.save(details(), draft="record/new")
        assert begun() == 2
        assert desk.drafts.keys() == []

    def test_the_laptop_and_the_moment_of_each_version_are_kept(self, desk: Desk, clock: SetClock) -> None:
        desk.preferences.put("device", "Work laptop")
        saved = desk.sessions.save(details())
        clock.forward(hours=1)
        desk.preferences.put("device", "Home laptop")
        desk.sessions.correct(saved.record_id, details(31))
        found = [(v.device, v.saved_at, v.details.total) for v in desk.sessions.versions(saved.record_id)]
        assert found == [
            ("Home laptop", "2026-11-24T13:00:00Z", 31),
            ("Work laptop", "2026-11-24T12:00:00Z", 28),
        ]


class TestCorrect:
    """Another version on top."""

    def test_a_correction_replaces_what_is_shown_and_keeps_what_was(self, desk: Desk) -> None:
        saved = desk.sessions.save(details(28))
        view = desk.sessions.correct(saved.record_id, details(31), draft=None)
        assert (view.details.total, view.record.head.depth) == (31, 2)
        assert desk.sessions.count(YEAR) == (31, 31)

    def test_unknown_fields_of_a_newer_app_survive_a_correction(self, desk: Desk) -> None:
        made = revision(body=session_body(weather="rain"))
        arrive(desk, made)
        view = desk.sessions.correct(made.record_id, details(31))
        assert view.record.head.body["weather"] == "rain"

    def test_a_faulty_correction_changes_nothing(self, desk: Desk) -> None:
        saved = desk.sessions.save(details(28))
        with pytest.raises(Refused):
            desk.sessions.correct(saved.record_id, details(-1))
        assert desk.sessions.get(saved.record_id).details.total == 28

    def test_what_a_newer_app_saved_is_shown_and_neither_changed_nor_counted(self, desk: Desk) -> None:
        made = revision(schema=2)
        arrive(desk, made)
        assert desk.sessions.get(made.record_id).details.total == 28
        for act in _changes_of(desk, made.record_id):
            with pytest.raises(NewerRecord):
                act()
        assert desk.sessions.count(YEAR) == (0, 0)

    def test_what_is_not_here_cannot_be_changed(self, desk: Desk) -> None:
        for act in _changes_of(desk, hex_id("nowhere")):
            with pytest.raises(RecordGone):
                act()

    def test_a_session_removed_meanwhile_stays_removed(self, desk: Desk) -> None:
        saved = desk.sessions.save(details())
        desk.sessions.remove(saved.record_id)
        with pytest.raises(RecordRemoved):
            desk.sessions.correct(saved.record_id, details(31))
        assert desk.sessions.get(saved.record_id).record.is_removed


class TestUndo:
    """Taking back each kind of save."""

    def test_undoing_a_first_save_removes_it_and_undoing_that_brings_it_back(self, desk: Desk) -> None:
        saved = desk.sessions.save(details())
        assert desk.sessions.undo(saved.record_id).record.is_removed
        assert desk.sessions.all() == []
        assert desk.sessions.undo(saved.record_id).details.total == 28
        assert len(desk.sessions.all()) == 1

    def test_undoing_a_correction_brings_the_number_back_byte_for_byte(self, desk: Desk) -> None:
        saved = desk.sessions.save(details(28))
        desk.sessions.correct(saved.record_id, details(31))
        assert desk.sessions.undo(saved.record_id).record.head.body == saved.record.head.body

    def test_undoing_a_removal_brings_the_session_back(self, desk: Desk) -> None:
        saved = desk.sessions.save(details())
        desk.sessions.remove(saved.record_id)
        assert desk.sessions.count(YEAR) == (0, 0)
        assert not desk.sessions.undo(saved.record_id).record.is_removed
        assert desk.sessions.count(YEAR) == (28, 28)

    def test_removing_twice_is_removing_once(self, desk: Desk) -> None:
        saved = desk.sessions.save(details())
        for _ in range(2):
            assert desk.sessions.remove(saved.record_id).record.is_removed
        assert len(desk.sessions.versions(saved.record_id)) == 2
        assert not desk.sessions.undo(saved.record_id).record.is_removed

    def test_a_version_whose_forerunner_has_not_arrived_is_not_taken_for_a_first_save(
        self, desk: Desk
    ) -> None:
        second = revision("second", parents=[revision("absent")])
        arrive(desk, second)
        with pytest.raises(RecordGone, match="not on this laptop yet"):
            desk.sessions.undo(second.record_id)
        assert not desk.sessions.get(second.record_id).record.is_removed


class TestPlanned:
    """From a plan to a record."""

    def test_calling_a_session_off_counts_nobody_and_keeps_the_hours(self, desk: Desk) -> None:
        plan = desk.plans.save(plan_details())
        view = desk.sessions.call_off(plan, CancelledBecause.SCHOOL, travel_minutes=40)
        assert (view.details.outcome, view.details.travel_minutes) == (Outcome.CANCELLED, 40)
        assert view.details.total == 0
        listing = desk.sessions.listing()
        assert (listing.to_record, listing.coming_up, len(listing.done)) == ((), (), 1)
        desk.sessions.undo(view.record_id)
        assert [each.record_id for each in desk.sessions.listing().to_record] == [plan.record_id]

    def test_a_planned_session_recorded_on_two_laptops_is_one_record(self, desk: Desk) -> None:
        plan = desk.plans.save(plan_details())
        record_id = record_id_of_plan(plan.record_id)
        elsewhere = revision("elsewhere").to_object() | {"record_id": record_id}
        saved = desk.sessions.save(details(31, plan_id=plan.record_id))
        arrive(desk, Revision.from_object(elsewhere))
        assert saved.record_id == record_id
        assert desk.sessions.count(YEAR) == (28, 31)
        assert [view.record_id for view in desk.sessions.needs_you()] == [record_id]

    def test_recording_what_another_laptop_recorded_already_continues_it(self, desk: Desk) -> None:
        plan = desk.plans.save(plan_details())
        body = session_body(28, plan_id=plan.record_id, weather="rain")
        other = revision("elsewhere", body=body).to_object() | {
            "record_id": record_id_of_plan(plan.record_id)
        }
        arrive(desk, Revision.from_object(other))
        view = desk.sessions.save(details(31, plan_id=plan.record_id))
        assert (view.record.head.depth, view.record.is_conflict) == (2, False)
        assert view.record.head.body["weather"] == "rain"

    def test_recording_a_planned_session_again_after_removing_it_brings_it_back(self, desk: Desk) -> None:
        plan = desk.plans.save(plan_details())
        saved = desk.sessions.save(details(28, plan_id=plan.record_id))
        desk.sessions.remove(saved.record_id)
        assert len(desk.sessions.listing().to_record) == 1
        assert desk.sessions.save(details(31, plan_id=plan.record_id)).record_id == saved.record_id
        assert desk.sessions.count(YEAR) == (31, 31)

    def test_a_plan_is_changed_removed_and_brought_back(self, desk: Desk) -> None:
        desk.drafts.keep("plan/new", {})
        plan = desk.plans.save(plan_details(), draft="plan/new")
        assert desk.drafts.keys() == []
        assert desk.plans.change(plan.record_id, plan_details(minutes=55)).details.minutes == 55
        desk.plans.remove(plan.record_id)
        assert desk.plans.all() == []
        assert desk.plans.undo(plan.record_id).details.minutes == 55
        assert desk.plans.undo(plan.record_id).record.is_removed
        with pytest.raises(RecordGone):
            desk.sessions.get(plan.record_id)
        with pytest.raises(Refused):
            desk.plans.save(plan_details(day=None))


class TestConflict:
    """28 on the work laptop, or 31?"""

    @pytest.mark.parametrize("wanted", [28, 31])
    def test_the_answer_settles_it_and_nothing_else_does(self, desk: Desk, wanted: int) -> None:
        record_id, _ = forked(desk)
        assert desk.sessions.count(YEAR) == (28, 31)
        assert [view.record.standing for view in desk.sessions.needs_you()] == [Standing.NEEDS_YOU]
        choices = {version.details.total: version.rev_id for version in desk.sessions.leaves(record_id)}
        view = desk.sessions.settle(record_id, choices[wanted])
        assert (view.details.total, view.record.is_conflict) == (wanted, False)
        assert desk.sessions.needs_you() == []

    def test_an_edit_does_not_settle_it(self, desk: Desk) -> None:
        record_id, _ = forked(desk)
        desk.sessions.correct(record_id, details(40))
        assert desk.sessions.get(record_id).record.is_conflict
        assert desk.sessions.count(YEAR).high == 40

    def test_two_laptops_that_say_the_same_ask_nobody_and_an_edit_continues_both(self, desk: Desk) -> None:
        record_id, _ = forked(desk, 28, 28)
        desk.sessions.correct(record_id, details(40))
        assert len(desk.sessions.leaves(record_id)) == 1

    def test_a_removal_here_and_an_edit_there_ask_and_stay_out_of_the_low_figure(self, desk: Desk) -> None:
        saved = desk.sessions.save(details(28))
        first = saved.record.head
        desk.sessions.remove(saved.record_id)
        edit = first.to_object() | {"rev_id": hex_id("e"), "parents": [first.rev_id], "depth": 2}
        arrive(desk, Revision.from_object(edit | {"body": session_body(31)}))
        assert desk.sessions.all() == []
        assert [view.record_id for view in desk.sessions.needs_you()] == [saved.record_id]
        assert desk.sessions.count(YEAR) == desk.today().mine == (0, 31)
        desk.sessions.settle(saved.record_id, hex_id("e"))
        assert desk.sessions.count(YEAR) == (31, 31)

    @pytest.mark.parametrize("wanted", [28, 31])
    def test_an_answer_taken_back_asks_the_same_question_again(self, desk: Desk, wanted: int) -> None:
        record_id, _ = forked(desk)
        before = desk.sessions.leaves(record_id)
        chosen = next(version for version in before if version.details.total == wanted)
        desk.sessions.settle(record_id, chosen.rev_id)
        desk.preferences.put("device", "Kitchen laptop")  # whoever takes it back said neither
        desk.sessions.ask_again(record_id)
        asked = desk.sessions.leaves(record_id)
        told = [{(v.details.total, v.device, v.saved_at) for v in versions} for versions in (before, asked)]
        assert told[0] == told[1]
        assert desk.sessions.count(YEAR) == (28, 31)
        # It is not the old revisions that stand again: those are settled for every laptop, whatever arrives late.
        assert not {v.rev_id for v in before} & {v.rev_id for v in asked}

    def test_a_removal_that_was_chosen_can_be_taken_back(self, desk: Desk) -> None:
        saved = desk.sessions.save(details(28))
        first = saved.record.head
        desk.sessions.remove(saved.record_id)
        edit = first.to_object() | {"rev_id": hex_id("e"), "parents": [first.rev_id], "depth": 2}
        arrive(desk, Revision.from_object(edit | {"body": session_body(31)}))
        removal = next(v for v in desk.sessions.leaves(saved.record_id) if v.is_removal)
        desk.sessions.settle(saved.record_id, removal.rev_id)
        assert desk.sessions.count(YEAR) == (0, 0)
        desk.sessions.ask_again(saved.record_id)
        assert desk.sessions.count(YEAR) == (0, 31)

    @pytest.mark.parametrize("since", ["corrected", "never asked", "met by a third version"])
    def test_only_an_answer_that_is_the_last_word_can_be_taken_back(self, desk: Desk, since: str) -> None:
        record_id, elsewhere = forked(desk)
        if since == "corrected":
            desk.sessions.settle(record_id, elsewhere.rev_id)
            desk.sessions.correct(record_id, details(40))
        elif since == "met by a third version":
            desk.sessions.settle(record_id, elsewhere.rev_id)
            third = elsewhere.to_object() | {"rev_id": hex_id("third"), "body": session_body(33)}
            arrive(desk, Revision.from_object(third))
        with pytest.raises(ChangedSince):
            desk.sessions.ask_again(record_id)
        expected = {"corrected": 40, "never asked": 31, "met by a third version": 33}
        assert desk.sessions.count(YEAR).high == expected[since]

    def test_a_version_that_is_no_longer_offered_cannot_be_chosen(self, desk: Desk) -> None:
        record_id, elsewhere = forked(desk)
        desk.sessions.settle(record_id, elsewhere.rev_id)
        with pytest.raises(RecordGone):
            desk.sessions.settle(record_id, elsewhere.rev_id)


class TestListing:
    """To record, Coming up, Done."""

    @pytest.mark.parametrize(
        ("moment", "is_due"),
        [
            ("2026-11-24 11:29", False),
            ("2026-11-24 11:30", True),
            ("2026-11-25 00:00", True),
            ("2026-11-23 23:59", False),
        ],
    )
    def test_a_plan_waits_to_be_recorded_when_its_end_has_passed(
        self, desk: Desk, clock: SetClock, moment: str, is_due: bool
    ) -> None:
        desk.plans.save(plan_details())
        clock.set(moment)
        listing = desk.sessions.listing()
        assert (len(listing.to_record), len(listing.coming_up)) == (int(is_due), int(not is_due))

    @pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 7, 1)])
    def test_the_end_is_in_uk_civil_time_on_the_days_when_clocks_change_and_in_summer(
        self, desk: Desk, clock: SetClock, day: date
    ) -> None:
        desk.plans.save(plan_details(day=day))
        for minute, is_due in ((29, False), (30, True)):
            clock.set(f"{day} 11:{minute}")
            assert bool(desk.sessions.listing().to_record) == is_due

    def test_a_plan_without_a_time_is_due_the_next_day(self, desk: Desk, clock: SetClock) -> None:
        desk.plans.save(plan_details(start=None, minutes=None))
        clock.set("2026-11-24 23:59")
        assert not desk.sessions.listing().to_record
        clock.set("2026-11-25 00:00")
        assert desk.sessions.listing().to_record

    def test_each_group_stands_in_its_own_order(self, desk: Desk) -> None:
        for day in (20, 22, 21, 26, 28, 27):
            desk.plans.save(plan_details(day=date(2026, 11, day)))
        for day in (3, 1, 2):
            desk.sessions.save(details(day=date(2026, 11, day)))
        listing = desk.sessions.listing()
        assert [p.details.day.day for p in listing.to_record if p.details.day] == [20, 21, 22]
        assert [p.details.day.day for p in listing.coming_up if p.details.day] == [26, 27, 28]
        assert [v.details.day.day for v in listing.done if v.details.day] == [3, 2, 1]

    def test_sessions_and_plans_at_one_time_stand_in_one_order_on_every_laptop(self, desk: Desk) -> None:
        made = [revision(("plan", n), record=("plan", n), kind="plan", body=plan_body()) for n in range(12)]
        arrive(desk, *made)
        assert [p.record_id for p in desk.sessions.listing().to_record] == sorted(r.record_id for r in made)

    def test_an_empty_desk_says_so(self, desk: Desk) -> None:
        assert desk.sessions.listing().is_empty
        assert desk.today().is_empty
        desk.plans.save(plan_details())
        assert not desk.today().is_empty

    def test_ten_times_the_sessions_take_no_more_statements_than_ten_times(self, desk: Desk) -> None:
        asked = _statements(desk, "")
        with desk.store.write() as connection:
            for number in range(500):
                revisions.add(connection, revision(number, record=number), None)
        before = asked()
        assert len(desk.sessions.listing().done) == 500
        first = asked() - before
        with desk.store.write() as connection:
            for number in range(500, 5000):
                revisions.add(connection, revision(number, record=number), None)
        before = asked()
        listing = desk.sessions.listing()
        assert len(listing.done) == 5000
        assert asked() - before <= 10 * first
        before = asked()
        desk.today()
        assert asked() - before <= 2 * first


class TestAccounts:
    """What one account recorded is not shown to another, nor changed by it."""

    def test_another_accounts_records_are_hidden_and_come_back_with_it(self, desk: Desk) -> None:
        enrol(desk, ASHA)
        hers = desk.sessions.save(details()).record_id
        plan = desk.plans.save(plan_details()).record_id
        enrol(desk, BEN)
        assert desk.sessions.listing().is_empty
        assert desk.places.known() == []
        assert desk.sessions.versions(hers) == []
        for act in _changes_of(desk, hers):
            with pytest.raises(RecordGone):
                act()
        with pytest.raises(RecordGone):
            desk.plans.get(plan)
        enrol(desk, ASHA)
        assert [view.record_id for view in desk.sessions.all()] == [hers]
        assert len(desk.sessions.versions(hers)) == 1

    def test_records_of_nobody_are_shown_until_someone_says_that_they_are_not_theirs(
        self, desk: Desk
    ) -> None:
        before = desk.sessions.save(details()).record_id
        enrol(desk, ASHA)
        assert [view.record_id for view in desk.sessions.all()] == [before]
        with desk.store.write() as connection:
            accounts.leave_unowned(connection, ASHA)
        assert desk.sessions.all() == []
        assert desk.sessions.versions(before) == []
        for act in _changes_of(desk, before):
            with pytest.raises(RecordGone):
                act()

    def test_correcting_what_nobody_has_claimed_claims_nothing(self, desk: Desk) -> None:
        record_id = desk.sessions.save(details()).record_id
        enrol(desk, ASHA)
        desk.sessions.correct(record_id, details(31))
        desk.sessions.undo(record_id)
        with desk.store.write() as connection:
            assert not revisions.unsent(connection, ASHA, after=(0, ""), limit=9, today="2026-11-24")
            assert revisions.claim(connection, ASHA) == 1
            assert len(revisions.unsent(connection, ASHA, after=(0, ""), limit=9, today="2026-11-24")) == 3

    def test_what_is_saved_with_an_account_is_its_own(self, desk: Desk) -> None:
        enrol(desk, ASHA)
        saved = desk.sessions.save(details())
        desk.sessions.correct(saved.record_id, details(31))
        with desk.store.read() as connection:
            assert {held.owner for held in revisions.of_record(connection, saved.record_id)} == {ASHA}


class TestStanding:
    """Saved, Synced or Needs you."""

    def test_a_record_is_synced_only_when_it_was_read_back(self, desk: Desk) -> None:
        enrol(desk, ASHA)
        saved = desk.sessions.save(details())
        assert saved.record.standing is Standing.SAVED
        with desk.store.write() as connection:
            revisions.set_read_back(connection, [(saved.record.head.rev_id, 1)], ASHA)
        assert desk.sessions.get(saved.record_id).record.standing is Standing.SYNCED
        assert desk.sessions.correct(saved.record_id, details(31)).record.standing is Standing.SAVED

    def test_a_refused_record_needs_the_person_and_says_why_until_it_is_corrected(self, desk: Desk) -> None:
        enrol(desk, ASHA)
        saved = desk.sessions.save(details())
        with desk.store.write() as connection:
            revisions.reject(
                connection,
                saved.record.head.rev_id,
                code="invalid",
                field="date",
                message="In the future",
                today="2026-11-24",
            )
        (view,) = desk.sessions.needs_you()
        assert view.record.rejected is not None
        assert (view.record.rejected.field, view.record.rejected.message) == ("date", "In the future")
        assert desk.sessions.correct(saved.record_id, details(31)).record.standing is Standing.SAVED
        assert desk.sessions.needs_you() == []


def test_only_those_who_took_part_or_watched_count_and_each_year_apart(desk: Desk) -> None:
    lines = tuple(YoungPeople(1, ("age.mixed",), n, mode) for n, mode in zip((20, 8, 400), Mode, strict=True))
    desk.sessions.save(details(young_people=lines))
    desk.sessions.save(details(10, day=date(2025, 12, 31)))
    assert desk.sessions.count(YEAR) == (28, 28)
    assert desk.sessions.count(in_year(2025)) == (10, 10)


def _changes_of(desk: Desk, record_id: str) -> list[Callable[[], object]]:
    """Every way to change a session."""
    return [
        lambda: desk.sessions.correct(record_id, details(31)),
        lambda: desk.sessions.remove(record_id),
        lambda: desk.sessions.undo(record_id),
        lambda: desk.sessions.settle(record_id, hex_id("rev")),
        lambda: desk.sessions.ask_again(record_id),
    ]


def _statements(desk: Desk, start: str) -> Callable[[], int]:
    """Counts the statements that begin so, from now on, as SQLite gets them."""
    seen = list[str]()

    def note(statement: str) -> None:
        if statement.startswith(start):
            seen.append(statement)

    desk.store._drop_writer()
    event.listen(desk.store._engine, "connect", lambda raw, _: raw.set_trace_callback(note))
    return lambda: len(seen)


def test_a_session_that_only_its_envelope_makes_too_long_is_refused_and_nothing_is_written(
    desk: Desk,
) -> None:
    room = SIZE_LIMIT - 100 - len(canonical.encode(session.write(details(1))))
    text = "é" * (room // 8)
    long = details(1, four=dict.fromkeys(FOUR_CONDITIONS, text))
    assert not faults(session.write(long), today=date(2026, 11, 24))
    with pytest.raises(Refused) as refused:
        desk.sessions.save(long)
    assert {fault.code for fault in refused.value.faults} == {"too_large"}
    assert desk.sessions.all() == []
