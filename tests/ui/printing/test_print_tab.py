"""The Print tab and the dialog of a page, used as a person uses them: real windows, real files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QFileDialog, QLineEdit, QListView, QWidget
from pytestqt.qtbot import QtBot

from omi_desktop.ui import tasks, theme
from omi_desktop.ui.pages.library import LibraryPage
from omi_desktop.ui.printing import printer
from omi_desktop.ui.printing.pages import page_sheet
from omi_desktop.ui.printing.print_card import PrintCard
from omi_desktop.ui.printing.print_dialog import PrintDialog
from omi_desktop.ui.printing.sheet import Sheet
from omi_desktop.ui.room import Room
from tests.kit.full_disk import file_size_limit
from tests.kit.poppler import info_of, text_of
from tests.ui.library_page import choose_tab, click, reading, titles, type_search
from tests.ui.look import clipped, find, press, spoken, unnamed, write

Until = Callable[[Callable[[], bool]], None]
USUAL = QSize(948, 740)


class SaveDialog:
    """Stands at the door to the system's own dialog for a file."""

    def __init__(self) -> None:
        self.offered = ""
        self.chosen: Path | None = None

    def ask(self, _parent: QWidget, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        self.offered = Path(start).name
        return (str(self.chosen) if self.chosen else "", "")


@pytest.fixture
def dialog(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SaveDialog:
    door = SaveDialog()
    door.chosen = tmp_path / "out.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", door.ask)
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


@pytest.fixture
def card(page: LibraryPage, until: Until) -> PrintCard:
    """The Print tab is open, and its first picture is drawn."""
    choose_tab(page, "Print")
    until(lambda: any(shown.isVisible() for shown in page.findChildren(PrintCard)))
    shown = page.findChildren(PrintCard)[0]
    until(lambda: shown.preview.image is not None)
    return shown


def said(card: PrintCard) -> str:
    return card.notice.text if card.notice.isVisible() else ""


def lines_of(card: PrintCard) -> list[QLineEdit]:
    return [line for line in card.findChildren(QLineEdit) if line.isVisible()]


def saved(card: PrintCard, until: Until) -> str:
    press(card, "Save as PDF…")
    until(lambda: bool(said(card)))
    return said(card)


def test_the_tab_shows_what_can_be_printed_with_its_first_page(page: LibraryPage, card: PrintCard) -> None:
    listed = titles(find(page, QListView, "Things to print"))
    assert listed[0] == "Why choose the space sector"
    assert {"Slips for young people", "Tally sheet", "Invitation to a family event"} <= set(listed)
    assert "Pupil sheet: Crater drop" in listed
    assert "Checklist: Your first visit" in listed
    assert card.preview.accessibleName() == "Preview of Why choose the space sector, page 1 of 1"
    assert not page.reader.isVisible()


def test_a_thing_is_chosen_saved_and_said_to_be_there(
    page: LibraryPage, card: PrintCard, until: Until, dialog: SaveDialog, tmp_path: Path
) -> None:
    click(page, "Things to print", "Pupil sheet: Crater drop")
    until(lambda: card.preview.accessibleName().startswith("Preview of Pupil sheet: Crater drop, page 1"))

    assert saved(card, until) == f"Saved out.pdf is in {tmp_path.name}."
    assert dialog.offered == "Pupil sheet - Crater drop.pdf"
    assert info_of(tmp_path / "out.pdf")["Title"] == "Pupil sheet: Crater drop"
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".pdf", ".part")] == ["out.pdf"]


def test_the_poster_comes_on_the_paper_that_is_chosen(
    card: PrintCard, until: Until, dialog: SaveDialog, tmp_path: Path
) -> None:
    press(card, "Paper: A3")
    until(lambda: card.pages.text() == "1 page, A3")

    saved(card, until)

    assert dialog.offered == "Why choose the space sector (A3).pdf"
    assert info_of(tmp_path / "out.pdf")["Page size"] == "842 x 1191 pts (A3)"


def test_the_own_line_is_printed_and_kept(
    qtbot: QtBot, known_room: Room, card: PrintCard, until: Until, dialog: SaveDialog, tmp_path: Path
) -> None:
    before = card.preview.image
    line = find(card, QLineEdit, "Ask me about …")
    line.setFocus()
    write(line, "how to fix a satellite")
    until(lambda: card.preview.image is not None and card.preview.image != before)
    saved(card, until)
    assert "how to fix a satellite" in text_of(tmp_path / "out.pdf")

    assert tasks.finish()
    again = LibraryPage()
    qtbot.addWidget(again)
    again.resize(USUAL)
    again.fill(known_room)
    again.show()
    again.show_target("print")
    until(lambda: bool(again.findChildren(PrintCard)))
    new = again.findChildren(PrintCard)[0]
    until(lambda: bool(lines_of(new)))
    assert find(new, QLineEdit, "Ask me about …").text() == "how to fix a satellite"


def test_an_invitation_is_typed_by_keyboard_alone(
    page: LibraryPage, card: PrintCard, until: Until, dialog: SaveDialog, tmp_path: Path
) -> None:
    view = find(page, QListView, "Things to print")
    view.setFocus()
    while not str(view.currentIndex().data()).startswith("Invitation"):
        QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Return)
    until(lambda: card.title.text().startswith("Invitation"))
    for label, words in (("What", "Rocket evening"), ("When", "Thursday at six"), ("Where", "Main hall")):
        until(lambda name=label: any(spoken(line) == name for line in lines_of(card)))  # type: ignore[misc]
        line = find(card, QLineEdit, label)
        line.setFocus()
        write(line, words)

    QTest.keyClick(find(card, QLineEdit, "Where"), Qt.Key.Key_Tab)
    assert find(card, QLineEdit, "What to bring").hasFocus()
    QTest.keyClick(find(card, QLineEdit, "What to bring"), Qt.Key.Key_Tab)
    assert card.save_button.hasFocus()
    QTest.keyClick(card.save_button, Qt.Key.Key_Return)
    until(lambda: said(card).startswith("Saved"))

    words = text_of(tmp_path / "out.pdf")
    assert "Rocket evening" in words
    assert "Main hall" in words


def test_nothing_chosen_in_the_dialog_writes_nothing(
    card: PrintCard, dialog: SaveDialog, tmp_path: Path
) -> None:
    dialog.chosen = None
    press(card, "Save as PDF…")

    assert tasks.finish()
    assert not list(tmp_path.glob("*.pdf"))
    assert not said(card)


def test_a_name_without_its_ending_gets_it_and_replaces_nothing_unasked(
    card: PrintCard, until: Until, dialog: SaveDialog, tmp_path: Path
) -> None:
    dialog.chosen = tmp_path / "poster"
    assert saved(card, until).startswith("Saved poster.pdf")
    (tmp_path / "poster.pdf").write_bytes(b"mine")
    card.notice.clear()

    assert "There is a file poster.pdf already" in saved(card, until)
    assert (tmp_path / "poster.pdf").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("place", "advice"),
    [
        ("gone/out.pdf", "The folder is not there any more."),
        ("a file/out.pdf", "The folder is not there any more."),
        ("folder.pdf", "There is a folder of that name."),
        (f"{'x' * 252}.pdf", "The name is too long."),
    ],
)
def test_a_place_that_takes_nothing_is_told_and_all_is_kept(
    card: PrintCard, until: Until, dialog: SaveDialog, tmp_path: Path, place: str, advice: str
) -> None:
    (tmp_path / "a file").write_bytes(b"mine")
    (tmp_path / "folder.pdf").mkdir()
    line = find(card, QLineEdit, "Ask me about …")
    write(line, "orbits")
    dialog.chosen = tmp_path / place

    told = saved(card, until)

    assert told.startswith("Not saved there What was there before is unchanged")
    assert advice in told
    assert line.text() == "orbits"
    assert (tmp_path / "a file").read_bytes() == b"mine"
    assert not list(tmp_path.rglob("*.part"))


def test_a_full_disk_leaves_the_file_that_was_there(
    card: PrintCard, until: Until, dialog: SaveDialog, tmp_path: Path
) -> None:
    (tmp_path / "out.pdf").write_bytes(b"the old one")

    with file_size_limit(4096):
        told = saved(card, until)

    assert "The disk is full." in told
    assert (tmp_path / "out.pdf").read_bytes() == b"the old one"
    assert not list(tmp_path.glob("*.part"))
    assert not list(tmp_path.glob(".*.part"))


def test_without_a_printer_it_says_so_and_offers_the_pdf(
    card: PrintCard, until: Until, dialog: SaveDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QPrinterInfo, "availablePrinterNames", list)
    press(card, "Print…")

    assert said(card).startswith("No printer is set up on this laptop")
    offered = next(
        button
        for button in card.notice.findChildren(QAbstractButton)
        if button.isVisible() and button.text() == "Save as PDF…"
    )
    assert offered.hasFocus()
    QTest.mouseClick(offered, Qt.MouseButton.LeftButton)
    until((tmp_path / "out.pdf").exists)


@pytest.fixture
def paper(tmp_path: Path) -> QPrinter:
    """A printer whose paper is a file."""
    made = QPrinter(QPrinter.PrinterMode.HighResolution)
    made.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    made.setOutputFileName(str(tmp_path / "printed.pdf"))
    return made


def sheet_of(room: Room) -> Sheet:
    chapter = room.library.chapters()[0]
    return page_sheet(chapter, room.library.page("handbook", chapter.id))


def test_a_printer_gets_every_page_or_those_that_were_asked_for(
    known_room: Room, paper: QPrinter, tmp_path: Path
) -> None:
    sheet = sheet_of(known_room)
    count = len(sheet.pages)
    assert count > 2
    printer.print_out(sheet, paper)
    assert info_of(tmp_path / "printed.pdf")["Pages"] == str(count)
    assert f"Page {count} of {count}" in text_of(tmp_path / "printed.pdf", count)

    paper.setFromTo(2, 2)
    printer.print_out(sheet, paper)
    assert info_of(tmp_path / "printed.pdf")["Pages"] == "1"
    assert f"Page 2 of {count}" in text_of(tmp_path / "printed.pdf")


@pytest.mark.qt_log_ignore(r"QPainter::begin", r"This plugin does not support propagateSizeHints")
def test_a_printer_that_does_not_answer_is_told(
    card: PrintCard, until: Until, paper: QPrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.setOutputFileName(str(tmp_path / "nowhere" / "printed.pdf"))
    monkeypatch.setattr(printer, "has_printer", lambda: True)
    monkeypatch.setattr(printer, "ask", lambda _sheet, _parent: paper)

    press(card, "Print…")

    assert said(card).startswith("The printer does not answer Nothing was printed.")


def test_the_page_that_is_read_is_printed_from_its_own_dialog(
    page: LibraryPage, until: Until, dialog: SaveDialog, tmp_path: Path
) -> None:
    page.show_target("handbook/first-visit")
    until(lambda: reading(page) == "Your first visit")
    theme.current().choose("dark", 2.0)

    press(page, "Print or PDF…")
    opened = next(window for window in page.findChildren(QDialog) if isinstance(window, PrintDialog))
    until(lambda: opened.card.preview.image is not None)
    image = opened.card.preview.image
    assert image is not None
    assert image.pixelColor(3, 3).lightness() == 255
    assert saved(opened.card, until).startswith("Saved")

    assert dialog.offered == "Your first visit.pdf"
    dark = text_of(tmp_path / "out.pdf")
    theme.current().choose("light", 1.0)
    opened.card.notice.clear()
    saved(opened.card, until)
    assert text_of(tmp_path / "out.pdf") == dark
    assert "Page 1 of" in dark


def test_search_leaves_the_tab_and_comes_back_to_it(page: LibraryPage, card: PrintCard, until: Until) -> None:
    box = type_search(page, "rocket")
    until(lambda: page.shelves.tabs.isTabVisible(0))
    assert not card.isVisible()
    assert not page.shelves.tabs.isTabVisible(page.shelves.tabs.count() - 1)

    QTest.keyClick(box, Qt.Key.Key_Escape)
    until(card.isVisible)


def test_a_page_that_opens_takes_the_place_of_the_tab(
    page: LibraryPage, card: PrintCard, until: Until
) -> None:
    page.show_target("handbook/first-visit")

    until(lambda: reading(page) == "Your first visit")
    assert not card.isVisible()
    assert page.shelves.tabs.tabText(page.shelves.tabs.currentIndex()) == "Handbook"


def test_saved_files_can_be_opened_from_there(
    card: PrintCard, until: Until, dialog: SaveDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    saved(card, until)

    press(card, "Open it")
    press(card, "Show the folder")

    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path / "out.pdf", tmp_path]


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("size", [QSize(1300, 800), USUAL, QSize(788, 520)], ids=["wide", "usual", "small"])
def test_every_control_has_a_name_and_no_word_is_cut(
    page: LibraryPage, card: PrintCard, until: Until, scale: float, size: QSize
) -> None:
    theme.current().choose("contrast", scale)
    page.resize(size)
    if not card.isVisible():
        click(page, "Things to print", "Why choose")
        until(card.isVisible)
    QTest.qWait(0)

    assert unnamed(page) == []
    assert clipped(page) == []
    below = page.shelves.tabs.mapTo(page, page.shelves.tabs.rect().bottomLeft()).y()
    assert card.mapTo(page, card.rect().topLeft()).y() - below < theme.current().px(70)
    assert page.height() - card.mapTo(page, card.rect().bottomLeft()).y() < theme.current().px(40)


def test_at_large_text_the_list_has_the_whole_width_to_itself(page: LibraryPage, card: PrintCard) -> None:
    theme.current().choose("light", 2.0)
    QTest.qWait(0)

    view = find(page, QListView, "Things to print")
    assert not card.isVisible()
    assert view.width() > page.width() * 0.9


def test_what_prints_is_not_loaded_before_somebody_prints() -> None:
    script = (
        "import sys\n"
        "import omi_desktop.ui.pages.library\n"
        "print([name for name in sys.modules if 'PrintSupport' in name or 'ui.printing' in name])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
