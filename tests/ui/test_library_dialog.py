"""Ctrl+K: type, arrows, Enter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListView
from pytestqt.qtbot import QtBot

from omi_desktop.ui.dialogs.search import SearchDialog
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.room import Room
from tests.ui.look import find, unnamed

Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def window(qtbot: QtBot, known_room: Room) -> Iterator[MainWindow]:
    made = MainWindow(
        {
            "today": "tests.ui.plain_pages:TodayPage",
            "library": "omi_desktop.ui.pages.library:LibraryPage",
            "settings": "tests.ui.plain_pages:SettingsPage",
        }
    )
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.fill(known_room)
    yield made
    made.close()
    known_room.library.close()


@pytest.fixture
def dialog(window: MainWindow, until: Until) -> SearchDialog:
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    until(lambda: bool(window.findChildren(SearchDialog)))
    made = window.findChildren(SearchDialog)[0]
    until(made.isVisible)
    return made


def rows(dialog: SearchDialog) -> list[str]:
    return [row.title for row in dialog.list.rows]


def test_before_anything_is_typed_it_offers_the_handbook(dialog: SearchDialog, known_room: Room) -> None:
    assert rows(dialog) == [chapter.title for chapter in known_room.library.chapters()]
    assert unnamed(dialog) == []
    assert find(dialog, QListView, "Results").currentIndex().row() == 0


def test_type_arrows_and_enter_open_a_page_from_anywhere(
    window: MainWindow, dialog: SearchDialog, until: Until
) -> None:
    box = find(dialog, QLineEdit, "Search the Library")
    QTest.keyClicks(box, "borrow")
    until(lambda: "Borrow the Moon" in rows(dialog))
    while dialog.list.current_row is not None and dialog.list.current_row.title != "Borrow the Moon":
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.accessibleDescription().startswith("Borrow the Moon. Activity.")
    QTest.keyClick(box, Qt.Key.Key_Return)

    until(lambda: window.target == "library/activity/borrow-the-moon/borrow")
    until(lambda: not window.findChildren(SearchDialog))


def test_enter_right_after_typing_opens_what_was_typed(
    window: MainWindow, dialog: SearchDialog, until: Until
) -> None:
    box = find(dialog, QLineEdit, "Search the Library")
    QTest.keyClicks(box, "safeguarding")
    QTest.keyClick(box, Qt.Key.Key_Return)

    until(lambda: window.target == "library/handbook/keeping-everyone-safe/safeguarding")


def test_nothing_found_is_said_and_enter_does_nothing(
    window: MainWindow, dialog: SearchDialog, until: Until
) -> None:
    box = find(dialog, QLineEdit, "Search the Library")
    QTest.keyClicks(box, "xyzzy")
    until(lambda: "Nothing found for “xyzzy”" in dialog.nothing.text() and dialog.nothing.isVisible())
    assert box.accessibleDescription().startswith("Nothing found")
    QTest.keyClick(box, Qt.Key.Key_Return)

    assert window.target == "today"
    assert dialog.isVisible()


def test_escape_closes_it_even_with_words_in_the_box(
    window: MainWindow, dialog: SearchDialog, until: Until
) -> None:
    box = find(dialog, QLineEdit, "Search the Library")
    QTest.keyClicks(box, "moon")
    QTest.keyClick(box, Qt.Key.Key_Escape)

    until(lambda: not window.findChildren(SearchDialog))
    assert window.target == "today"
