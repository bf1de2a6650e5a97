"""The real Sync page in the real window, over a real file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.stages import Nation
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Desk, Person
from omi_desktop.ui import main_window
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.pages.sync import SyncPage
from omi_desktop.ui.room import Room
from tests.kit.library import own_pages
from tests.kit.online import PlayedOnline
from tests.kit.room import room_of
from tests.ui import plain_pages
from tests.ui.made_up import (
    StoppedClock,
)

Open = Callable[[], SyncPage]


@pytest.fixture
def online(changes: Changes) -> PlayedOnline:
    return PlayedOnline(changes)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with own_pages(tmp_path_factory.mktemp("cache")) as library:
        yield library


@pytest.fixture
def room(tmp_path: Path, changes: Changes, online: PlayedOnline, library: Library) -> Iterator[Room]:
    clock = StoppedClock()
    desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
    desk.save_person(Person("Asha Patel", Nation.ENGLAND))
    yield room_of(desk=desk, online=online, library=library, clock=clock, changes=changes)
    desk.close()


@pytest.fixture
def desk(room: Room) -> Desk:
    return room.desk


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow({**plain_pages.PAGES, "sync": main_window.PAGES["sync"]})
    qtbot.addWidget(window)
    window.resize(1160, 740)
    return window


@pytest.fixture
def open_sync(qtbot: QtBot, window: MainWindow, room: Room) -> Open:
    """Show the window on Sync and wait until it has read its lists."""

    def show() -> SyncPage:
        window.show()
        window.fill(room)
        window.go("sync")
        page = window.page
        assert isinstance(page, SyncPage)
        qtbot.waitUntil(page.report.isVisible, timeout=3000)
        desk = room.desk
        has_records = bool(desk.sessions.all() or desk.plans.all() or desk.sessions.needs_you())
        cards = (page.needs_you, page.waiting, page.synced)
        qtbot.waitUntil(lambda: not has_records or any(card.isVisible() for card in cards), timeout=3000)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=3000)
        return page

    return show
