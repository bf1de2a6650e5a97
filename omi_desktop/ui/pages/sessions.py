"""Sessions: what is to record, coming up and done, and one session at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QLineEdit,
    QListView,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.clock import uk_today
from omi_desktop.services import drafts
from omi_desktop.ui import sentences, tasks, theme
from omi_desktop.ui.page import MARGIN, Page
from omi_desktop.ui.pages.session import SessionPage
from omi_desktop.ui.pages.session_list import DONE, Item, Items, SessionDelegate, SessionModel
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.empty import EmptyState
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.ui.room import Room

_RECORD_OF_PLAN = drafts.record_of_plan("")


@dataclass(frozen=True, slots=True)
class _Read:
    items: list[Item]
    has_new_record: bool
    has_new_plan: bool


class SessionsPage(Page):
    """The list, or the session that a target names: "new", "plan", or an id."""

    page_name = "sessions"
    page_title = "Sessions"

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None
        self._is_reading = False
        self._is_stale = False
        self._has_read = False
        self._items = Items()
        self.model = SessionModel()
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(SessionDelegate(self.model))
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setAccessibleName("Sessions")
        self.view.installEventFilter(self)
        self.view.clicked.connect(self._open)
        self.filter = QLineEdit()
        self.filter.setAccessibleName("Find a session by place or words")
        self.filter.setPlaceholderText("Find a session by place or words")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._on_filter)
        self.filter.installEventFilter(self)
        self.go_on_recording = _go_on("Go on recording", lambda: self.go.emit("sessions/new"))
        self.go_on_planning = _go_on("Go on planning", lambda: self.go.emit("sessions/plan"))
        self.spreadsheet = buttons.quiet("Save as a spreadsheet", self._save_spreadsheet, icon_name="save")
        self.spreadsheet.hide()
        self.notice = Notice()
        self.nothing = labels.muted("")
        self.nothing.hide()
        self.empty = EmptyState(
            "sessions",
            "No sessions yet",
            "Here you will find what is to record, what is coming up and what is done. "
            "Plan a visit, or record one you have done.",
            [
                ("Record a session", lambda: self.go.emit("sessions/new")),
                ("Plan a session", lambda: self.go.emit("sessions/plan")),
            ],
        )
        self.empty.hide()
        self.session = SessionPage()
        self.session.go.connect(self.go)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._build_list())
        self.stack.addWidget(self.session)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        theme.current().changed.connect(self._fit)
        self._fit()

    def fill(self, room: Room) -> None:
        self._room = room
        self.session.fill(room)

    def show_target(self, rest: str) -> None:
        if rest:
            self.stack.setCurrentWidget(self.session)
            self.session.show_target(rest)
        else:
            self.session.leave()
            self.stack.setCurrentIndex(0)

    def refresh(self) -> None:
        """Read the list again, once at a time; nothing is read while a single session is in view."""
        if self._room is None or self.stack.currentIndex() != 0:
            return
        if self._is_reading:
            self._is_stale = True
            return
        self._is_reading = True
        desk, items_of = self._room.desk, self._items.of

        def read() -> _Read:
            keys = desk.drafts.keys()
            begun = frozenset(
                key.removeprefix(_RECORD_OF_PLAN) for key in keys if key.startswith(_RECORD_OF_PLAN)
            )
            items = items_of(desk.sessions.listing(), begun)
            return _Read(items, drafts.NEW_RECORD in keys, drafts.NEW_PLAN in keys)

        tasks.run(read, owner=self, done=self._show)

    def on_changed(self, change: Change) -> None:
        if self.stack.currentIndex() != 0:
            self.session.on_changed(change)
        elif change.topic in (Topic.RECORDS, Topic.DRAFTS, Topic.SYNC):
            self.refresh()

    def can_leave(self) -> bool:
        self.session.leave()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the list has the room; the menu says where we are."""
        super().resizeEvent(event)
        self.title_label.setVisible(self.height() >= theme.current().px(330))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if watched is self.view and is_enter:
                self._open(self.view.currentIndex())
                return True
            if watched is self.filter and is_enter:
                self._open(self.model.first())
                return True
            if watched is self.filter and event.key() == Qt.Key.Key_Down:
                self.view.setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        self.view.setMinimumHeight(theme.current().px(180))
        self.view.doItemsLayout()

    def _build_list(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(MARGIN, MARGIN - 8, MARGIN, MARGIN - 8)
        column.setSpacing(14)
        head = Flow(spacing=12)
        self.title_label = labels.title(self.page_title)
        self.title_label.setWordWrap(False)
        head.addWidget(self.title_label)
        head.addWidget(
            buttons.primary("Record a session", lambda: self.go.emit("sessions/new"), icon_name="edit")
        )
        head.addWidget(
            buttons.secondary("Plan a session", lambda: self.go.emit("sessions/plan"), icon_name="calendar")
        )
        head.addWidget(self.go_on_recording)
        head.addWidget(self.go_on_planning)
        head.addWidget(self.spreadsheet)
        column.addLayout(head)
        column.addWidget(self.notice)
        column.addWidget(self.filter)
        column.addWidget(self.nothing)
        column.addWidget(self.empty)
        column.addWidget(self.view, 1)
        self._tail = QWidget()
        column.addWidget(self._tail, 1)
        page.setProperty("scrolled", True)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        return area

    def _show(self, read: _Read) -> None:
        assert self._room is not None  # noqa: S101 -- `refresh` reads only once there is a room
        self._is_reading = False
        self._has_read = True
        current = self.model.item(self.view.currentIndex())
        at = self.view.verticalScrollBar().value()
        self.model.show_items(read.items, uk_today(self._room.clock))
        self.go_on_recording.setVisible(read.has_new_record)
        self.go_on_planning.setVisible(read.has_new_plan)
        self.spreadsheet.setVisible(any(item.group == DONE for item in read.items))
        self._arrange(is_empty=not read.items)
        index = self.model.index_of(current.record_id) if current is not None else self.model.first()
        self._choose(index if index.isValid() else self.model.first())
        self.view.verticalScrollBar().setValue(at)
        if self._is_stale:
            self._is_stale = False
            self.refresh()

    def _arrange(self, *, is_empty: bool) -> None:
        has_match = not self.model.is_empty
        self.empty.setVisible(is_empty)
        self.filter.setVisible(not is_empty)
        self.view.setVisible(has_match)
        self._tail.setVisible(not has_match)
        self.nothing.setText(f"No session has “{self.filter.text().strip()}”.")
        self.nothing.setVisible(not is_empty and not has_match)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.view.selectionModel().setCurrentIndex(
                index, QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    def _on_filter(self, text: str) -> None:
        self.model.filter(text)
        if self._has_read:
            self._arrange(is_empty=False)
        self._choose(self.model.first())

    def _save_spreadsheet(self) -> None:
        if self._room is None:
            return
        from omi_desktop.services.spreadsheet import save_spreadsheet  # noqa: PLC0415 -- only when needed

        name = f"My sessions {uk_today(self._room.clock).isoformat()}.csv"
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save as a spreadsheet", str(Path.home() / name), "Spreadsheet (*.csv)"
        )
        if chosen:
            path = Path(chosen)
            work = partial(save_spreadsheet, self._room.desk.sessions, path)
            tasks.run(work, owner=self, done=partial(self._on_written, path), failed=self.notice.tell)

    def _on_written(self, path: Path, count: int) -> None:
        verb = "is" if count == 1 else "are"
        self.notice.say(
            f"{sentences.sessions(count)} {verb} in {path.name}",
            "It has places and numbers, and none of your notes. It stays as it is: save it again after changes.",
        )

    def _open(self, index: QModelIndex) -> None:
        item = self.model.item(index)
        if item is not None:
            self.go.emit(f"sessions/{item.record_id}")


def _go_on(text: str, action: Callable[[], object]) -> buttons.Button:
    """The way back to a form that was begun and not saved."""
    button = buttons.quiet(text, action, icon_name="forward")
    button.setToolTip(sentences.KEPT)
    button.setAccessibleDescription(button.toolTip())
    button.hide()
    return button
