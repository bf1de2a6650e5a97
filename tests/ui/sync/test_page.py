"""The Sync page as a person uses it: how syncing stands, the code, the lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from omi_desktop.domain.errors import CodeRefused, NotOurs, OtherCentre, SignedOut, Unreachable
from omi_desktop.domain.online import Enrolled, Link, SyncState
from omi_desktop.services.desk import Desk
from omi_desktop.ui.main_window import MainWindow
from tests.kit.online import PlayedOnline
from tests.ui import look
from tests.ui.made_up import (
    ASHBY,
    CLUB,
    ST_MARYS,
    WEDNESDAY,
    delivered,
    read_back,
    save_twice,
    sign_in,
)
from tests.ui.sync_page import SIGNED_IN, Open, has, rows

CODE = "Code from my hub or other laptop"


def test_without_a_code_it_says_that_all_is_safe_and_asks_for_one(
    open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    desk.sessions.save(delivered(date(2026, 11, 12)))
    online.become(SyncState(Link.NO_CODE, waiting=1))
    page = open_sync()
    assert page.report.headline.text() == "Your sessions are safe here."
    assert page.report.meaning.text() == "Add a code from your hub to count them in the million."
    assert look.find(page, QLineEdit, CODE).isVisible()
    assert not has(page, "Try now")
    assert page.waiting.heading.text() == "On this laptop (1)"


def test_a_code_signs_in_and_says_for_whom(qtbot: QtBot, open_sync: Open, online: PlayedOnline) -> None:
    page = open_sync()
    QTest.keyClicks(look.find(page, QLineEdit, CODE), " ABCD-EFGH ")
    QTest.keyClick(look.find(page, QLineEdit, CODE), Qt.Key.Key_Return)
    qtbot.waitUntil(page.notice.isVisible)
    assert online.asked == ["enrol ABCD-EFGH This laptop"]
    assert page.notice.text.startswith("Signed in as Asha Patel, Leicester hub")
    assert not page.code.isVisible()
    assert not page.sign_in.isVisible()
    assert has(page, "Try now")


def test_a_code_that_opened_another_account_offers_the_way_back(
    qtbot: QtBot, open_sync: Open, online: PlayedOnline
) -> None:
    online.answer = Enrolled(
        "Ambassador 7", "", 0, is_token_kept=True, others_waiting=1, others_name="Asha Patel"
    )
    page = open_sync()
    look.find(page, QLineEdit, "Code from my hub or other laptop").setText("ABCD-EFGH-JKMN-PQRS")
    look.press(page, "Use this code")
    qtbot.waitUntil(lambda: page.notice.text.startswith("Signed in as Ambassador 7, not as Asha Patel"))
    look.press(page, "Go back to Asha Patel")
    qtbot.waitUntil(lambda: online.asked[-1] == "go back" and not page.notice.isVisible())


def test_a_code_that_does_not_work_is_told_at_its_field_and_kept(
    qtbot: QtBot, open_sync: Open, online: PlayedOnline
) -> None:
    online.answer = CodeRefused()
    page = open_sync()
    QTest.keyClicks(look.find(page, QLineEdit, CODE), "ABCD")
    look.press(page, "Use this code")
    qtbot.waitUntil(lambda: bool(page.code.field.fault))
    field = look.find(page, QLineEdit, CODE)
    assert page.code.field.fault.startswith("This code does not work. Codes work once and expire.")
    assert field.accessibleDescription().startswith("This code does not work.")
    assert field.hasFocus()
    assert field.text() == "ABCD"


def test_a_code_with_no_network_says_what_happened_and_can_be_tried_again(
    qtbot: QtBot, open_sync: Open, online: PlayedOnline
) -> None:
    online.answer = Unreachable()
    page = open_sync()
    look.press(page, "Use this code")
    assert page.code.field.fault == "Type the code that your hub gave you"
    QTest.keyClicks(look.find(page, QLineEdit, CODE), "ABCD")
    look.press(page, "Use this code")
    qtbot.waitUntil(lambda: page.code.notice.text.startswith("OMI online can't be reached"))
    online.answer = Enrolled("Asha Patel", "Leicester hub", 0, is_token_kept=True)
    look.press(page, "Use this code")
    qtbot.waitUntil(lambda: not page.code.isVisible())


def test_a_sign_in_that_cannot_be_kept_says_that_it_lasts_for_this_run(
    qtbot: QtBot, open_sync: Open, online: PlayedOnline
) -> None:
    online.answer = Enrolled("Asha Patel", "Leicester hub", 0, is_token_kept=False)
    page = open_sync()
    QTest.keyClicks(look.find(page, QLineEdit, CODE), "ABCD")
    look.press(page, "Use this code")
    qtbot.waitUntil(page.sign_in.isVisible)
    assert page.sign_in.text.startswith("You are signed in until you close the app")


@pytest.mark.parametrize(
    ("answer", "asked", "said"),
    [
        ("Yes, they are mine", "claim True", "What is yours syncs by itself."),
        ("Leave them here unsent", "claim False", "They stay on this laptop, unsent."),
    ],
)
def test_sessions_from_before_the_code_are_asked_about_once(
    qtbot: QtBot, open_sync: Open, online: PlayedOnline, *, answer: str, asked: str, said: str
) -> None:
    online.become(replace(SIGNED_IN, unowned=7))
    page = open_sync()
    assert page.claim.text.startswith("Are these 7 sessions yours?")
    look.press(page, answer)
    qtbot.waitUntil(lambda: not page.claim.isVisible())
    assert online.asked == [asked]
    qtbot.waitUntil(lambda: said in page.notice.text)


def test_what_waits_is_listed_and_try_now_asks_for_a_run(
    qtbot: QtBot, open_sync: Open, window: MainWindow, desk: Desk, online: PlayedOnline
) -> None:
    view = desk.sessions.save(delivered(date(2026, 11, 12)))
    desk.plans.save(CLUB)
    online.become(replace(SIGNED_IN, waiting=2))
    page = open_sync()
    assert page.report.headline.text() == "2 sessions are waiting. They are safe on this laptop."
    assert page.report.last.text() == "Last synced Wed 25 Nov, 18:02."
    assert page.report.who.text() == "Signed in as Asha Patel, East Midlands hub."
    assert page.waiting.heading.text() == "Waiting (2)"
    assert sorted(rows(page)) == [
        "Mon 23 Nov · Rocket Club, Coalville Library, LE67. Planned · Ages 8 to 11, about 30",
        "Thu 12 Nov · Ashby Academy, LE65. 28 young people, Year 8",
    ]
    look.press(page, "Try now")
    assert online.asked == ["sync"]
    look.press(page, "Thu 12 Nov · Ashby Academy, LE65. 28 young people, Year 8")
    assert window.target == f"sessions/{view.record_id}"


def test_somebody_elses_sessions_that_wait_here_are_owned_up_to(
    open_sync: Open, online: PlayedOnline
) -> None:
    online.become(replace(SIGNED_IN, others_waiting=2, others_name="Ben Okoro"))
    page = open_sync()
    assert page.others.text.startswith("2 sessions by Ben Okoro are waiting on this laptop")
    assert "They are never counted as yours" in page.others.text


def test_a_session_removed_here_still_waits_and_is_owned_up_to(
    open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    view = desk.sessions.save(delivered(date(2026, 11, 12)))
    desk.sessions.save(delivered(date(2026, 11, 13)))
    desk.sessions.remove(view.record_id)
    online.become(replace(SIGNED_IN, waiting=2))
    page = open_sync()
    assert page.waiting.heading.text() == "Waiting (2)"
    assert len(rows(page)) == 1
    assert page.waiting.more.text() == "1 more change, such as a session that you removed."


def test_the_last_twenty_synced_are_listed_and_all_is_said_to_be_well(
    open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    views = [
        desk.sessions.save(delivered(date(2026, 11, 12) - timedelta(days=back), ASHBY, 20 + back))
        for back in range(23)
    ]
    sign_in(desk)
    read_back(desk, *views)
    online.become(SIGNED_IN)
    page = open_sync()
    assert page.report.headline.text() == "Everything you saved is synced."
    assert page.synced.heading.text() == "Synced (last 20)"
    assert len(rows(page)) == 20
    assert not page.waiting.isVisible()


@pytest.mark.parametrize(
    ("state", "headline", "meaning"),
    [
        (
            SyncState(Link.TROUBLE, waiting=3, problem=NotOurs()),
            "3 sessions are waiting. They are safe on this laptop.",
            "This network blocks OMI. Sign in to the wifi in a browser, try from home, or send a sync file.",
        ),
        (
            SyncState(Link.TROUBLE, problem=Unreachable(), last_success=WEDNESDAY),
            "OMI online can't be reached.",
            "Your sessions are safe on this laptop. It tries again by itself.",
        ),
        (
            SyncState(Link.OFFLINE, waiting=1),
            "1 session is waiting. It is safe on this laptop.",
            "You are working offline. Syncing is switched off until you start the app without “--offline”.",
        ),
        (
            SyncState(Link.SIGNED_OUT, waiting=1, problem=SignedOut()),
            "1 session is waiting. It is safe on this laptop.",
            "You are signed out. Type a new code from your hub and syncing goes on.",
        ),
        (
            SyncState(Link.TROUBLE, problem=OtherCentre(), last_success=WEDNESDAY),
            "This is another OMI online than last time.",
            "Nothing was sent. Your sessions are safe on this laptop. Check the address in Settings, or ask your hub.",
        ),
    ],
    ids=["blocked", "unreachable", "offline", "signed out", "another OMI online"],
)
def test_trouble_is_told_in_words_with_what_it_means_and_what_comes_next(
    open_sync: Open, online: PlayedOnline, *, state: SyncState, headline: str, meaning: str
) -> None:
    online.become(state)
    page = open_sync()
    assert page.report.headline.text() == headline
    assert page.report.meaning.text() == meaning
    assert page.code.isVisible() == (state.link is Link.SIGNED_OUT)


@pytest.mark.parametrize("is_silent", [False, True], ids=["announced", "unannounced"])
def test_the_page_follows_a_change_within_a_second(
    qtbot: QtBot, open_sync: Open, online: PlayedOnline, is_silent: bool
) -> None:
    online.become(SIGNED_IN)
    page = open_sync()
    online.become(replace(SIGNED_IN, link=Link.TROUBLE, problem=Unreachable()), silently=is_silent)
    qtbot.waitUntil(lambda: page.report.headline.text() == "OMI online can't be reached.", timeout=1000)


def test_a_row_keeps_the_focus_while_the_lists_change(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    desk.sessions.save(delivered(date(2026, 11, 12)))
    online.become(replace(SIGNED_IN, waiting=1))
    page = open_sync()
    row = look.find(page, QPushButton, "Thu 12 Nov · Ashby Academy, LE65. 28 young people, Year 8")
    row.setFocus()
    desk.sessions.save(delivered(date(2026, 11, 13)))
    qtbot.waitUntil(lambda: len(rows(page)) == 2)
    assert row.hasFocus()


@pytest.mark.parametrize("scale", [100, 200])
def test_nothing_is_cut_off_or_unnamed_in_the_smallest_window(
    qtbot: QtBot, open_sync: Open, window: MainWindow, desk: Desk, online: PlayedOnline, *, scale: int
) -> None:
    desk.preferences.put("text_size", scale)
    window.resize(1000, 520)
    view = desk.sessions.save(delivered(date(2026, 11, 12), ST_MARYS, 20, "en.y5"))
    desk.plans.save(CLUB)
    sign_in(desk)
    save_twice(desk, view, (28, 31))
    online.become(replace(SIGNED_IN, waiting=1, needs_you=1, unowned=7, is_token_kept=False))
    page = open_sync()
    qtbot.waitUntil(lambda: not look.clipped(page))
    assert not look.unnamed(page)
    assert page.scroll_area.horizontalScrollBar().maximum() == 0
