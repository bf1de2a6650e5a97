"""One session: its plan, its record, and the forms for both. Part of the Sessions page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QTabBar, QWidget

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.clock import uk_now, uk_today
from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.stages import Nation
from omi_desktop.services import drafts
from omi_desktop.services.places import KnownPlace
from omi_desktop.services.sessions import ends_at
from omi_desktop.ui import sentences, tasks, theme
from omi_desktop.ui.page import ScrolledPage
from omi_desktop.ui.pages.session_plan import PlanHalf
from omi_desktop.ui.pages.session_reading import Found, NewRecord, read_found, read_new, standing
from omi_desktop.ui.pages.session_record import RecordHalf, refused
from omi_desktop.ui.plan.form import PlanForm, PlanOpening
from omi_desktop.ui.record import entry as entries
from omi_desktop.ui.record.entry import Entry
from omi_desktop.ui.record.form import RecordForm
from omi_desktop.ui.record.saved_panel import SavedPanel
from omi_desktop.ui.record.summary import Shown, Summary
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.empty import EmptyState
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.services.drafts import Draft
    from omi_desktop.services.plans import PlanView
    from omi_desktop.services.sessions import SessionView
    from omi_desktop.ui.room import Room

PLAN, RECORD, CORRECT = "plan", "record", "correct"
_TABS: Final = ((PLAN, "Plan"), (RECORD, "Record"))
WIDEST: Final = 820


class SessionPage(ScrolledPage):
    """Shows a new session, a new plan, or a session by its id (that of the record or of the plan)."""

    page_name = "session"
    page_title = "Session"

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None
        self._known: list[KnownPlace] | None = None
        self._target = ""
        self._found: Found | None = None
        self._content: QWidget | None = None
        self._foot: QWidget | None = None
        self.back_button = buttons.quiet("Sessions", lambda: self.go.emit("sessions"), icon_name="back")
        self.back_button.setAccessibleName("Back to Sessions")
        self.subtitle = labels.muted("")
        self.notice = Notice()
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Plan or record")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for _, text in _TABS:
            self.tabs.addTab(text)
        self.tabs.hide()
        self.tabs.currentChanged.connect(self._on_tab)
        self.planning = PlanHalf(self, self._places)
        self.recording = RecordHalf(self, self._places)
        self.recording.another_asked.connect(self._another)
        self.recording.undone.connect(self._on_undone)
        for half in (self.planning, self.recording):
            half.form_made.connect(self._show_form)
            half.done.connect(self._show_panel)
            half.changed.connect(self._reload)
            half.go.connect(self.go)
        self.body.setSpacing(12)
        row = Flow()
        row.addWidget(self.back_button)
        self.body.insertLayout(0, row)
        self.body.addWidget(self.subtitle)
        self.body.addWidget(self.tabs)
        self.body.addWidget(self.notice)
        self.body.addStretch(1)

    def fill(self, room: Room) -> None:
        self._room = room
        self.planning.fill(room)
        self.recording.fill(room)
        self.read_places()

    def read_places(self) -> None:
        """Read the known places again, so that three letters find one."""
        if self._room is None:
            return
        person = self._room.desk.person()
        nation = person.nation if person else Nation.ENGLAND
        self.planning.volunteers_in(nation)
        self.recording.volunteers_in(nation)
        tasks.run(self._room.desk.places.known, owner=self, done=self._on_places)

    def show_target(self, rest: str) -> None:
        """`new`, `plan`, or an id with `/plan`, `/record` or `/correct` behind it."""
        content = self._content
        if (
            rest == self._target
            and rest in ("new", "plan")
            and isinstance(content, (RecordForm, PlanForm))
            and content.is_touched
        ):
            content.focus_start()
            return
        self.leave()
        self._target = rest
        self.notice.clear()
        if rest == "new":
            self.open_new()
        elif rest == "plan":
            self._open_new_plan()
        else:
            record_id, _, tab = rest.partition("/")
            self._open(record_id, tab)

    def leave(self) -> None:
        """Keep what was typed: the page is being left."""
        if isinstance(self._content, (RecordForm, PlanForm)):
            self._content.leave()

    def on_changed(self, change: Change) -> None:
        if change.topic not in (Topic.RECORDS, Topic.SYNC):
            return
        if change.topic is Topic.RECORDS:
            self.read_places()
        if isinstance(self._content, Summary):
            self._reload()

    def open_new(self, *, skips_due: bool = False) -> None:
        """A new record: the draft that was kept, else the planned session that has just ended, else an empty form."""
        work = partial(read_new, self._the_room().desk, skips_due=skips_due)
        tasks.run(work, owner=self, done=self._show_new)

    def _show_new(self, new: NewRecord) -> None:
        if self._target != "new":
            return
        self._forget()
        if new.due is not None:
            self.recording.open_plan(new.due, new.due_draft)
            day = f" for {shown_date(new.due.details.day)}" if new.due.details.day else ""
            self.notice.say(
                f"From your plan{day}",
                actions=[("Record another session", partial(self._record_another, new.due))],
            )
            return
        self.notice.clear()
        self.recording.open_new(new.draft)

    def _record_another(self, _due: PlanView) -> None:
        self.leave()
        self.notice.clear()
        self.open_new(skips_due=True)

    def _another(self, entry: Entry) -> None:
        self._target = "new"
        self._forget()
        self.recording.another_like(entry)

    def _on_undone(self, view: SessionView) -> None:
        self._target = view.record_id
        self._reload()

    def _open_new_plan(self) -> None:
        def show(draft: Draft | None) -> None:
            if self._target == "plan":
                self._forget()
                self.planning.open(PlanOpening(Entry(), drafts.NEW_PLAN, draft=draft), "Plan a session")

        work = partial(self._the_room().desk.drafts.get, drafts.NEW_PLAN)
        tasks.run(work, owner=self, done=show)

    def _reload(self) -> None:
        record_id, _, _tab = self._target.partition("/")
        if record_id not in ("new", "plan", ""):
            tab = _TABS[self.tabs.currentIndex()][0] if not self.tabs.isHidden() else ""
            self._open(record_id, tab)

    def _open(self, record_id: str, tab: str) -> None:
        target = self._target

        def show(found: Found) -> None:
            if self._target == target:
                self._show_found(found, tab)

        def gone(error: OmiError) -> None:
            if self._target == target:
                self._on_gone(error)

        tasks.run(partial(read_found, self._the_room(), record_id), owner=self, done=show, failed=gone)

    def _on_gone(self, error: OmiError) -> None:
        self._title("Session")
        self._show(
            EmptyState("sessions", error.title, error.hint, [("Sessions", lambda: self.go.emit("sessions"))])
        )

    def _show_found(self, found: Found, tab: str) -> None:
        self._found = found
        plan, shown = found.plan, found.shown
        if not tab:
            is_due = plan is not None and ends_at(plan) <= self._now()
            tab = RECORD if shown is not None or is_due else PLAN
        self.tabs.blockSignals(True)
        self.tabs.setCurrentIndex([name for name, _ in _TABS].index(tab if tab in (PLAN, RECORD) else RECORD))
        self.tabs.blockSignals(False)
        self.tabs.setVisible(plan is not None)
        if tab == CORRECT and shown is not None:
            self._correct(shown, found.record_draft)
        else:
            self._show_tab()

    def _on_tab(self, _index: int) -> None:
        self.leave()
        self._show_tab()

    def _show_tab(self) -> None:
        found = self._found
        if found is None:
            return
        details = found.shown.view.details if found.shown else found.plan.details if found.plan else None
        title = sentences.known_as(details) if details else "Session"
        subtitle = standing(found, self._now())
        if found.plan is not None and self.tabs.currentIndex() == 0:
            self.planning.open(
                PlanOpening(
                    entries.of_plan(found.plan.details),
                    drafts.edit_of_plan(found.plan.record_id),
                    found.plan,
                    found.plan_draft,
                    can_be_off=found.shown is None,
                    faults=refused(found.plan.record),
                ),
                title,
            )
        elif found.shown is not None:
            self._show_summary(found.shown, found.record_draft)
        elif found.plan is not None:
            self._show_recording(found.plan, found.record_draft)
        self._title(title, subtitle)

    def _show_recording(self, plan: PlanView, draft: Draft | None) -> None:
        day = plan.details.day
        if day is not None and day > uk_today(self._the_room().clock):
            self._show(
                EmptyState(
                    "clock",
                    "You can record this once it has happened",
                    f"It is planned for {sentences.when(plan.details)}. If it was moved, change the date in its plan.",
                    [("Open the plan", lambda: self.tabs.setCurrentIndex(0))],
                )
            )
        else:
            self.recording.open_plan(plan, draft)

    def _show_summary(self, shown: Shown, draft: Draft | None) -> None:
        summary = Summary(shown)
        summary.correct_asked.connect(lambda: self._correct(shown, draft))
        sessions, record_id = self._the_room().desk.sessions, shown.view.record_id
        for signal, work in (
            (summary.remove_asked, partial(sessions.remove, record_id)),
            (summary.undo_asked, partial(sessions.undo, record_id)),
        ):
            signal.connect(partial(self._change, summary, work))
        summary.version_chosen.connect(
            lambda rev_id: self._change(summary, partial(sessions.settle, record_id, rev_id))
        )
        summary.erase_asked.connect(partial(self._erase, summary))
        if draft is not None and summary.notice.isHidden():
            summary.notice.say(
                "You began to correct this session", actions=[("Go on", summary.correct_asked.emit)]
            )
        had_focus = self.isAncestorOf(self.focusWidget())
        self._show(summary)
        if had_focus:
            summary.take_focus()

    def _change(self, summary: Summary, work: Callable[[], SessionView]) -> None:
        tasks.run(work, owner=summary, done=lambda _view: self._reload(), failed=summary.notice.tell)

    def _erase(self, summary: Summary) -> None:
        """Erase the session and its plan. Nothing is read again meanwhile: there will be nothing to read."""
        found, target = self._found, self._target
        if found is None or found.shown is None:
            return
        view, erasures = found.shown.view, self._the_room().desk.erasures
        ids = [view.record_id, *([found.plan.record_id] if found.plan else [])]
        work = partial(erasures.confirm, ids[:1]) if view.record.is_erased else partial(erasures.erase, ids)
        self._target = ""

        def erased(_none: None) -> None:
            panel = SavedPanel(
                f"Erased: {sentences.when(view.details)}, {view.details.place_label}.",
                "It is gone from this laptop. OMI online and your other laptops follow when they sync.",
                None,
                [("Sessions", lambda: self.go.emit("sessions"))],
            )
            self._show_panel("Erased", panel)

        def failed(error: OmiError) -> None:
            self._target = target
            summary.erase.tell(error)

        tasks.run(work, owner=summary, done=erased, failed=failed)

    def _correct(self, shown: Shown, draft: Draft | None) -> None:
        self.tabs.hide()
        self.recording.correct(shown.view, draft)

    def _places(self) -> list[KnownPlace]:
        """The known places. Someone may type before they are read: then they are read here and now, because
        letters must not be lost."""
        if self._known is None:
            self._known = self._the_room().desk.places.known()
        return self._known

    def _on_places(self, known: list[KnownPlace]) -> None:
        self._known = known
        if isinstance(self._content, RecordForm):
            self._content.show_hints()

    def _forget(self) -> None:
        """Nothing of the session that was shown before belongs to the new one."""
        self._found = None
        self.tabs.hide()

    def _title(self, title: str, subtitle: str = "") -> None:
        self.title_label.setText(title)
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))

    def _show_form(self, title: str, form: RecordForm | PlanForm) -> None:
        self._title(title)
        self._show(form)

    def _show_panel(self, title: str, panel: SavedPanel) -> None:
        """What was done, with the focus on it."""
        self.tabs.hide()
        self._title(title)
        self._show(panel)
        panel.take_focus()

    def _show(self, content: QWidget) -> None:
        """Put content in place of what was there."""
        if not isinstance(content, RecordForm):
            self.notice.clear()
        if self._content is not None:
            self.leave()
            self.body.removeWidget(self._content)
            for old in (self._content, *([self._foot] if self._foot else [])):
                old.hide()
                old.deleteLater()
        self._content, self._foot = content, None
        self.body.insertWidget(self.body.count() - 1, content)
        if isinstance(content, (RecordForm, PlanForm)):
            self._foot = content.foot
            self.add_below(content.foot)
        content.show()
        self.scroll_area.verticalScrollBar().setValue(0)

    def _now(self) -> datetime:
        return uk_now(self._the_room().clock).replace(tzinfo=None)

    def _the_room(self) -> Room:
        assert self._room is not None  # noqa: S101 -- the page is shown only once it is filled
        return self._room

    def _fit(self) -> None:
        self._column.setMaximumWidth(theme.current().px(WIDEST))
