"""The Library page, used as a person uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QListView
from pytestqt.qtbot import QtBot

from omi_desktop.domain.errors import Unreachable
from omi_desktop.domain.online import Link, SyncState
from omi_desktop.library.search import Found
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.pages.library import LibraryPage
from omi_desktop.ui.room import Room
from tests.kit.online import PlayedOnline
from tests.ui.library_page import Browser, choose_tab, click, reading, titles, type_search
from tests.ui.look import clipped, find, press, unnamed

Until = Callable[[Callable[[], bool]], None]
ALT = Qt.KeyboardModifier.AltModifier
WIDE, USUAL, SMALL = QSize(1300, 800), QSize(948, 740), QSize(788, 520)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    door = Browser()
    monkeypatch.setattr(QDesktopServices, "openUrl", door.open)
    return door


@pytest.fixture
def page(qtbot: QtBot, known_room: Room) -> Iterator[LibraryPage]:
    made = LibraryPage()
    qtbot.addWidget(made)
    made.resize(USUAL)
    made.fill(known_room)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()
    known_room.library.close()


def test_an_empty_reader_says_what_to_do_and_does_it(page: LibraryPage, until: Until) -> None:
    press(page, "Read Your first visit")

    until(lambda: reading(page) == "Your first visit")
    assert page.reader.toPlainText().startswith("Your first visit\n")


def test_a_click_in_a_list_opens_the_page_and_marks_its_row(page: LibraryPage, until: Until) -> None:
    choose_tab(page, "Careers")
    click(page, "Careers", "A lawyer")

    until(lambda: reading(page).startswith("A lawyer"))
    view = find(page, QListView, "Careers")
    assert str(view.currentIndex().data()).startswith("A lawyer")


def test_enter_opens_the_row_and_takes_the_reader_to_it(page: LibraryPage, until: Until) -> None:
    view = find(page, QListView, "Handbook")
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Down)
    second = titles(view)[1]
    QTest.keyClick(view, Qt.Key.Key_Return)

    until(lambda: reading(page) == second)
    assert page.reader.hasFocus()


def test_next_and_previous_go_through_the_chapters(page: LibraryPage, until: Until) -> None:
    page.show_target("handbook/first-visit")
    until(lambda: reading(page) == "Your first visit")

    press(page, "Next: Recording and why")
    until(lambda: reading(page) == "Recording and why")
    press(page, "Previous: Your first visit")
    until(lambda: reading(page) == "Your first visit")


def test_back_and_forward_return_to_where_someone_was_reading(page: LibraryPage, until: Until) -> None:
    page.show_target("handbook/first-visit")
    until(lambda: reading(page) == "Your first visit")
    click(page, "Contents", "On the day")
    place = page.reader.verticalScrollBar().value()
    assert place > 0
    page.show_target("activity/rocket-mice")
    until(lambda: reading(page).startswith("Rocket mice"))
    assert page.reader.verticalScrollBar().value() == 0

    QTest.keyClick(page.reader, Qt.Key.Key_Left, ALT)
    until(lambda: reading(page) == "Your first visit")
    assert page.reader.verticalScrollBar().value() == place
    assert not find(page, QAbstractButton, "Back").isEnabled()
    press(page, "Forward")
    until(lambda: reading(page).startswith("Rocket mice"))


def test_a_link_inside_the_library_opens_there(page: LibraryPage, until: Until) -> None:
    page.show_target("handbook/first-visit")
    until(lambda: reading(page) == "Your first visit")

    QTest.mouseClick(
        page.beside.tabBar(), Qt.MouseButton.LeftButton, pos=page.beside.tabBar().tabRect(1).center()
    )
    click(page, "Links", "Keeping everyone safe")

    until(lambda: reading(page) == "Keeping everyone safe")


def test_search_finds_on_every_shelf_and_marks_the_words(page: LibraryPage, until: Until) -> None:
    type_search(page, "rocket")
    until(lambda: page.shelves.tabs.isTabVisible(0))

    view = find(page, QListView, "Results")
    assert "Rocket mice" in titles(view)
    sentence = view.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Activity" in sentence
    everything = len(titles(view))
    choose_tab(page, "Careers (")
    assert 0 < len(titles(view)) < everything
    choose_tab(page, "All (")

    click(page, "Results", "Rocket mice")
    until(lambda: reading(page).startswith("Rocket mice"))
    assert titles(view)[0]


def test_hits_for_what_was_typed_before_are_not_shown(page: LibraryPage, until: Until) -> None:
    type_search(page, "rocket")
    until(lambda: page.shelves.tabs.isTabVisible(0))

    page.shelves._on_found("rock", (Found([]), []))

    assert "Rocket mice" in titles(find(page, QListView, "Results"))


def test_enter_in_the_search_box_opens_the_best_hit_however_quickly_it_comes(
    page: LibraryPage, until: Until
) -> None:
    box = type_search(page, "safeguarding")
    QTest.keyClick(box, Qt.Key.Key_Return)

    until(lambda: reading(page) == "Keeping everyone safe")


def test_down_leads_from_the_search_box_into_the_results(page: LibraryPage, until: Until) -> None:
    box = type_search(page, "moon")
    until(lambda: page.shelves.tabs.isTabVisible(0))
    QTest.keyClick(box, Qt.Key.Key_Down)

    view = find(page, QListView, "Results")
    assert view.hasFocus()
    assert view.currentIndex().row() == 0


def test_nothing_found_says_so_and_offers_the_way_back(page: LibraryPage, until: Until) -> None:
    type_search(page, "xyzzy")
    until(page.shelves.nothing.isVisible)
    assert page.shelves.nothing.heading.text() == "Nothing found for “xyzzy”"

    press(page, "Clear the search")

    assert "Your first visit" in titles(find(page, QListView, "Handbook"))
    assert find(page, QLineEdit, "Search the Library").hasFocus()
    assert not page.shelves.tabs.isTabVisible(0)


def test_escape_in_the_search_box_returns_to_the_shelf_someone_came_from(
    page: LibraryPage, until: Until
) -> None:
    choose_tab(page, "Activities")
    box = type_search(page, "moon")
    until(lambda: page.shelves.tabs.isTabVisible(0))
    QTest.keyClick(box, Qt.Key.Key_Escape)

    assert "Rocket mice" in titles(find(page, QListView, "Activities"))


def test_a_web_link_shows_its_address_before_the_browser_gets_it(
    page: LibraryPage, until: Until, browser: Browser
) -> None:
    page.show_target("activity/rocket-mice")
    until(lambda: reading(page).startswith("Rocket mice"))
    click(page, "Links", "Open at")

    assert page.way_out.isVisible()
    assert page.way_out.text.replace("\u200b", "").endswith(page.beside.links.rows[0].target)
    assert browser.opened == []
    assert find(page, QAbstractButton, "Open").hasFocus()

    press(page, "Open")
    assert browser.opened == [page.beside.links.rows[0].target]
    assert not page.way_out.isVisible()


def test_without_a_browser_the_address_can_be_copied(
    page: LibraryPage, until: Until, browser: Browser
) -> None:
    browser.is_there = False
    page.show_target("activity/rocket-mice")
    until(lambda: reading(page).startswith("Rocket mice"))
    click(page, "Links", "Open at")
    press(page, "Open")

    assert page.way_out.text.startswith("No browser could be opened")
    press(page, "Copy address")
    assert QGuiApplication.clipboard().text() == page.beside.links.rows[0].target
    press(page, "Close")
    assert not page.way_out.isVisible()
    assert page.reader.hasFocus()


@pytest.mark.parametrize("state", [SyncState(Link.OFFLINE), SyncState(Link.TROUBLE, problem=Unreachable())])
def test_offline_it_says_calmly_that_the_page_may_not_load(
    page: LibraryPage, until: Until, online: PlayedOnline, state: SyncState
) -> None:
    online.become(state)
    page.show_target("activity/rocket-mice")
    until(lambda: reading(page).startswith("Rocket mice"))
    click(page, "Links", "Open at")

    assert "seems to be offline" in page.way_out.text


def test_a_page_that_is_not_there_is_told_in_its_place(page: LibraryPage, until: Until) -> None:
    page.show_target("activity/gone")

    until(page.notice.isVisible)
    assert page.notice.text.startswith("This page is not in the library")


def test_in_a_narrow_window_one_pane_is_shown_at_a_time(page: LibraryPage, until: Until) -> None:
    theme.current().choose("light", 2.0)
    page.resize(864, 450)
    click(page, "Handbook", "Your first visit")
    until(lambda: reading(page) == "Your first visit")
    assert not page.shelves.list.isVisible()
    assert page.reader.hasFocus()

    press(page, "Contents, links and notes")
    click(page, "Contents", "On the day")
    assert page.reader.isVisible()
    assert page.reader.verticalScrollBar().value() > 0
    press(page, "All pages")
    assert page.shelves.list.isVisible()
    assert not page.reader.isVisible()
    assert page.size() == QSize(864, 450)


@pytest.mark.parametrize("size", [WIDE, USUAL, SMALL], ids=["wide", "usual", "small"])
def test_the_page_that_is_read_reaches_the_foot_and_the_side_of_the_window(
    page: LibraryPage, until: Until, size: QSize
) -> None:
    page.resize(size)
    page.show_target("handbook/recording")
    until(lambda: reading(page) == "Recording and why")
    choose_tab(page, "Print")
    choose_tab(page, "Handbook")
    QTest.qWait(0)

    for pane in (page.reading, page.beside if size == WIDE else page.reading):
        corner = pane.mapTo(page, pane.rect().bottomRight())
        assert page.height() - corner.y() < 40
    assert page.width() - corner.x() < 40


def test_enter_opens_the_first_row_and_not_the_page_that_is_open(page: LibraryPage, until: Until) -> None:
    page.show_target("handbook/recording")
    until(lambda: reading(page) == "Recording and why")
    box = type_search(page, "visit")
    until(lambda: page.shelves.query == "visit")
    first = titles(page.shelves.list)[0]
    assert "Recording and why" in titles(page.shelves.list)[1:]

    QTest.keyClick(box, Qt.Key.Key_Return)

    until(lambda: reading(page) == first)


def test_in_a_low_window_contents_and_links_take_turns_with_the_list(page: LibraryPage, until: Until) -> None:
    page.resize(SMALL)
    page.show_target("handbook/recording")
    until(lambda: reading(page) == "Recording and why")
    assert page.shelves.list.isVisible()

    press(page, "Contents, links and notes")
    assert not page.shelves.list.isVisible()
    assert find(page, QListView, "Contents").isVisible()
    press(page, "Contents, links and notes")
    assert page.shelves.list.isVisible()


@pytest.mark.parametrize("size", [WIDE, USUAL, SMALL], ids=["wide", "usual", "small"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_everything_has_a_name_and_nothing_is_clipped(
    page: LibraryPage, until: Until, size: QSize, scale: float
) -> None:
    theme.current().choose("light", scale)
    page.resize(size)
    for target, title in (
        ("handbook/recording", "Recording and why"),
        ("activity/rocket-mice", "Rocket mice"),
    ):
        page.show_target(target)
        until(lambda title=title: page.reader.isVisible() and reading(page).startswith(title))  # type: ignore[misc]
        assert unnamed(page) == []
        assert clipped(page) == []
        assert page.size() == size


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_a_line_of_text_stays_under_80_characters(page: LibraryPage, until: Until, scale: float) -> None:
    theme.current().choose("light", scale)
    page.resize(2400, 1200)
    page.show_target("handbook/first-visit")
    until(lambda: reading(page) == "Your first visit")
    longest = 0
    block = page.reader.document().begin()
    while block.isValid():
        layout = block.layout()
        longest = max([longest, *(layout.lineAt(line).textLength() for line in range(layout.lineCount()))])
        block = block.next()

    assert 60 < longest < 80


def test_a_change_of_theme_redraws_the_page_where_it_is(page: LibraryPage, until: Until) -> None:
    page.show_target("handbook/first-visit")
    until(lambda: reading(page) == "Your first visit")
    click(page, "Contents", "Sources")
    place = page.reader.verticalScrollBar().value()

    theme.current().choose("dark", 1.0)

    assert page.reader.verticalScrollBar().value() == place
    assert theme.current().colour("accent").name() in page.reader.toHtml()


def test_the_answer_to_an_older_request_is_not_shown(page: LibraryPage, until: Until) -> None:
    for target in ("handbook/first-visit", "handbook/recording", "career/ora-legal-analyst"):
        page.show_target(target)
    tasks.finish()

    until(lambda: reading(page).startswith("A lawyer"))
    assert not find(page, QAbstractButton, "Back").isEnabled()
