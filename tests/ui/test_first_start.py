from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from omi_desktop.domain.errors import CodeRefused, Unreachable
from omi_desktop.domain.stages import Nation
from omi_desktop.services.desk import Person
from omi_desktop.ui import theme
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.pages.first_start import FirstStartPage
from omi_desktop.ui.room import Room
from tests.kit.online import PlayedOnline
from tests.ui.look import clipped, find, press, unnamed, write
from tests.ui.plain_pages import PAGES

Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def page(qtbot: QtBot, room: Room) -> FirstStartPage:
    made = FirstStartPage()
    qtbot.addWidget(made)
    made.fill(room)
    made.resize(1000, 720)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def type_into(page: FirstStartPage, name: str, text: str) -> None:
    write(find(page, QLineEdit, name), text)


def test_there_is_nothing_to_scroll_where_everything_fits(page: FirstStartPage, qtbot: QtBot) -> None:
    page.resize(1160, 740)
    qtbot.waitUntil(lambda: page.scroll_area.viewport().width() > 1100)
    assert page.scroll_area.verticalScrollBar().maximum() == 0


def test_a_name_and_a_nation_are_enough(page: FirstStartPage, room: Room, qtbot: QtBot) -> None:
    type_into(page, "Your name", "Siân O’Brien")
    press(page, "Where you volunteer: Wales")
    type_into(page, "Employer (optional)", "Orbit Systems")
    with qtbot.waitSignal(page.started):
        press(page, "Start")
    assert room.desk.person() == Person("Siân O’Brien", Nation.WALES, "Orbit Systems")


def test_the_keyboard_alone_is_enough(page: FirstStartPage, room: Room, qtbot: QtBot) -> None:
    page.setFocus()
    write(page.focusWidget(), "Asha")
    QTest.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
    QTest.keyClick(page.focusWidget(), Qt.Key.Key_Right)
    QTest.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
    with qtbot.waitSignal(page.started):
        QTest.keyClick(page.focusWidget(), Qt.Key.Key_Return)
    assert room.desk.person() == Person("Asha", Nation.SCOTLAND)


def test_without_a_name_it_says_so_at_the_field(page: FirstStartPage, room: Room, qtbot: QtBot) -> None:
    press(page, "Where you volunteer: England")
    with qtbot.assertNotEmitted(page.started):
        press(page, "Start")
    name = find(page, QLineEdit, "Your name")
    assert page.focusWidget() is name
    assert name.accessibleDescription() == "Type your name"
    write(name, "A")
    assert name.accessibleDescription() == ""
    assert room.desk.person() is None


def test_without_a_nation_it_says_why_it_asks(page: FirstStartPage, room: Room) -> None:
    type_into(page, "Your name", "Asha")
    press(page, "Start")
    assert "year groups depend on it" in page.nation.accessibleDescription()
    assert room.desk.person() is None


def test_a_code_is_used_before_the_app_opens(
    page: FirstStartPage, online: PlayedOnline, qtbot: QtBot
) -> None:
    type_into(page, "Your name", "Asha")
    press(page, "Where you volunteer: England")
    type_into(page, "Code from my hub or other laptop (optional)", "ABCD-EFGH-JKMN-PQRS")
    with qtbot.waitSignal(page.started):
        press(page, "Start")
    assert online.asked == ["enrol ABCD-EFGH-JKMN-PQRS This laptop"]


@pytest.mark.parametrize("error", [CodeRefused(), Unreachable()])
def test_a_code_that_fails_says_why_and_never_stands_in_the_way(
    page: FirstStartPage, online: PlayedOnline, qtbot: QtBot, until: Until, error: CodeRefused
) -> None:
    online.answer = error
    type_into(page, "Your name", "Asha")
    press(page, "Where you volunteer: England")
    type_into(page, "Code from my hub or other laptop (optional)", "WRONG")
    press(page, "Start")
    until(lambda: error.title in page.notice.text)
    with qtbot.waitSignal(page.started):
        press(page, "Start without the code")


def test_pressing_start_twice_starts_once(page: FirstStartPage, online: PlayedOnline, qtbot: QtBot) -> None:
    type_into(page, "Your name", "Asha")
    press(page, "Where you volunteer: England")
    type_into(page, "Code from my hub or other laptop (optional)", "ABCD")
    with qtbot.waitSignal(page.started):
        page.start()
        page.start()
    assert len(online.asked) == 1


def test_after_it_the_window_opens_today(qtbot: QtBot, room: Room, until: Until) -> None:
    window = MainWindow(PAGES)
    qtbot.addWidget(window)
    window.show()
    window.fill(room)
    write(find(window, QLineEdit, "Your name"), "Asha")
    press(window, "Where you volunteer: England")
    press(window, "Start")
    until(lambda: window.page is not None)
    assert window.target == "today"
    assert not window.findChildren(FirstStartPage) or not window.findChildren(FirstStartPage)[0].isVisible()
    press(window, "Sessions")
    assert window.target == "sessions"


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("width", [700, 1000])
def test_it_fits_and_every_control_has_a_name(
    page: FirstStartPage, qtbot: QtBot, scale: float, width: int
) -> None:
    theme.current().choose("light", scale)
    page.resize(width, 520)
    qtbot.waitUntil(lambda: not clipped(page))
    assert not unnamed(page)
    assert page.scroll_area.horizontalScrollBar().maximum() == 0
