"""Today: what to record, what comes next, the person's own year, and the million."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.ui import sentences, tasks, theme, words
from omi_desktop.ui.page import GUTTER, ScrolledPage
from omi_desktop.ui.reading import Reading
from omi_desktop.ui.today.cards import MillionCard, NextCard, QuietCard, YearCard
from omi_desktop.ui.today.file_notices import FileNotices
from omi_desktop.ui.today.look import FIRST_VISIT, Look, Overdue, take
from omi_desktop.ui.today.record_card import RecordCard
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.empty import EmptyState
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice
from omi_desktop.ui.widgets.session_row import Row, RowsCard

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from omi_desktop.services.sessions import SessionView
    from omi_desktop.ui.room import Room

_WIDE: Final = 700
_ASIDE: Final = 264
_ROWS: Final = 5
_MINUTE_MS: Final = 60_000


class TodayPage(ScrolledPage):
    """One main card chosen by the clock; overdue records come first."""

    page_name = "today"
    page_title = "Today"

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None
        self._saved: tuple[SessionView, str] | None = None
        self._is_wide: bool | None = None
        self.date_label = labels.muted("")
        self._actions = _actions(self.go.emit)
        self._actions.hide()
        self.body.removeWidget(self.title_label)
        called = QVBoxLayout()
        called.setSpacing(4)
        called.addWidget(self.title_label)
        called.addWidget(self.date_label)
        self._header = QGridLayout()
        self._header.addLayout(called, 0, 0)
        self._header.setColumnStretch(0, 1)
        self.body.addLayout(self._header)
        self.notice = Notice()
        self.notice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.record = RecordCard()
        self.record.saved.connect(self._on_saved)
        self.record.go.connect(self.go)
        self.others = RowsCard("Also to record")
        self.others.opened.connect(lambda plan_id: self.go.emit(f"sessions/{plan_id}/record"))
        self.begun = Notice()
        self.file_notices = FileNotices()
        self._all_others = buttons.quiet("", partial(self.go.emit, "sessions"), icon_name="forward")
        self.others.body.addLayout(_row(self._all_others))
        self.next = NextCard()
        self.next.go.connect(self.go)
        self.quiet = QuietCard()
        self.quiet.go.connect(self.go)
        self.welcome = Card()
        self.year = YearCard()
        self.million = MillionCard()

        parts = (
            self.file_notices, self.notice, self.begun, self.record, self.others, self.next, self.quiet, self.welcome,
        )  # fmt: skip
        self._main = _column(*parts)
        for part in parts:
            part.hide()
        self._aside = _column(self.year, self.million)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GUTTER)
        self.body.addLayout(self._grid)
        self.body.addStretch(1)
        self._main.hide()
        self._aside.hide()
        self._arrange()
        self._minute = QTimer(self)
        self._minute.setInterval(_MINUTE_MS)
        self._minute.timeout.connect(self.refresh)
        theme.current().changed.connect(self._arrange)

    def fill(self, room: Room) -> None:
        self._room = room
        self.record.fill(room.desk)
        self.file_notices.fill(room.desk)
        self.file_notices.go.connect(self.go)
        self.file_notices.failed.connect(self.notice.tell)
        self._reading = Reading(self, partial(take, room), self.show_look, self.notice.tell)

    def show_target(self, rest: str) -> None:
        del rest
        # The undo offered here is of the last save; what happened on other pages since may be a later one.
        self.notice.clear()

    def refresh(self) -> None:
        if self._room is not None:
            self._reading.ask()

    def on_changed(self, change: Change) -> None:
        if change.topic not in (Topic.DRAFTS, Topic.PREFERENCES, Topic.FAVOURITES):
            self.refresh()

    def show_look(self, look: Look) -> None:
        """Show what was read."""
        today = look.today
        self.title_label.setText(sentences.greeting(look.name, look.now))
        self.date_label.setText(words.full_day(look.now.date()))
        self._show_begun(has_begun=look.has_begun_record)
        self.file_notices.show_look(look)
        if look.overdue:
            self.record.show_overdue(look.overdue[0], look.now)
        self.record.setVisible(bool(look.overdue))
        self._show_others(look.overdue[1:], look.now)
        if today.next is not None:
            self.next.show_plan(today.next, look.now, look.next_pages, is_main=not look.overdue)
        self.next.setVisible(today.next is not None)
        is_quiet = not (today.is_empty or look.overdue or today.next)
        if is_quiet:
            self.quiet.show_last(today.last_done, look.now)
        self.quiet.setVisible(is_quiet)
        if today.is_empty and self.welcome.body.count() == 1:
            self._build_welcome(look.first_visit_minutes)
        self.welcome.setVisible(today.is_empty)
        self._actions.setVisible(not today.is_empty)
        self.year.show_year(today, has_estimates=look.has_estimates)
        self.million.show_million(look.million)
        self._main.show()
        self._aside.show()

    def _show_begun(self, *, has_begun: bool) -> None:
        """A session begun and not saved, as after a sudden end, is found again where the app opens."""
        if not has_begun:
            self.begun.clear()
        elif self.begun.isHidden():
            self.begun.say(
                "You began to record a session",
                sentences.KEPT,
                actions=[("Go on recording", partial(self.go.emit, "sessions/new"))],
            )

    def _show_others(self, overdue: tuple[Overdue, ...], now: datetime) -> None:
        self.others.show_rows(
            [
                Row(
                    sentences.row(other.plan.details, now.date()),
                    sentences.expected(other.plan.details),
                    other.plan.record_id,
                )
                for other in overdue[:_ROWS]
            ]
        )
        self._all_others.setText(f"{len(overdue) - _ROWS} more in Sessions")
        self._all_others.setVisible(len(overdue) > _ROWS)
        self.others.setVisible(bool(overdue))

    def _build_welcome(self, minutes: int | None) -> None:
        read = f"Read Your first visit ({minutes} minutes)" if minutes else "Read Your first visit"
        self.welcome.body.addWidget(
            EmptyState(
                "calendar",
                "Nothing planned yet",
                "Plan a visit, record one you have done, or read what a first visit is like.",
                [
                    ("Plan a session", lambda: self.go.emit("sessions/plan")),
                    ("Record a session", lambda: self.go.emit("sessions/new")),
                    (read, lambda: self.go.emit(f"library/handbook/{FIRST_VISIT}")),
                ],
            )
        )

    def _on_saved(self, view: SessionView) -> None:
        assert self._room is not None  # noqa: S101 -- nothing is saved before `fill`
        self._saved = (view, self.record.number.text())
        follows = sentences.after_saving(self._room.online.state())
        self.notice.say(sentences.saved(view.details), follows, "info", [("Undo", self._undo)])
        self.notice.setFocus()
        self.scroll_area.ensureWidgetVisible(self.notice)
        self.refresh()

    def _undo(self) -> None:
        if self._room is None or self._saved is None:
            return
        view, _ = self._saved
        tasks.run(
            partial(self._undone, self._room, view.record_id),
            owner=self,
            done=self._on_undone,
            failed=self.notice.tell,
        )

    @staticmethod
    def _undone(room: Room, record_id: str) -> Look:
        room.desk.sessions.undo(record_id)
        return take(room)

    def _on_undone(self, look: Look) -> None:
        self.notice.clear()
        self.show_look(look)
        view, typed = self._saved or (None, "")
        first = look.overdue[0] if look.overdue else None
        if view is not None and first is not None and first.plan.record_id == view.details.plan_id:
            self.record.bring_back(typed)
        self._saved = None

    def _arrange(self) -> None:
        """Two columns where there is room for them."""
        px = theme.current().px
        is_wide = self.width() >= px(_WIDE)
        self._is_wide = is_wide
        self._header.removeWidget(self._actions)
        self._header.addWidget(self._actions, 0 if is_wide else 1, 1 if is_wide else 0)
        self._grid.removeWidget(self._main)
        self._grid.removeWidget(self._aside)
        self._grid.addWidget(self._main, 0, 0)
        self._grid.addWidget(self._aside, 0 if is_wide else 1, 1 if is_wide else 0)
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(1, 2 if is_wide else 0)
        self._grid.setColumnMinimumWidth(1, px(_ASIDE) if is_wide else 0)
        self._grid.setHorizontalSpacing(GUTTER if is_wide else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (self.width() >= theme.current().px(_WIDE)) != self._is_wide:
            self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._minute.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._minute.stop()


def _column(*parts: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GUTTER)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    return holder


def _row(*parts: QWidget) -> Flow:
    row = Flow()
    for part in parts:
        row.addWidget(part)
    return row


def _actions(go: Callable[[str], object]) -> QWidget:
    holder = QWidget()
    holder.setLayout(
        _row(
            buttons.secondary("Record a session", partial(go, "sessions/new"), icon_name="edit"),
            buttons.secondary("Plan a session", partial(go, "sessions/plan"), icon_name="calendar"),
        )
    )
    return holder
