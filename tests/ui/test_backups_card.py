"""Backups in Settings: the list, one made now, one brought back after a look. Real copies of a real file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from omi_desktop.domain.changes import Changes
from omi_desktop.services.desk import Desk, Person
from omi_desktop.ui.change_relay import ChangeRelay
from omi_desktop.ui.pages.settings import SettingsPage
from tests.kit.library import own_pages
from tests.kit.online import PlayedOnline
from tests.kit.room import room_of
from tests.ui.conftest import ASHA
from tests.ui.look import find, press, spoken
from tests.ui.made_up import ASHBY, WEDNESDAY, StoppedClock, delivered

Until = Callable[[Callable[[], bool]], None]
OPEN = "Restore the backup of Wed 25 Nov, 18:02"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def desk(tmp_path: Path, clock: StoppedClock, changes: Changes) -> Iterator[Desk]:
    """Two sessions, and the copy that the first save of the day left."""
    desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
    desk.save_person(Person(ASHA.name, ASHA.nation, ASHA.employer))
    desk.sessions.save(delivered(date(2026, 11, 24), ASHBY, 30))
    desk.backups.wait()
    yield desk
    desk.close()


@pytest.fixture
def page(
    desk: Desk, clock: StoppedClock, changes: Changes, online: PlayedOnline, tmp_path: Path, until: Until
) -> Iterator[SettingsPage]:
    with own_pages(tmp_path / "cache") as library:
        made = SettingsPage()
        made.resize(900, 1600)
        made.show()
        made.activateWindow()
        until(made.isActiveWindow)
        made.fill(room_of(desk=desk, online=online, library=library, clock=clock, changes=changes))
        ChangeRelay(changes, made.on_changed, made)
        until(lambda: bool(offers(made)))
        yield made


def offers(root: QWidget) -> list[str]:
    """The copies that can be looked into, as a screen reader says them, from the top."""
    found = [b for b in root.findChildren(QPushButton) if b.isVisible() and b.text() == "Restore…"]
    return [spoken(b) for b in sorted(found, key=lambda b: b.mapTo(root, b.rect().topLeft()).y())]


def says(root: QWidget, text: str) -> bool:
    return any(text in label.text() for label in root.findChildren(QLabel) if label.isVisible())


def test_each_copy_says_when_it_was_made_why_and_how_large_it_is(page: SettingsPage) -> None:
    assert offers(page) == [OPEN]
    assert says(page, "After the first save of the day · ")
    assert says(page, " KB")
    assert not page.backups.problem.isVisible()


def test_one_made_now_is_listed_first(page: SettingsPage, clock: StoppedClock, until: Until) -> None:
    clock.pass_by(timedelta(days=1))
    press(page, "Back up now")
    until(lambda: offers(page) == ["Restore the backup of Thu 26 Nov, 18:02", OPEN])
    until(lambda: page.backups.notice.text.startswith("Backed up Thu 26 Nov, 18:02, "))
    assert says(page, "Made by you")


def test_a_look_says_what_is_in_it_and_what_becomes_of_the_rest_and_restoring_loses_nothing(
    page: SettingsPage, desk: Desk, clock: StoppedClock, until: Until
) -> None:
    clock.pass_by(timedelta(hours=1))
    desk.sessions.save(delivered(date(2026, 11, 25), ASHBY, 20))
    press(page, OPEN)
    until(lambda: page.backups.notice.text.startswith("Restore the backup of Wed 25 Nov, 18:02?"))
    assert page.backups.notice.text.endswith(
        "1 session, 30 young people, the newest of Tue 24 Nov 2026. "
        "1 session saved since is not in it; it stays. Every session in it is here already. Nothing counts twice."
    )
    focus = page.focusWidget()
    assert isinstance(focus, QPushButton)
    assert focus.text() == "Restore it"
    QTest.keyClick(focus, Qt.Key.Key_Return)
    until(lambda: page.backups.notice.text.startswith("Restored All was here already."))
    assert sorted(view.details.total for view in desk.sessions.all()) == [20, 30]
    until(lambda: offers(page)[:1] == ["Restore the backup of Wed 25 Nov, 19:02"])
    assert says(page, "Before a backup was restored")
    assert find(page, QPushButton, "Back up now").hasFocus()


def test_not_now_changes_nothing(page: SettingsPage, desk: Desk, until: Until) -> None:
    press(page, OPEN)
    until(lambda: page.backups.notice.text.startswith("Restore the backup"))
    press(page, "Not now")
    assert not page.backups.notice.isVisible()
    assert len(desk.backups.all()) == 1


def test_a_copy_that_was_damaged_since_is_not_offered_to_be_restored(
    page: SettingsPage, desk: Desk, until: Until
) -> None:
    (copy,) = desk.backups.all()
    data = bytearray(copy.path.read_bytes())
    data[data.index(b'"count":30') + 8] ^= 1
    copy.path.write_bytes(data)
    press(page, OPEN)
    until(lambda: "can't be used" in page.backups.notice.text)
    assert not [b for b in page.findChildren(QPushButton) if b.isVisible() and b.text() == "Restore it"]


def test_a_backup_that_failed_is_told_with_what_to_do(page: SettingsPage, desk: Desk, until: Until) -> None:
    (copy,) = desk.backups.all()
    copy.path.unlink()
    copy.path.parent.rmdir()
    copy.path.parent.write_text("in the way")
    press(page, "Back up now")
    until(page.backups.problem.isVisible)
    assert page.backups.problem.text.startswith(
        "The last backup could not be made Your sessions are safe in your file. Check that the disk"
    )
    assert not page.backups.notice.isVisible()
    assert find(page, QPushButton, "Back up now").isEnabled()


def test_of_many_the_newest_four_are_in_view_and_the_others_on_demand(
    page: SettingsPage, desk: Desk, clock: StoppedClock, until: Until
) -> None:
    for _ in range(5):
        clock.pass_by(timedelta(days=1))
        desk.backups.make()
    page.refresh()
    until(lambda: len(offers(page)) == 4)
    press(page, "Show all 6")
    until(lambda: len(offers(page)) == 6)
    press(page, "Show fewer")
    until(lambda: len(offers(page)) == 4)
    assert offers(page)[0] == f"Restore the backup of {(WEDNESDAY + timedelta(days=5)):%a %-d %b}, 18:02"
