"""New pages while the window is open: the shelves change, what is being read stays, and a plan has its own version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from omi_desktop.domain.changes import Changes
from omi_desktop.library import packs
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Desk
from omi_desktop.ui import tasks
from omi_desktop.ui.change_relay import ChangeRelay
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.pages.library import LibraryPage
from omi_desktop.ui.room import Room
from tests.kit import bodies
from tests.kit.clock import SetClock
from tests.kit.online import PlayedOnline
from tests.kit.packs import KEY, page, pages, signed_pack, write_tree
from tests.kit.room import room_of
from tests.ui.look import press

Until = Callable[[Callable[[], bool]], None]
MICE = "resources/activities/rocket-mice.md"
OLD = page("activity", "rocket-mice", checked_on="2026-11-01", body="The first way.\n")


@pytest.fixture
def room(
    tmp_path: Path, changes: Changes, online: PlayedOnline, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Room]:
    """Where the pages that came with the app are four."""
    own = write_tree(tmp_path / "own", pages() | {MICE: OLD})
    monkeypatch.setattr(packs, "content_root", lambda: own)
    monkeypatch.setattr(packs, "_checked_last", lambda _root: "2026-11-01")
    clock = SetClock()
    desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
    desk.preferences.put("pack_keys", {"c" * 32: KEY.public})
    with Library.open(tmp_path / "cache", own) as library:
        yield room_of(desk=desk, online=online, library=library, clock=clock, changes=changes)
        assert tasks.finish()
    desk.close()


def take_in(room: Room, folder: Path, files: dict[str, bytes], version: int = 7) -> None:
    path = folder / "new.zip"
    path.write_bytes(signed_pack(version, files=files))
    room.pages.open_file(path)


def words(shown: LibraryPage) -> str:
    return shown.reader.toPlainText()


def test_shelves_change_while_a_page_is_read_and_it_stays(
    qtbot: QtBot, known_room: Room, until: Until, tmp_path: Path
) -> None:
    shown = LibraryPage()
    qtbot.addWidget(shown)
    shown.fill(known_room)
    ChangeRelay(known_room.changes, shown.on_changed, shown)
    shown.resize(1100, 800)
    shown.show()
    shown.show_target("handbook/first-visit")
    until(lambda: words(shown).startswith("First visit"))
    second = page("handbook", "second-visit").replace(b"order = 10", b"order = 20")
    take_in(known_room, tmp_path, pages() | {"handbook/second-visit.md": second})
    until(lambda: [row.title for row in shown.shelves.list.rows] == ["First visit", "Second visit"])
    assert words(shown).startswith("First visit")
    shown.show_target("handbook/second-visit")
    until(lambda: words(shown).startswith("Second visit"))


def test_results_are_looked_for_again(qtbot: QtBot, known_room: Room, until: Until, tmp_path: Path) -> None:
    shown = LibraryPage()
    qtbot.addWidget(shown)
    shown.fill(known_room)
    shown.resize(1100, 800)
    shown.show()
    shown.shelves.search.setText("visit")
    until(lambda: len(shown.shelves.list.rows) == 1)
    second = page("handbook", "second-visit").replace(b"order = 10", b"order = 20")
    take_in(known_room, tmp_path, pages() | {"handbook/second-visit.md": second})
    shown.refresh()
    until(lambda: len(shown.shelves.list.rows) == 2)


def test_from_a_plan_one_reads_what_it_was_made_with(
    qtbot: QtBot, known_room: Room, until: Until, tmp_path: Path
) -> None:
    plan = known_room.desk.plans.save(
        bodies.plan_details(resources=(("rocket-mice", "2026-11-01"), ("never-heard-of", "x")))
    )
    files = pages()
    del files[MICE]
    take_in(known_room, tmp_path, files)
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1100, 800)
    window.show()
    window.fill(known_room)
    window.go(f"sessions/{plan.record_id}/plan")
    until(lambda: _has(window, "Read Rocket mice"))
    assert _has(window, "Read never-heard-of")
    press(window, "Read Rocket mice")
    until(lambda: isinstance(window.page, LibraryPage) and "The first way" in words(window.page))
    assert isinstance(window.page, LibraryPage)
    assert "Earlier version, kept for your plan on" in words(window.page)


def test_a_record_with_ids_that_nobody_knows_opens_as_ever(
    qtbot: QtBot, known_room: Room, until: Until
) -> None:
    view = known_room.desk.sessions.save(
        bodies.details(28, resources=(("of-another-catalogue", "v9"), ("../../x", "y@z")))
    )
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1100, 800)
    window.show()
    window.fill(known_room)
    window.go(f"sessions/{view.record_id}")
    until(lambda: any("of-another-catalogue" in text for text in _texts(window)))
    for target in ("of-another-catalogue@v9", "../../x@y@z", "@", "rocket-mice@"):
        window.go(f"library/activity/{target}")
    until(lambda: isinstance(window.page, LibraryPage) and "Rocket mice" in words(window.page))


def _has(window: MainWindow, name: str) -> bool:
    from PySide6.QtWidgets import QAbstractButton

    return any(
        button.isVisible() and button.accessibleName() == name
        for button in window.findChildren(QAbstractButton)
    )


def _texts(window: MainWindow) -> list[str]:
    from PySide6.QtWidgets import QLabel

    return [label.text() for label in window.findChildren(QLabel) if label.isVisible()]
