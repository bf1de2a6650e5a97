"""What is one's own in the Library: favourites, notes, attached films, and pages for the next session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QListView, QMenu, QPlainTextEdit
from pytestqt.qtbot import QtBot

from omi_desktop.domain.clock import uk_today
from omi_desktop.library.catalogue import Library
from omi_desktop.services.attachments import FOLDER
from omi_desktop.services.drafts import edit_of_plan
from omi_desktop.services.page_notes import LONGEST
from omi_desktop.services.plans import PlanView
from omi_desktop.ui import tasks
from omi_desktop.ui.library.attached_card import shown_size
from omi_desktop.ui.library.shelves import _MOST
from omi_desktop.ui.pages.library import LibraryPage
from omi_desktop.ui.pages.today import TodayPage
from omi_desktop.ui.record import entry as entries
from omi_desktop.ui.room import Room
from tests.library.small_library import make_root, write_file
from tests.ui.library_page import Browser, choose_tab, click, titles, type_search
from tests.ui.look import clipped, find, press, spoken, unnamed, write
from tests.ui.made_up import LESSON

Until = Callable[[Callable[[], bool]], None]
CTRL = Qt.KeyboardModifier.ControlModifier
MICE, FIRST, ORA = "activity/rocket-mice", "handbook/first-visit", "career/ora-legal-analyst"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = make_root(tmp_path / "small")
    write_file(
        made, "handbook", "first-visit", title="Your first visit", body="Take a rocket and a friend.\n"
    )
    write_file(made, "activity", "rocket-mice", title="Rocket mice", body="Roll a paper mouse.\n")
    write_file(made, "activity", "moon-walk", title="Moon walk", body="Walk to the Moon.\n")
    write_file(
        made, "career", "ora-legal-analyst", title="A lawyer for satellites", body="Ora writes contracts.\n"
    )
    return made


@pytest.fixture
def library(tmp_path: Path, root: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "small-cache", root) as opened:
        yield opened


@pytest.fixture
def its_room(known_room: Room, library: Library) -> Room:
    return replace(known_room, library=library)


@pytest.fixture
def page(qtbot: QtBot, its_room: Room) -> Iterator[LibraryPage]:
    made = LibraryPage()
    qtbot.addWidget(made)
    made.resize(QSize(1200, 760))
    made.fill(its_room)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()


@pytest.fixture
def next_plan(its_room: Room) -> PlanView:
    day = uk_today(its_room.clock) + timedelta(days=3)
    its_room.desk.plans.save(replace(LESSON, day=day + timedelta(days=30)))
    return its_room.desk.plans.save(replace(LESSON, day=day))


def open_page(page: LibraryPage, name: str, until: Until) -> None:
    page.show_target(name)
    until(lambda: page._history.here is not None and page._history.here.name == name and page._wanted is None)


def is_offered(page: LibraryPage, name: str) -> bool:
    buttons = page.margin.findChildren(QAbstractButton)
    return any(button.isVisible() and spoken(button) == name for button in buttons)


def film(tmp_path: Path, name: str = "a day in court.mp4") -> Path:
    path = tmp_path / "Downloads" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"ftyp" * 3000)
    return path


class TestFavourites:
    def test_the_star_above_a_page_keeps_it_on_the_shelf_of_favourites(
        self, page: LibraryPage, its_room: Room, until: Until
    ) -> None:
        open_page(page, FIRST, until)
        press(page, "Add to favourites")
        until(lambda: its_room.desk.favourites.all() == (FIRST,))
        until(lambda: spoken(page.star) == "Remove from favourites")
        view = page.shelves.list
        assert next(row for row in view.rows if row.target == FIRST).sentence.count("Favourite") == 1
        choose_tab(page, "Favourites")
        assert titles(find(page, QListView, "Favourites")) == ["Your first visit"]
        click(page, "Favourites", "Your first visit")
        until(lambda: page._wanted is None)
        assert page.shelves.tabs.tabText(page.shelves.tabs.currentIndex()) == "Favourites"
        press(page, "Remove from favourites")
        until(lambda: its_room.desk.favourites.all() == ())
        until(lambda: "No favourites yet" in page.shelves.nothing.heading.text())

    def test_ctrl_d_stars_the_row_that_the_keyboard_is_at_and_else_the_page(
        self, page: LibraryPage, its_room: Room, until: Until
    ) -> None:
        open_page(page, FIRST, until)
        choose_tab(page, "Activities")
        view = page.shelves.list
        view.setFocus()
        view.choose(MICE)
        QTest.keyClick(view, Qt.Key.Key_D, CTRL)
        until(lambda: its_room.desk.favourites.all() == (MICE,))
        assert view.current_row is not None
        assert view.current_row.target == MICE
        page.reader.setFocus()
        QTest.keyClick(page.reader, Qt.Key.Key_D, CTRL)
        until(lambda: its_room.desk.favourites.all() == (FIRST, MICE))
        QTest.keyClick(page.reader, Qt.Key.Key_D, CTRL)
        until(lambda: its_room.desk.favourites.all() == (MICE,))

    @pytest.mark.qt_log_ignore("does not support (grabbing|raise|propagateSizeHints)")
    def test_the_menu_of_a_row_has_it_too(self, page: LibraryPage, its_room: Room, until: Until) -> None:
        choose_tab(page, "Activities")
        view = page.shelves.list
        view.choose(MICE)
        place = view.visualRect(view.currentIndex()).center()
        view.customContextMenuRequested.emit(place)
        (menu,) = view.findChildren(QMenu)
        (action,) = menu.actions()
        assert action.text().startswith("Add to favourites")
        action.trigger()
        menu.close()
        until(lambda: its_room.desk.favourites.all() == (MICE,))
        view.customContextMenuRequested.emit(QPoint(5, view.viewport().height() - 3))
        assert [each for each in view.findChildren(QMenu) if each.isVisible()] == []

    def test_a_search_from_the_favourites_stays_among_them_and_offers_the_rest(
        self, page: LibraryPage, its_room: Room, until: Until
    ) -> None:
        its_room.desk.favourites.put(FIRST, is_favourite=True)
        its_room.desk.favourites.put(ORA, is_favourite=True)
        page.refresh()
        choose_tab(page, "Favourites")
        type_search(page, "rocket")
        until(lambda: page.shelves.query == "rocket")
        assert titles(page.shelves.list) == ["Your first visit"]
        type_search(page, "mouse")
        until(lambda: page.shelves.query == "mouse")
        assert "No favourite" in page.shelves.nothing.heading.text()
        press(page, "Look in the whole Library (1)")
        assert titles(page.shelves.list) == ["Rocket mice"]
        page.shelves.clear()
        assert titles(find(page, QListView, "Favourites")) == ["A lawyer for satellites", "Your first visit"]

    def test_a_favourite_is_found_however_many_other_pages_have_the_word(
        self, page: LibraryPage, its_room: Room, root: Path, tmp_path: Path, until: Until
    ) -> None:
        for number in range(_MOST + 5):
            write_file(
                root, "activity", f"comet-{number}", title=f"Comet {number}", body="Comet. " * 9 + "\n"
            )
        body = "A long text of other things. " * 40 + "Then a comet.\n"
        write_file(root, "handbook", "first-visit", title="Your first visit", body=body)
        its_room.library.turn_to(root, tmp_path / "other-cache")
        its_room.desk.favourites.put(FIRST, is_favourite=True)
        page.refresh()
        type_search(page, "comet")
        until(lambda: page.shelves.query == "comet")
        assert len(page.shelves.list.rows) == _MOST
        assert "Your first visit" not in titles(page.shelves.list)
        choose_tab(page, "Favourites (1)")
        assert titles(page.shelves.list) == ["Your first visit"]

    def test_a_favourite_outlives_pages_that_do_not_have_it(
        self, page: LibraryPage, its_room: Room, root: Path, tmp_path: Path
    ) -> None:
        its_room.desk.favourites.put(MICE, is_favourite=True)
        file = root / "resources" / "activities" / "rocket-mice.md"
        text = file.read_bytes()
        file.unlink()
        its_room.library.turn_to(root, tmp_path / "without")
        page.refresh()
        choose_tab(page, "Favourites")
        assert page.shelves.list.rows == ()
        file.write_bytes(text)
        its_room.library.turn_to(root, tmp_path / "with")
        page.shelves.read_again()
        assert titles(page.shelves.list) == ["Rocket mice"]


def show_notes(page: LibraryPage) -> None:
    page.beside.setCurrentWidget(page.margin)


class TestNotes:
    def test_a_note_is_kept_without_a_button_and_shown_again(
        self, page: LibraryPage, its_room: Room, until: Until
    ) -> None:
        open_page(page, FIRST, until)
        show_notes(page)
        field = find(page, QPlainTextEdit, "My note")
        assert "stays on this laptop" in field.accessibleDescription().lower()
        assert "no concerns about a child" in field.accessibleDescription().lower()
        write(field, "Gate 2, ask for Siân")
        until(lambda: its_room.desk.page_notes.of(FIRST) == "Gate 2, ask for Siân")
        assert page.beside.tabText(2) == "Notes (1)"
        open_page(page, MICE, until)
        assert (field.toPlainText(), page.beside.tabText(2)) == ("", "Notes")
        open_page(page, FIRST, until)
        assert (field.toPlainText(), page.beside.tabText(2)) == ("Gate 2, ask for Siân", "Notes (1)")

    def test_what_was_just_typed_is_kept_by_leaving_the_page_or_the_app(
        self, page: LibraryPage, its_room: Room, until: Until
    ) -> None:
        open_page(page, FIRST, until)
        show_notes(page)
        field = find(page, QPlainTextEdit, "My note")
        write(field, "One")
        page.show_target(MICE)
        page.show_target(FIRST)
        until(lambda: page._wanted is None)
        assert field.toPlainText() == "One"
        write(field, "Two ")
        page.close()
        tasks.finish()
        assert its_room.desk.page_notes.of(FIRST) == "Two One"
        assert its_room.desk.page_notes.of(MICE) == ""

    def test_a_note_that_is_too_long_says_what_is_not_kept(
        self, page: LibraryPage, its_room: Room, until: Until
    ) -> None:
        open_page(page, FIRST, until)
        show_notes(page)
        field = find(page, QPlainTextEdit, "My note")
        field.setPlainText("n" * (LONGEST + 12))
        assert page.margin.note.field.fault == "A note holds 4,000 characters. The last 12 are not kept."
        until(lambda: its_room.desk.page_notes.of(FIRST) == "n" * LONGEST)
        field.setPlainText("n")
        assert page.margin.note.field.fault == ""


class TestAttached:
    @pytest.fixture
    def desktop(self, monkeypatch: pytest.MonkeyPatch) -> Browser:
        door = Browser()
        monkeypatch.setattr(QDesktopServices, "openUrl", door.open)
        return door

    @pytest.fixture
    def chosen(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        """The file that the person chooses in the dialog of the desktop."""
        files: list[Path] = []
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(files[-1]), ""))
        return files

    def test_a_film_is_attached_opens_is_removed_and_comes_back(
        self,
        page: LibraryPage,
        its_room: Room,
        until: Until,
        tmp_path: Path,
        desktop: Browser,
        chosen: list[Path],
    ) -> None:
        open_page(page, ORA, until)
        show_notes(page)
        chosen.append(film(tmp_path))
        press(page, "Attach a file…")
        until(lambda: len(page.margin.attached.shown) == 1)
        chosen[0].unlink()
        until(lambda: is_offered(page, "Open a day in court.mp4"))
        assert page.beside.tabText(2) == "Notes (1)"
        assert unnamed(page.margin) == []
        press(page, "Open a day in court.mp4")
        until(lambda: len(desktop.opened) == 1)
        (here,) = (its_room.desk.store.path.parent / FOLDER).iterdir()
        assert desktop.opened == [here.as_uri()]
        assert here.read_bytes() == b"ftyp" * 3000

        press(page, "Remove a day in court.mp4")
        until(lambda: page.margin.attached.shown == ())
        assert page.beside.tabText(2) == "Notes"
        press(page, "Undo")
        until(lambda: len(page.margin.attached.shown) == 1)
        assert here.exists()

    def test_a_copy_that_is_gone_says_so_and_can_be_attached_again(
        self,
        page: LibraryPage,
        its_room: Room,
        until: Until,
        tmp_path: Path,
        desktop: Browser,
        chosen: list[Path],
    ) -> None:
        open_page(page, ORA, until)
        show_notes(page)
        page.margin.attached.attach(film(tmp_path))
        until(lambda: len(page.margin.attached.shown) == 1)
        (here,) = (its_room.desk.store.path.parent / FOLDER).iterdir()
        here.unlink()
        until(lambda: is_offered(page, "Open a day in court.mp4"))
        press(page, "Open a day in court.mp4")
        until(lambda: not page.margin.attached.shown[0].is_here)
        assert "not here any more" in page.margin.attached.notice.text
        assert desktop.opened == []
        chosen.append(film(tmp_path, "again.mp4"))
        until(lambda: is_offered(page, "Attach a day in court.mp4 again"))
        press(page, "Attach a day in court.mp4 again")
        until(lambda: [each.name for each in page.margin.attached.shown] == ["again.mp4"])

    def test_what_can_not_be_attached_says_why(
        self, page: LibraryPage, its_room: Room, until: Until, tmp_path: Path, chosen: list[Path]
    ) -> None:
        open_page(page, ORA, until)
        show_notes(page)
        chosen.append(film(tmp_path, "player.exe"))
        press(page, "Attach a file…")
        until(lambda: "kind of file" in page.margin.attached.notice.text)
        assert find(page, QAbstractButton, "Attach a file…").isEnabled()
        assert its_room.desk.attachments.of(ORA) == ()

    def test_a_desktop_without_a_player_is_said(
        self, page: LibraryPage, until: Until, tmp_path: Path, desktop: Browser
    ) -> None:
        desktop.is_there = False
        open_page(page, ORA, until)
        show_notes(page)
        page.margin.attached.attach(film(tmp_path))
        until(lambda: is_offered(page, "Open a day in court.mp4"))
        press(page, "Open a day in court.mp4")
        until(lambda: "No program" in page.margin.attached.notice.text)

    def test_only_career_stories_offer_it(self, page: LibraryPage, until: Until) -> None:
        for name, has_offer in ((FIRST, False), (MICE, False), (ORA, True)):
            open_page(page, name, until)
            show_notes(page)
            assert page.margin.attached.isVisible() == has_offer

    def test_nothing_is_cut_off_in_the_narrow_column(
        self, page: LibraryPage, until: Until, tmp_path: Path
    ) -> None:
        open_page(page, ORA, until)
        show_notes(page)
        page.margin.attached.attach(film(tmp_path, "ESA a day in the life of a flight controller 1080p.mp4"))
        until(lambda: len(page.margin.attached.shown) == 1)
        until(lambda: is_offered(page, "Open ESA a day in the life of a flight controller 1080p.mp4"))
        until(lambda: clipped(page.margin) == [])

    def test_sizes_are_said_in_words_that_people_use(self) -> None:
        assert [shown_size(size) for size in (1, 7_000, 3_400_000, 1_300_000_000)] == [
            "1 KB",
            "7 KB",
            "3 MB",
            "1.2 GB",
        ]


class TestNextSession:
    def test_an_activity_goes_into_the_next_plan_behind_what_is_there_and_out_again(
        self, page: LibraryPage, its_room: Room, next_plan: PlanView, until: Until
    ) -> None:
        plans = its_room.desk.plans
        plans.add_resource(next_plan.record_id, "moon-walk", "2026-11-01")
        open_page(page, MICE, until)
        version = next(
            a.checked_on for a in its_room.library.activities() if a.id == "rocket-mice"
        ).isoformat()
        press(page, "Add to my next session")
        until(lambda: spoken(page.to_session) == "In my next session")
        details = plans.get(next_plan.record_id).details
        assert details.resources == (("moon-walk", "2026-11-01"), ("rocket-mice", version))
        assert replace(details, resources=()) == replace(next_plan.details, resources=())
        assert sum(bool(plan.details.resources) for plan in plans.all()) == 1
        with_page: list[str] = []
        page.go.connect(with_page.append)
        press(page, "In my next session")
        assert with_page == [f"sessions/{next_plan.record_id}/plan"]
        press(page, "Undo")
        until(lambda: spoken(page.to_session) == "Add to my next session")
        assert plans.get(next_plan.record_id).details.resources == (("moon-walk", "2026-11-01"),)

    def test_undo_leaves_alone_what_was_saved_in_the_plan_since(
        self, page: LibraryPage, its_room: Room, next_plan: PlanView, until: Until
    ) -> None:
        open_page(page, MICE, until)
        press(page, "Add to my next session")
        until(lambda: spoken(page.to_session) == "In my next session")
        plans = its_room.desk.plans
        now = plans.get(next_plan.record_id).details
        plans.change(next_plan.record_id, replace(now, minutes=90))
        press(page, "Undo")
        until(lambda: plans.get(next_plan.record_id).details.resources == ())
        assert plans.get(next_plan.record_id).details.minutes == 90

    def test_what_was_typed_in_the_plan_and_not_saved_has_it_too(
        self, page: LibraryPage, its_room: Room, next_plan: PlanView, until: Until
    ) -> None:
        key, drafts = edit_of_plan(next_plan.record_id), its_room.desk.drafts
        typed = replace(
            entries.of_plan(next_plan.details), start="11", resources=(("moon-walk", "2026-11-01"),)
        )
        drafts.keep(key, typed.to_form())
        open_page(page, MICE, until)
        press(page, "Add to my next session")
        until(lambda: spoken(page.to_session) == "In my next session")
        draft = drafts.get(key)
        assert draft is not None
        kept = entries.from_form(draft.form)
        assert [item for item, _version in kept.resources] == ["moon-walk", "rocket-mice"]
        assert replace(kept, resources=()) == replace(typed, resources=())

    def test_without_a_plan_it_offers_to_make_one(self, page: LibraryPage, until: Until) -> None:
        open_page(page, MICE, until)
        went: list[str] = []
        page.go.connect(went.append)
        press(page, "Add to my next session")
        press(page, "Plan a session")
        assert went == ["sessions/plan"]
        open_page(page, FIRST, until)
        assert not page.to_session.isVisible()

    def test_today_opens_what_the_next_session_uses_in_one_click(
        self, qtbot: QtBot, its_room: Room, next_plan: PlanView, until: Until
    ) -> None:
        its_room.desk.plans.add_resource(next_plan.record_id, "rocket-mice", "2026-11-01")
        today = TodayPage()
        qtbot.addWidget(today)
        today.resize(QSize(900, 700))
        today.fill(its_room)
        today.show()
        today.refresh()
        until(today.next.isVisible)
        went: list[str] = []
        today.go.connect(went.append)
        press(today, f"Read {its_room.pages.title('rocket-mice')}")
        assert went == ["library/activity/rocket-mice@2026-11-01"]
        its_room.desk.plans.drop_resource(next_plan.record_id, "rocket-mice")
        today.refresh()
        until(lambda: "From the Library" not in _visible_texts(today))


def _visible_texts(today: TodayPage) -> list[str]:
    return [label.text() for label in today.next.findChildren(QLabel) if label.isVisible()]
