"""Today as a person uses it: the real page in the real window, over a real file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.online import Link, Million, SyncState
from omi_desktop.domain.session import Activity, CancelledBecause, Outcome, PlanDetails, YoungPeople
from omi_desktop.domain.stages import Nation
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Desk, Person
from omi_desktop.services.drafts import record_of_plan
from omi_desktop.ui import main_window, tasks, theme
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.pages.today import TodayPage
from omi_desktop.ui.record.entry import from_form, to_record
from omi_desktop.ui.room import Room
from omi_desktop.ui.today.look import take
from tests.kit.library import own_pages
from tests.kit.online import PlayedOnline
from tests.kit.room import room_of
from tests.ui import look, plain_pages
from tests.ui.made_up import (
    ASHBY,
    CLUB,
    LESSON,
    LIBRARY,
    ST_MARYS,
    WEDNESDAY,
    StoppedClock,
    club_of,
    delivered,
    save_twice,
    sign_in,
)

Open = Callable[[], TodayPage]
NUMBER = "How many came?"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def online(changes: Changes) -> PlayedOnline:
    return PlayedOnline(changes)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with own_pages(tmp_path_factory.mktemp("cache")) as library:
        yield library


@pytest.fixture
def room(
    tmp_path: Path, changes: Changes, online: PlayedOnline, clock: StoppedClock, library: Library
) -> Iterator[Room]:
    desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
    desk.save_person(Person("Asha Patel", Nation.ENGLAND))
    yield room_of(desk=desk, online=online, library=library, clock=clock, changes=changes)
    desk.close()


@pytest.fixture
def desk(room: Room) -> Desk:
    return room.desk


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow({**plain_pages.PAGES, "today": main_window.PAGES["today"]})
    qtbot.addWidget(window)
    window.resize(1160, 740)
    return window


@pytest.fixture
def open_today(qtbot: QtBot, window: MainWindow, room: Room) -> Open:
    """Show the window on Today and wait until it has read what it shows."""

    def show() -> TodayPage:
        window.show()
        window.fill(room)
        page = window.page
        assert isinstance(page, TodayPage)
        qtbot.waitUntil(page.year.isVisible, timeout=3000)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=3000)
        return page

    return show


def number_of(page: TodayPage) -> QLineEdit:
    return look.find(page, QLineEdit, NUMBER)


def has(page: TodayPage, name: str) -> bool:
    return any(b.isVisible() and look.spoken(b) == name for b in page.findChildren(QPushButton))


@pytest.mark.parametrize(
    ("hour", "words"), [(7, "Good morning, Asha"), (13, "Good afternoon, Asha"), (20, "Good evening, Asha")]
)
def test_it_greets_by_the_time_of_day(open_today: Open, clock: StoppedClock, hour: int, words: str) -> None:
    clock.moment = datetime(2026, 11, 25, hour, tzinfo=UTC)
    assert open_today().title_label.text() == words


def test_an_empty_today_offers_to_plan_to_record_and_to_read(
    qtbot: QtBot, open_today: Open, window: MainWindow
) -> None:
    page = open_today()
    assert not page.record.isVisible()
    assert has(page, "Plan a session")
    assert has(page, "Record a session")
    look.press(page, "Read Your first visit (7 minutes)")
    assert window.target == "library/handbook/first-visit"


@pytest.mark.parametrize(
    ("name", "target"), [("Plan a session", "sessions/plan"), ("Record a session", "sessions/new")]
)
@pytest.mark.parametrize("is_empty", [True, False])
def test_planning_and_recording_are_one_press_away(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk, *, name: str, target: str, is_empty: bool
) -> None:
    if not is_empty:
        desk.plans.save(LESSON)
    look.press(open_today(), name)
    assert window.target == target


def test_a_session_whose_end_has_passed_asks_first_and_never_fills_in_the_number(
    open_today: Open, desk: Desk
) -> None:
    desk.sessions.save(club_of(date(2026, 11, 16), 14))
    desk.plans.save(LESSON)
    desk.plans.save(CLUB)
    page = open_today()
    assert page.record.heading.text() == "Rocket Club, Mon 23 Nov"
    assert page.record.hint.text() == "Coalville Library, LE67 · ages 8 to 11"
    assert number_of(page).text() == ""
    assert number_of(page).placeholderText() == ""
    assert number_of(page).accessibleDescription() == "Last time 14 / expected about 30"
    assert page.record.y() < page.next.y()


def test_typing_the_number_and_enter_records_the_planned_session(
    qtbot: QtBot, open_today: Open, desk: Desk
) -> None:
    plan = desk.plans.save(CLUB)
    page = open_today()
    QTest.keyClicks(number_of(page), "14")
    QTest.keyClick(number_of(page), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.notice.isVisible() and not page.record.isVisible())

    (view,) = desk.sessions.all()
    assert view.details == replace(
        CLUB.to_session(), plan_id=plan.record_id, young_people=(YoungPeople(1, ("age.8-11",), 14),),
        four=view.details.four,
    )  # fmt: skip
    assert page.notice.text.startswith("Saved on this laptop: 14 young people, ages 8 to 11, Rocket Club.")
    qtbot.waitUntil(page.notice.hasFocus)
    assert page.year.number.text() == "14"


def test_a_second_enter_after_saving_undoes_nothing(qtbot: QtBot, open_today: Open, desk: Desk) -> None:
    desk.plans.save(CLUB)
    page = open_today()
    QTest.keyClicks(number_of(page), "14")
    QTest.keyClick(number_of(page), Qt.Key.Key_Return)
    qtbot.waitUntil(page.notice.hasFocus)
    QTest.keyClick(page.notice, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not page.record.isVisible())
    assert [view.details.total for view in desk.sessions.all()] == [14]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "How many young people came?"),
        ("some", "Type it in figures, such as 28"),
        ("0", "If nobody came, choose “It didn't happen” instead of 0"),
        ("-3", "The number of young people can't be less than 0"),
        ("1000000", "The number of young people can't be more than 100,000"),
    ],
)
def test_a_number_that_cannot_be_is_told_at_its_field(
    qtbot: QtBot, open_today: Open, desk: Desk, typed: str, message: str
) -> None:
    desk.plans.save(CLUB)
    page = open_today()
    QTest.keyClicks(number_of(page), typed)
    look.press(page, "Save session")
    qtbot.waitUntil(lambda: bool(page.record.field.fault))
    assert page.record.field.fault == message
    assert number_of(page).accessibleDescription().startswith(message)
    assert number_of(page).hasFocus()
    assert number_of(page).text() == typed
    assert not desk.sessions.all()


def test_undo_brings_the_question_back_with_the_number_as_typed(
    qtbot: QtBot, open_today: Open, desk: Desk
) -> None:
    desk.plans.save(CLUB)
    page = open_today()
    QTest.keyClicks(number_of(page), "41")
    QTest.keyClick(number_of(page), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.notice.isVisible() and not page.record.isVisible())
    look.press(page, "Undo")
    qtbot.waitUntil(lambda: page.record.isVisible() and not page.notice.isVisible())
    assert number_of(page).text() == "41"
    assert number_of(page).hasFocus()
    assert not desk.sessions.all()

    QTest.keyClicks(number_of(page), "14")
    QTest.keyClick(number_of(page), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [view.details.total for view in desk.sessions.all()] == [14])


def test_it_did_not_happen_asks_why_and_counts_nobody(qtbot: QtBot, open_today: Open, desk: Desk) -> None:
    desk.plans.save(CLUB)
    page = open_today()
    look.press(page, "It didn't happen")
    assert not page.record.field.isVisible()
    look.press(page, "Nobody came")
    qtbot.waitUntil(lambda: page.notice.isVisible() and not page.record.isVisible())
    (view,) = desk.sessions.all()
    assert (view.details.outcome, view.details.cancelled_because) == (
        Outcome.CANCELLED,
        CancelledBecause.NOBODY_CAME,
    )
    assert page.notice.text.startswith("Saved on this laptop: Rocket Club didn't happen.")
    assert page.year.number.text() == "0"


def test_back_returns_from_the_reasons_to_the_number(qtbot: QtBot, open_today: Open, desk: Desk) -> None:
    desk.plans.save(CLUB)
    page = open_today()
    look.press(page, "It didn't happen")
    look.press(page, "Back")
    assert number_of(page).isVisible()
    assert not has(page, "Nobody came")


@pytest.mark.parametrize(
    "plan",
    [
        replace(CLUB, expected=()),
        replace(CLUB, expected=(YoungPeople(1, ("age.8-11",), 9), YoungPeople(1, ("age.12-14",), 9))),
        replace(CLUB, places=(LIBRARY, replace(ASHBY, ref=2))),
        replace(CLUB, is_joint=True),
    ],
    ids=["no year group", "two year groups", "two places", "other ambassadors too"],
)
def test_a_session_that_one_number_cannot_tell_opens_the_form(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk, plan: PlanDetails
) -> None:
    kept = desk.plans.save(plan)
    page = open_today()
    assert not page.record.field.isVisible()
    assert not has(page, "Save session")
    look.press(page, "Record…")
    assert window.target == f"sessions/{kept.record_id}/record"


def test_what_was_typed_is_still_there_after_a_crash(
    qtbot: QtBot, open_today: Open, desk: Desk, room: Room
) -> None:
    plan = desk.plans.save(CLUB)
    page = open_today()
    QTest.keyClicks(number_of(page), "14")
    key = record_of_plan(plan.record_id)
    qtbot.waitUntil(lambda: desk.drafts.get(key) is not None, timeout=2000)

    after = TodayPage()
    qtbot.addWidget(after)
    after.fill(room)
    after.show()
    after.refresh()
    qtbot.waitUntil(after.record.isVisible)
    assert number_of(after).text() == "14"


def test_a_number_that_was_taken_away_again_leaves_nothing_behind(
    qtbot: QtBot, open_today: Open, desk: Desk
) -> None:
    plan = desk.plans.save(CLUB)
    page = open_today()
    key = record_of_plan(plan.record_id)
    QTest.keyClicks(number_of(page), "1")
    qtbot.waitUntil(lambda: desk.drafts.get(key) is not None, timeout=2000)
    QTest.keyClick(number_of(page), Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: desk.drafts.get(key) is None, timeout=2000)


def test_more_takes_the_number_along_into_the_form(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk
) -> None:
    plan = desk.plans.save(CLUB)
    page = open_today()
    QTest.keyClicks(number_of(page), "14")
    look.press(page, "More…")
    qtbot.waitUntil(lambda: window.target == f"sessions/{plan.record_id}/record")
    draft = desk.drafts.get(record_of_plan(plan.record_id))
    assert draft is not None
    assert from_form(draft.form).lines[0].count == "14"


def test_a_record_begun_in_the_form_is_finished_there(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk
) -> None:
    plan = desk.plans.save(CLUB)
    begun = replace(to_record(CLUB, plan.record_id), teachers="2")
    desk.drafts.keep(record_of_plan(plan.record_id), begun.to_form())
    page = open_today()
    assert not page.record.field.isVisible()
    look.press(page, "Carry on recording")
    assert window.target == f"sessions/{plan.record_id}/record"


def test_a_change_from_elsewhere_leaves_the_typing_alone(
    qtbot: QtBot, open_today: Open, desk: Desk, online: PlayedOnline
) -> None:
    desk.plans.save(CLUB)
    page = open_today()
    number_of(page).setFocus()
    QTest.keyClicks(number_of(page), "1")
    desk.sessions.save(delivered(date(2026, 11, 20)))
    online.become(SyncState(Link.SYNCING, waiting=1))
    qtbot.waitUntil(lambda: page.year.number.text() == "28")
    assert number_of(page).text() == "1"
    assert number_of(page).hasFocus()


def test_a_file_that_cannot_be_written_keeps_the_number_and_says_so(
    qtbot: QtBot, open_today: Open, desk: Desk
) -> None:
    desk.plans.save(CLUB)
    page = open_today()
    with desk.store.write() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    QTest.keyClicks(number_of(page), "14")
    look.press(page, "Save session")
    qtbot.waitUntil(page.record.notice.isVisible)
    assert page.record.notice.text.startswith("Not saved")
    assert number_of(page).text() == "14"
    with desk.store.write() as connection:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
    look.press(page, "Try again")
    qtbot.waitUntil(lambda: [view.details.total for view in desk.sessions.all()] == [14])


def test_over_a_hundred_is_saved_as_an_estimate_and_says_so_first(
    qtbot: QtBot, open_today: Open, desk: Desk
) -> None:
    desk.plans.save(replace(LESSON, day=date(2026, 11, 24)))
    page = open_today()
    QTest.keyClicks(number_of(page), "120")
    assert page.record.beside.text().splitlines() == [
        "120 is a lot for one class. Is it right?",
        "It is saved as an estimate. If you counted, say so under More…",
    ]
    QTest.keyClick(number_of(page), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(desk.sessions.all()))
    assert desk.sessions.all()[0].details.is_estimated
    qtbot.waitUntil(page.year.estimate.isVisible)


def test_the_other_overdue_sessions_are_short_rows_beneath(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk
) -> None:
    desk.plans.save(CLUB)
    for back in range(1, 8):
        desk.plans.save(replace(CLUB, day=date(2026, 11, 23) - timedelta(weeks=back)))
    page = open_today()
    assert page.record.heading.text() == "Rocket Club, Mon 5 Oct"
    row = "Mon 12 Oct · Rocket Club, Coalville Library, LE67. Ages 8 to 11, about 30"
    assert has(page, row)
    assert not has(page, row.replace("12 Oct", "23 Nov"))
    look.press(page, "2 more in Sessions")
    assert window.target == "sessions"
    window.go("today")
    look.press(page, row)
    assert window.target.startswith("sessions/")


def test_the_next_session_says_when_who_where_and_what(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk
) -> None:
    plan = desk.plans.save(LESSON)
    page = open_today()
    assert page.next.eyebrow.text() == "TOMORROW"
    assert page.next.heading.text() == "Thu 26 Nov 2026, 10:40–11:30"
    assert page.next.who.text() == "Year 8, about 30"
    assert page.next.where.text() == "Ashby Academy, LE65 · Class session"
    assert not has(page, "Record it now")
    look.press(page, "Open Ashby Academy, LE65, Thu 26 Nov 2026, 10:40–11:30")
    assert window.target == f"sessions/{plan.record_id}"


def test_from_its_day_on_the_next_session_can_be_recorded_early(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk, clock: StoppedClock
) -> None:
    plan = desk.plans.save(LESSON)
    clock.moment = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)
    page = open_today()
    assert page.next.eyebrow.text() == "NOW"
    look.press(page, "Record it now")
    assert window.target == f"sessions/{plan.record_id}/record"


def test_when_its_end_passes_the_next_session_asks_to_be_recorded(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk, clock: StoppedClock
) -> None:
    desk.plans.save(LESSON)
    page = open_today()
    assert not page.record.isVisible()
    clock.moment = datetime(2026, 11, 26, 11, 31, tzinfo=UTC)
    window.go("today")
    qtbot.waitUntil(page.record.isVisible)
    assert not page.next.isVisible()
    assert page.record.heading.text() == "Ashby Academy, Thu 26 Nov"


def test_with_nothing_ahead_it_offers_the_next_plan(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk
) -> None:
    desk.sessions.save(delivered(date(2026, 11, 20)))
    page = open_today()
    assert page.quiet.text.text() == "Last: Fri 20 Nov · Ashby Academy, LE65 · 28 young people, Year 8."


def test_my_year_is_the_low_end_of_the_range_with_the_high_end_beside_it(
    open_today: Open, desk: Desk
) -> None:
    desk.sessions.save(delivered(date(2026, 9, 1), count=30))
    desk.sessions.save(delivered(date(2026, 8, 31), count=500))
    view = desk.sessions.save(delivered(date(2026, 11, 12), ST_MARYS, 20, "en.y5"))
    sign_in(desk)
    save_twice(desk, view, (28, 31))
    page = open_today()
    assert page.year.number.text() == "58"
    assert page.year.people.text() == "young people, up to 61"
    assert page.year.since.text() == "2 sessions since 1 Sep 2026"


def test_the_million_says_calmly_that_it_is_not_known_yet(
    qtbot: QtBot, open_today: Open, online: PlayedOnline
) -> None:
    page = open_today()
    assert page.million.ring.accessibleName() == "The million of 1,000,000, not known yet"
    assert page.million.text.text() == "Everyone's total appears here after the first sync."
    online.learn(Million(2026, 642_318, 642_500, WEDNESDAY))
    qtbot.waitUntil(lambda: page.million.heading.text() == "The million in 2026")
    assert page.million.ring.accessibleName() == "642,318 of 1,000,000, as of Wed 25 Nov, 18:02"
    assert page.million.text.text() == "Up to 642,500, once open questions are answered."


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (Link.IDLE, "It syncs by itself the next time this app is open online."),
        (Link.NO_CODE, "It is safe here. Add a code from your hub to count it in the million."),
        (Link.SIGNED_OUT, "It is safe here. It syncs once you have signed in again, on the Sync page."),
        (Link.OFFLINE, "It is safe here. Syncing is switched off for now."),
    ],
)
def test_after_saving_it_promises_only_what_will_happen(
    qtbot: QtBot, open_today: Open, desk: Desk, online: PlayedOnline, *, link: Link, words: str
) -> None:
    desk.plans.save(CLUB)
    online.become(SyncState(link))
    page = open_today()
    QTest.keyClicks(number_of(page), "14")
    QTest.keyClick(number_of(page), Qt.Key.Key_Return)
    qtbot.waitUntil(page.notice.isVisible)
    assert page.notice.text.endswith(words)


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_nothing_is_cut_off_or_unnamed_in_the_smallest_window(
    qtbot: QtBot, open_today: Open, window: MainWindow, desk: Desk, online: PlayedOnline, *, scale: float
) -> None:
    desk.preferences.put("text_size", round(100 * scale))
    online.total = Million(2026, 642_318, 642_318, WEDNESDAY)
    window.resize(1000, 520)
    desk.plans.save(CLUB)
    desk.plans.save(LESSON)
    for start in (time(9), time(11)):
        desk.plans.save(replace(LESSON, day=date(2026, 11, 24), start=start, activity=Activity.ASSEMBLY))
    page = open_today()
    assert theme.current().scale == scale
    qtbot.waitUntil(lambda: not look.clipped(page))
    assert not look.unnamed(page)
    assert page.scroll_area.horizontalScrollBar().maximum() == 0


def test_a_mended_file_is_told_of_where_the_app_opens_until_it_was_read(
    tmp_path: Path, changes: Changes, online: PlayedOnline, library: Library, window: MainWindow, qtbot: QtBot
) -> None:
    clock = StoppedClock()

    def opened() -> Desk:
        return Desk.open(tmp_path / "spoilt", clock=clock, changes=changes, app="omi-desktop/test")

    desk = opened()
    desk.save_person(Person("Asha Patel", Nation.ENGLAND))
    desk.sessions.save(delivered(date(2026, 11, 12), count=30))
    desk.close()
    path = desk.store.path
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])

    desk = opened()
    window.show()
    window.fill(room_of(desk=desk, online=online, library=library, clock=clock, changes=changes))
    page = window.page
    assert isinstance(page, TodayPage)
    qtbot.waitUntil(page.file_notices.recovered.isVisible, timeout=3000)
    assert page.file_notices.recovered.text.startswith(
        "Your file was damaged and has been mended 1 session came back from the backup of Wed 25 Nov, 18:02."
    )
    assert "The damaged file is kept as ambassador.damaged-" in page.file_notices.recovered.text
    look.press(page, "I have read this")
    qtbot.waitUntil(lambda: not page.file_notices.recovered.isVisible())
    assert desk.recovered() is None
    page.refresh()
    qtbot.waitUntil(lambda: page.year.isVisible() and not page.file_notices.recovered.isVisible())
    desk.close()


def test_a_folder_that_others_write_to_is_told_of_until_the_person_knows(
    tmp_path: Path, changes: Changes, online: PlayedOnline, library: Library, window: MainWindow, qtbot: QtBot
) -> None:
    clock = StoppedClock()
    place = tmp_path / "OneDrive - Orbit Systems" / "profile"
    desk = Desk.open(place, clock=clock, changes=changes, app="omi-desktop/test")
    desk.save_person(Person("Asha Patel", Nation.ENGLAND))
    window.show()
    room = room_of(desk=desk, online=online, library=library, clock=clock, changes=changes)
    window.fill(room)
    page = window.page
    assert isinstance(page, TodayPage)
    folder = page.file_notices.folder
    qtbot.waitUntil(folder.isVisible, timeout=3000)
    assert folder.text.startswith("Your sessions are kept in OneDrive It may put an older file")
    look.press(page, "I know")
    qtbot.waitUntil(lambda: not folder.isVisible())
    page.show_look(take(room))
    assert not folder.isVisible()
    assert tasks.finish()
    desk.close()
