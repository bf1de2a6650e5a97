"""The app started again and again on one profile, with four pages of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omi_desktop.domain.changes import Change, Changes
from omi_desktop.library import packs
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Desk
from omi_desktop.services.pages import Pages, cache_of
from tests.kit.clock import SetClock
from tests.kit.online import PlayedOnline
from tests.kit.packs import KEY, pages, write_tree
from tests.services.pages.taking import APP, MICE, OLD, Laptop


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
