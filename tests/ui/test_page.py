"""A page that scrolls keeps what has the focus in sight, and never moves what is being pressed."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from omi_desktop.ui.page import ScrolledPage
from omi_desktop.ui.widgets import buttons


class TallPage(ScrolledPage):
    """Thirty buttons, of which a few are in view."""

    page_name = "tall"
    page_title = "Tall"

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[int] = []
        self.buttons: list[QPushButton] = []
        for number in range(30):
            button = buttons.secondary(f"Button {number}", partial(self.pressed.append, number))
            self.buttons.append(button)
            self.body.addWidget(button)


@pytest.fixture
def page(qtbot: QtBot) -> TallPage:
    page = TallPage()
    qtbot.addWidget(page)
    page.resize(600, 400)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.buttons[0].setFocus()
    qtbot.waitUntil(page.buttons[0].hasFocus)
    return page


def top(page: TallPage, button: QPushButton) -> int:
    return button.mapTo(page.scroll_area.viewport(), QPoint(0, 0)).y()


def test_a_focus_that_is_moved_out_of_sight_is_followed(qtbot: QtBot, page: TallPage) -> None:
    last = page.buttons[-1]
    assert top(page, last) > page.height()
    last.setFocus(Qt.FocusReason.OtherFocusReason)
    qtbot.waitUntil(lambda: 0 <= top(page, last) <= page.height() - last.height())


def test_a_button_cut_by_the_edge_stays_under_the_mouse_that_presses_it(qtbot: QtBot, page: TallPage) -> None:
    edge, place = page.buttons[5], QPoint(10, 4)
    page.resize(600, top(page, edge) + edge.height() // 2)
    qtbot.waitUntil(lambda: top(page, edge) < page.scroll_area.viewport().height() < 400)
    at = page.scroll_area.verticalScrollBar().value()
    QTest.mousePress(edge, Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(edge.hasFocus)
    QApplication.processEvents()  # whatever the press put off is done
    assert page.scroll_area.verticalScrollBar().value() == at
    QTest.mouseRelease(edge, Qt.MouseButton.LeftButton, pos=place)
    assert page.pressed == [5]
