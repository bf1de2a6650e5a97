"""A real application without a screen, a real desk in a temporary folder, and a network that is played."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.stages import Nation
from omi_desktop.services.desk import Desk, Person
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.room import Room
from omi_desktop.ui.widgets import focus_ring
from tests.kit.library import own_pages
from tests.kit.online import PlayedOnline
from tests.kit.room import room_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The offscreen platform says so whenever a window is shown or raised; other warnings of Qt fail the test.
    ignored = pytest.mark.qt_log_ignore(r"This plugin does not support (propagateSizeHints|raise)\(\)")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(ignored)


ASHA = Person("Asha Patel", Nation.ENGLAND, "Orbit Systems")


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> Iterator[None]:
    """The app's own look, back to its defaults after each test; no window or work is left behind."""
    if not qapp.property("dressed"):
        theme.current().apply(qapp)
        focus_ring.install()
        qapp.setProperty("dressed", True)
    theme.current().choose("light", 1.0)
    yield
    assert tasks.finish()
    for window in qapp.topLevelWidgets():
        window.close()
        window.deleteLater()  # each that is left would be dressed again whenever the theme changes
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    theme.current().choose("light", 1.0)


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def online(changes: Changes) -> PlayedOnline:
    return PlayedOnline(changes)


@pytest.fixture
def room(tmp_path: Path, changes: Changes, online: PlayedOnline) -> Iterator[Room]:
    """Real services over a real file; nobody is known yet."""
    clock = SystemClock()
    desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
    with own_pages(tmp_path / "cache") as library:
        yield room_of(desk=desk, online=online, library=library, clock=clock, changes=changes)
        assert tasks.finish()
    desk.close()


@pytest.fixture
def known_room(room: Room) -> Room:
    """The same, for Asha from England."""
    room.desk.save_person(ASHA)
    return room


@pytest.fixture
def until(qtbot: QtBot) -> Callable[[Callable[[], bool]], None]:
    """Wait until something is so."""

    def wait(is_so: Callable[[], bool]) -> None:
        qtbot.waitUntil(is_so, timeout=10_000)

    return wait
