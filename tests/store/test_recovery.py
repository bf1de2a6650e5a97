"""A damaged file: put aside, never deleted; its place taken by the newest good copy and all that it still gives."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.errors import FileDamaged, FileProblem, FileTooNew, NotSaved
from omi_desktop.domain.online import Attempt
from omi_desktop.domain.stages import Nation
from omi_desktop.services import drafts
from omi_desktop.services.desk import Desk, Person
from omi_desktop.store import (
    accounts,
    attempts,
    backups,
    durable,
    notes,
    questions,
    recovery,
    replacement,
    revisions,
)
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import APPLICATION_ID, FILE_NAME, VERSION
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens
from tests.kit.bodies import NOW, details, hex_id
from tests.kit.clock import SetClock


def open_desk(profile: Path) -> Desk:
    """The program started on a profile."""
    return Desk.open(profile, clock=SetClock(), changes=Changes(), app="omi-desktop/test")


def totals(desk: Desk) -> list[int]:
    """What every session counts."""
    return sorted(view.details.total for view in desk.sessions.all())


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A profile with twelve sessions, six of them in a copy."""
    desk = open_desk(tmp_path / "profile")
    for number in range(1, 7):
        desk.sessions.save(details(number))
    desk.backups.wait()
    desk.backups.make()
    for number in range(7, 13):
        desk.sessions.save(details(number))
    desk.drafts.keep(drafts.NEW_RECORD, {"typed": "28"})
    desk.preferences.put("theme", "dark")
    desk.tally.press("plan/1", "y8")
    desk.close()
    return tmp_path / "profile"


def damaged_files(profile: Path) -> list[Path]:
    """What was put aside."""
    return sorted(path for path in profile.glob("ambassador.damaged-*") if not path.name.endswith("-journal"))


def flip(path: Path, at: int, bit: int = 0) -> None:
    """One bit changes on the disk."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


class TestRecovered:
    """Back without anybody's help."""

    @pytest.mark.parametrize("copies", ["with copies", "without copies"])
    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: bytes(4096) + data[4096:],
            lambda data: b"\xff" * 100 + data[100:],
            lambda data: data[:60] + b"\0\0\0\7" + data[64:],
            lambda data: data[:68] + b"\0\0\0\0" + data[72:],
            lambda data: data[: len(data) - 6000],
        ],
        ids=["first page zeroed", "header gone", "version number changed", "mark changed", "cut short"],
    )
    def test_a_damaged_header_or_end_costs_nothing_that_is_still_in_the_file(
        self, profile: Path, damage: Callable[[bytes], bytes], copies: str
    ) -> None:
        path = profile / FILE_NAME
        if copies == "without copies":
            shutil.rmtree(profile / backups.FOLDER)
        data = damage(path.read_bytes())
        whole = data.count(b'"count":') - data.count(b'"count":null')
        path.write_bytes(data)
        desk = open_desk(profile)
        found = desk.recovered()
        assert found is not None
        assert found.from_copy + found.salvaged == len(totals(desk)) >= (12 if whole >= 12 else 6)
        (aside,) = damaged_files(profile)
        assert (aside.name, aside.read_bytes()) == (found.kept_as, data)
        desk.close()

    def test_a_digit_that_changed_in_a_session_is_never_counted(self, profile: Path) -> None:
        path = profile / FILE_NAME
        flip(path, path.read_bytes().index(b'"count":9') + 8)
        desk = open_desk(profile)
        found = desk.recovered()
        assert found is not None
        assert (found.from_copy, found.salvaged) == (6, 5)
        assert totals(desk) == [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12]
        # What stands beside the sessions is as it was last.
        assert desk.drafts.keys() == [drafts.NEW_RECORD]
        assert desk.preferences.get("theme", "") == "dark"
        assert desk.tally.counts("plan/1") == {"y8": 1}
        desk.close()

    def test_a_copy_that_is_damaged_too_is_passed_over_for_an_older_one(self, profile: Path) -> None:
        newest, *_ = backups.all_of(profile / FILE_NAME)
        flip(newest.path, newest.path.read_bytes().index(b'"count":3') + 8)
        path = profile / FILE_NAME
        path.write_bytes(bytes(4096) + path.read_bytes()[4096:])
        desk = open_desk(profile)
        assert len(totals(desk)) == 12
        desk.close()

    def test_the_person_is_told_until_they_have_read_it_and_only_then(self, profile: Path) -> None:
        flip(profile / FILE_NAME, 40_000)
        path = profile / FILE_NAME
        path.write_bytes(path.read_bytes()[:20_000])
        open_desk(profile).close()
        desk = open_desk(profile)
        assert desk.recovered() is not None
        desk.recovery_told()
        assert desk.recovered() is None
        desk.close()
        again = open_desk(profile)
        assert again.recovered() is None
        again.close()

    def test_a_file_that_vanished_comes_back_from_its_copy(self, profile: Path) -> None:
        (profile / FILE_NAME).unlink()
        desk = open_desk(profile)
        found = desk.recovered()
        assert found is not None
        assert (found.from_copy, found.salvaged, totals(desk)) == (6, 0, [1, 2, 3, 4, 5, 6])
        desk.close()

    def test_damage_that_shows_while_the_program_is_open_is_mended_under_it(self, profile: Path) -> None:
        desk = open_desk(profile)
        path = profile / FILE_NAME
        flip(path, path.read_bytes().index(b'"count":9') + 8)
        with pytest.raises(FileProblem):
            desk.sessions.all()
        desk.mended()
        assert totals(desk) == [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12]
        assert desk.recovered() is not None
        desk.sessions.save(details(20))
        desk.close()
        again = open_desk(profile)
        assert totals(again) == [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 20]
        again.close()


class TestRefused:
    """Not damage, and left alone."""

    def test_another_programs_file_and_a_newer_one_are_refused_untouched(self, profile: Path) -> None:
        path = profile / FILE_NAME
        for statements, problem in (
            (["CREATE TABLE notes (a)"], FileProblem),
            (
                [
                    f"PRAGMA application_id={APPLICATION_ID}",
                    f"PRAGMA user_version={VERSION + 1}",
                    f"CREATE TABLE alembic_version AS SELECT '{VERSION + 1:04}' AS version_num",
                ],
                FileTooNew,
            ),
        ):
            path.unlink()
            with closing(sqlite3.connect(path)) as raw:
                for statement in statements:
                    raw.execute(statement)
                raw.commit()
            before = path.read_bytes()
            with pytest.raises(problem):
                open_desk(profile)
            assert path.read_bytes() == before
            assert damaged_files(profile) == []


class TestSmallest:
    """One letter changed, where SQLite itself goes by it."""

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [
            (b"\tmy_group TEXT", b"\tmy_g\xf2oup TEXT"),
            (b"\tmy_group TEXT", b"\tmy_groop TEXT"),
            (b"CREATE INDEX parent_by_parent", b"CREATE INDEX \xf0arent_by_parent"),
            (b"\tcentre_id TEXT, ", b"\tce\xeetre_id TEXT, "),
            (b"\tkept_at TEXT", b"\tkep4_at TEXT"),
        ],
        ids=[
            "a name that is no text",
            "another name",
            "an index's name",
            "a column that a rule names",
            "a column of the drafts",
        ],
    )
    def test_of_the_schema_is_noticed_and_mended(self, profile: Path, was: bytes, becomes: bytes) -> None:
        path = profile / FILE_NAME
        data = path.read_bytes()
        assert data.count(was) >= 1
        path.write_bytes(data.replace(was, becomes, 1))
        desk = open_desk(profile)
        assert totals(desk) == list(range(1, 13))
        assert desk.recovered() is not None
        desk.close()

    def test_of_an_accounts_id_hides_no_session(self, profile: Path) -> None:
        desk = open_desk(profile)
        owner = Owner(hex_id("centre"), hex_id("account"))
        with desk.store.write() as connection:
            accounts.use(connection, Account(owner, "Asha", "Hub", "https://omi.invalid", "key"))
            revisions.claim(connection, owner)
        desk.backups.make()
        desk.close()
        path = profile / FILE_NAME
        data = path.read_bytes()
        row = owner.centre_id.encode() + owner.account_id.encode() + b"Asha"
        assert data.count(row) == 1
        path.write_bytes(data.replace(row, b"f" + row[1:]))
        desk = open_desk(profile)
        assert totals(desk) == list(range(1, 13))
        with desk.store.read() as connection:
            account = accounts.current(connection)
        assert account is not None
        assert account.owner == owner
        desk.close()


class TestCrashInTheMiddle:
    """The program ends while one file takes the place of another."""

    @pytest.mark.parametrize("steps", range(6))
    def test_whatever_was_done_so_far_the_next_start_finds_a_whole_file(
        self, profile: Path, tmp_path: Path, steps: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, new = profile / FILE_NAME, tmp_path / "new.db"
        (copy,) = [backup for backup in backups.all_of(path) if backup.reason == "asked"]
        shutil.copyfile(copy.path, new)
        journal = path.with_name(f"{path.name}-journal")
        journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(600))
        rename, left = Path.replace, [steps]

        def fail_later(self: Path, target: Path) -> Path:
            if not left[0]:
                raise OSError("the program ended here")
            left[0] -= 1
            return rename(self, target)

        monkeypatch.setattr(Path, "replace", fail_later)  # a door of the OS
        try:
            replacement.put(new, path, replacement.damaged_name(path, NOW))
            is_done = True
        except OSError:
            is_done = False
        monkeypatch.undo()
        desk = open_desk(profile)
        assert totals(desk) == ([1, 2, 3, 4, 5, 6] if steps else list(range(1, 13)))
        assert is_done == (steps >= 4)
        assert bool(damaged_files(profile)) == bool(steps)
        desk.close()


class TestOtherMode:
    """Another program has had the file in WAL mode and ended without tidying up."""

    def test_what_it_left_is_put_aside_with_the_damaged_file_and_not_played_into_the_new_one(
        self, profile: Path
    ) -> None:
        path = profile / FILE_NAME
        other = sqlite3.connect(path)
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("DELETE FROM parent")
        other.execute("DELETE FROM revision")
        other.commit()
        left = {ending: path.with_name(f"{path.name}{ending}").read_bytes() for ending in ("", "-wal")}
        other.close()
        for ending, data in left.items():
            path.with_name(f"{path.name}{ending}").write_bytes(data)
        flip(path, 3)
        desk = open_desk(profile)
        assert totals(desk) == list(range(1, 13))
        desk.close()
        assert any(name.name.endswith("-wal") for name in damaged_files(profile))
        again = open_desk(profile)
        assert totals(again) == list(range(1, 13))
        again.close()


class TestBesideTheRevisions:
    """What no sha and no index covers: a letter that changed there keeps nobody from their sessions."""

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE preference SET value = substr(value, 2)",
            "UPDATE preference SET value = replace(value, 'name', 'nale')",
            "UPDATE preference SET value = replace(value, 'year', 'yeas')",
            "UPDATE account SET last_success = '2026-1o-24T12:00:00Z'",
            "UPDATE attempt SET at = '2026-1o-24T12:00:00Z'",
            "UPDATE question SET date = '2026-1o-24'",
        ],
    )
    def test_the_program_starts_and_shows_every_session(self, profile: Path, change: str) -> None:
        owner = Owner(hex_id("centre"), hex_id("asha"))
        desk = open_desk(profile)
        desk.save_person(Person("Asha", Nation.WALES))
        asked = questions.Asked(hex_id("q"), hex_id("mine"), hex_id("other"), "2026-11-24", None, "Ashby")
        million = {"year": 2026, "low": 1, "high": 2, "as_of": "2026-11-24T12:00:00Z"}
        with desk.store.write() as connection:
            accounts.use(connection, accounts.Account(owner, "Asha", "Hub", "https://omi.invalid", "key"))
            accounts.set_success(connection, owner, "2026-11-24T12:00:00Z", None)
            attempts.add(connection, Attempt(NOW, "ok", "Synced", 0, 0, 0, 0, 0.1))
            questions.replace_all(connection, owner, [asked], "2026-11-24T12:00:00Z")
            notes.put_preference(connection, "million", million)
        desk.close()
        with closing(sqlite3.connect(profile / FILE_NAME)) as raw:
            assert raw.execute(change).rowcount
            raw.commit()
        desk = open_desk(profile)
        syncing = Syncing(desk.store, tokens=MemoryTokens(), clock=desk.clock, changes=Changes())
        syncing.attempts()
        desk.questions.open()
        desk.person()
        assert (totals(desk), syncing.state().account_name) == (list(range(1, 13)), "Asha")
        desk.close()

    @pytest.mark.parametrize(
        "change", ["UPDATE draft SET form = substr(form, 2)", "UPDATE draft SET kept_at = 'x'"]
    )
    def test_a_draft_that_changed_is_not_shown_as_if_it_had_been_typed(
        self, profile: Path, change: str
    ) -> None:
        with closing(sqlite3.connect(profile / FILE_NAME)) as raw:
            raw.execute(change)
            raw.commit()
        desk = open_desk(profile)
        with pytest.raises(FileDamaged):
            desk.drafts.get(drafts.NEW_RECORD)
        desk.mended()
        assert desk.recovered() is not None
        assert desk.drafts.get(drafts.NEW_RECORD) is None
        assert totals(desk) == list(range(1, 13))
        desk.close()


class TestReplacementThatFails:
    """The disk, or a program that has the file open, refuses a step: who goes on saving loses nothing of it later."""

    @pytest.mark.parametrize("step", [1, 2])
    def test_what_is_saved_after_a_failed_restore_is_there_at_the_next_start(
        self, profile: Path, monkeypatch: pytest.MonkeyPatch, step: int
    ) -> None:
        desk = open_desk(profile)
        copy = desk.backups.make()
        _refuse_step(monkeypatch, step)
        with pytest.raises(FileProblem):
            desk.backups.restore(copy)
        desk.sessions.save(details(13))
        desk.close()
        desk = open_desk(profile)
        assert totals(desk) == list(range(1, 14))
        assert damaged_files(profile) == []
        desk.close()

    def test_nothing_is_called_saved_while_the_next_start_would_still_put_the_other_file_there(
        self, profile: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = open_desk(profile)
        copy = desk.backups.make()
        real = replacement.give_up

        def in_use(_path: Path, _aside: Path | None) -> None:
            raise PermissionError(13, "in use")

        _refuse_step(monkeypatch, 2)
        monkeypatch.setattr(replacement, "give_up", in_use)
        with pytest.raises(FileProblem):
            desk.backups.restore(copy)
        with pytest.raises(NotSaved):
            desk.sessions.save(details(13))
        monkeypatch.setattr(replacement, "give_up", real)
        desk.sessions.save(details(13))
        desk.close()
        desk = open_desk(profile)
        assert totals(desk) == list(range(1, 14))
        desk.close()

    def test_a_damaged_file_that_was_put_aside_already_gets_its_name_back(
        self, profile: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = open_desk(profile)
        _refuse_step(monkeypatch, 2)
        with pytest.raises(FileProblem):
            recovery.recover_open(desk.store, NOW)
        desk.sessions.save(details(13))
        assert totals(desk) == list(range(1, 14))
        assert damaged_files(profile) == []
        desk.close()

    def test_no_copy_is_made_of_a_file_while_it_is_replaced(self, profile: Path) -> None:
        desk = open_desk(profile)
        asked = list[bool]()

        def make() -> Path:
            asked.append(desk.store.copying.locked())
            return shutil.copyfile(desk.store.path, replacement.mended_of(desk.store.path))

        desk.store.replace(make, None)
        assert asked == [True]
        assert totals(desk) == list(range(1, 13))
        desk.close()


def _refuse_step(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """The first step that makes a name durable fails after it gave the name, the second before it."""
    real, steps = durable.move, list[int]()

    def refused(old: Path, new: Path) -> None:
        steps.append(1)
        if len(steps) != step:
            return real(old, new)
        if step == 1:
            old.replace(new)
        raise PermissionError(13, "in use")

    monkeypatch.setattr(replacement, "move", refused)
