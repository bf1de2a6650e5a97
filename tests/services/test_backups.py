"""A copy after each day's first save; bringing one back loses nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.errors import BackupProblem
from omi_desktop.services import drafts
from omi_desktop.services.desk import Desk
from omi_desktop.store import backups
from tests.kit.bodies import details
from tests.kit.clock import SetClock


def reasons(desk: Desk) -> list[str]:
    """Why the copies were made, the newest first."""
    desk.backups.wait()
    return [backup.reason.value for backup in desk.backups.all()]


class TestEachDay:
    """After the first save."""

    def test_the_first_save_of_a_day_is_followed_by_a_copy_that_holds_it_and_the_second_by_none(
        self, desk: Desk, clock: SetClock, announced: list[Change]
    ) -> None:
        desk.drafts.keep(drafts.NEW_RECORD, {})
        assert reasons(desk) == []
        desk.sessions.save(details(28))
        assert reasons(desk) == ["day"]
        assert Change(Topic.BACKUPS) in announced
        assert desk.backups.preview(desk.backups.all()[0]).sessions == 1
        desk.sessions.save(details(20))
        assert reasons(desk) == ["day"]
        clock.forward(days=1)
        desk.sessions.save(details(20))
        assert reasons(desk) == ["day", "day"]

    def test_the_day_is_that_of_the_united_kingdom_and_a_second_start_makes_no_second_copy(
        self, desk: Desk, clock: SetClock
    ) -> None:
        clock.set("2026-07-01 23:30")
        desk.sessions.save(details(28, day=date(2026, 6, 1)))
        assert reasons(desk) == ["day"]
        clock.set("2026-07-02 00:30")  # still 1 July in UTC
        desk.sessions.save(details(28, day=date(2026, 6, 1)))
        assert reasons(desk) == ["day", "day"]
        again = Desk.open(desk.store.path.parent, clock=clock, changes=desk.changes, app="omi-desktop/test")
        again.sessions.save(details(28, day=date(2026, 6, 1)))
        assert reasons(again) == ["day", "day"]
        again.close()

    def test_a_copy_that_fails_fails_no_save_is_remembered_and_tried_again(self, desk: Desk) -> None:
        folder = backups.folder_of(desk.store.path)
        folder.write_text("in the way")
        desk.sessions.save(details(28))
        desk.backups.wait()
        problem = desk.backups.last_problem() or ""
        assert problem.startswith("Your sessions are safe in your file. Check that the disk")
        folder.unlink()
        desk.sessions.save(details(28))
        assert reasons(desk) == ["day"]
        assert desk.backups.last_problem() is None


class TestRestore:
    """Bringing a copy back."""

    def test_a_preview_says_what_is_in_it(self, desk: Desk) -> None:
        kept = desk.sessions.save(details(28, day=date(2026, 11, 20)))
        removed = desk.sessions.save(details(5))
        desk.sessions.remove(removed.record_id)
        backup = desk.backups.make()
        desk.sessions.save(details(7))
        preview = desk.backups.preview(backup)
        assert (preview.is_good, preview.sessions, preview.young_people) == (True, 1, 28)
        assert (preview.newest, preview.missing_since, preview.would_return) == (kept.details.day, 1, 0)

    def test_a_copy_that_was_damaged_since_is_not_good_and_is_refused_before_anything_changes(
        self, desk: Desk
    ) -> None:
        desk.sessions.save(details(28))
        backup = desk.backups.make()
        data = bytearray(backup.path.read_bytes())
        data[data.index(b'"count":28') + 8] ^= 1
        backup.path.write_bytes(data)
        assert desk.backups.preview(backup).is_good is False
        with pytest.raises(BackupProblem):
            desk.backups.restore(backup)
        assert [view.details.total for view in desk.sessions.all()] == [28]

    def test_nothing_that_was_saved_since_is_lost_and_the_open_program_goes_on(
        self, desk: Desk, announced: list[Change]
    ) -> None:
        first = desk.sessions.save(details(28))
        desk.preferences.put("theme", "light")
        desk.drafts.keep(drafts.NEW_RECORD, {"typed": "before"})
        backup = desk.backups.make()
        desk.sessions.correct(first.record_id, details(31))
        desk.sessions.save(details(7), draft=drafts.NEW_RECORD)
        desk.preferences.put("theme", "dark")
        desk.drafts.keep(drafts.NEW_PLAN, {"typed": "since"})
        desk.tally.press("plan/1", "y8")
        announced.clear()
        restored = desk.backups.restore(backup)
        assert restored.returned == 0
        assert restored.before.reason == "before_restore"
        assert sorted(view.details.total for view in desk.sessions.all()) == [7, 31]
        assert desk.preferences.get("theme", "") == "dark"
        # A draft that was saved meanwhile must not come back: it would be saved twice.
        assert desk.drafts.keys() == [drafts.NEW_PLAN]
        assert {Change(Topic.RECORDS), Change(Topic.DRAFTS), Change(Topic.PREFERENCES)} <= set(announced)
        assert desk.tally.press("plan/1", "y8") == 2
        desk.tally.flush()
        desk.sessions.save(details(1))
        again = Desk.open(
            desk.store.path.parent, clock=desk.clock, changes=desk.changes, app="omi-desktop/test"
        )
        assert sorted(view.details.total for view in again.sessions.all()) == [1, 7, 31]
        assert again.tally.counts("plan/1") == {"y8": 2}
        again.close()

    def test_what_the_file_lost_comes_back(self, desk: Desk, tmp_path: Path) -> None:
        desk.sessions.save(details(28))
        backup = desk.backups.make()
        new = Desk.open(tmp_path / "new", clock=desk.clock, changes=desk.changes, app="omi-desktop/test")
        new.sessions.save(details(3))
        preview = new.backups.preview(backup)
        assert (preview.would_return, preview.missing_since) == (1, 1)
        assert new.backups.restore(backup).returned == 1
        assert sorted(view.details.total for view in new.sessions.all()) == [3, 28]
        new.close()

    def test_what_was_erased_is_in_no_copy_any_more_and_comes_back_with_none(self, desk: Desk) -> None:
        gone = desk.sessions.save(details(28, class_name="Kanarienvogel"))
        desk.sessions.save(details(7))
        backup = desk.backups.make()
        assert b"Kanarienvogel" in backup.path.read_bytes()
        desk.erasures.erase([gone.record_id])
        assert not any(b"Kanarienvogel" in each.path.read_bytes() for each in desk.backups.all())
        assert desk.backups.preview(desk.backups.all()[0]).is_good
        assert desk.backups.restore(desk.backups.all()[0]).returned == 0
        assert [view.details.total for view in desk.sessions.all()] == [7]
