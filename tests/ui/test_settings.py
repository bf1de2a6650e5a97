from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QRadioButton
from pytestqt.qtbot import QtBot

from omi_desktop import __version__
from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.errors import CodeRefused, Unreachable
from omi_desktop.domain.online import Enrolled, Link, SyncState
from omi_desktop.domain.stages import Nation
from omi_desktop.services.desk import Desk, Person
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.change_relay import ChangeRelay
from omi_desktop.ui.dialogs.proof import ProofDialog
from omi_desktop.ui.pages.settings import SettingsPage
from omi_desktop.ui.room import Room
from omi_desktop.ui.settings.about import PROMISES
from tests.kit.online import PlayedOnline
from tests.ui.conftest import ASHA
from tests.ui.look import clipped, find, press, spoken, unnamed, write

Until = Callable[[Callable[[], bool]], None]
SIGNED_IN = SyncState(
    Link.IDLE,
    last_success=datetime(2026, 11, 25, 18, 2, tzinfo=UTC),
    account_name="Asha Patel",
    hub="Leicester hub",
)


@pytest.fixture
def page(qtbot: QtBot, known_room: Room) -> SettingsPage:
    made = SettingsPage()
    qtbot.addWidget(made)
    made.fill(known_room)
    ChangeRelay(known_room.changes, made.on_changed, made)
    made.resize(900, 1400)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def test_it_shows_who_one_is(page: SettingsPage) -> None:
    assert find(page, QLineEdit, "Your name").text() == ASHA.name
    assert page.nation.value() == "england"
    assert find(page, QLineEdit, "Employer (optional)").text() == ASHA.employer


def test_a_changed_name_is_kept_on_leaving_the_field(
    page: SettingsPage, known_room: Room, until: Until
) -> None:
    name = find(page, QLineEdit, "Your name")
    name.setFocus()
    name.selectAll()
    write(name, "Asha P. Patel")
    find(page, QLineEdit, "Employer (optional)").setFocus()
    until(lambda: known_room.desk.person() == Person("Asha P. Patel", Nation.ENGLAND, ASHA.employer))


def test_an_empty_name_is_not_kept(page: SettingsPage, known_room: Room) -> None:
    name = find(page, QLineEdit, "Your name")
    name.setFocus()
    name.clear()
    find(page, QLineEdit, "Employer (optional)").setFocus()
    assert name.accessibleDescription() == "Type your name"
    assert known_room.desk.person() == ASHA


def test_a_changed_nation_is_kept_at_once(page: SettingsPage, known_room: Room, until: Until) -> None:
    press(page, "Where you volunteer: Northern Ireland")
    until(lambda: known_room.desk.person() == Person(ASHA.name, Nation.NORTHERN_IRELAND, ASHA.employer))


def test_theme_and_text_size_work_at_once_and_are_kept(page: SettingsPage, known_room: Room) -> None:
    press(page, "Theme: Dark")
    press(page, "Text size: 150 %")
    assert (theme.current().mode, theme.current().scale) == ("dark", 1.5)
    assert known_room.desk.preferences.get("theme", None) == "dark"
    assert known_room.desk.preferences.get("text_size", None) == 150


def test_without_a_code_it_asks_for_one_and_uses_it(
    page: SettingsPage, online: PlayedOnline, known_room: Room, until: Until
) -> None:
    assert "Add a code from your hub" in page.account.who.text()
    write(find(page, QLineEdit, "Code from my hub or other laptop"), "ABCD-EFGH")
    device = find(page, QLineEdit, "This laptop's name")
    device.clear()
    write(device, "Work laptop")
    press(page, "Use this code")
    until(lambda: page.account.who.text() == "Signed in as Asha Patel, Leicester hub.")
    assert online.asked == ["enrol ABCD-EFGH Work laptop"]
    assert known_room.desk.device() == "Work laptop"
    assert not page.account.code.isVisible()


def test_no_code_typed_is_said_at_the_field(page: SettingsPage, online: PlayedOnline) -> None:
    press(page, "Use this code")
    assert "Type the code" in page.account.code.accessibleDescription()
    assert online.asked == []


def test_a_code_that_fails_can_be_corrected(page: SettingsPage, online: PlayedOnline, until: Until) -> None:
    online.answer = CodeRefused()
    write(page.account.code, "WRONG")
    press(page, "Use this code")
    until(lambda: "This code does not work" in page.account.notice.text)
    assert page.account.code.text() == "WRONG"
    assert find(page, QPushButton, "Use this code").isEnabled()


def test_without_a_keyring_it_says_that_the_sign_in_ends_with_the_app(
    page: SettingsPage, online: PlayedOnline, until: Until
) -> None:
    online.answer = Enrolled("Asha Patel", "Leicester hub", 0, is_token_kept=False)
    write(page.account.code, "ABCD")
    press(page, "Use this code")
    until(lambda: "until you close the app" in page.account.notice.text)


@pytest.mark.parametrize(
    ("button", "answer"), [("Yes, they are mine", "claim True"), ("Leave them here unsent", "claim False")]
)
def test_earlier_sessions_are_asked_about_once(
    page: SettingsPage, online: PlayedOnline, until: Until, button: str, answer: str
) -> None:
    online.answer = Enrolled("Asha Patel", "Leicester hub", 7, is_token_kept=True)
    write(page.account.code, "ABCD")
    press(page, "Use this code")
    until(lambda: "Are these 7 sessions yours?" in page.account.claim_notice.text)
    press(page, button)
    until(lambda: not page.account.claim_notice.isVisible())
    assert online.asked[-1] == answer


def test_one_earlier_session_is_spoken_of_as_one(page: SettingsPage, online: PlayedOnline) -> None:
    online.become(SyncState(Link.IDLE, unowned=1, account_name="Asha Patel"))
    assert "Is this 1 session yours?" in page.account.claim_notice.text
    assert find(page, QPushButton, "Yes, it is mine").isVisible()


def test_signing_out_asks_first_and_says_that_nothing_is_deleted(
    page: SettingsPage, online: PlayedOnline, until: Until
) -> None:
    online.become(SIGNED_IN)
    until(page.account.sign_out_button.isVisible)
    page.account.sign_out_button.click()
    assert "Nothing is deleted" in page.account.notice.text
    focus = page.focusWidget()
    assert isinstance(focus, QPushButton)
    assert focus.text() == "Sign out"
    assert page.account.notice.isAncestorOf(focus)
    press(page, "Stay signed in")
    assert online.asked == []
    page.account.sign_out_button.click()
    press(page, "Sign out")
    until(lambda: "Signed out" in page.account.who.text())
    assert online.asked == ["sign out"]


def test_what_is_typed_into_the_code_survives_a_sync_announcement(
    page: SettingsPage, known_room: Room
) -> None:
    write(page.account.code, "ABCD")
    known_room.changes.announce(Change(Topic.SYNC))
    assert page.account.code.text() == "ABCD"
    assert page.account.code.isVisible()


def test_a_code_for_the_next_laptop_is_shown_with_how_long_it_works_and_copied(
    page: SettingsPage, online: PlayedOnline, until: Until
) -> None:
    assert not page.next_code.isVisible()
    online.become(SIGNED_IN)
    until(page.next_code.isVisible)
    press(page, "Get a code")
    until(page.next_code.code_label.isVisible)
    assert page.next_code.code == "7GQ2-9XKM-4TBD-W3NA@https://omi.invalid"
    assert page.next_code.code_label.text().replace("\u200b", "") == page.next_code.code
    assert page.next_code.until.text() == "It works once, until Wed 25 Nov, 18:17."
    assert page.next_code.code_label.hasFocus()
    press(page, "Copy the code")
    assert QApplication.clipboard().text() == page.next_code.code
    online.become(SyncState(Link.SIGNED_OUT))
    until(lambda: not page.next_code.isVisible())
    assert page.next_code.code == page.next_code.code_label.text() == ""


def test_no_code_for_the_next_laptop_without_a_network_and_it_says_why(
    page: SettingsPage, online: PlayedOnline, until: Until
) -> None:
    online.next_code = Unreachable()
    online.become(SIGNED_IN)
    press(page, "Get a code")
    until(lambda: page.next_code.notice.text.startswith("OMI online can't be reached"))
    assert find(page, QPushButton, "Get a code").isEnabled()


def test_a_code_for_somebody_elses_account_says_whose_sessions_wait(
    page: SettingsPage, online: PlayedOnline
) -> None:
    online.become(replace(SIGNED_IN, others_waiting=1, others_name="Ben Okoro"))
    assert page.account.others.text.startswith("1 session by Ben Okoro is waiting on this laptop")


def test_a_code_that_opened_another_account_offers_the_way_back(
    page: SettingsPage, online: PlayedOnline, until: Until
) -> None:
    online.answer = Enrolled(
        "Ambassador 7", "Leicester hub", 0, is_token_kept=True, others_waiting=2, others_name="Asha Patel"
    )
    page.account.code.setText("ABCD-EFGH-JKMN-PQRS")
    press(page, "Use this code")
    until(lambda: page.account.notice.text.startswith("Signed in as Ambassador 7, not as Asha Patel"))
    assert "2 sessions wait for Asha Patel" in page.account.notice.text
    press(page, "Go back to Asha Patel")
    until(lambda: online.asked[-1] == "go back")
    until(lambda: not page.account.notice.isVisible())
    assert page.account.code.isVisible()


def test_the_first_four_promises_lead_to_how_they_are_tested(page: SettingsPage, until: Until) -> None:
    links = [b for b in page.findChildren(QPushButton) if b.text() == "How this is tested"]
    assert [spoken(link) for link in links] == [f"How this is tested: {promise}" for promise in PROMISES[:4]]
    links[2].click()
    until(lambda: page.window().findChild(ProofDialog) is not None)
    dialog = page.window().findChild(ProofDialog)
    assert isinstance(dialog, ProofDialog)
    until(lambda: "how many" in dialog.reader.toPlainText())
    assert dialog.reader.toPlainText().startswith("How the promises are tested")


def test_about_prints_the_promises_the_version_and_the_licence(page: SettingsPage) -> None:
    said = "\n".join(label.text() for label in page.findChildren(QLabel))
    assert all(promise in said for promise in PROMISES)
    assert __version__ in said
    assert "Apache License 2.0" in said
    assert "independent" in said


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("state", [SyncState(Link.NO_CODE), SIGNED_IN])
def test_it_fits_and_every_control_has_a_name(
    page: SettingsPage, online: PlayedOnline, qtbot: QtBot, scale: float, state: SyncState
) -> None:
    online.become(state)
    theme.current().choose("light", scale)
    page.resize(864, 460)
    qtbot.waitUntil(lambda: not clipped(page))
    assert not unnamed(page)
    assert page.scroll_area.horizontalScrollBar().maximum() == 0


def test_another_text_size_leaves_the_choice_in_view(page: SettingsPage, until: Until) -> None:
    page.resize(700, 300)
    choice = find(page, QRadioButton, "Text size: 200 %")
    choice.setFocus()
    choice.click()
    view = page.scroll_area.viewport()
    until(lambda: view.rect().contains(choice.mapTo(view, choice.rect().center())))


def test_a_page_that_is_gone_hears_of_no_theme(qtbot: QtBot, known_room: Room) -> None:
    gone = SettingsPage()
    gone.fill(known_room)
    gone.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    theme.current().choose("dark", 2.0)
    qtbot.wait(1)


def test_a_folder_that_others_write_to_is_told_of_with_what_to_do(
    tmp_path: Path, room: Room, changes: Changes, qtbot: QtBot, until: Until
) -> None:
    desk = Desk.open(
        tmp_path / "Dropbox" / "profile", clock=room.clock, changes=changes, app="omi-desktop/test"
    )
    page = SettingsPage()
    qtbot.addWidget(page)
    page.show()
    page.fill(replace(room, desk=desk))
    until(page.folder.isVisible)
    assert page.folder.text.startswith("Your sessions are kept in Dropbox")
    assert "move its folder out of Dropbox" in page.folder.text
    assert tasks.finish()
    desk.close()
