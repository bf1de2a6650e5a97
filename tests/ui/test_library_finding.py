"""What was typed is shown as it was read, and can be taken back; each shelf has its filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QListView, QRadioButton
from pytestqt.qtbot import QtBot

from omi_desktop.domain.stages import Nation
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Person
from omi_desktop.ui import theme
from omi_desktop.ui.pages.library import LibraryPage
from omi_desktop.ui.room import Room
from tests.library.small_library import make_root, write_file
from tests.ui.library_page import choose_tab, click, reading, titles, type_search
from tests.ui.look import clipped, find, press, spoken, unnamed

Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Ten pages of which a test knows everything."""
    root = make_root(tmp_path / "small")
    write_file(
        root, "handbook", "first", title="First steps", body="Ask about the Moon.\n", audience='["teacher"]'
    )
    write_file(root, "handbook", "second", title="Second steps", order="20", audience='["employer"]')
    for number, (name, title, ages, minutes, kit) in enumerate(
        [
            ("phases", "Moon phases", "[7, 11]", "30", '["paper"]'),
            ("craters", "Moon craters", "[7, 11]", "45", '["flour"]'),
            ("orbits", "Moon orbits", "[14, 18]", "20", '["paper"]'),
            ("rovers", "Moon rovers", "[7, 14]", None, None),
        ]
    ):
        subjects = f'["Subject {number}", "Science"]'
        write_file(
            root, "activity", name, title=title, ages=ages, minutes=minutes, kit=kit, subjects=subjects
        )
    for number in range(20):
        write_file(root, "career", f"job-{number}", title=f"Job {number}", interests=f'["interest {number}"]')
    with Library.open(tmp_path / "small-cache", root) as opened:
        yield opened


@pytest.fixture
def page(qtbot: QtBot, known_room: Room, library: Library) -> Iterator[LibraryPage]:
    made = LibraryPage()
    qtbot.addWidget(made)
    made.resize(QSize(948, 740))
    made.fill(replace(known_room, library=library))
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()


def chips(page: LibraryPage) -> list[str]:
    return page.shelves.chips.texts if page.shelves.chips.isVisible() else []


def sentences(page: LibraryPage) -> list[str]:
    return [row.sentence for row in page.shelves.list.rows]


def pick(page: LibraryPage, name: str) -> None:
    """Click a choice of the filters."""
    QTest.mouseClick(find(page, QRadioButton, name), Qt.MouseButton.LeftButton)


def test_what_was_understood_is_shown_and_one_press_takes_it_back(page: LibraryPage, until: Until) -> None:
    type_search(page, "moon, year 5, 30 minutes")
    until(lambda: chips(page) == ["Year 5", "Up to 30 minutes"])
    assert titles(find(page, QListView, "Results"))[:2] == ["Moon phases", "Moon rovers"]
    assert "Does not say how long it takes" in sentences(page)[1]

    press(page, "Up to 30 minutes: remove")

    until(lambda: chips(page) == ["Year 5"])
    assert find(page, QLineEdit, "Search the Library").text() == "moon, year 5"
    assert titles(find(page, QListView, "Results"))[:3] == ["Moon craters", "Moon phases", "Moon rovers"]
    assert find(page, QLineEdit, "Search the Library").hasFocus()


def test_the_nation_of_the_person_says_which_year_is_meant(
    page: LibraryPage, known_room: Room, until: Until
) -> None:
    type_search(page, "moon year 10")
    until(lambda: chips(page) == ["Year 10"])
    assert "Moon orbits" in titles(find(page, QListView, "Results"))

    known_room.desk.save_person(Person("Asha Patel", Nation.NORTHERN_IRELAND))
    page.refresh()

    until(lambda: "Moon orbits" not in titles(find(page, QListView, "Results")))


def test_a_slip_is_said(page: LibraryPage, until: Until) -> None:
    type_search(page, "roverz")
    until(lambda: page.shelves.chips.said.text() == "“roverz” read as “rovers”")

    assert titles(find(page, QListView, "Results")) == ["Moon rovers"]


def test_when_nothing_is_as_wished_it_offers_to_take_one_wish_back(page: LibraryPage, until: Until) -> None:
    type_search(page, "phases, 10 minutes, year 5")
    until(page.shelves.nothing.isVisible)
    assert page.shelves.nothing.heading.text().startswith("No activity is all of this")
    assert unnamed(page) == []

    press(page, "Without “Up to 10 minutes” (1)")

    until(lambda: chips(page) == ["Year 5"])
    assert titles(find(page, QListView, "Results")) == ["Moon phases"]


def test_filters_narrow_a_shelf_and_say_how_many_are_left(page: LibraryPage, until: Until) -> None:
    choose_tab(page, "Activities")
    press(page, "Filter")
    assert find(page, QRadioButton, "What it is: Any").hasFocus()
    pick(page, "Year group: Year 5")
    pick(page, "Time in the room: Up to 30 minutes")
    assert page.shelves.filters.done.text() == "Show 2 activities"
    assert chips(page) == ["Year 5", "Up to 30 minutes"]
    press(page, "Show 2 activities")

    assert titles(find(page, QListView, "Activities")) == ["Moon phases", "Moon rovers"]
    assert find(page, QListView, "Activities").hasFocus()
    assert spoken(page.shelves.filter_button) == "Filter (2)"
    press(page, "Year 5: remove")
    assert "Moon orbits" in titles(find(page, QListView, "Activities"))

    choose_tab(page, "Careers")
    assert len(titles(find(page, QListView, "Careers"))) == 20
    assert chips(page) == []
    type_search(page, "moon")
    until(lambda: page.shelves.tabs.isTabVisible(0))
    assert "Moon craters" not in titles(find(page, QListView, "Results"))
    assert chips(page) == ["Up to 30 minutes"]


def test_filters_work_by_keyboard_alone(page: LibraryPage) -> None:
    choose_tab(page, "Activities")
    page.shelves.filter_button.setFocus()
    QTest.keyClick(page.shelves.filter_button, Qt.Key.Key_Return)
    QTest.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
    assert spoken(page.focusWidget()) == "Year group: Any"
    QTest.keyClick(page.focusWidget(), Qt.Key.Key_Right)
    QTest.keyClick(page.focusWidget(), Qt.Key.Key_Escape)

    assert find(page, QListView, "Activities").hasFocus()
    assert chips(page) == ["Year 3"]


def test_a_long_list_of_choices_is_a_field_that_narrows_as_one_types(page: LibraryPage) -> None:
    choose_tab(page, "Careers")
    press(page, "Filter")
    line = find(page, QLineEdit, "Good if you like")
    line.setFocus()
    QTest.keyClicks(line, "interest 7")
    QTest.keyClick(line, Qt.Key.Key_Return)

    assert line.text() == "interest 7"
    assert page.shelves.filters.done.text() == "Show 1 career story"
    press(page, "Good if you like: any")
    assert page.shelves.filters.done.text() == "Show 20 career stories"


def test_the_handbook_is_for_who_you_are(page: LibraryPage) -> None:
    press(page, "Filter")
    pick(page, "Who you are: Employer")
    press(page, "Show 1 chapter")

    assert titles(find(page, QListView, "Handbook")) == ["Second steps"]


def test_filters_that_leave_nothing_offer_the_way_back(page: LibraryPage) -> None:
    choose_tab(page, "Activities")
    press(page, "Filter")
    pick(page, "Year group: Year 12")
    pick(page, "Kit: Simple kit")
    pick(page, "Subject: Subject 0")
    press(page, "No activities: show the list")

    assert page.shelves.nothing.heading.text() == "Nothing here is all of this"
    press(page, "Clear the filters")
    assert len(titles(find(page, QListView, "Activities"))) == 4


def test_clear_takes_every_choice_back(page: LibraryPage) -> None:
    choose_tab(page, "Activities")
    press(page, "Filter")
    pick(page, "Kit: No kit")
    press(page, "Clear")

    assert find(page, QRadioButton, "Kit: Any").isChecked()
    assert page.shelves.filters.done.text() == "Show 4 activities"


def test_the_words_that_were_sought_are_marked_in_the_page_until_escape(
    page: LibraryPage, until: Until
) -> None:
    type_search(page, "moon")
    until(lambda: page.shelves.tabs.isTabVisible(0))
    click(page, "Results", "First steps")
    until(lambda: reading(page) == "First steps")

    marked = [selection.cursor.selectedText() for selection in page.reader.extraSelections()]
    assert marked == ["Moon"]
    QTest.keyClick(page.reader, Qt.Key.Key_Escape)
    assert page.reader.extraSelections() == []


@pytest.mark.parametrize("size", [QSize(948, 740), QSize(788, 520)], ids=["usual", "small"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_filters_have_names_and_nothing_is_clipped(
    page: LibraryPage, until: Until, size: QSize, scale: float
) -> None:
    theme.current().choose("light", scale)
    page.resize(size)
    for shelf in ("Activities", "Careers", "Handbook"):
        choose_tab(page, shelf)
        press(page, "Filter")
        assert unnamed(page) == []
        until(lambda: clipped(page) == [])
        assert page.size() == size
        QTest.keyClick(page.shelves.filters, Qt.Key.Key_Escape)
    assert find(page, QAbstractButton, "Filter").isVisible()
