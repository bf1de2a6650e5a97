"""What needs the person, decided on the Sync page, left for later, or taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from omi_desktop.domain.session import Activity, CancelledBecause, Outcome, write_plan
from omi_desktop.services.desk import Desk
from omi_desktop.services.records import RecordGone
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.sync.asking import Answer, Question
from omi_desktop.ui.sync.decisions import DecisionsCard
from tests.kit.online import PlayedOnline
from tests.ui import look
from tests.ui.made_up import (
    ASHBY,
    LESSON,
    ST_MARYS,
    ask_to_erase,
    ask_whether_the_same,
    club_of,
    delivered,
    refuse,
    save_bodies,
    save_in_two_ways,
    save_twice,
    sign_in,
)
from tests.ui.sync_page import SIGNED_IN, Open, differing, has, rows, window_focus


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


def test_an_answer_that_is_read_before_its_row_hears_of_it_keeps_its_undo(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    differing(desk)
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    (row,) = page.needs_you.rows
    look.find(page, QPushButton, "31, Home laptop, Wed 25 Nov, 18:02. St Mary's, Thu 12 Nov").click()
    page.needs_you.show_questions(())
    assert page.needs_you.rows == [row]
    qtbot.waitUntil(lambda: row.is_decided and page.needs_you.heading.text() == "Decided")
    assert has(page, "Undo: St Mary's, Thu 12 Nov. Decided: 31.")


def test_a_row_that_was_put_back_has_room_for_what_it_says_later(qtbot: QtBot) -> None:
    card = DecisionsCard()
    qtbot.addWidget(card)
    card.setFixedWidth(600)
    warned = Answer("Erase", "Erase", "Erased.", lambda: None, warning="For good?")
    asked = [
        Question(name, name, name, ("One.", "Two.", "Three."), (warned,)) for name in ("First", "Second")
    ]
    card.show_questions(asked)
    card.show()
    card.show_questions(asked)
    first = card.rows[0]
    for name in ("Erase", "Back", "Later", "Take it up now"):
        next(b for b in first.findChildren(QPushButton) if b.isVisible() and b.text() == name).click()
        for _ in range(5):
            QApplication.processEvents()
        assert first.height() == first.heightForWidth(first.width()), name
        assert not look.clipped(card), name


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
    first, second, third = (answer.text for answer in row.question.answers)
    assert sorted((first, second, third)) == ["28", "31", "33"]
    assert row.title.text() == f"St Mary's, Thu 12 Nov: {first}, {second} or {third}?"
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


@pytest.mark.parametrize(
    ("name", "value", "decided"),
    [
        ("Yes", "same", "Decided: the same young people. They count once."),
        ("No", "different", "Decided: different young people. All of them count."),
        ("Not sure", "not_sure", "Noted: not sure. The million shows both figures."),
    ],
)
def test_perhaps_the_same_young_people_is_answered_there_and_can_be_taken_back(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline, *, name: str, value: str, decided: str
) -> None:
    view = desk.sessions.save(delivered(date(2026, 11, 12), count=30))
    sign_in(desk)
    ask_whether_the_same(desk, view)
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    (row,) = page.needs_you.rows
    assert row.title.text() == "Ashby Academy, Thu 12 Nov, 10:40: the same young people?"
    assert (
        "Another ambassador recorded young people here at the same time. You recorded 30."
        in row.details.text()
    )
    look.press(page, f"{name}. Ashby Academy, Thu 12 Nov, 10:40: the same young people?")
    qtbot.waitUntil(lambda: row.is_decided)
    assert row.title.text() == f"Ashby Academy, Thu 12 Nov, 10:40. {decided}"
    assert [asked.answer for asked in desk.questions.answered()] == [value]
    look.press(page, f"Undo: Ashby Academy, Thu 12 Nov, 10:40. {decided}")
    qtbot.waitUntil(lambda: bool(desk.questions.open()))
    qtbot.waitUntil(lambda: has(page, f"{name}. Ashby Academy, Thu 12 Nov, 10:40: the same young people?"))
    qtbot.waitUntil(lambda: page.needs_you.rows == [row] and page.needs_you.heading.text() == "Needs you")


def test_what_was_answered_before_this_start_can_be_answered_otherwise(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    view = desk.sessions.save(delivered(date(2026, 11, 12), count=30))
    sign_in(desk)
    ask_whether_the_same(desk, view)
    desk.questions.answer(desk.questions.open()[0].id, "different")
    online.become(SIGNED_IN)
    page = open_sync()
    look.press(page, "Answered earlier (1)")
    said = "Ashby Academy, Thu 12 Nov, 10:40. Decided: different young people. All of them count."
    look.press(page, f"Ask me again: {said}")
    qtbot.waitUntil(lambda: has(page, "Yes. Ashby Academy, Thu 12 Nov, 10:40: the same young people?"))
    assert not page.answered.isVisible()
    look.press(page, "Yes. Ashby Academy, Thu 12 Nov, 10:40: the same young people?")
    qtbot.waitUntil(lambda: [asked.answer for asked in desk.questions.answered()] == ["same"])
    qtbot.waitUntil(lambda: page.needs_you.heading.text() == "Decided")
    assert not page.answered.isVisible()


def test_an_erasure_asked_for_on_another_laptop_is_confirmed_twice_before_anything_goes(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    view = desk.sessions.save(delivered(date(2026, 11, 12)))
    sign_in(desk)
    ask_to_erase(desk, view)
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    (row,) = page.needs_you.rows
    assert row.title.text() == "Thu 12 Nov 2026, Ashby Academy: erase it here too?"
    assert row.details.text().startswith("You asked for it on Home laptop, Wed 25 Nov, 18:02.")
    look.press(page, "Erase here too: Thu 12 Nov 2026, Ashby Academy")
    assert row.notice.text.startswith("Erase Thu 12 Nov 2026, Ashby Academy from this laptop for good?")
    assert window_focus(page) is look.find(page, QPushButton, "Back")
    look.press(page, "Back")
    assert desk.sessions.get(view.record_id).details.total == 28
    look.press(page, "Erase here too: Thu 12 Nov 2026, Ashby Academy")
    look.press(page, "Erase here too")
    qtbot.waitUntil(lambda: row.is_decided)
    assert row.title.text() == "Thu 12 Nov 2026, Ashby Academy. Erased from this laptop."
    assert not has(page, "Undo: Thu 12 Nov 2026, Ashby Academy. Erased from this laptop.")
    with pytest.raises(RecordGone):
        desk.sessions.get(view.record_id)


def test_what_was_erased_elsewhere_can_be_kept_here(
    qtbot: QtBot, open_sync: Open, desk: Desk, online: PlayedOnline
) -> None:
    view = desk.sessions.save(delivered(date(2026, 11, 12)))
    sign_in(desk)
    ask_to_erase(desk, view)
    online.become(replace(SIGNED_IN, needs_you=1))
    page = open_sync()
    look.press(page, "Keep here: Thu 12 Nov 2026, Ashby Academy")
    qtbot.waitUntil(lambda: page.needs_you.rows[0].is_decided)
    assert desk.erasures.waiting() == []
    assert desk.sessions.get(view.record_id).record.is_erased
