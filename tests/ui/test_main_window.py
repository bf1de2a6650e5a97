from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.errors import FileTooNew
from omi_desktop.domain.online import Link, SyncState
from omi_desktop.ui import theme
from omi_desktop.ui.dialogs.keys import KeysDialog
from omi_desktop.ui.dialogs.search import SearchDialog
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.room import Room
from omi_desktop.ui.shortcuts import SHORTCUTS
from omi_desktop.ui.widgets.buttons import NavButton
from omi_desktop.ui.widgets.sync_line import SyncLine
from tests.kit.online import PlayedOnline
from tests.ui.look import clipped, find, press, unnamed
from tests.ui.plain_pages import PAGES, PlainPage

Until = Callable[[Callable[[], bool]], None]
CONTROL = Qt.KeyboardModifier.ControlModifier

FIRST_PAINT = """
import sys
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from omi_desktop.ui import theme
from omi_desktop.ui.main_window import MainWindow
app = QApplication([])
theme.current().apply(app)
window = MainWindow()
painted = []
window.painted.connect(lambda: painted.append(True))
window.show()
window.activateWindow()
while not (painted and window.isActiveWindow()):
    app.processEvents()
QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
assert window.target == "sessions", window.target
heavy = "sqlmodel sqlalchemy pydantic requests keyring alembic sqlite3 PySide6.QtNetwork".split()
print(" ".join(name for name in heavy if name in sys.modules))
"""


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(PAGES)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()


@pytest.fixture
def filled(window: MainWindow, known_room: Room) -> MainWindow:
    window.fill(known_room)
    return window


def page(window: MainWindow) -> PlainPage:
    assert isinstance(window.page, PlainPage)
    return window.page


def test_the_shell_is_painted_and_answers_keys_before_anything_heavy_is_imported() -> None:
    run = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == ""


def test_it_says_when_it_is_first_painted(qtbot: QtBot) -> None:
    made = MainWindow(PAGES)
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.painted):
        made.show()


def test_keys_pressed_before_the_services_exist_are_kept(window: MainWindow, known_room: Room) -> None:
    QTest.keyClick(window, Qt.Key.Key_3, CONTROL)
    assert window.target == "library"
    assert window.page is None
    window.fill(known_room)
    assert page(window).page_name == "library"


@pytest.mark.parametrize(
    ("key", "target"),
    [
        (Qt.Key.Key_1, "today"),
        (Qt.Key.Key_2, "sessions"),
        (Qt.Key.Key_3, "library"),
        (Qt.Key.Key_5, "sync"),
        (Qt.Key.Key_Comma, "settings"),
        (Qt.Key.Key_R, "sessions/new"),
        (Qt.Key.Key_N, "sessions/plan"),
    ],
)
def test_every_place_has_its_key(filled: MainWindow, key: Qt.Key, target: str) -> None:
    QTest.keyClick(filled, key, CONTROL)
    assert filled.target == target
    assert page(filled).page_name == target.partition("/")[0]


def test_after_a_key_the_next_one_is_for_the_page(filled: MainWindow) -> None:
    press(filled, "Today")
    QTest.keyClick(filled, Qt.Key.Key_3, CONTROL)
    assert page(filled).isAncestorOf(filled.focusWidget())


@pytest.mark.parametrize("name", ["Today", "Sessions", "Library", "Settings"])
def test_the_navigation_opens_its_page_and_shows_where_one_is(filled: MainWindow, name: str) -> None:
    press(filled, name)
    assert page(filled).page_title == name
    assert filled.windowTitle() == f"{name} – OMI Desktop"
    here = [
        button
        for button in filled.findChildren(NavButton)
        if button.accessibleDescription() == "You are here"
    ]
    assert [button.accessibleName() for button in here] == [name]
    assert QAccessible.queryAccessibleInterface(here[0]).role() is QAccessible.Role.Button


def test_the_sync_line_opens_sync(filled: MainWindow) -> None:
    QTest.mouseClick(
        find(filled, SyncLine, "Sync. Add a code to sync. Not synced yet."), Qt.MouseButton.LeftButton
    )
    assert filled.target == "sync"


def test_a_page_is_made_once_and_reads_again_whenever_it_is_shown(filled: MainWindow) -> None:
    first = page(filled)
    filled.go("sessions/new")
    assert page(filled).notes == ["fill True", "target new", "refresh"]
    filled.go("today")
    assert page(filled) is first
    assert first.notes == ["fill True", "target ", "refresh", "target ", "refresh"]


def test_a_page_asks_the_window_to_navigate(filled: MainWindow) -> None:
    page(filled).go.emit("library/handbook/first-visit")
    assert page(filled).notes[1] == "target handbook/first-visit"


def test_a_page_can_ask_to_stay(filled: MainWindow) -> None:
    page(filled).may_leave = False
    press(filled, "Sessions")
    assert filled.target == "today"
    assert find(filled, NavButton, "Today").is_here
    assert not filled.close()
    page(filled).may_leave = True
    press(filled, "Sessions")
    assert filled.target == "sessions"


def test_a_place_that_does_not_exist_is_a_fault(filled: MainWindow) -> None:
    with pytest.raises(ValueError, match="impact"):
        filled.go("impact")


def test_a_change_from_another_thread_reaches_the_page_in_view_on_the_ui_thread(
    filled: MainWindow, known_room: Room, until: Until
) -> None:
    hidden = page(filled)
    filled.go("sessions")
    shown = page(filled)
    writer = Thread(target=lambda: known_room.changes.announce(Change(Topic.RECORDS)))
    writer.start()
    writer.join()
    until(lambda: "records here" in shown.notes)
    assert "records here" not in hidden.notes


def test_the_sync_line_follows_within_a_second_even_without_an_announcement(
    filled: MainWindow, online: PlayedOnline, qtbot: QtBot
) -> None:
    online.become(SyncState(Link.IDLE, waiting=3), silently=True)
    qtbot.waitUntil(lambda: filled.sync_line.sentence.startswith("3 waiting"), timeout=1500)


def test_the_sync_line_follows_an_announcement_at_once(filled: MainWindow, online: PlayedOnline) -> None:
    online.become(SyncState(Link.OFFLINE, waiting=2))
    assert filled.sync_line.sentence == "Offline. 2 waiting, safe on this laptop. Not synced yet."


def test_f6_goes_between_the_menu_and_the_page(filled: MainWindow) -> None:
    today = find(filled, QPushButton, "Today")
    today.setFocus()
    QTest.keyClick(filled, Qt.Key.Key_F6)
    assert page(filled).isAncestorOf(filled.focusWidget())
    QTest.keyClick(filled, Qt.Key.Key_F6)
    assert filled.focusWidget() is today


def test_f1_shows_every_key(filled: MainWindow) -> None:
    QTest.keyClick(filled, Qt.Key.Key_F1)
    dialog = filled.findChild(KeysDialog)
    assert dialog is not None
    said = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert all(shortcut.title in said for shortcut in SHORTCUTS.values())
    assert not clipped(dialog)
    press(dialog, "Close")


def test_ctrl_k_searches_from_everywhere_and_opens_what_was_found(filled: MainWindow, qtbot: QtBot) -> None:
    filled.go("sessions")
    QTest.keyClick(filled, Qt.Key.Key_K, CONTROL)
    dialog = filled.findChild(SearchDialog)
    assert dialog is not None
    assert dialog.isVisible()
    assert not unnamed(dialog)
    dialog.go.emit("library/handbook/first-visit")
    assert filled.target == "library/handbook/first-visit"
    dialog.close()


def test_nobody_known_means_first_start_without_a_menu(window: MainWindow, room: Room) -> None:
    window.fill(room)
    assert find(window, QLineEdit, "Your name").isVisible()
    shown = [button.text().strip() for button in window.findChildren(QPushButton) if button.isVisible()]
    assert shown == ["Start", "Look around with made-up sessions"]
    QTest.keyClick(window, Qt.Key.Key_2, CONTROL)
    assert window.page is None


@pytest.mark.parametrize(
    ("width", "height", "scale", "is_compact"),
    [
        (1160, 740, 1.0, False),
        (1000, 520, 1.0, False),
        (1000, 520, 1.25, False),
        (1000, 520, 2.0, True),
        (700, 700, 1.0, True),
        (1920, 520, 2.0, True),
        (1920, 1000, 2.0, False),
    ],
)
def test_the_menu_shrinks_to_icons_where_there_is_no_room(
    filled: MainWindow, qtbot: QtBot, width: int, height: int, scale: float, *, is_compact: bool
) -> None:
    theme.current().choose("light", scale)
    filled.resize(width, height)
    assert filled.is_compact is is_compact
    assert find(filled, QPushButton, "Library").isVisible()
    line = filled.sync_line
    assert line.isVisible()
    qtbot.waitUntil(lambda: line.height() >= line.heightForWidth(line.width()))


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
def test_nothing_in_the_shell_is_clipped_or_unnamed(filled: MainWindow, scale: float, qtbot: QtBot) -> None:
    theme.current().choose("light", scale)
    filled.resize(1000, 520)
    qtbot.waitUntil(lambda: not clipped(filled))
    assert not unnamed(filled)


def test_the_persons_theme_and_text_size_are_taken_up(window: MainWindow, known_room: Room) -> None:
    known_room.desk.preferences.put("theme", "dark")
    known_room.desk.preferences.put("text_size", 150)
    window.fill(known_room)
    assert (theme.current().mode, theme.current().scale) == ("dark", 1.5)


def test_a_second_start_brings_a_minimised_window_forward(filled: MainWindow) -> None:
    filled.showMinimized()
    filled.come_forward()
    assert not filled.isMinimized()


def test_a_closed_window_hears_no_more_changes(filled: MainWindow, known_room: Room) -> None:
    shown = page(filled)
    with_window = list(shown.notes)
    filled.close()
    known_room.changes.announce(Change(Topic.RECORDS))
    assert shown.notes == with_window


def test_a_file_that_cannot_be_opened_is_explained_in_the_window(window: MainWindow) -> None:
    window.show_problem(FileTooNew())
    said = " ".join(label.text() for label in window.findChildren(QLabel) if label.isVisible())
    assert "comes from a newer version" in said
    assert "left exactly as it is" in said
    assert "Install the newest version" in said
    assert not window.sync_line.isVisible()
    assert not clipped(window)
    press(window, "Close")
    assert not window.isVisible()
