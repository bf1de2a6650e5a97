"""New pages from a file: the switch, what comes after damage, a full disk or a kill, and the daily look."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.errors import Unreachable
from omi_desktop.domain.online import Link, SyncState
from omi_desktop.library.pack_words import PackRefused
from omi_desktop.services.installing import NotInstalled
from omi_desktop.wire.pack_faults import PackFault
from tests.kit.bodies import plan_details
from tests.kit.clock import SetClock
from tests.kit.full_disk import file_size_limit
from tests.kit.online import PlayedOnline
from tests.kit.packs import page, pages, signed_pack
from tests.library.packs.hostile import CORPUS
from tests.library.packs.test_hostile_packs import tree
from tests.services.pages.taking import APP, MICE, NEW, OLD, File, Laptop, Start


def test_a_pack_from_a_file_is_shown_at_once_and_after_the_next_start(
    laptop: Laptop, start: Start, file: File
) -> None:
    assert "The first way" in laptop.text()
    shown = laptop.library.page("handbook", "first-visit")
    more = {
        "handbook/second-visit.md": page("handbook", "second-visit").replace(b"order = 10", b"order = 20")
    }
    lost = {"resources/careers/space-lawyer.md": page("career", "space-lawyer")}
    files = {**pages(), MICE: NEW, **more}
    del files[next(iter(lost))]
    taken = laptop.pages.open_file(file(signed_pack(7, files=files)))
    assert taken
    assert (taken.version, taken.new, taken.changed, taken.gone) == (7, 1, 2, 1)
    assert "A better way" in laptop.text()
    assert [chapter.id for chapter in laptop.library.chapters()] == ["first-visit", "second-visit"]
    assert laptop.library.search("better")
    assert laptop.library.page("handbook", "first-visit").title == shown.title
    assert Change(Topic.LIBRARY) in laptop.announced
    laptop.close()
    again = start()
    assert "A better way" in again.text()
    assert again.pages.state().version == 7
    assert again.pages.state().problem == ""


def test_versions_only_go_up(laptop: Laptop, file: File) -> None:
    laptop.pages.open_file(file(signed_pack(7)))
    assert laptop.pages.open_file(file(signed_pack(7))) is None
    with pytest.raises(PackRefused) as refused:
        laptop.pages.open_file(file(signed_pack(6)))
    assert refused.value.fault is PackFault.ROLLBACK
    laptop.pages.open_file(file(signed_pack(8)))
    assert laptop.pages.state().version == 8


@pytest.mark.parametrize(
    "name", [name for name, (fault, _) in CORPUS.items() if fault not in (PackFault.EXPIRED, PackFault.KNOWN)]
)
def test_a_hostile_pack_changes_nothing_in_the_profile(
    laptop: Laptop, file: File, tmp_path: Path, name: str
) -> None:
    laptop.pages.open_file(file(signed_pack(5)))
    path = file(CORPUS[name][1]())
    before = tree(tmp_path)
    with pytest.raises(PackRefused):
        laptop.pages.open_file(path)
    assert tree(tmp_path) == before
    assert laptop.pages.state().version == 5


def test_an_expired_pack_is_refused_in_words_and_one_in_use_stays(
    laptop: Laptop, start: Start, file: File, clock: SetClock
) -> None:
    laptop.pages.open_file(file(signed_pack(7, expires_at="2026-11-30T00:00:00Z")))
    assert laptop.pages.state().expired_on is None
    clock.forward(days=10)
    with pytest.raises(PackRefused) as refused:
        laptop.pages.open_file(file(signed_pack(8, expires_at="2026-11-30T00:00:00Z")))
    assert refused.value.fault is PackFault.EXPIRED
    assert (
        "good until Mon 30 Nov 2026, and this laptop says that today is Fri 4 Dec 2026" in refused.value.hint
    )
    assert "set the laptop's clock" in refused.value.hint
    laptop.close()
    state = start().pages.state()
    assert (state.version, str(state.expired_on)) == (7, "2026-11-30")


@pytest.mark.parametrize("damage", ["flip", "delete", "add", "manifest", "both", "link"])
def test_a_damaged_pack_falls_back_to_the_one_before_and_says_so(
    laptop: Laptop, start: Start, file: File, tmp_path: Path, damage: str
) -> None:
    laptop.pages.open_file(file(signed_pack(6, files=pages() | {MICE: OLD})))
    laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
    laptop.close()
    root = tmp_path / "profile" / "library" / "packs" / "omi-7"
    spoil(root, damage)
    again = start()
    assert "The first way" in again.text()
    assert again.pages.state().version == 6
    assert again.pages.state().problem == "The newest pages are damaged. The ones before them are shown."
    again.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
    assert "A better way" in again.text()
    assert again.pages.state().problem == ""


def spoil(root: Path, damage: str) -> None:
    target = root / "handbook" / "first-visit.md"
    if damage == "flip":
        target.write_bytes(target.read_bytes().replace(b"Some", b"Same"))
    elif damage == "delete":
        target.unlink()
    elif damage == "add":
        (root / "handbook" / "planted.md").write_bytes(page("handbook", "planted"))
    elif damage == "both":
        old, new = target.read_bytes(), target.read_bytes().replace(b"Some", b"Same")
        target.write_bytes(new)
        listing = (root / "manifest.json").read_text()
        (root / "manifest.json").write_text(
            listing.replace(hashlib.sha256(old).hexdigest(), hashlib.sha256(new).hexdigest())
        )
    elif damage == "manifest":
        (root / "manifest.json").write_bytes(b"{}")
    else:
        (root / "handbook" / "planted.md").symlink_to(target)


def test_when_every_pack_is_damaged_the_apps_own_pages_are_shown(
    laptop: Laptop, start: Start, file: File, tmp_path: Path
) -> None:
    laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
    laptop.close()
    spoil(tmp_path / "profile" / "library" / "packs" / "omi-7", "flip")
    again = start()
    assert "The first way" in again.text()
    assert "The ones that came with the app are shown" in again.pages.state().problem


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"packs": [{"folder": "../../own", "manifest": "x"}], "seen": {}, "app": ""}']
)
def test_a_damaged_switch_shows_the_apps_own_pages(
    laptop: Laptop, start: Start, file: File, tmp_path: Path, text: str
) -> None:
    laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
    laptop.close()
    (tmp_path / "profile" / "library" / "in-use.json").write_text(text)
    again = start()
    assert "The first way" in again.text()
    again.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
    assert "A better way" in again.text()


def test_a_switch_that_leads_out_of_its_folder_is_not_followed(
    laptop: Laptop, start: Start, file: File, tmp_path: Path
) -> None:
    """Though what is there is a whole pack."""
    laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
    laptop.close()
    folder = tmp_path / "profile" / "library"
    shutil.move(folder / "packs" / "omi-7", tmp_path / "elsewhere")
    switch = json.loads((folder / "in-use.json").read_text())
    switch["packs"][0]["folder"] = "../../../elsewhere"
    (folder / "in-use.json").write_text(json.dumps(switch))
    assert "The first way" in start().text()


def test_the_pack_before_stays_and_older_ones_go(laptop: Laptop, file: File, tmp_path: Path) -> None:
    for version in (5, 6, 7):
        laptop.pages.open_file(file(signed_pack(version)))
    there = {path.name for path in (tmp_path / "profile" / "library" / "packs").iterdir()}
    assert there == {"omi-6", "omi-7"}


def test_a_full_disk_leaves_everything_as_it_was(
    laptop: Laptop, start: Start, file: File, tmp_path: Path
) -> None:
    laptop.pages.open_file(file(signed_pack(6, files=pages() | {MICE: OLD})))
    long = page("handbook", "first-visit", body="Some words.\n" * 1000)
    path = file(signed_pack(7, files=pages() | {"handbook/first-visit.md": long, MICE: NEW}))
    with file_size_limit(4096), pytest.raises(NotInstalled):
        laptop.pages.open_file(path)
    assert "The first way" in laptop.text()
    laptop.close()
    again = start()
    assert again.pages.state().version == 6
    again.pages.open_file(path)
    assert "A better way" in again.text()


def test_pages_of_a_newer_app_go_before_an_older_pack(
    laptop: Laptop, start: Start, file: File, own_pages: Path
) -> None:
    laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
    laptop.close()
    (own_pages / MICE).write_bytes(
        page("activity", "rocket-mice", checked_on="2027-02-01", body="The newest way.\n")
    )
    assert "A better way" in start(APP).text()
    newer = start("0.2.0")
    assert "The newest way" in newer.text()
    assert newer.pages.state().version is None


@pytest.mark.skipif(not hasattr(sys, "addaudithook") or sys.platform == "win32", reason="needs fork")
def test_a_kill_at_any_call_leaves_the_old_pages_or_the_new(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.library.packs.killed", str(tmp_path / "kills")],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kills, old, new = map(int, done.stdout.split())
    assert kills > 30
    assert old > 10
    assert new > 0


class TestDaily:
    """By itself, once a day, and never in anyone's way."""

    def test_it_looks_once_a_day_and_only_when_online(
        self, laptop: Laptop, online: PlayedOnline, clock: SetClock
    ) -> None:
        laptop.pages.step()
        assert online.asked == []
        online.become(SyncState(Link.IDLE))
        for hours, looks in ((0, 1), (1, 1), (22, 1), (2, 2), (-480, 3), (1, 3)):
            clock.forward(hours=hours)
            laptop.pages.step()
            assert online.asked.count("newest pack") == looks

    def test_what_goes_wrong_is_shown_and_waits_for_the_next_day(
        self, laptop: Laptop, online: PlayedOnline, clock: SetClock
    ) -> None:
        online.become(SyncState(Link.IDLE))
        online.offer = Unreachable()
        laptop.pages.step()
        laptop.pages.step()
        assert online.asked == ["newest pack"]
        assert "can't be reached" in laptop.pages.state().problem
        online.offer = None
        clock.forward(days=1)
        laptop.pages.step()
        assert laptop.pages.state().problem == ""

    def test_a_saved_plan_is_kept_by_itself(self, laptop: Laptop, tmp_path: Path) -> None:
        laptop.pages.start()
        laptop.desk.plans.save(plan_details(resources=(("rocket-mice", "2026-11-01"),)))
        pause = threading.Event()
        for _ in range(400):
            if list((tmp_path / "profile" / "library" / "kept").glob("*.md")):
                break
            pause.wait(0.02)
        assert list((tmp_path / "profile" / "library" / "kept").glob("*.md"))


def test_a_library_that_is_read_while_pages_change_shows_the_one_or_the_other(
    laptop: Laptop, file: File
) -> None:
    seen: set[str] = set()
    is_over = threading.Event()
    failed: list[Exception] = []

    def read() -> None:
        try:
            while not is_over.is_set():
                html = laptop.text()
                seen.add("old" if "The first way" in html else "new" if "A better way" in html else html)
                laptop.library.search("way")
                laptop.library.neighbours("first-visit")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test says so
            failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for version in range(7, 15):
        text = NEW if version % 2 else OLD
        laptop.pages.open_file(file(signed_pack(version, files=pages() | {MICE: text})))
    is_over.set()
    for reader in readers:
        reader.join()
    assert not failed
    assert seen <= {"old", "new"}
