"""The person, their choices, what they began to type, and what Today shows."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pytest

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.errors import NotSaved
from omi_desktop.domain.session import CancelledBecause
from omi_desktop.domain.stages import Nation
from omi_desktop.services import drafts
from omi_desktop.services.desk import Desk, Person
from omi_desktop.services.today import school_year_start
from tests.kit.bodies import details, plan_details
from tests.kit.clock import SetClock
from tests.kit.full_disk import file_size_limit


def reopened(desk: Desk) -> Desk:
    """The program started again on the same profile."""
    return Desk.open(desk.store.path.parent, clock=desk.clock, changes=desk.changes, app="omi-desktop/test")


class TestPerson:
    """Who uses this laptop."""

    def test_nobody_is_known_before_the_first_start_and_the_person_after(
        self, desk: Desk, announced: list[Change]
    ) -> None:
        assert desk.person() is None
        person = Person("Siân O’Brien 😀", Nation.WALES, "Orbit & Söhne")
        desk.save_person(person)
        assert announced == [Change(Topic.PREFERENCES), Change(Topic.PERSON)]
        again = reopened(desk)
        assert desk.person() == again.person() == person
        again.close()


class TestPreferences:
    """Choices that never leave this laptop."""

    def test_a_choice_is_kept_for_the_next_start(self, desk: Desk) -> None:
        assert desk.preferences.get("theme", "system") == "system"
        for value in ("dark", "light", {"a": [1, None]}):
            desk.preferences.put("theme", value)
        again = reopened(desk)
        assert desk.preferences.get("theme", "") == again.preferences.get("theme", "") == {"a": [1, None]}
        again.close()

    def test_a_choice_that_could_not_be_kept_is_not_shown_as_kept(
        self, desk: Desk, announced: list[Change]
    ) -> None:
        desk.preferences.put("theme", "dark")
        announced.clear()
        with file_size_limit(0), pytest.raises(NotSaved):
            desk.preferences.put("theme", "light")
        assert desk.preferences.get("theme", "") == "dark"
        assert announced == []

    def test_choosing_while_a_session_is_saved_never_locks_the_desk_up(self, desk: Desk) -> None:
        # Saving reads the laptop's name inside its transaction; choosing writes inside its own.
        chooser = threading.Thread(target=desk.preferences.put, args=("theme", "dark"), daemon=True)
        with desk.store.write():
            chooser.start()
            chooser.join(timeout=0.2)
            names = list[str]()
            reader = threading.Thread(target=lambda: names.append(desk.device()), daemon=True)
            reader.start()
            reader.join(timeout=3)
            assert names == ["This laptop"]
        chooser.join(timeout=3)
        assert desk.preferences.get("theme", "") == "dark"


class TestDrafts:
    """What is typed is kept without a button."""

    def test_a_draft_is_there_after_the_program_starts_again(self, desk: Desk, clock: SetClock) -> None:
        desk.drafts.keep(drafts.NEW_RECORD, {"where": "Ysgol Tŷ 😀", "rows": [["8", "2"]]})
        clock.forward(seconds=2)
        desk.drafts.keep(drafts.NEW_RECORD, {"where": "Ysgol Tŷ 😀", "rows": [["8", "28"]]})
        again = reopened(desk)
        found = again.drafts.get(drafts.NEW_RECORD)
        again.close()
        assert found is not None
        assert (found.form["rows"], found.kept_at) == ([["8", "28"]], clock.now())

    def test_the_newest_draft_is_named_first_and_one_let_go_is_gone(
        self, desk: Desk, clock: SetClock
    ) -> None:
        for key in ("a", "b", "c"):
            desk.drafts.keep(key, {})
            clock.forward(minutes=1)
        desk.drafts.discard("b")
        assert desk.drafts.keys() == ["c", "a"]
        assert desk.drafts.get("b") is None

    def test_each_form_has_a_draft_of_its_own(self) -> None:
        of_each = [drafts.record_of_plan("p"), drafts.correction_of("p"), drafts.edit_of_plan("p")]
        assert len({*of_each, drafts.NEW_PLAN, drafts.NEW_RECORD}) == 5

    def test_saving_one_form_lets_only_its_own_draft_go(self, desk: Desk) -> None:
        desk.drafts.keep(drafts.NEW_RECORD, {})
        desk.drafts.keep(drafts.NEW_PLAN, {})
        desk.sessions.save(details(), draft=drafts.NEW_RECORD)
        assert desk.drafts.keys() == [drafts.NEW_PLAN]


class TestToday:
    """One main card, chosen by the clock."""

    def test_overdue_sessions_the_next_one_and_the_persons_own_school_year_are_shown(
        self, desk: Desk
    ) -> None:
        overdue = desk.plans.save(plan_details(day=date(2026, 11, 23)))
        coming = desk.plans.save(plan_details(day=date(2026, 11, 26)))
        desk.plans.save(plan_details(day=date(2026, 12, 26)))
        for day, count in ((date(2026, 8, 31), 100), (date(2026, 9, 1), 20), (date(2026, 11, 20), 8)):
            desk.sessions.save(details(count, day=day))
        called_off = desk.plans.save(plan_details(day=date(2026, 11, 21)))
        desk.sessions.call_off(called_off, CancelledBecause.ME)
        today = desk.today()
        assert [plan.record_id for plan in today.to_record] == [overdue.record_id]
        assert today.next is not None
        assert today.next.record_id == coming.record_id
        assert (today.mine, today.sessions, today.year_from) == ((28, 28), 2, date(2026, 9, 1))
        assert today.last_done is not None
        assert today.last_done.details.day == date(2026, 11, 21)

    @pytest.mark.parametrize(
        ("day", "start"),
        [
            (date(2026, 8, 31), date(2025, 9, 1)),
            (date(2026, 9, 1), date(2026, 9, 1)),
            (date(2027, 1, 1), date(2026, 9, 1)),
        ],
    )
    def test_the_school_year_starts_on_the_first_of_september(self, day: date, start: date) -> None:
        assert school_year_start(day) == start

    def test_the_school_year_turns_at_midnight_in_uk_summer_time(self, desk: Desk, clock: SetClock) -> None:
        clock.set("2026-08-31 23:59")
        assert desk.today().year_from == date(2025, 9, 1)
        clock.forward(minutes=1)
        assert desk.today().year_from == date(2026, 9, 1)

    def test_a_session_on_the_very_day_can_be_recorded_just_after_midnight_in_summer(
        self, desk: Desk, clock: SetClock
    ) -> None:
        clock.set("2026-07-02 00:30")
        assert clock.now().day == 1
        assert desk.sessions.save(replace(details(), day=date(2026, 7, 2))).details.day == date(2026, 7, 2)
