"""The Sync page as a person uses it: the real page in the real window, over a real file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.errors import CodeRefused, NotOurs, OtherCentre, SignedOut, Unreachable
from omi_desktop.domain.online import Enrolled, Link, SyncState
from omi_desktop.domain.session import Activity, CancelledBecause, Outcome, write_plan
from omi_desktop.domain.stages import Nation
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Desk, Person
from omi_desktop.services.sessions import SessionView
from omi_desktop.ui import main_window
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.pages.sync import SyncPage
from omi_desktop.ui.room import Room
from tests.kit.online import PlayedOnline
from tests.ui import look, plain_pages
from tests.ui.made_up import (
    ASHBY,
    CLUB,
    LESSON,
    ST_MARYS,
    WEDNESDAY,
    StoppedClock,
    club_of,
    delivered,
    read_back,
    refuse,
    save_bodies,
    save_in_two_ways,
    save_twice,
    sign_in,
)

Open = Callable[[], SyncPage]
CODE = "Code from my hub or other laptop"
SIGNED_IN = SyncState(Link.IDLE, account_name="Asha Patel", hub="East Midlands hub", last_success=WEDNESDAY)


@pytest.fixture
def online(changes: Changes) -> PlayedOnline:
    return PlayedOnline(changes)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("cache")) as library:
        yield library


@pytest.fixture
def room(tmp_path: Path, changes: Changes, online: PlayedOnline, library: Library) -> Iterator[Room]:
    clock = StoppedClock()
    desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
    desk.save_person(Person("Asha Patel", Nation.ENGLAND))
    yield Room(desk=desk, online=online, library=library, clock=clock, changes=changes)
    desk.close()


@pytest.fixture
def desk(room: Room) -> Desk:
    return room.desk


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow({**plain_pages.PAGES, "sync": main_window.PAGES["sync"]})
    qtbot.addWidget(window)
    window.resize(1160, 740)
    return window


@pytest.fixture
def open_sync(qtbot: QtBot, window: MainWindow, room: Room) -> Open:
    """Show the window on Sync and wait until it has read its lists."""

    def show() -> SyncPage:
        window.show()
        window.fill(room)
        window.go("sync")
        page = window.page
        assert isinstance(page, SyncPage)
        qtbot.waitUntil(page.report.isVisible, timeout=3000)
        desk = room.desk
        has_records = bool(desk.sessions.all() or desk.plans.all() or desk.sessions.needs_you())
        cards = (page.needs_you, page.waiting, page.synced)
        qtbot.waitUntil(lambda: not has_records or any(card.isVisible() for card in cards), timeout=3000)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=3000)
        return page

    return show


def rows(page: SyncPage) -> list[str]:
    """What a screen reader says of the rows in view, from the top."""
    found = [
        button
        for button in page.findChildren(QPushButton)
        if button.isVisible() and button.property("kind") == "row"
    ]
    return [
        look.spoken(button) for button in sorted(found, key=lambda b: b.mapTo(page, b.rect().topLeft()).y())
    ]


def window_focus(page: SyncPage) -> QWidget | None:
    return page.window().focusWidget()


def differing(desk: Desk) -> SessionView:
    """A session that says 28 on the work laptop and 31 on the one at home."""
    view = desk.sessions.save(delivered(date(2026, 11, 12), ST_MARYS, 20, "en.y5"))
    sign_in(desk)
    save_twice(desk, view, (28, 31))
    return view


def has(page: SyncPage, name: str) -> bool:
    return any(b.isVisible() and look.spoken(b) == name for b in page.findChildren(QPushButton))


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


def test_two_versions_of_a_session_are_decided_right_there(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    view = differing(desk)
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    assert page.report.headline.text() == "1 session needs you."
    (row,) = page.needs_you.rows
    assert row.title.text() == "St Mary's, Thu 12 Nov: 31 or 28?"
    assert row.details.text().splitlines() == [
        "31 · Home laptop, Wed 25 Nov, 18:02.",
        "28 · Work laptop, Wed 25 Nov, 18:02.",
    ]
    chosen = look.find(page, QPushButton, "28, Work laptop, Wed 25 Nov, 18:02. St Mary's, Thu 12 Nov")
    chosen.setFocus()
    QTest.keyClick(chosen, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: row.is_decided)
    assert row.title.text() == "St Mary's, Thu 12 Nov. Decided: 28."
    assert row.title.hasFocus()
    found = desk.sessions.get(view.record_id)
    assert (found.details.total, found.record.is_conflict) == (28, False)


def test_what_was_decided_stays_with_its_undo_and_the_question_comes_back_as_it_was(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    view = differing(desk)
    desk.sessions.save(delivered(date(2026, 11, 13)))
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    look.press(page, "31, Home laptop, Wed 25 Nov, 18:02. St Mary's, Thu 12 Nov")
    qtbot.waitUntil(lambda: page.needs_you.heading.text() == "Decided")
    online.become(SIGNED_IN)
    qtbot.waitUntil(lambda: len(rows(page)) == 2)
    undo = look.find(page, QPushButton, "Undo: St Mary's, Thu 12 Nov. Decided: 31.")
    undo.setFocus()
    QTest.keyClick(undo, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.sessions.get(view.record_id).record.is_conflict)
    qtbot.waitUntil(lambda: page.needs_you.heading.text() == "Needs you" and len(rows(page)) == 1)
    (row,) = page.needs_you.rows
    assert row.title.text() == "St Mary's, Thu 12 Nov: 31 or 28?"
    assert row.has_focus
    # The question that came back can be answered otherwise.
    look.press(page, "28, Work laptop, Wed 25 Nov, 18:02. St Mary's, Thu 12 Nov")
    qtbot.waitUntil(lambda: desk.sessions.get(view.record_id).details.total == 28)


def test_a_question_can_be_left_and_taken_up_again(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    differing(desk)
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    later = look.find(page, QPushButton, "Later: St Mary's, Thu 12 Nov: 31 or 28?")
    later.setFocus()
    QTest.keyClick(later, Qt.Key.Key_Return)
    (row,) = page.needs_you.rows
    assert row.details.text() == "Left for later. Nothing is lost: every version is kept."
    assert window_focus(page) is look.find(
        page, QPushButton, "Take it up now: St Mary's, Thu 12 Nov: 31 or 28?"
    )
    page.refresh()
    qtbot.waitUntil(lambda: row.is_left and row in page.needs_you.rows)
    look.press(page, "Take it up now: St Mary's, Thu 12 Nov: 31 or 28?")
    assert has(page, "28, Work laptop, Wed 25 Nov, 18:02. St Mary's, Thu 12 Nov")


def test_a_choice_that_can_no_longer_be_undone_says_so_and_changes_nothing(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    view = differing(desk)
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    look.press(page, "31, Home laptop, Wed 25 Nov, 18:02. St Mary's, Thu 12 Nov")
    qtbot.waitUntil(lambda: page.needs_you.rows[0].is_decided)
    desk.sessions.correct(view.record_id, delivered(date(2026, 11, 12), ST_MARYS, 40, "en.y5"))
    look.press(page, "Undo: St Mary's, Thu 12 Nov. Decided: 31.")
    qtbot.waitUntil(page.needs_you.rows[0].notice.isVisible)
    assert page.needs_you.rows[0].notice.text.startswith("This session has been changed since")
    assert desk.sessions.get(view.record_id).details.total == 40


@pytest.mark.parametrize(
    ("changed", "asked", "names"),
    [
        (
            {"places": (ASHBY,)},
            "which is right?",
            ["Ashby Academy, Ashby, LE65 1AA", "St Mary's, Leicester, LE2 3AA"],
        ),
        (
            {"start": time(9, 5)},
            "which is right?",
            ["Thu 12 Nov 2026, 09:05–09:55", "Thu 12 Nov 2026, 10:40–11:30"],
        ),
        ({"activity": Activity.ASSEMBLY}, "Assembly or Class session?", ["Assembly", "Class session"]),
        ({"prepare_minutes": 30}, "which is right?", ["As on Home laptop", "As on Work laptop"]),
        (
            {"outcome": Outcome.CANCELLED, "cancelled_because": CancelledBecause.ME, "young_people": ()},
            "didn't happen or 20?",
            ["20", "Didn't happen"],
        ),
    ],
    ids=["place", "time", "what", "my time", "cancelled"],
)
def test_versions_with_the_same_number_say_what_sets_them_apart(
    open_sync: Open,
    desk: Desk,
    online: PlayedOnline,
    *,
    changed: dict[str, Any],
    asked: str,
    names: list[str],
) -> None:
    view = desk.sessions.save(delivered(date(2026, 11, 12), ST_MARYS, 20, "en.y5"))
    sign_in(desk)
    save_in_two_ways(desk, view, view.details, replace(view.details, **changed))
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    (row,) = page.needs_you.rows
    assert row.title.text().endswith(f"Thu 12 Nov: {asked}")
    assert sorted(answer.text for answer in row.question.answers) == names
    if "prepare_minutes" in changed:
        assert row.details.text().splitlines() == [
            "Home laptop, Wed 25 Nov, 18:02. My time: 30 minutes preparing.",
            "Work laptop, Wed 25 Nov, 18:02. My time: not given.",
        ]


def test_three_versions_can_be_told_apart_and_chosen(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    view = desk.sessions.save(delivered(date(2026, 11, 12), ST_MARYS, 20, "en.y5"))
    sign_in(desk)
    save_twice(desk, view, (28, 31))
    save_twice(desk, view, (28, 33))  # two of the four say the same
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    (row,) = page.needs_you.rows
    assert sorted(answer.text for answer in row.question.answers) == ["28", "31", "33"]
    look.press(page, "33, Home laptop, Wed 25 Nov, 18:02. St Mary's, Thu 12 Nov")
    qtbot.waitUntil(lambda: row.is_decided)
    assert desk.sessions.get(view.record_id).details.total == 33


def test_a_session_removed_on_one_laptop_and_changed_on_another_is_decided_there(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    view = desk.sessions.save(delivered(date(2026, 11, 12), ST_MARYS, 20, "en.y5"))
    sign_in(desk)
    save_twice(desk, view, (31, None))
    online.become(replace(SIGNED_IN, waiting=1, needs_you=1))
    page = open_sync()
    (row,) = page.needs_you.rows
    assert row.title.text() == "St Mary's, Thu 12 Nov: removed or 31?"
    look.press(page, "Keep it removed, Home laptop, Wed 25 Nov, 18:02. St Mary's, Thu 12 Nov")
    qtbot.waitUntil(lambda: row.is_decided)
    found = desk.sessions.get(view.record_id).record
    assert (found.is_removed, found.is_conflict) == (True, False)


def test_a_plan_changed_in_two_ways_is_decided_there(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    plan = desk.plans.save(LESSON)
    sign_in(desk)
    changes_ = (replace(LESSON, activity=Activity.ASSEMBLY), LESSON)
    save_bodies(desk, plan.record.head, [write_plan(each) for each in changes_])
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    (row,) = page.needs_you.rows
    assert row.title.text() == "Ashby Academy, Thu 26 Nov: Class session or Assembly?"
    look.press(page, "Assembly, Work laptop, Wed 25 Nov, 18:02. Ashby Academy, Thu 26 Nov")
    qtbot.waitUntil(lambda: row.is_decided)
    assert desk.plans.get(plan.record_id).details.activity is Activity.ASSEMBLY


def test_a_session_that_was_refused_says_why_and_opens_at_the_field(
    qtbot: QtBot, open_sync: Open, window: MainWindow, desk: Desk, online: PlayedOnline
) -> None:
    view = desk.sessions.save(club_of(date(2026, 11, 16), 14))
    sign_in(desk)
    refuse(desk, view, "The date is in the future")
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    (row,) = page.needs_you.rows
    assert row.title.text() == "Rocket Club, Mon 16 Nov: not accepted"
    assert row.details.text().startswith("Date: The date is in the future.")
    look.press(page, "Correct it: Rocket Club, Mon 16 Nov: not accepted")
    assert window.target == f"sessions/{view.record_id}/correct"


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
            "This network blocks OMI. Sign in to the wifi in a browser, or try from home.",
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
