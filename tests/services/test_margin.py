"""Favourites, notes and attached files: kept on this laptop, through restarts, backups and damage."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import update

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.errors import LibraryProblem, NotSaved
from omi_desktop.services import attachments
from omi_desktop.services.attachments import MOST, Attachment, Copying, Stopped
from omi_desktop.services.desk import Desk
from omi_desktop.services.page_notes import LONGEST
from omi_desktop.store import margin
from omi_desktop.store.columns import attachment
from omi_desktop.store.file import FILE_NAME
from tests.kit.bodies import details
from tests.kit.clock import SetClock

PAGE, OTHER = "career/solar-scientist", "handbook/first-visit"
FILM = b"\0\0\0\x20ftypisom" + bytes(range(256)) * 9000


def open_again(desk: Desk, clock: SetClock) -> Desk:
    """The next start of the program."""
    desk.close()
    return Desk.open(desk.store.path.parent, clock=clock, changes=Changes(), app="omi-desktop/test")


def made(tmp_path: Path, name: str = "A day in the lab.MP4", data: bytes = FILM) -> Path:
    """A file of the person's own."""
    folder = tmp_path / "Downloads"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def copies(desk: Desk) -> list[str]:
    """The names in the folder of attached files."""
    return sorted(path.name for path in (desk.store.path.parent / attachments.FOLDER).glob("*"))


def attach(desk: Desk, source: Path, page: str = PAGE) -> Attachment:
    return desk.attachments.attach(page, source, Copying())


class TestFavourites:
    """A star on a page."""

    def test_they_stay_after_a_restart_the_newest_first(
        self, desk: Desk, clock: SetClock, announced: list[Change]
    ) -> None:
        desk.favourites.put(PAGE, is_favourite=True)
        clock.forward(seconds=1)
        desk.favourites.put(OTHER, is_favourite=True)
        clock.forward(seconds=1)
        desk.favourites.put(PAGE, is_favourite=True)
        assert desk.favourites.all() == (OTHER, PAGE)
        assert announced == [Change(Topic.FAVOURITES)] * 3
        again = open_again(desk, clock)
        assert again.favourites.all() == (OTHER, PAGE)
        again.favourites.put(OTHER, is_favourite=False)
        assert again.favourites.all() == (PAGE,)
        last = open_again(again, clock)
        assert last.favourites.all() == (PAGE,)
        last.close()

    def test_one_that_could_not_be_kept_is_none(self, desk: Desk) -> None:
        with pytest.raises(NotSaved):
            desk.favourites.put("x", is_favourite=True)
        assert desk.favourites.all() == ()


class TestNotes:
    """A text beside a page."""

    def test_a_note_stays_after_a_restart_and_an_empty_one_is_none(self, desk: Desk, clock: SetClock) -> None:
        desk.page_notes.put(PAGE, "Ask Siân\nfor the prism")
        desk.page_notes.put(OTHER, "Car park: gate 2")
        again = open_again(desk, clock)
        assert again.page_notes.of(PAGE) == "Ask Siân\nfor the prism"
        again.page_notes.put(PAGE, "  \n")
        assert (again.page_notes.of(PAGE), again.page_notes.of(OTHER)) == ("", "Car park: gate 2")
        again.close()

    def test_a_note_of_any_letters_is_kept_as_far_as_it_may_go(self, desk: Desk) -> None:
        desk.page_notes.put(PAGE, "🛰\0" * LONGEST)
        assert desk.page_notes.of(PAGE) == "🛰" * LONGEST


class TestAttachments:
    """A file of one's own, copied."""

    def test_the_copy_opens_when_the_file_itself_is_gone(
        self, desk: Desk, clock: SetClock, tmp_path: Path
    ) -> None:
        source, copying = made(tmp_path), Copying()
        found = desk.attachments.attach(PAGE, source, copying)
        shutil.rmtree(source.parent)
        again = open_again(desk, clock)
        assert again.attachments.of(PAGE) == (found,)
        assert again.attachments.of(OTHER) == ()
        assert (found.name, found.suffix, found.size, found.is_here) == (
            "A day in the lab.MP4",
            "mp4",
            len(FILM),
            True,
        )
        assert (copying.size, copying.done) == (len(FILM), len(FILM))
        path = again.attachments.path_of(found)
        assert path == again.store.path.parent / "attachments" / f"{found.id}.mp4"
        assert path.read_bytes() == FILM
        assert not path.stat().st_mode & 0o111
        again.close()

    @pytest.mark.parametrize(
        "name", ["setup.exe", "film.mp4.exe", "film", ".mp4", "run.sh", "film.mp4.lnk", "page.html", "x.svg"]
    )
    def test_what_a_desktop_might_run_is_refused(self, desk: Desk, tmp_path: Path, name: str) -> None:
        with pytest.raises(LibraryProblem, match="kind of file"):
            attach(desk, made(tmp_path, name))
        assert (copies(desk), desk.attachments.of(PAGE)) == ([], ())

    def test_a_file_with_nothing_in_it_or_that_is_none_is_refused(self, desk: Desk, tmp_path: Path) -> None:
        for source in (made(tmp_path, "empty.mp4", b""), tmp_path / "missing.mp4", tmp_path / "folder.mp4"):
            if source.name == "folder.mp4":
                source.mkdir()
            with pytest.raises(LibraryProblem):
                attach(desk, source)
        assert (copies(desk), desk.attachments.of(PAGE)) == ([], ())

    def test_a_disk_without_room_is_left_alone(
        self, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room = 200 * 1024 * 1024 + len(FILM)
        usage = shutil.disk_usage(tmp_path)._replace(free=room - 1)
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)  # a door of the OS
        with pytest.raises(LibraryProblem, match="not enough room"):
            attach(desk, made(tmp_path))
        assert (copies(desk), desk.attachments.of(PAGE)) == ([], ())
        usage = usage._replace(free=room)
        assert attach(desk, made(tmp_path)).is_here

    def test_a_copy_that_is_stopped_or_fails_leaves_nothing(
        self, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copying = Copying()
        copying.stop()
        with pytest.raises(Stopped):
            desk.attachments.attach(PAGE, made(tmp_path), copying)

        def fail(_handle: int) -> None:
            raise OSError("the stick was pulled")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fail)  # a door of the OS
            with pytest.raises((LibraryProblem, NotSaved)):
                attach(desk, made(tmp_path))
        assert (copies(desk), desk.attachments.of(PAGE)) == ([], ())

    def test_a_row_that_could_not_be_kept_leaves_no_copy(self, desk: Desk, tmp_path: Path) -> None:
        with pytest.raises(NotSaved):
            attach(desk, made(tmp_path), "x")
        assert copies(desk) == []

    def test_removing_can_be_undone_until_the_app_is_closed(
        self, desk: Desk, clock: SetClock, tmp_path: Path
    ) -> None:
        found = attach(desk, made(tmp_path))
        desk.attachments.remove(found.id)
        assert desk.attachments.of(PAGE) == ()
        desk.attachments.bring_back(found.id)
        assert desk.attachments.of(PAGE) == (found,)
        desk.attachments.remove(found.id)
        assert len(copies(desk)) == 1
        desk.close()
        assert copies(desk) == []
        again = Desk.open(desk.store.path.parent, clock=clock, changes=Changes(), app="omi-desktop/test")
        assert again.attachments.of(PAGE) == ()
        again.attachments.bring_back(found.id)
        assert again.attachments.of(PAGE) == ()
        again.close()

    def test_a_start_tidies_what_an_end_in_the_middle_left(
        self, desk: Desk, clock: SetClock, tmp_path: Path
    ) -> None:
        found = attach(desk, made(tmp_path))
        part = desk.store.path.parent / "attachments" / f"{'0' * 32}.mp4.part"
        desk.close()
        part.write_bytes(b"half of it")
        again = Desk.open(desk.store.path.parent, clock=clock, changes=Changes(), app="omi-desktop/test")
        assert copies(again) == [f"{found.id}.mp4"]
        assert again.attachments.of(PAGE) == (found,)
        again.close()

    def test_a_copy_that_is_gone_says_so_and_opens_nothing(self, desk: Desk, tmp_path: Path) -> None:
        found = attach(desk, made(tmp_path))
        path = desk.attachments.path_of(found)
        path.unlink()
        assert [each.is_here for each in desk.attachments.of(PAGE)] == [False]
        with pytest.raises(LibraryProblem, match="not here any more"):
            desk.attachments.path_of(found)
        secret = made(tmp_path, "elsewhere.mp4")
        path.symlink_to(secret)
        with pytest.raises(LibraryProblem, match="not here any more"):
            desk.attachments.path_of(found)

    def test_a_row_that_was_tampered_with_leads_nowhere(self, desk: Desk, tmp_path: Path) -> None:
        attach(desk, made(tmp_path))
        for column, value in (("suffix", "sh"), ("id", "../" * 8 + "etc/hosts"[:8])):
            with desk.store.write() as connection:
                connection.execute(update(attachment).values({column: value}))
            assert desk.attachments.of(PAGE) == ()

    def test_a_page_holds_so_many_and_no_more(self, desk: Desk, tmp_path: Path) -> None:
        for number in range(MOST):
            attach(desk, made(tmp_path, f"{number}.pdf", b"%PDF"))
        with pytest.raises(LibraryProblem, match="at most"):
            attach(desk, made(tmp_path, "one-more.pdf", b"%PDF"))
        assert len(desk.attachments.of(PAGE)) == MOST

    def test_two_at_once_are_both_attached(self, desk: Desk, tmp_path: Path) -> None:
        sources = [made(tmp_path, f"{number}.mp4") for number in range(2)]
        threads = [threading.Thread(target=attach, args=(desk, source)) for source in sources]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {each.name for each in desk.attachments.of(PAGE)} == {"0.mp4", "1.mp4"}


def fill(desk: Desk, tmp_path: Path) -> Attachment:
    """One of each."""
    desk.favourites.put(PAGE, is_favourite=True)
    desk.page_notes.put(PAGE, "As it was copied")
    return attach(desk, made(tmp_path))


class TestBackups:
    """What copies hold and a restore brings back."""

    def test_bringing_a_copy_back_brings_what_was_deleted_and_keeps_what_is_newer(
        self, desk: Desk, clock: SetClock, tmp_path: Path, announced: list[Change]
    ) -> None:
        found = fill(desk, tmp_path)
        desk.page_notes.put(OTHER, "Deleted by mistake")
        copy = desk.backups.make()
        clock.forward(days=1)
        desk.page_notes.put(PAGE, "Written since")
        desk.page_notes.put(OTHER, "")
        desk.favourites.put(PAGE, is_favourite=False)
        desk.favourites.put(OTHER, is_favourite=True)
        desk.attachments.remove(found.id)
        announced.clear()
        desk.backups.restore(copy)
        assert (desk.page_notes.of(PAGE), desk.page_notes.of(OTHER)) == (
            "Written since",
            "Deleted by mistake",
        )
        assert desk.favourites.all() == (OTHER, PAGE)
        assert desk.attachments.of(PAGE) == ()
        assert Change(Topic.FAVOURITES) in announced

    def test_a_copy_that_is_brought_back_without_the_files_says_that_they_are_missing(
        self, desk: Desk, clock: SetClock, tmp_path: Path
    ) -> None:
        found = fill(desk, tmp_path)
        desk.backups.make()
        desk.close()
        profile = desk.store.path.parent
        (profile / FILE_NAME).unlink()
        shutil.rmtree(profile / attachments.FOLDER)
        again = Desk.open(profile, clock=clock, changes=Changes(), app="omi-desktop/test")
        assert again.recovered() is not None
        assert (again.page_notes.of(PAGE), again.favourites.all()) == ("As it was copied", (PAGE,))
        assert [(each.id, each.is_here) for each in again.attachments.of(PAGE)] == [(found.id, False)]
        again.close()

    def test_a_damaged_file_gives_what_it_still_holds_over_its_copy(
        self, desk: Desk, clock: SetClock, tmp_path: Path
    ) -> None:
        desk.sessions.save(details(9))
        found = fill(desk, tmp_path)
        desk.backups.make()
        desk.page_notes.put(PAGE, "Written since")
        desk.close()
        path = desk.store.path
        data = bytearray(path.read_bytes())
        data[data.index(b'"count":9') + 8] ^= 1
        path.write_bytes(bytes(data))
        again = Desk.open(path.parent, clock=clock, changes=Changes(), app="omi-desktop/test")
        assert again.recovered() is not None
        assert (again.page_notes.of(PAGE), again.favourites.all()) == ("Written since", (PAGE,))
        assert again.attachments.of(PAGE) == (found,)
        again.close()

    @pytest.mark.parametrize(
        ("table", "row"),
        [
            ("favourite", {"page": "elsewhere/x", "added_at": "2026-11-24T12:00:00Z"}),
            ("favourite", {"page": None, "added_at": "2026-11-24T12:00:00Z"}),
            ("page_note", {"page": PAGE, "text": "", "kept_at": "2026-11-24T12:00:00Z"}),
            ("page_note", {"page": PAGE, "text": "x", "kept_at": "soon"}),
            ("page_note", {"page": PAGE, "text": 7, "kept_at": "2026-11-24T12:00:00Z"}),
        ],
    )
    def test_a_row_that_damage_changed_is_not_taken(
        self, desk: Desk, table: str, row: dict[str, object]
    ) -> None:
        (chosen,) = (each for each in margin.TABLES if each.name == table)
        with desk.store.write() as connection:
            margin.unite(connection, chosen, [row], is_newer=True)
        assert (desk.page_notes.of(PAGE), desk.favourites.all()) == ("", ())
        with desk.store.read() as connection:
            assert connection.execute(chosen.select()).all() == []
