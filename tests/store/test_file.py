"""Opening the ambassador's file: what is verified, what is refused, and what stays untouched."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from omi_desktop.domain.errors import FileProblem, FileTooNew, NotSaved, Refused
from omi_desktop.store import notes
from omi_desktop.store.file import APPLICATION_ID, FILE_NAME, VERSION, Store, pragmas
from tests.kit.full_disk import file_size_limit

SAFE = {
    "journal_mode": "truncate",
    "synchronous": 3,
    "foreign_keys": 1,
    "mmap_size": 0,
    "busy_timeout": 5000,
    "user_version": VERSION,
}


def keep(store: Store, key: str, size: int = 10) -> None:
    """Write something."""
    with store.write() as connection:
        notes.keep_draft(connection, key, {"text": "x" * size}, "2026-11-24T12:00:00Z")


def keys(store: Store) -> set[str]:
    """What was written."""
    with store.read() as connection:
        return {key for key, _ in notes.drafts(connection)}


def everything_in(folder: Path) -> dict[str, str]:
    """Every file of a folder with the hash of what is in it."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def foreign_file(profile: Path, *statements: str) -> sqlite3.Connection:
    """Another program's SQLite file where ours would be; still open."""
    profile.mkdir(exist_ok=True)
    connection = sqlite3.connect(profile / FILE_NAME)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    return connection


class TestPragmas:
    """What durability rests on."""

    def test_readers_run_with_what_survived_every_power_cut(self, store: Store) -> None:
        assert pragmas(store) == SAFE

    def test_the_writer_does_too_and_a_writer_after_a_failure(self, store: Store) -> None:
        for _ in range(2):
            with store.write() as connection:
                found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in SAFE}
            assert found == SAFE
            with pytest.raises(NotSaved), store.write() as connection:
                connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")

    def test_a_file_that_another_program_keeps_in_wal_is_not_used(self, tmp_path: Path) -> None:
        Store.open(tmp_path).close()
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
            assert other.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
            other.execute("SELECT count(*) FROM draft").fetchone()
            with pytest.raises(FileProblem):
                Store.open(tmp_path)
        store = Store.open(tmp_path)
        assert pragmas(store) == SAFE
        store.close()

    def test_a_place_where_journals_cannot_be_kept_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / f"{FILE_NAME}-journal").mkdir()
        with pytest.raises(FileProblem):
            Store.open(tmp_path)


class TestNotOurs:
    """Files that are refused and left exactly as they are."""

    @pytest.mark.parametrize("journal_mode", ["DELETE", "WAL"])
    def test_another_programs_file_is_refused_and_untouched(self, tmp_path: Path, journal_mode: str) -> None:
        profile = tmp_path / "profile"
        foreign_file(profile, f"PRAGMA journal_mode={journal_mode}", "CREATE TABLE notes (text)").close()
        before = everything_in(profile)
        with pytest.raises(FileProblem) as refused:
            Store.open(profile)
        assert not isinstance(refused.value, FileTooNew)
        assert everything_in(profile) == before

    @pytest.mark.parametrize("journal_mode", ["TRUNCATE", "WAL"])
    def test_a_file_of_a_newer_version_is_refused_politely_and_untouched(
        self, tmp_path: Path, journal_mode: str
    ) -> None:
        profile = tmp_path / "profile"
        foreign_file(
            profile,
            f"PRAGMA journal_mode={journal_mode}",
            f"PRAGMA application_id={APPLICATION_ID}",
            f"PRAGMA user_version={VERSION + 1}",
            "CREATE TABLE revision (whatever)",
        ).close()
        before = everything_in(profile)
        with pytest.raises(FileTooNew):
            Store.open(profile)
        assert everything_in(profile) == before

    @pytest.mark.parametrize(
        "content", [b"x" * 600, b"no database " * 1000, b"SQLite format 3\0" + bytes(2000), b"\0" * 4096]
    )
    def test_a_damaged_file_is_refused_and_untouched(self, tmp_path: Path, content: bytes) -> None:
        profile = tmp_path / "profile"
        profile.mkdir()
        (profile / FILE_NAME).write_bytes(content)
        with pytest.raises(FileProblem):
            Store.open(profile)
        assert everything_in(profile) == {FILE_NAME: hashlib.sha256(content).hexdigest()}

    def test_our_own_file_cut_short_is_refused_and_untouched(self, tmp_path: Path) -> None:
        Store.open(tmp_path).close()
        path = tmp_path / FILE_NAME
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] + b"\xff" * 100)
        before = everything_in(tmp_path)
        with pytest.raises(FileProblem):
            Store.open(tmp_path)
        assert everything_in(tmp_path) == before

    def test_a_folder_where_the_file_should_be_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / FILE_NAME).mkdir()
        with pytest.raises(FileProblem):
            Store.open(tmp_path)

    def test_a_profile_that_cannot_be_made_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(FileProblem, match="folder for your file"):
            Store.open(tmp_path / "file" / "profile")

    def test_an_empty_file_becomes_ours(self, tmp_path: Path) -> None:
        (tmp_path / FILE_NAME).touch()
        Store.open(tmp_path).close()
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as raw:
            assert raw.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
            assert raw.execute("PRAGMA user_version").fetchone() == (VERSION,)


@pytest.mark.parametrize("name", ["O'Brien", "a b", "Ŵyn 🚀", "50%25", "what?mode=memory", "#1", "file:x"])
def test_a_profile_may_have_any_name(tmp_path: Path, name: str) -> None:
    profile = tmp_path / name
    store = Store.open(profile)
    keep(store, "here")
    store.close()
    assert FILE_NAME in everything_in(profile)
    again = Store.open(profile)
    assert keys(again) == {"here"}
    again.close()


class TestTransactions:
    """All or nothing."""

    def test_a_block_that_ends_is_kept_when_the_file_is_opened_again(self, tmp_path: Path) -> None:
        store = Store.open(tmp_path)
        keep(store, "kept")
        store.close()
        again = Store.open(tmp_path)
        assert keys(again) == {"kept"}
        again.close()

    @pytest.mark.parametrize("raised", [Refused([]), RuntimeError(), KeyboardInterrupt()])
    def test_a_block_that_raises_leaves_nothing_and_the_next_one_works(
        self, store: Store, raised: BaseException
    ) -> None:
        def half() -> None:
            with store.write() as connection:
                notes.keep_draft(connection, "half", {}, "2026-11-24T12:00:00Z")
                raise raised

        with pytest.raises(type(raised)):
            half()
        keep(store, "next")
        assert keys(store) == {"next"}

    def test_a_fault_of_the_database_leaves_nothing_and_says_not_saved(self, store: Store) -> None:
        def half() -> None:
            with store.write() as connection:
                notes.keep_draft(connection, "half", {}, "2026-11-24T12:00:00Z")
                connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")

        with pytest.raises(NotSaved):
            half()
        keep(store, "next")
        assert keys(store) == {"next"}

    def test_a_reader_sees_what_was_there_and_does_not_wait_for_the_writer(self, store: Store) -> None:
        keep(store, "before")
        with store.write() as connection:
            notes.keep_draft(connection, "during", {}, "2026-11-24T12:00:00Z")
            found = list[set[str]]()
            reader = threading.Thread(target=lambda: found.append(keys(store)))
            reader.start()
            reader.join(timeout=3)
            assert found == [{"before"}]
        assert keys(store) == {"before", "during"}

    def test_who_reads_as_the_writer_sees_all_and_holds_the_others_up(self, store: Store) -> None:
        keep(store, "before")
        with ThreadPoolExecutor(1) as threads:
            with store.read_as_writer() as connection:
                waiting = threads.submit(keep, store, "meanwhile")
                assert {key for key, _ in notes.drafts(connection)} == {"before"}
                assert not waiting.done()
            waiting.result(10)
        keep(store, "after")
        assert keys(store) == {"before", "meanwhile", "after"}

    def test_after_a_fault_of_who_reads_as_the_writer_the_next_write_works(self, store: Store) -> None:
        keep(store, "before")
        with pytest.raises(FileProblem), store.read_as_writer() as connection:
            connection.exec_driver_sql("SELECT * FROM nowhere")
        with pytest.raises(Refused), store.read_as_writer():
            raise Refused([])
        keep(store, "after")
        with store.read_as_writer() as connection:
            assert {key for key, _ in notes.drafts(connection)} == {"before", "after"}

    def test_writers_on_many_threads_wait_for_each_other(self, store: Store) -> None:
        def keep_five(name: int) -> None:
            for number in range(5):
                keep(store, f"{name}/{number}")

        threads = [threading.Thread(target=keep_five, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(keys(store)) == 40

    def test_a_closed_store_can_be_closed_again(self, store: Store) -> None:
        store.close()
        store.close()


WRITER = """
import sys
from pathlib import Path
from omi_desktop.store import notes
from omi_desktop.store.file import Store
store = Store.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
for number in range(25):
    with store.write() as connection:
        notes.keep_draft(connection, f"{sys.argv[2]}/{number}", {}, "2026-11-24T12:00:00Z")
store.close()
"""


def test_two_programs_that_open_a_new_profile_and_write_at_once_both_succeed(tmp_path: Path) -> None:
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "profile"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
    for program in programs:
        program.communicate("go\n", timeout=60)
        assert program.returncode == 0
    store = Store.open(tmp_path / "profile")
    assert len(keys(store)) == 50
    store.close()


class TestFull:
    """A disk that takes no more."""

    def test_a_file_that_may_grow_no_more_says_not_saved_and_the_next_save_works(self, store: Store) -> None:
        keep(store, "before")
        with store.write() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        with pytest.raises(NotSaved):
            keep(store, "long", 100_000)
        keep(store, "after", 100_000)
        assert keys(store) == {"before", "after"}

    def test_a_disk_that_refuses_in_the_middle_of_a_write_leaves_nothing_half_saved(
        self, store: Store
    ) -> None:
        keep(store, "before")
        with file_size_limit(store.path.stat().st_size + 8192), pytest.raises(NotSaved):
            keep(store, "long", 500_000)
        assert keys(store) == {"before"}
        keep(store, "after", 500_000)
        assert keys(store) == {"before", "after"}
        with store.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"

    def test_a_disk_with_no_room_for_the_journal_is_the_same(self, store: Store) -> None:
        keep(store, "before")
        with file_size_limit(0), pytest.raises(NotSaved):
            keep(store, "long")
        keep(store, "after")
        assert keys(store) == {"before", "after"}

    def test_a_new_profile_on_a_full_disk_says_so_and_can_be_made_later(self, tmp_path: Path) -> None:
        with file_size_limit(8192), pytest.raises(FileProblem):
            Store.open(tmp_path / "profile")
        Store.open(tmp_path / "profile").close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps permissions in another way")
class TestReadOnly:
    """A file or folder that may not be written."""

    @pytest.mark.parametrize("what", ["file", "folder"])
    def test_saving_says_not_saved_and_works_when_it_may_be_written_again(
        self, tmp_path: Path, what: str
    ) -> None:
        profile = tmp_path / "profile"
        store = Store.open(profile)
        keep(store, "before")
        store.close()
        path, mode = (profile / FILE_NAME, 0o444) if what == "file" else (profile, 0o555)
        before = everything_in(profile)
        store = Store.open(profile)
        with as_somebody_else(path, mode):
            with pytest.raises(NotSaved):
                keep(store, "after")
            assert keys(store) == {"before"}
        assert everything_in(profile) == before | {
            name: digest for name, digest in everything_in(profile).items() if name.endswith("-journal")
        }
        keep(store, "after")
        assert keys(store) == {"before", "after"}
        store.close()

    def test_who_reads_meanwhile_keeps_nobody_from_writing_later(self, tmp_path: Path) -> None:
        profile = tmp_path / "profile"
        with closing(Store.open(profile)) as store:
            keep(store, "before")
        with closing(Store.open(profile)) as store:
            with as_somebody_else(profile / FILE_NAME, 0o444), store.read_as_writer() as connection:
                assert {key for key, _ in notes.drafts(connection)} == {"before"}
            keep(store, "after")
            assert keys(store) == {"before", "after"}


@contextmanager
def as_somebody_else(path: Path, mode: int) -> Iterator[None]:
    """With these permissions on a path; and not as root, whom they don't hold."""
    kept = path.stat().st_mode
    folders = [folder for folder in path.parents if folder.stat().st_uid == os.geteuid()]
    opened = [(folder, folder.stat().st_mode) for folder in folders if folder.stat().st_mode & 0o055 != 0o055]
    is_root = os.geteuid() == 0
    for folder, folder_mode in opened:
        folder.chmod(folder_mode | 0o055)
    path.chmod(mode)
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        path.chmod(kept)
        for folder, folder_mode in opened:
            folder.chmod(folder_mode)
