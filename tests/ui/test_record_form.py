"""Recording in the real window: what is filled in, what is asked, what is said, and what is saved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QListView, QRadioButton, QWidget

from omi_desktop.domain import join_code
from omi_desktop.domain.counting import count_mine, count_programme, record_of
from omi_desktop.domain.session import Activity, Mode, Outcome, PlaceKind
from omi_desktop.domain.stages import Nation
from omi_desktop.services.sessions import SessionView
from omi_desktop.ui.dialogs.join_code import JoinCodeDialog
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.room import Room
from tests.kit import bodies
from tests.kit.full_disk import file_size_limit
from tests.ui.look import clipped, find, press, unnamed
from tests.ui.recording import (
    TODAY,
    Keys,
    Until,
    a_festival,
    field,
    focused_name,
    last_week_at_ashby,
    opened_room,
    says,
    shown_window,
)

NUMBER = "How many young people"


@pytest.fixture
def desk_room(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path) as room:
        yield room


@pytest.fixture
def window(desk_room: Room, until: Until) -> MainWindow:
    """The empty form; Ashby Academy and a festival are known."""
    desk_room.desk.sessions.save(last_week_at_ashby(travel_minutes=40))
    desk_room.desk.sessions.save(a_festival())
    window = shown_window(desk_room)
    window.go("sessions/new")
    until(lambda: focused_name() == "Where")
    return window


@pytest.fixture
def keys(window: MainWindow) -> Keys:
    return Keys(window)


def pick(window: QWidget, choice: str, option: str) -> None:
    find(window, QRadioButton, f"{choice}: {option}").click()


def is_picked(window: QWidget, choice: str, option: str) -> bool:
    return find(window, QRadioButton, f"{choice}: {option}").isChecked()


def save(window: MainWindow, room: Room, until: Until) -> SessionView:
    press(window, "Save session")
    until(lambda: says(window, "Saved on this laptop"))
    newest = room.desk.sessions.all()
    return max(newest, key=lambda view: view.details.day or TODAY)


def at_ashby(keys: Keys) -> None:
    keys.type("ash")
    keys.press("Enter")


def test_last_times_number_is_a_hint_and_never_filled_in(window: MainWindow, keys: Keys) -> None:
    at_ashby(keys)
    assert field(window, "Year group").text() == "Year 8"
    assert field(window, NUMBER).text() == ""
    assert says(window, "Last time 26")
    assert "Last time 26" in field(window, NUMBER).accessibleDescription()


def test_the_expected_number_is_a_hint_and_never_filled_in(desk_room: Room, until: Until) -> None:
    desk_room.desk.plans.save(bodies.plan_details(start=time(9, 0)))
    window = shown_window(desk_room)
    window.go("sessions/new")
    until(lambda: focused_name() == NUMBER)
    assert field(window, NUMBER).text() == ""
    assert says(window, "About 30 expected")
    press(window, "Record another session")
    until(lambda: focused_name() == "Where")


def test_travel_from_the_last_visit_is_told_although_more_is_closed(window: MainWindow, keys: Keys) -> None:
    at_ashby(keys)
    assert says(window, "travelling, minutes 40")


def test_estimate_is_preset_over_a_hundred_until_the_person_chooses(window: MainWindow, keys: Keys) -> None:
    at_ashby(keys)
    keys.count(101)
    assert is_picked(window, "Counted or estimate", "Estimate")
    pick(window, "Counted or estimate", "Counted")
    field(window, NUMBER).setFocus()
    keys.count(9)
    assert is_picked(window, "Counted or estimate", "Counted")


def test_an_odd_number_gets_a_line_beside_it_and_is_saved_all_the_same(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    keys.count(75)
    assert says(window, "75 is a lot for one class")
    assert save(window, desk_room, until).details.total == 75


def test_a_festival_asks_who_took_part_and_offers_ages(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    keys.type("spa")
    keys.press("Enter")
    assert field(window, "What").text() == "Festival or fair"
    assert field(window, "Year group").text() == "Mixed ages"
    keys.count(250)
    keys.press("Enter")
    keys.count(900)
    keys.press("Shift+Tab")
    keys.type("mix")
    keys.press("Enter")
    watched = [
        button
        for button in window.findChildren(QRadioButton)
        if button.isVisible() and button.accessibleName() == "What they did: Passed by"
    ]
    watched[1].click()
    details = save(window, desk_room, until).details
    assert [(line.count, line.mode) for line in details.young_people] == [
        (250, Mode.TOOK_PART),
        (900, Mode.PASSED_BY),
    ]
    assert (details.total, details.is_estimated) == (250, True)


def test_a_class_can_say_that_some_only_watched(window: MainWindow, keys: Keys) -> None:
    at_ashby(keys)
    press(window, "More about this session")
    find(window, QCheckBox, "Some only watched or passed by").click()
    assert is_picked(window, "What they did", "Took part")


def test_every_fault_is_shown_at_its_field_and_the_cursor_is_at_the_first(
    window: MainWindow, keys: Keys
) -> None:
    field(window, "Date").setText("someday")
    press(window, "Save session")
    assert focused_name() == "Where"
    for name, message in (
        ("Where", "Say where it was"),
        ("Date", "This date can't be read"),
        ("Year group", "Choose a year group"),
        (NUMBER, "How many young people came?"),
    ):
        assert message in field(window, name).accessibleDescription()
        assert says(window, message)


def test_a_fault_goes_when_its_field_is_put_right(window: MainWindow, keys: Keys) -> None:
    at_ashby(keys)
    press(window, "Save session")
    assert focused_name() == NUMBER
    keys.count(28)
    assert not says(window, "How many young people came?")
    assert "How many" not in field(window, NUMBER).accessibleDescription()


def test_a_new_place_asks_its_kind_and_nation_and_the_year_groups_follow(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    keys.type("Bangor Primary School")
    keys.press("Enter")
    assert is_picked(window, "Kind of place", "Primary school")
    assert is_picked(window, "Nation", "England")
    pick(window, "Nation", "Northern Ireland")
    field(window, "Town").setText("Bangor")
    field(window, NUMBER).setFocus()
    keys.count(28)
    keys.press("Shift+Tab")
    keys.type("p5")
    keys.press("Enter")
    details = save(window, desk_room, until).details
    assert details.young_people[0].stages == ("ni.p5",)
    place = details.places[0]
    assert (place.nation, place.kind, place.town) == (
        Nation.NORTHERN_IRELAND,
        PlaceKind.PRIMARY_SCHOOL,
        "",
    ) or place.town == "Bangor"


def test_another_nation_asks_the_year_group_again(window: MainWindow, keys: Keys) -> None:
    at_ashby(keys)
    assert field(window, "Year group").text() == "Year 8"
    press(window, "Change its details")
    pick(window, "Nation", "Scotland")
    assert field(window, "Year group").text() == ""
    field(window, "Year group").setFocus()
    keys.type("s2")
    keys.press("Enter")
    assert field(window, "Year group").text() == "S2"


def test_several_places_have_their_own_young_people(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    keys.count(28)
    press(window, "Add another place")
    assert focused_name() == "Second place"
    keys.type("Tŷ'r Ysgol")
    keys.press("Enter")
    pick(window, "Nation", "Wales")
    second = field(window, f"{NUMBER} at Tŷ'r Ysgol")
    second.setFocus()
    keys.count(40)
    keys.press("Shift+Tab")
    keys.type("9")
    keys.press("Enter")
    details = save(window, desk_room, until).details
    assert [place.name for place in details.places] == ["Ashby Academy", "Tŷ'r Ysgol"]
    assert [(line.place, line.stages, line.count) for line in details.young_people] == [
        (1, ("en.y8",), 28),
        (2, ("wa.y9",), 40),
    ]


def test_one_number_may_stand_for_several_year_groups(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    keys.count(300)
    keys.press("Shift+Tab")
    keys.type("7-11")
    keys.press("Enter")
    assert field(window, "Year group").text() == "Years 7–11"
    assert len(save(window, desk_room, until).details.young_people[0].stages) == 5


def test_clicks_choose_one_year_group_or_several(window: MainWindow, keys: Keys) -> None:
    at_ashby(keys)
    year = field(window, "Year group")
    QTest.mouseClick(year, Qt.MouseButton.LeftButton)
    for name in ("Year 9", "Year 10", "Year 11", "Year 10"):
        offered = find(window, QListView, "Year group: list")
        rows = [offered.model().index(row, 0) for row in range(offered.model().rowCount())]
        row = next(index for index in rows if index.data().removeprefix("✓ ") == name)
        box = offered.visualRect(row)
        QTest.mouseClick(offered.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert year.text() == "Year 9 and Year 11"
    shown = find(window, QListView, "Year group: list").model()
    said = [shown.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(shown.rowCount())]
    assert [text for text in said if "chosen" in text] == ["Year 9, chosen", "Year 11, chosen"]


def test_a_text_that_names_no_year_group_is_said(window: MainWindow, keys: Keys) -> None:
    at_ashby(keys)
    keys.count(28)
    keys.press("Shift+Tab")
    keys.type("rocket")
    keys.press("Ctrl+Enter")
    assert says(window, "“rocket” is not a year group here")


def test_other_ambassadors_share_one_code(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    keys.count(28)
    pick(window, "Who was there for STEM", "Other ambassadors too")
    shown = field(window, "Show this code").text()
    assert join_code.is_valid(join_code.normalise(shown))
    theirs = join_code.make()
    field(window, "Or type theirs").setFocus()
    keys.type(theirs[:-1])
    press(window, "Save session")
    assert focused_name() == "Or type theirs"
    assert says(window, "mistyped")
    keys.type(theirs[-1])
    details = save(window, desk_room, until).details
    assert (details.group, details.is_joint, details.space_professionals) == (theirs, True, 2)


def test_a_code_is_judged_as_soon_as_it_is_whole_and_forgives_what_looks_alike(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    keys.count(28)
    pick(window, "Who was there for STEM", "Other ambassadors too")
    theirs = next(code for code in iter(join_code.make, "") if {"0", "1"} & set(code))
    typed = f"{theirs[:4]} {theirs[4:]}".lower().replace("0", "o").replace("1", "l")
    line = field(window, "Or type theirs")
    line.setFocus()
    wrong = "A" if typed[-1].upper() != "A" else "B"
    keys.type(typed[:-1] + wrong)
    assert says(window, "This code is mistyped. Check each character.")
    assert "mistyped" in line.accessibleDescription()
    QTest.keyClick(line, Qt.Key.Key_Backspace)
    assert not says(window, "This code is mistyped")
    keys.type(typed[-1])
    assert says(window, "This code fits.")
    assert save(window, desk_room, until).details.group == theirs


def test_the_code_can_be_shown_across_the_room_and_is_spelt_out(
    window: MainWindow, keys: Keys, until: Until
) -> None:
    at_ashby(keys)
    pick(window, "Who was there for STEM", "Other ambassadors too")
    shown = field(window, "Show this code").text()
    press(window, "Show it large")
    until(lambda: window.findChild(JoinCodeDialog) is not None)
    dialog = window.findChild(JoinCodeDialog)
    assert isinstance(dialog, JoinCodeDialog)
    until(dialog.isVisible)
    assert dialog.code.text() == shown
    assert dialog.code.accessibleName() == f"The code: {', '.join(shown.replace(' ', ''))}"
    letters = QFontInfo(dialog.code.font()).pixelSize()
    assert letters >= 4 * QFontInfo(field(window, "Show this code").font()).pixelSize()
    assert QFontMetrics(dialog.code.font()).horizontalAdvance(shown) <= dialog.code.width()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_two_ambassadors_with_one_code_count_their_room_once(
    tmp_path_factory: pytest.TempPathFactory, until: Until
) -> None:
    """Asha shows her code, Ben types it on his laptop with no network between them."""
    codes: list[str] = []
    records = []
    for name, came in (("asha", 28), ("ben", 30)):
        with opened_room(tmp_path_factory.mktemp(name)) as room:
            room.desk.sessions.save(last_week_at_ashby())
            window = shown_window(room)
            window.go("sessions/new")
            until(lambda: focused_name() == "Where")
            keys = Keys(window)
            at_ashby(keys)
            keys.count(came)
            pick(window, "Who was there for STEM", "Other ambassadors too")
            if codes:
                field(window, "Or type theirs").setFocus()
                keys.type(codes[0].lower())
            else:
                codes.append(field(window, "Show this code").text())
            view = save(window, room, until)
            found = record_of(name, view.record.leaves)
            assert found is not None
            records.append(found)
            assert count_mine([found]) == (came, came)
    assert count_programme(records).range == (30, 30)


def test_my_own_code_is_kept_when_no_other_is_typed(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    keys.count(28)
    pick(window, "Who was there for STEM", "Other ambassadors too")
    mine = join_code.normalise(field(window, "Show this code").text())
    assert save(window, desk_room, until).details.group == mine


def test_a_session_that_did_not_happen_keeps_the_travel_time(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    press(window, "It didn't happen")
    press(window, "Save it so")
    assert says(window, "Say why it didn't happen")
    pick(window, "Why it didn't happen", "Nobody came")
    press(window, "Save it so")
    until(lambda: says(window, "Saved on this laptop"))
    details = max((v.details for v in desk_room.desk.sessions.all()), key=lambda d: d.day or TODAY)
    assert (details.outcome, details.total, details.travel_minutes) == (Outcome.CANCELLED, 0, 40)


def test_after_saving_the_focus_is_on_what_was_saved_and_undo_brings_the_form_back(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    keys.count(28)
    before = len(desk_room.desk.sessions.all())
    save(window, desk_room, until)
    assert focused_name() == "Saved on this laptop: 28 young people, Year 8, Ashby Academy."
    press(window, "Undo")
    until(lambda: focused_name() == NUMBER)
    assert field(window, NUMBER).text() == "28"
    assert field(window, "Where").text() == "Ashby Academy"
    assert len(desk_room.desk.sessions.all()) == before
    save(window, desk_room, until)
    assert len(desk_room.desk.sessions.all()) == before + 1


def test_another_like_this_has_everything_but_the_number(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    keys.count(28)
    save(window, desk_room, until)
    press(window, "Another like this")
    until(lambda: focused_name() == NUMBER)
    assert (field(window, NUMBER).text(), field(window, "Year group").text()) == ("", "Year 8")


def test_a_full_disk_keeps_the_form_and_says_so(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    at_ashby(keys)
    keys.count(28)
    with file_size_limit(1):
        press(window, "Save session")
        until(lambda: says(window, "Not saved"))
    assert field(window, NUMBER).text() == "28"
    press(window, "Try again")
    until(lambda: says(window, "Saved on this laptop: 28"))


def test_the_window_answers_while_the_disk_refuses_and_saves_what_was_typed_since_once(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    before = len(desk_room.desk.sessions.all())
    at_ashby(keys)
    keys.count(28)
    with file_size_limit(1):
        press(window, "Save session")
        until(lambda: says(window, "Not saved"))
        field(window, NUMBER).setFocus()
        field(window, NUMBER).selectAll()
        keys.count(31)
        assert field(window, NUMBER).text() == "31"
        assert len(desk_room.desk.sessions.all()) == before
    press(window, "Try again")
    until(lambda: says(window, "Saved on this laptop: 31"))
    totals = [view.details.total for view in desk_room.desk.sessions.all()]
    assert (len(totals), totals.count(31)) == (before + 1, 1)


def test_a_date_is_shown_in_full_when_it_is_left(window: MainWindow, keys: Keys) -> None:
    keys.press("Alt+D")
    keys.type("mon")
    field(window, "Starts").setFocus()
    assert field(window, "Date").text() == "Mon 23 Nov 2026"
    keys.type("1040")
    field(window, "Ends").setFocus()
    assert field(window, "Starts").text() == "10:40"


def test_tab_goes_through_the_form_in_its_order(window: MainWindow, keys: Keys) -> None:
    at_ashby(keys)
    keys.count(28)
    keys.press("Enter")
    field(window, "Where").setFocus()
    met = []
    for _ in range(16):
        widget = QApplication.focusWidget()
        if isinstance(widget, QLineEdit):
            met.append(widget.accessibleName())
        keys.press("Tab")
    assert met == [
        "Where",
        "Date",
        "Starts",
        "Ends",
        "What",
        "Year group",
        NUMBER,
        "Year group 2",
        f"{NUMBER} 2",
    ]


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_nothing_is_clipped_or_unnamed(window: MainWindow, keys: Keys, until: Until, scale: float) -> None:
    from omi_desktop.ui import theme

    theme.current().choose("dark", scale)
    window.resize(1000, 520)
    keys.type("Whitwick Primary")
    keys.press("Enter")
    keys.count(2600)
    press(window, "More about this session")
    pick(window, "Who was there for STEM", "Other ambassadors too")
    press(window, "Save session")
    until(lambda: clipped(window) == [])
    assert unnamed(window) == []


def test_what_a_correction_may_not_lose_is_still_there(desk_room: Room, until: Until) -> None:
    view = desk_room.desk.sessions.save(last_week_at_ashby(activity=Activity.CAREERS_TALK, regulars=12))
    window = shown_window(desk_room)
    window.go(f"sessions/{view.record_id}")
    until(lambda: says(window, "26, Year 8"))
    press(window, "Correct")
    until(lambda: focused_name() == NUMBER)
    Keys(window).count(31)
    assert says(window, "26 → 31")
    press(window, "Save session")
    until(lambda: says(window, "Saved on this laptop: 31"))
    after = desk_room.desk.sessions.get(view.record_id).details
    assert (after.total, after.activity, after.regulars) == (31, Activity.CAREERS_TALK, 12)


def test_a_place_not_chosen_yet_is_the_only_thing_to_say_of_it(window: MainWindow, keys: Keys) -> None:
    keys.type("nowhere we know")
    keys.press("Ctrl+Enter")
    assert says(window, "Choose a place from the list")
    assert not says(window, "Choose the nation")


def test_the_foot_says_that_nothing_is_saved_until_something_changes(
    window: MainWindow, keys: Keys, until: Until
) -> None:
    at_ashby(keys)
    keys.type("abc")
    keys.press("Ctrl+Enter")
    assert says(window, "Not saved yet: 1 thing to put right.")
    assert field(window, NUMBER).selectedText() == "abc"
    keys.type("28")
    assert field(window, NUMBER).text() == "28"
    until(lambda: says(window, "What you typed is kept. It is not saved yet."))


def test_last_time_is_not_the_session_that_was_just_undone(
    window: MainWindow, keys: Keys, desk_room: Room, until: Until
) -> None:
    keys.type("A new school")
    keys.press("Enter", "Shift+Tab")
    keys.type("8")
    keys.press("Enter")
    keys.count(28)
    save(window, desk_room, until)
    press(window, "Undo")
    until(lambda: field(window, NUMBER).isVisible())
    until(lambda: not says(window, "Last time"))
