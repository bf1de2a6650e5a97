"""Copies of the file: equal to it, whole, found again by their names, and thinned without ever losing the newest."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain.clock import UK
from omi_desktop.domain.errors import BackupProblem, FileDamaged, FileProblem
from omi_desktop.store import backups, durable, revisions
from omi_desktop.store.backups import Backup, Reason
from omi_desktop.store.file import FILE_NAME, VERSION, Store
from tests.kit.bodies import NOW, revision
from tests.kit.clock import SetClock
from tests.kit.full_disk import file_size_limit
from tests.store.test_migrate import VERSION_1


def fill(store: Store, count: int = 30) -> None:
    """Save some sessions."""
    with store.write() as connection:
        for number in range(count):
            revisions.add(connection, revision(f"r{number}", record=f"s{number}"), None)


def rows_in(path: Path) -> dict[str, str]:
    """The digests of a file's rows."""
    with closing(sqlite3.connect(path)) as raw:
        return backups.row_digests(raw)


class TestMake:
    """One copy."""

    def test_a_copy_has_every_row_and_its_name_says_what_it_is(self, store: Store) -> None:
        fill(store)
        made = backups.make(store.path, NOW, Reason.DAY)
        assert made.path.name == f"ambassador-20261124T120000Z-v{VERSION}-day.db"
        assert (made.made_at, made.reason, made.version) == (NOW, Reason.DAY, VERSION)
        assert made.size == made.path.stat().st_size > 0
        assert backups.all_of(store.path) == [made]
        assert rows_in(made.path) == rows_in(store.path)
        assert backups.damage_of(made.path) is None
        assert [path.name for path in backups.folder_of(store.path).iterdir()] == [made.path.name]

    def test_two_copies_of_one_second_both_stay(self, store: Store) -> None:
        one, other = (backups.make(store.path, NOW, Reason.ASKED) for _ in range(2))
        assert backups.all_of(store.path) == [other, one]

    def test_a_disk_without_room_leaves_no_copy_and_no_litter(self, store: Store) -> None:
        fill(store)
        with file_size_limit(20_000), pytest.raises(BackupProblem):
            backups.make(store.path, NOW, Reason.DAY)
        assert backups.all_of(store.path) == []
        assert list(backups.folder_of(store.path).iterdir()) == []

    def test_a_copy_that_differs_from_its_original_does_not_count(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(store)
        sync_file = durable.sync_file

        def lose_a_row(path: Path) -> None:
            with closing(sqlite3.connect(path)) as raw:
                raw.execute("DELETE FROM revision WHERE rowid = 7")
                raw.commit()
            sync_file(path)

        monkeypatch.setattr(backups, "sync_file", lose_a_row)  # a disk that keeps something else
        with pytest.raises(BackupProblem):
            backups.make(store.path, NOW, Reason.DAY)
        assert backups.all_of(store.path) == []

    def test_a_damaged_file_is_never_copied_as_good(self, store: Store) -> None:
        fill(store)
        with closing(sqlite3.connect(store.path)) as raw:
            raw.execute("UPDATE revision SET canonical = replace(canonical, '28', '38') WHERE rowid = 3")
            raw.commit()
        with pytest.raises(FileDamaged):
            backups.make(store.path, NOW, Reason.DAY)
        assert backups.all_of(store.path) == []
        assert backups.examine(store.path) is not None

    def test_what_an_earlier_run_began_is_no_copy_and_is_cleared_away(self, store: Store) -> None:
        folder = backups.folder_of(store.path)
        folder.mkdir()
        (folder / "ambassador.part").write_bytes(b"half")
        (folder / "notes.txt").write_text("the person's own")
        assert backups.all_of(store.path) == []
        backups.make(store.path, NOW, Reason.DAY)
        assert {path.suffix for path in folder.iterdir()} == {".db", ".txt"}


class TestMigration:
    """No migration without a copy."""

    def test_a_copy_of_the_old_file_is_made_first(self, tmp_path: Path) -> None:
        shutil.copyfile(VERSION_1, tmp_path / FILE_NAME)
        before = rows_in(tmp_path / FILE_NAME)
        Store.open(tmp_path, SetClock()).close()
        (made,) = backups.all_of(tmp_path / FILE_NAME)
        assert (made.reason, made.version, made.made_at) == (Reason.MIGRATION, 1, NOW)
        assert rows_in(made.path) == before

    def test_without_room_for_a_copy_the_migration_is_not_begun(self, tmp_path: Path) -> None:
        shutil.copyfile(VERSION_1, tmp_path / FILE_NAME)
        (tmp_path / backups.FOLDER).write_text("in the way")
        before = (tmp_path / FILE_NAME).read_bytes()
        with pytest.raises(FileProblem, match="can't be brought to this version yet"):
            Store.open(tmp_path, SetClock())
        assert (tmp_path / FILE_NAME).read_bytes() == before
        (tmp_path / backups.FOLDER).unlink()
        Store.open(tmp_path, SetClock()).close()

    def test_a_new_file_needs_none(self, store: Store) -> None:
        assert backups.all_of(store.path) == []


_moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def named(moment: datetime, reason: Reason = Reason.DAY) -> Backup:
    """A copy of this moment."""
    return Backup(Path(f"{moment:%Y%m%dT%H%M%S}-{reason}"), moment, reason, 1, VERSION)


class TestThinning:
    """7 daily, 4 weekly, 12 monthly."""

    @given(st.lists(_moments, min_size=1, max_size=60), st.data())
    def test_what_stays_is_what_the_rule_says_and_the_newest_and_the_one_just_made_always(
        self, moments: list[datetime], data: st.DataObject
    ) -> None:
        found = {
            named(moment.replace(microsecond=0), data.draw(st.sampled_from(Reason))) for moment in moments
        }
        made = data.draw(st.sampled_from(sorted(found, key=lambda b: b.path.name)))
        stay = backups.kept(found, made)
        assert made in stay <= found
        assert max(found, key=lambda b: (b.made_at, b.path.name)) in stay
        assert len(stay - {made}) <= 7 + 4 + 12
        days = sorted({b.made_at.astimezone(UK).date() for b in found}, reverse=True)[:7]
        assert {b.made_at.astimezone(UK).date() for b in stay} >= set(days)
        months = sorted({b.made_at.astimezone(UK).strftime("%Y%m") for b in found}, reverse=True)[:12]
        assert {b.made_at.astimezone(UK).strftime("%Y%m") for b in stay} >= set(months)
        # Thinning what is thinned changes nothing.
        assert backups.kept(stay, made) == stay

    def test_two_years_of_days_leave_seven_days_four_weeks_and_twelve_months(self) -> None:
        found: set[Backup] = set()
        for day in range(730):
            made = named(NOW + timedelta(days=day - 730))
            found = backups.kept(found | {made}, made)
        ages = sorted((NOW - backup.made_at).days for backup in found)
        assert ages[:7] == [1, 2, 3, 4, 5, 6, 7]
        assert 18 <= len(found) <= 7 + 4 + 12
        assert 320 < ages[-1] < 370

    def test_a_copy_made_while_the_clock_was_wrong_does_not_push_out_the_one_made_now(
        self, store: Store
    ) -> None:
        far = [backups.make(store.path, NOW + timedelta(days=400 * n), Reason.DAY) for n in range(1, 14)]
        made = backups.make(store.path, NOW, Reason.DAY)
        backups.thin(store.path, made)
        assert made in backups.all_of(store.path)
        assert far[-1] in backups.all_of(store.path)


def test_a_copy_that_says_it_is_from_the_future_is_trusted_last(tmp_path: Path) -> None:
    def at(moment: datetime) -> Backup:
        return Backup(tmp_path / f"{moment:%Y%m%d}.db", moment, Reason.DAY, 1, 2)

    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    old, new, wrong = at(now - timedelta(days=2)), at(now), at(datetime(2038, 1, 19, tzinfo=UTC))
    assert backups.most_trusted_first([wrong, old, new], now) == [new, old, wrong]
