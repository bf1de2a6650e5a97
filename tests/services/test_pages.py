"""New pages from a file and from a real OMI online, the switch, and what plans keep."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from omi_desktop.central import packs as central_packs
from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.errors import LibraryProblem, SignedOut, Unreachable
from omi_desktop.domain.online import Link, SyncState
from omi_desktop.library import packs
from omi_desktop.library.catalogue import Library
from omi_desktop.library.pack_words import PackRefused
from omi_desktop.services.desk import Desk
from omi_desktop.services.installing import NotInstalled
from omi_desktop.services.pages import Pages, cache_of
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens
from omi_desktop.wire.pack_faults import PackFault
from omi_desktop.wire.pack_making import SigningKey
from tests.kit.bodies import plan_details
from tests.kit.centre import Centre, running_centre
from tests.kit.clock import SetClock
from tests.kit.full_disk import file_size_limit
from tests.kit.online import PlayedOnline
from tests.kit.packs import KEY, STRANGER, page, pages, signed_pack, write_tree
from tests.kit.postgres import fresh_database
from tests.library.packs.hostile import CORPUS
from tests.library.packs.test_hostile_packs import tree

APP = "0.1.0"
MICE = "resources/activities/rocket-mice.md"
OLD = page("activity", "rocket-mice", checked_on="2026-11-01", body="The first way.\n")
NEW = page("activity", "rocket-mice", checked_on="2026-11-22", body="A better way.\n")


@dataclass
class Laptop:
    """One start of the app, without a window."""

    desk: Desk
    library: Library
    pages: Pages
    changes: Changes
    announced: list[Change]

    def close(self) -> None:
        self.pages.stop()
        self.library.close()
        self.desk.close()

    def text(self, item_id: str = "rocket-mice") -> str:
        return self.library.page("activity", item_id).html


@pytest.fixture(autouse=True)
def own_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pages that came with the app: four, among them the first way to make rocket mice."""
    root = write_tree(tmp_path / "own", pages() | {MICE: OLD})
    for name in ("handbook/first-visit.md", "resources/careers/space-lawyer.md"):
        (root / name).write_bytes((root / name).read_bytes().replace(b"2026-11-22", b"2026-11-01"))
    monkeypatch.setattr(packs, "content_root", lambda: root)
    return root


@pytest.fixture
def online() -> PlayedOnline:
    return PlayedOnline(Changes())


@pytest.fixture
def start(tmp_path: Path, clock: SetClock, online: PlayedOnline) -> Iterator[Callable[..., Laptop]]:
    """Start the app on the same profile, as often as you like."""
    made: list[Laptop] = []

    def start(app: str = APP, source: PlayedOnline | None = None) -> Laptop:
        changes, announced = Changes(), list[Change]()
        changes.listen(announced.append)
        desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
        if not desk.preferences.get("pack_keys", None):
            desk.preferences.put("pack_keys", {"c" * 32: KEY.public})
        used = packs.in_use(tmp_path / "profile", app)
        library = Library.open(cache_of(tmp_path / "cache", used), used.root)
        shown = Pages(
            desk,
            library,
            source or online,
            used=used,
            cache=tmp_path / "cache",
            clock=clock,
            changes=changes,
            app=app,
        )
        made.append(Laptop(desk, library, shown, changes, announced))
        return made[-1]

    yield start
    for laptop in made:
        laptop.close()


@pytest.fixture
def laptop(start: Callable[..., Laptop]) -> Laptop:
    return start()


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def file(data: bytes) -> Path:
        path = tmp_path / "from-hub.zip"
        path.write_bytes(data)
        return path

    return file


File = Callable[[bytes], Path]
Start = Callable[..., Laptop]


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
        cwd=Path(__file__).parent.parent.parent,
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


class TestPlans:
    """What a plan was made with stays readable."""

    def planned(self, laptop: Laptop, version: str = "2026-11-01") -> None:
        laptop.desk.plans.save(plan_details(resources=(("rocket-mice", version), ("gone", "2025-01-01"))))

    def test_a_changed_page_is_kept_as_it_was_and_says_why(
        self, laptop: Laptop, start: Start, file: File
    ) -> None:
        self.planned(laptop)
        assert laptop.pages.page_of_plan("rocket-mice", "2026-11-01") is None
        laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
        laptop.close()
        again = start()
        found = again.pages.page_of_plan("rocket-mice", "2026-11-01")
        assert found
        assert "The first way" in found.html
        day = plan_details().day
        assert day
        assert f"Earlier version, kept for your plan on {day:%a} {day.day} {day:%b %Y}." in found.html
        assert "A better way" in again.text()

    def test_a_dropped_page_is_kept_with_its_title(self, laptop: Laptop, file: File) -> None:
        self.planned(laptop)
        files = pages()
        del files[MICE]
        laptop.pages.open_file(file(signed_pack(7, files=files)))
        with pytest.raises(LibraryProblem):
            laptop.library.page("activity", "rocket-mice")
        found = laptop.pages.page_of_plan("rocket-mice", "2026-11-01")
        assert found
        assert "The first way" in found.html
        assert laptop.pages.title("rocket-mice") == "Rocket mice"
        assert laptop.pages.title("gone") == "gone"

    def test_an_update_of_the_app_takes_nothing_away_either(
        self, laptop: Laptop, start: Start, own_pages: Path
    ) -> None:
        self.planned(laptop)
        laptop.pages.step()
        laptop.close()
        (own_pages / MICE).unlink()
        again = start("0.2.0")
        assert "The first way" in getattr(again.pages.page_of_plan("rocket-mice", "2026-11-01"), "html", "")

    def test_a_version_that_is_not_here_shows_what_is(self, laptop: Laptop) -> None:
        self.planned(laptop, version="2024-01-01")
        laptop.pages.keep()
        assert laptop.pages.page_of_plan("rocket-mice", "2024-01-01") is None

    @pytest.mark.parametrize("item", ["../../own", "", "x" * 100, "rocket-mice/..", "."])
    def test_ids_and_versions_are_anyones_text_and_never_a_path(
        self, laptop: Laptop, tmp_path: Path, item: str
    ) -> None:
        laptop.desk.plans.save(
            plan_details(resources=((item or "y", "../../../x"), ("rocket-mice", "2026-11-01")))
        )
        before = set(tree(tmp_path))
        laptop.pages.keep()
        (added,) = {name for name in set(tree(tmp_path)) - before if name.endswith(".md")}
        assert added.startswith("profile/library/kept/rocket-mice.2026-11-01.")
        assert laptop.pages.page_of_plan(item, "../../../x") is None
        assert laptop.pages.title(item) == item

    def test_a_kept_page_that_was_damaged_is_not_shown(
        self, laptop: Laptop, tmp_path: Path, file: File
    ) -> None:
        self.planned(laptop)
        laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
        (kept,) = (tmp_path / "profile" / "library" / "kept").glob("*.md")
        kept.write_bytes(kept.read_bytes().replace(b"first", b"worst"))
        assert laptop.pages.page_of_plan("rocket-mice", "2026-11-01") is None

    def test_a_kept_text_that_todays_reader_cannot_take_is_shown_as_it_is(
        self, laptop: Laptop, file: File
    ) -> None:
        self.planned(laptop)
        laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
        from omi_desktop.services.kept import kept_page

        old = OLD.decode().replace('type = "hands-on"', 'sort = "hands-on"')
        found = kept_page(old, None)
        assert found.title == "Rocket mice"
        assert "The first way" in found.html
        assert "Earlier version, kept for your plan." in found.html


class TestOnline:
    """From a real OMI online, over HTTP."""

    @pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
    def centre(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Centre]:
        with ExitStack() as stack:
            sqlite = f"sqlite:///{tmp_path / 'central.db'}"
            url = sqlite if request.param == "sqlite" else stack.enter_context(fresh_database())
            yield stack.enter_context(running_centre(url))

    @pytest.fixture
    def signed_in(self, centre: Centre, tmp_path: Path, clock: SetClock) -> Iterator[Laptop]:
        changes, announced = Changes(), list[Change]()
        changes.listen(announced.append)
        desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
        syncing = Syncing(desk.store, tokens=MemoryTokens(), clock=clock, changes=changes, address=centre.url)
        syncing.enrol(centre.invite(), "Work laptop")
        used = packs.in_use(tmp_path / "profile", APP)
        library = Library.open(tmp_path / "cache", used.root)
        shown = Pages(
            desk, library, syncing, used=used, cache=tmp_path / "cache", clock=clock, changes=changes, app=APP
        )
        made = Laptop(desk, library, shown, changes, announced)
        yield made
        syncing.stop()
        made.close()

    def publish(self, centre: Centre, data: bytes) -> None:
        with centre.database.writing() as connection:
            central_packs.publish(connection, data, datetime(2026, 11, 24, tzinfo=UTC))

    def test_the_newest_is_fetched_once(self, centre: Centre, signed_in: Laptop, clock: SetClock) -> None:
        assert signed_in.pages.look() is None
        self.publish(centre, signed_pack(7, files=pages() | {MICE: NEW}))
        taken = signed_in.pages.look()
        assert taken
        assert (taken.version, taken.changed) == (7, 3)
        assert "A better way" in signed_in.text()
        assert signed_in.pages.state().looked_at == clock.now()
        assert signed_in.pages.look() is None
        self.publish(centre, signed_pack(8))
        assert getattr(signed_in.pages.look(), "version", None) == 8

    def test_after_one_look_the_same_makers_file_is_taken_too(
        self, centre: Centre, signed_in: Laptop, file: File
    ) -> None:
        with pytest.raises(PackRefused) as refused:
            signed_in.pages.open_file(file(signed_pack(9)))
        assert refused.value.fault is PackFault.UNKNOWN_KEY
        self.publish(centre, signed_pack(7))
        signed_in.pages.look()
        signed_in.pages.open_file(file(signed_pack(9)))
        assert signed_in.pages.state().version == 9

    def test_a_key_that_follows_takes_over_and_the_old_one_ends(
        self, centre: Centre, signed_in: Laptop, file: File
    ) -> None:
        self.publish(centre, signed_pack(7))
        signed_in.pages.look()
        self.publish(centre, signed_pack(8, key=SigningKey.make(after=KEY)))
        assert getattr(signed_in.pages.look(), "version", None) == 8
        with pytest.raises(PackRefused) as refused:
            signed_in.pages.open_file(file(signed_pack(9)))
        assert refused.value.fault is PackFault.UNKNOWN_KEY

    def test_a_server_that_was_taken_over_cannot_bring_in_a_key_of_its_own(
        self, centre: Centre, signed_in: Laptop
    ) -> None:
        """Even with the centre's own key, which is on the server: the first key was settled before."""
        self.publish(centre, signed_pack(7))
        signed_in.pages.look()
        with centre.database.writing() as connection:
            from sqlalchemy import delete

            from omi_desktop.central.tables import pack

            connection.execute(delete(pack))
        self.publish(centre, signed_pack(8, key=STRANGER))
        with pytest.raises(PackRefused) as refused:
            signed_in.pages.look()
        assert refused.value.fault is PackFault.UNKNOWN_KEY
        assert signed_in.pages.state().version == 7
        assert "doesn't know who made" in signed_in.pages.state().problem

    def test_a_key_that_the_centre_does_not_vouch_for_is_not_taken(
        self, centre: Centre, signed_in: Laptop
    ) -> None:
        self.publish(centre, signed_pack(7))
        offer = signed_in.pages._online.newest_pack()
        assert offer
        played = PlayedOnline(Changes())
        played.offer = replace(offer, endorsement=STRANGER.sign(b"omi-pack-key/1 " + KEY.public.encode()))
        signed_in.pages._online = played
        with pytest.raises(PackRefused) as refused:
            signed_in.pages.look()
        assert refused.value.fault is PackFault.UNKNOWN_KEY
        assert played.asked == ["newest pack"]

    def test_other_bytes_than_were_offered_are_not_taken(self, centre: Centre, signed_in: Laptop) -> None:
        self.publish(centre, signed_pack(7))
        played = PlayedOnline(Changes())
        played.offer, played.pack = signed_in.pages._online.newest_pack(), signed_pack(7)[:-1]
        signed_in.pages._online = played
        with pytest.raises(PackRefused):
            signed_in.pages.look()
        played.pack = signed_pack(7)
        assert signed_in.pages.look()

    def test_without_a_sign_in_or_a_network_nothing_changes(self, centre: Centre, start: Start) -> None:
        laptop = start()
        online = laptop.pages._online
        assert isinstance(online, PlayedOnline)
        for problem in (Unreachable(), SignedOut()):
            online.offer = problem
            with pytest.raises(type(problem)):
                laptop.pages.look()
            assert laptop.pages.state().version is None


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
