from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from omi_desktop.domain.errors import SyncProblem, Unreachable
from omi_desktop.domain.online import Link, SyncState
from omi_desktop.ui import theme
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.columns import Columns
from omi_desktop.ui.widgets.empty import EmptyState
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.focus_ring import FocusRing
from omi_desktop.ui.widgets.notice import Notice, Tone
from omi_desktop.ui.widgets.ring import Ring
from omi_desktop.ui.widgets.session_row import Row, RowsCard, SessionRow
from omi_desktop.ui.widgets.sync_line import SyncLine, announcement, sync_words
from tests.ui.look import clipped, press, spoken

EVENING = datetime(2026, 11, 25, 18, 2, tzinfo=UTC)
NATIONS = [("england", "England"), ("scotland", "Scotland"), ("wales", "Wales")]


def shown(qtbot: QtBot, widget: QWidget, width: int = 400, height: int = 300) -> QWidget:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


class TestSyncLine:
    @pytest.mark.parametrize(
        ("state", "sentence"),
        [
            (SyncState(), "Opening your sessions."),
            (
                SyncState(Link.NO_CODE, waiting=2),
                "Add a code to sync. 2 waiting, safe on this laptop. Not synced yet.",
            ),
            (
                SyncState(Link.IDLE, last_success=EVENING),
                "Everything is synced. Last synced Wed 25 Nov, 18:02.",
            ),
            (
                SyncState(Link.IDLE, waiting=3, last_success=EVENING),
                "3 waiting, safe on this laptop. Last synced Wed 25 Nov, 18:02.",
            ),
            (SyncState(Link.IDLE), "Not checked yet. Not synced yet."),
            (
                SyncState(Link.IDLE, needs_you=1, last_success=EVENING),
                "1 session needs you. Last synced Wed 25 Nov, 18:02.",
            ),
            (SyncState(Link.IDLE, unowned=7), "7 sessions to claim. Not synced yet."),
            (
                SyncState(Link.SYNCING, waiting=3, last_success=EVENING),
                "Syncing now. 3 waiting, safe on this laptop. Last synced Wed 25 Nov, 18:02.",
            ),
            (SyncState(Link.OFFLINE, last_success=EVENING), "Offline. Last synced Wed 25 Nov, 18:02."),
            (
                SyncState(Link.TROUBLE, waiting=1, problem=Unreachable()),
                "OMI online can't be reached. 1 waiting, safe on this laptop. Not synced yet.",
            ),
            (SyncState(Link.SIGNED_OUT, last_success=EVENING), "Signed out. Last synced Wed 25 Nov, 18:02."),
        ],
    )
    def test_it_says_how_many_wait_and_when_the_last_success_was(
        self, state: SyncState, sentence: str
    ) -> None:
        assert sync_words(state).sentence == sentence

    @settings(deadline=None)
    @given(
        st.builds(
            SyncState,
            link=st.sampled_from(Link),
            waiting=st.integers(0, 2),
            needs_you=st.integers(0, 2),
            unowned=st.integers(0, 2),
            last_success=st.sampled_from([None, EVENING]),
            problem=st.sampled_from([None, SyncProblem(), Unreachable()]),
        )
    )
    def test_it_says_that_all_is_well_exactly_when_it_is(self, state: SyncState) -> None:
        words = sync_words(state)
        assert ("Everything is synced" in words.sentence) is state.is_all_well
        assert (words.icon_name == "cloud_done") is state.is_all_well
        if state.waiting and state.link is not Link.STARTING:
            assert f"{state.waiting} waiting" in words.sentence

    def test_summer_time_is_told_as_the_clock_on_the_wall(self) -> None:
        july = datetime(2026, 7, 1, 18, 2, tzinfo=UTC)
        assert "Wed 1 Jul, 19:02" in sync_words(SyncState(Link.IDLE, last_success=july)).sentence

    def test_it_speaks_up_only_for_all_synced_and_for_a_new_question(self) -> None:
        waiting = SyncState(Link.IDLE, waiting=1, last_success=EVENING)
        well = SyncState(Link.IDLE, last_success=EVENING)
        asks = SyncState(Link.IDLE, needs_you=1, last_success=EVENING)
        assert announcement(waiting, well) == "Everything is synced"
        assert announcement(well, asks) == "1 session needs you"
        for before, after in [
            (well, waiting),
            (asks, asks),
            (SyncState(), well),
            (waiting, SyncState(Link.OFFLINE)),
        ]:
            assert announcement(before, after) == ""

    @pytest.mark.parametrize("scale", [1.0, 2.0])
    def test_its_text_fits_its_height(self, qtbot: QtBot, scale: float) -> None:
        theme.current().choose("light", scale)
        line = SyncLine()
        host = QWidget()
        QVBoxLayout(host).addWidget(line)
        shown(qtbot, host, theme.current().px(212), 400)
        line.show_state(SyncState(Link.TROUBLE, waiting=12, needs_you=2, problem=Unreachable()))
        qtbot.waitUntil(lambda: line.height() >= line.heightForWidth(line.width()))
        assert spoken(line).startswith("Sync. OMI online can't be reached. 12 waiting")


class TestChoice:
    def test_it_is_one_tab_stop_and_arrows_choose(self, qtbot: QtBot) -> None:
        choice, after = Choice("Where you volunteer", NATIONS), QLineEdit()
        host = QWidget()
        column = QVBoxLayout(host)
        column.addWidget(choice)
        column.addWidget(after)
        shown(qtbot, host)
        chosen: list[str] = []
        choice.chosen.connect(chosen.append)
        choice.setFocus()
        first = host.focusWidget()
        QTest.keyClick(first, Qt.Key.Key_Right)
        QTest.keyClick(host.focusWidget(), Qt.Key.Key_Right)
        QTest.keyClick(host.focusWidget(), Qt.Key.Key_Left)
        assert chosen == ["scotland", "wales", "scotland"]
        QTest.keyClick(host.focusWidget(), Qt.Key.Key_Tab)
        assert host.focusWidget() is after

    def test_setting_it_from_code_is_silent_and_none_clears_it(self, qtbot: QtBot) -> None:
        choice = Choice("Nation", NATIONS, "wales")
        qtbot.addWidget(choice)
        with qtbot.assertNotEmitted(choice.chosen):
            choice.set_value("england")
            assert choice.value() == "england"
            choice.set_value(None)
        assert choice.value() is None

    def test_a_segment_says_which_choice_it_belongs_to(self, qtbot: QtBot) -> None:
        choice = Choice("Nation", NATIONS)
        shown(qtbot, choice)
        press(choice, "Nation: Wales")
        assert choice.value() == "wales"

    def test_the_whole_segment_can_be_clicked(self, qtbot: QtBot) -> None:
        choice = Choice("Nation", NATIONS)
        shown(qtbot, choice)
        segment = choice.findChildren(QRadioButton)[1]
        corner = QPoint(segment.width() - 3, segment.height() - 3)
        QTest.mouseClick(segment, Qt.MouseButton.LeftButton, pos=corner)
        assert choice.value() == "scotland"

    def test_long_texts_break_into_rows(self, qtbot: QtBot) -> None:
        theme.current().choose("light", 2.0)
        host = QWidget()
        column = QVBoxLayout(host)
        column.addWidget(Choice("Nation", [*NATIONS, ("northern_ireland", "Northern Ireland")]))
        column.addStretch(1)
        shown(qtbot, host, 420, 500)
        tops = {segment.y() for segment in host.findChildren(QRadioButton)}
        assert len(tops) > 1
        assert not clipped(host)


class TestField:
    def test_hint_and_fault_are_the_controls_description(self, qtbot: QtBot) -> None:
        line = QLineEdit()
        field = Field("Your name", line, "As on your badge.")
        shown(qtbot, field)
        assert (line.accessibleName(), line.accessibleDescription()) == ("Your name", "As on your badge.")
        field.set_fault("Type your name")
        assert line.accessibleDescription() == "Type your name As on your badge."
        assert field.fault_label.isVisible()
        field.set_fault()
        assert line.accessibleDescription() == "As on your badge."
        assert not field.fault_label.isVisible()

    def test_a_fault_is_seen_on_the_control(self, qtbot: QtBot) -> None:
        line = QLineEdit()
        field = Field("Your name", line)
        shown(qtbot, field)
        field.set_fault("Type your name")
        edge = line.grab().toImage().pixelColor(line.width() // 2, 0)
        assert edge.rgb() == theme.current().colour("danger").rgb()


class TestNotice:
    def test_it_tells_an_error_with_what_to_do_next(self, qtbot: QtBot) -> None:
        notice = Notice()
        tried: list[str] = []
        shown(qtbot, notice)
        notice.tell(Unreachable(), [("Try now", lambda: tried.append("now"))])
        assert notice.text == (
            "OMI online can't be reached Your sessions are safe on this laptop. It tries again by itself."
        )
        assert spoken(notice) == notice.text
        press(notice, "Try now")
        assert tried == ["now"]

    def test_a_new_message_takes_the_place_of_the_last(self, qtbot: QtBot) -> None:
        host = QWidget()
        notice = Notice()
        QVBoxLayout(host).addWidget(notice)
        shown(qtbot, host)
        for tone in get_args(Tone):
            notice.say("Signed in", tone=tone, actions=[("Undo", lambda: None)])
        assert [button.text() for button in notice.findChildren(QPushButton) if button.isVisible()] == [
            "Undo"
        ]
        notice.clear()
        assert not notice.isVisible()

    def test_its_words_fit_at_200_percent(self, qtbot: QtBot) -> None:
        theme.current().choose("dark", 2.0)
        host = QWidget()
        notice = Notice()
        column = QVBoxLayout(host)
        column.addWidget(notice)
        column.addStretch(1)
        shown(qtbot, host, 700, 700)
        notice.tell(Unreachable(), [("Try now", lambda: None), ("Send a sync file", lambda: None)])
        qtbot.waitUntil(lambda: not clipped(host))


class TestRing:
    def test_it_says_the_number_the_goal_and_the_date(self, qtbot: QtBot) -> None:
        ring = Ring()
        qtbot.addWidget(ring)
        assert spoken(ring) == "The million of 1,000,000, not known yet"
        ring.set_total(642_318, EVENING)
        assert spoken(ring) == "642,318 of 1,000,000, as of Wed 25 Nov, 18:02"

    @pytest.mark.parametrize("total", [1, 642_318, 999_999, 1_000_000, 1_400_000])
    def test_its_arc_has_one_colour_from_end_to_end(self, qtbot: QtBot, total: int) -> None:
        ring = Ring()
        shown(qtbot, ring, 240, 250)
        ring.set_total(total, EVENING)
        accent = theme.current().colour("accent").rgb()
        image = ring.grab().toImage()
        assert _pixel(image, ring.width() // 2, 9) == accent
        if total >= 1_000_000:
            assert _pixel(image, ring.width() // 2 - 106 + 9, 106) == accent

    def test_it_grows_with_the_text(self, qtbot: QtBot) -> None:
        ring = Ring()
        qtbot.addWidget(ring)
        before = ring.sizeHint().height()
        theme.current().choose("light", 2.0)
        assert ring.sizeHint().height() == pytest.approx(2 * before, abs=4)


class TestFocusRing:
    def test_it_surrounds_the_control_that_has_the_keyboard(self, qtbot: QtBot) -> None:
        host = QWidget()
        column = QVBoxLayout(host)
        column.setContentsMargins(20, 20, 20, 20)
        one, two = buttons.primary("One"), QLineEdit()
        column.addWidget(one)
        column.addWidget(two)
        shown(qtbot, host)
        for control in (one, two):
            control.setFocus()
            qtbot.waitUntil(lambda control=control: _ringed(host) == control.geometry())  # type: ignore[misc]
        focus = theme.current().colour("focus").rgb()
        image = host.grab().toImage()
        assert _pixel(image, two.geometry().center().x(), two.y() - 3) == focus

    def test_it_scrolls_along(self, qtbot: QtBot) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        lines = [QLineEdit() for _ in range(30)]
        for line in lines:
            column.addWidget(line)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        shown(qtbot, area)
        lines[20].setFocus()
        area.ensureWidgetVisible(lines[20])
        ring = next(ring for ring in area.findChildren(FocusRing) if ring.isVisible())
        assert ring.parentWidget() is content

    def test_a_control_that_goes_away_takes_no_one_with_it(self, qtbot: QtBot) -> None:
        host = QWidget()
        column = QVBoxLayout(host)
        line, other = QLineEdit(), QLineEdit()
        column.addWidget(line)
        column.addWidget(other)
        shown(qtbot, host)
        line.setFocus()
        line.deleteLater()
        qtbot.waitUntil(lambda: len(host.findChildren(QLineEdit)) == 1)
        host.resize(500, 200)
        other.setFocus()
        qtbot.waitUntil(lambda: _ringed(host) == other.geometry())


class TestLayouts:
    def test_a_card_keeps_its_heading_at_the_top_and_unstretched(self, qtbot: QtBot) -> None:
        card = Card("The million")
        card.body.addWidget(labels.body("Text"))
        shown(qtbot, card, 400, 600)
        assert card.heading.y() < 30
        assert card.heading.height() < 40

    def test_columns_stack_where_there_is_no_room(self, qtbot: QtBot) -> None:
        columns = Columns(narrow=600)
        columns.add(Card("One"))
        columns.add(Card("Two"))
        shown(qtbot, columns, 800, 300)
        found = [columns.is_stacked]
        columns.resize(500, 300)
        found.append(columns.is_stacked)
        columns.resize(800, 300)
        found.append(columns.is_stacked)
        theme.current().choose("light", 2.0)
        found.append(columns.is_stacked)
        assert found == [False, True, False, True]

    def test_a_flow_of_buttons_fits_any_width(self, qtbot: QtBot) -> None:
        host = QWidget()
        column = QVBoxLayout(host)
        flow = Flow()
        for text in ("Open", "Get ready", "Classroom mode", "More"):
            flow.addWidget(buttons.secondary(text))
        column.addLayout(flow)
        column.addStretch(1)
        for width in (180, 320, 800):
            shown(qtbot, host, width, 400)
            rights = [button.geometry().right() for button in host.findChildren(QPushButton)]
            assert max(rights) <= width
            assert not clipped(host)

    def test_a_flow_with_nothing_in_view_leaves_no_gap(self, qtbot: QtBot) -> None:
        host = QWidget()
        flow = Flow(host)
        flow.setContentsMargins(0, 6, 0, 0)
        button = buttons.secondary("Open")
        flow.addWidget(button)
        shown(qtbot, host, 320, 100)
        assert flow.heightForWidth(320) == 6 + button.sizeHint().height()
        button.hide()
        assert (flow.heightForWidth(320), flow.sizeHint(), flow.minimumSize()) == (0, QSize(), QSize())

    def test_rows_that_stay_have_room_in_another_text_size(self, qtbot: QtBot) -> None:
        rows = [Row(f"Mon {number} Nov", "28 young people, Year 8", str(number)) for number in (1, 2)]
        card = RowsCard("Waiting")
        card.show_rows(rows)
        shown(qtbot, card, 300, 400)
        card.show_rows(rows)
        QApplication.processEvents()
        theme.current().choose("light", 2.0)
        qtbot.waitUntil(lambda: card.height() > 400 or not clipped(card))
        assert not clipped(card)
        for row in card.findChildren(SessionRow):
            assert row.height() >= row.heightForWidth(row.width())

    def test_an_empty_place_offers_the_next_step(self, qtbot: QtBot) -> None:
        taken: list[str] = []
        empty = EmptyState(
            "calendar", "Nothing planned yet", "Plan a visit.", [("Plan", lambda: taken.append("plan"))]
        )
        shown(qtbot, empty)
        press(empty, "Plan")
        assert taken == ["plan"]
        assert not clipped(empty)


def _pixel(image: QImage, x: int, y: int) -> int:
    ratio = image.devicePixelRatio()
    return image.pixelColor(round(x * ratio), round(y * ratio)).rgb()


def _ringed(host: QWidget) -> object:
    for ring in host.findChildren(FocusRing):
        if ring.isVisible():
            return ring.geometry().adjusted(4, 4, -4, -4)
    return None


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_presses_a_button_as_space_does(qtbot: QtBot, key: Qt.Key) -> None:
    pressed: list[str] = []
    button = buttons.secondary("Undo", lambda: pressed.append("Undo"))
    shown(qtbot, button)
    button.setFocus()
    QTest.keyClick(button, key)
    assert pressed == ["Undo"]
    QTest.keyClick(button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert pressed == ["Undo"]


def test_tab_reaches_the_answers_of_a_message_where_it_stands(qtbot: QtBot) -> None:
    page = QWidget()
    column = QVBoxLayout(page)
    before, notice, after = buttons.quiet("Before"), Notice(), buttons.quiet("After")
    for part in (before, notice, after):
        column.addWidget(part)
    shown(qtbot, page)
    notice.say("Remove this session?", actions=[("Remove it", page.close), ("Keep it", notice.clear)])
    before.setFocus()
    order = []
    for _ in range(3):
        QTest.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
        focused = page.focusWidget()
        assert isinstance(focused, QPushButton)
        order.append(focused.text())
    assert order == ["Remove it", "Keep it", "After"]


def test_tab_enters_a_choice_at_what_is_chosen_from_either_side(qtbot: QtBot) -> None:
    page = QWidget()
    column = QVBoxLayout(page)
    before, choice, after = (
        buttons.quiet("Before"),
        Choice("Nation", NATIONS, "scotland"),
        buttons.quiet("After"),
    )
    for part in (before, choice, after):
        column.addWidget(part)
    shown(qtbot, page)
    for start, key in ((before, Qt.Key.Key_Tab), (after, Qt.Key.Key_Backtab)):
        start.setFocus()
        QTest.keyClick(start, key)
        focused = page.focusWidget()
        assert isinstance(focused, QRadioButton)
        assert focused.text() == "Scotland"
