"""Reading: ticks stay, text is found in a page, and it grows by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QDesktopServices, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from omi_desktop.library.catalogue import Library
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.pages.library import LibraryPage
from omi_desktop.ui.room import Room
from tests.library.small_library import make_root, write_file
from tests.ui.library_page import Browser, reading
from tests.ui.look import find, press

Until = Callable[[Callable[[], bool]], None]
CTRL = Qt.KeyboardModifier.ControlModifier
LIST = (
    "Before you leave:\n\n"
    "- [ ] Badge *and* lunch\n"
    "- [ ] Told [the school](https://example.org/school)\n"
    "- [ ] Badge *and* lunch\n\n" + "A line about rockets.\n\n" * 60 + "At the end one comet.\n"
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    root = make_root(tmp_path / "small")
    write_file(root, "handbook", "leaving", title="Before you leave", body=LIST)
    write_file(root, "handbook", "other", title="Another page", order="20", body="- [ ] Badge *and* lunch\n")
    with Library.open(tmp_path / "small-cache", root) as opened:
        yield opened


@pytest.fixture
def page(qtbot: QtBot, known_room: Room, library: Library, until: Until) -> Iterator[LibraryPage]:
    made = LibraryPage()
    qtbot.addWidget(made)
    made.resize(QSize(948, 740))
    made.fill(replace(known_room, library=library))
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.show_target("handbook/leaving")
    until(lambda: reading(made) == "Before you leave")
    yield made
    made.close()


def box_lines(page: LibraryPage) -> list[str]:
    return [line for line in page.reader.toPlainText().split("\n") if line[:1] in "☐☑" and line]


def place_of(page: LibraryPage, text: str) -> QPoint:
    cursor = page.reader.document().find(text)
    cursor.setPosition(cursor.selectionEnd())
    rectangle = page.reader.cursorRect(cursor)
    return QPoint(rectangle.left() - 6, rectangle.center().y())


def click_at(page: LibraryPage, text: str) -> None:
    QTest.mouseClick(page.reader.viewport(), Qt.MouseButton.LeftButton, pos=place_of(page, text))


def test_a_box_is_ticked_by_a_click_on_it_or_its_words_and_stays_ticked(
    page: LibraryPage, known_room: Room, until: Until
) -> None:
    click_at(page, "☐")
    assert box_lines(page)[0] == "☑ Badge and lunch"
    click_at(page, "Told")
    tasks.finish()

    assert box_lines(page) == ["☑ Badge and lunch", "☑ Told the school", "☐ Badge and lunch"]
    assert known_room.desk.ticks.of("handbook/leaving") == {"Badge and lunch", "Told the school"}
    page.show_target("handbook/other")
    until(lambda: reading(page) == "Another page")
    assert box_lines(page) == ["☐ Badge and lunch"]
    page.show_target("handbook/leaving")
    until(lambda: reading(page) == "Before you leave")
    assert box_lines(page) == ["☑ Badge and lunch", "☑ Told the school", "☐ Badge and lunch"]


def test_a_click_beside_the_boxes_ticks_nothing(page: LibraryPage, known_room: Room) -> None:
    click_at(page, "rockets")
    click_at(page, "Before you leave:")
    tasks.finish()

    assert known_room.desk.ticks.of("handbook/leaving") == frozenset()
    assert {line[0] for line in box_lines(page)} == {"☐"}


def test_a_link_in_the_words_of_a_box_is_a_link(page: LibraryPage, known_room: Room) -> None:
    click_at(page, "the school")
    tasks.finish()

    assert page.way_out.isVisible()
    assert known_room.desk.ticks.of("handbook/leaving") == frozenset()


def test_boxes_are_ticked_by_keyboard_one_after_another(page: LibraryPage, known_room: Room) -> None:
    reader = page.reader
    reader.setFocus()
    QTest.keyClick(reader, Qt.Key.Key_Tab)
    QTest.keyClick(reader, Qt.Key.Key_Space)
    QTest.keyClick(reader, Qt.Key.Key_Tab)
    QTest.keyClick(reader, Qt.Key.Key_Return)
    tasks.finish()
    assert known_room.desk.ticks.of("handbook/leaving") == {"Badge and lunch", "Told the school"}

    QTest.keyClick(reader, Qt.Key.Key_Space)
    tasks.finish()
    assert known_room.desk.ticks.of("handbook/leaving") == {"Badge and lunch"}
    assert reader.hasFocus()


def test_untick_all_takes_every_tick_of_the_page(page: LibraryPage, known_room: Room) -> None:
    page.reader.tick(0)
    page.reader.tick(2)
    tasks.finish()
    assert known_room.desk.ticks.of("handbook/leaving") == {"Badge and lunch", "Badge and lunch (2)"}
    press(page, "Untick all")
    tasks.finish()

    assert known_room.desk.ticks.of("handbook/leaving") == frozenset()
    assert {line[0] for line in box_lines(page)} == {"☐"}
    assert page.reader.hasFocus()


def test_find_in_the_page_counts_steps_and_goes_with_escape(page: LibraryPage) -> None:
    QTest.keyClick(page.reader, Qt.Key.Key_F, CTRL)
    line = find(page, QLineEdit, "Find in this page")
    assert line.hasFocus()
    QTest.keyClicks(line, "line about ROCKETS")
    assert page.reading.find_bar.said.text() == "1 of 60"
    QTest.keyClick(line, Qt.Key.Key_Return)
    QTest.keyClick(line, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(line, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert page.reading.find_bar.said.text() == "60 of 60"
    assert page.reader.verticalScrollBar().value() > 0

    line.selectAll()
    QTest.keyClicks(line, "xyzzy")
    assert page.reading.find_bar.said.text() == "Not in this page"
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert not page.reading.find_bar.isVisible()
    assert page.reader.extraSelections() == []
    assert page.reader.hasFocus()


def test_the_first_of_the_words_that_were_sought_is_brought_into_view(
    page: LibraryPage, until: Until
) -> None:
    page.show_target("handbook/other")
    until(lambda: reading(page) == "Another page")
    page.show_target("handbook/leaving/comet")
    until(lambda: reading(page) == "Before you leave")

    cursor = QTextCursor(page.reader.document().find("comet"))
    assert page.reader.viewport().rect().contains(page.reader.cursorRect(cursor).center())
    assert page.reader.marks.count == 1


def test_marks_stay_where_they_are_when_the_page_is_drawn_anew(page: LibraryPage) -> None:
    page.reader.marks.show_words({"comet"})
    theme.current().choose("dark", 1.0)

    marked = [selection.cursor.selectedText() for selection in page.reader.extraSelections()]
    assert marked == ["comet"]


def test_text_grows_and_shrinks_by_keys_and_is_kept(page: LibraryPage, known_room: Room) -> None:
    QTest.keyClick(page.reader, Qt.Key.Key_Plus, CTRL)
    QTest.keyClick(page.reader, Qt.Key.Key_Equal, CTRL)
    tasks.finish()
    assert theme.current().scale == 1.5
    assert known_room.desk.preferences.get("text_size", 100) == 150

    QTest.keyClick(page.reader, Qt.Key.Key_Minus, CTRL)
    assert theme.current().scale == 1.25
    QTest.keyClick(page.reader, Qt.Key.Key_0, CTRL)
    tasks.finish()
    assert theme.current().scale == 1.0
    assert known_room.desk.preferences.get("text_size", 0) == 100
    QTest.keyClick(page.reader, Qt.Key.Key_Minus, CTRL)
    assert theme.current().scale == 1.0


def test_open_in_browser_writes_a_page_that_can_be_ticked_and_opens_it(
    page: LibraryPage, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser()
    monkeypatch.setattr(QDesktopServices, "openUrl", browser.open)
    press(page, "Open in browser")

    until(lambda: bool(browser.opened))
    text = Path(browser.opened[0].removeprefix("file://")).read_text(encoding="utf-8")
    assert "<h1>Before you leave</h1>" in text
    assert text.count('<label><input type="checkbox"> Badge <em>and</em> lunch</label>') == 2
    assert '<a class="skip" href="#page">' in text
    assert '<html lang="en-GB">' in text
    assert "☐" not in text
