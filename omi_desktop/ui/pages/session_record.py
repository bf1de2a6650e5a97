"""The record's half of a session's page: its form, and what stands there once it is saved."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from omi_desktop.domain.clock import uk_today
from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.session import Fault, Outcome
from omi_desktop.services import drafts
from omi_desktop.ui import sentences, tasks
from omi_desktop.ui.pages.session_half import COUNTS_NOBODY, Half
from omi_desktop.ui.record import entry as entries
from omi_desktop.ui.record.entry import Entry
from omi_desktop.ui.record.form import Opening, RecordForm
from omi_desktop.ui.record.saved_panel import Action, SavedPanel

if TYPE_CHECKING:
    from omi_desktop.domain.session import Details
    from omi_desktop.services.drafts import Draft
    from omi_desktop.services.plans import PlanView
    from omi_desktop.services.records import RecordView
    from omi_desktop.services.sessions import SessionView

_TITLE = "Record a session"


class RecordHalf(Half):
    """`another_asked` carries what the last form held; `undone` the session whose correction was taken back."""

    another_asked = Signal(object)
    undone = Signal(object)

    def open_new(self, draft: Draft | None) -> None:
        """An empty form for today, or the draft that was kept."""
        today = shown_date(uk_today(self._the_room().clock))
        self._open(self._new(Entry(date=today), draft), _TITLE)

    def another_like(self, entry: Entry) -> None:
        """A new form like the one just saved; its numbers are the person's to give."""
        self._open(self._new(entries.another_like(entry, uk_today(self._the_room().clock))), _TITLE)

    def open_plan(self, plan: PlanView, draft: Draft | None) -> None:
        """A form filled from the plan of a session that has happened."""
        key = drafts.record_of_plan(plan.record_id)
        opening = Opening(
            entry=entries.to_record(plan.details, plan.record_id),
            key=key,
            save=partial(self._save, key),
            draft=draft,
            expected=tuple(line.count for line in plan.details.expected),
        )
        self._open(opening, _TITLE)

    def correct(self, view: SessionView, draft: Draft | None) -> None:
        """The form with what was saved."""
        key = drafts.correction_of(view.record_id)
        sessions = self._the_room().desk.sessions
        opening = Opening(
            entry=entries.of_session(view.details),
            key=key,
            save=lambda details: sessions.correct(view.record_id, details, draft=key),
            base=view.details,
            draft=draft,
            faults=refused(view.record),
        )
        self._open(opening, f"Correct {sentences.known_as(view.details)}")

    def _new(self, entry: Entry, draft: Draft | None = None) -> Opening:
        key = drafts.NEW_RECORD
        return Opening(entry=entry, key=key, save=partial(self._save, key), draft=draft)

    def _save(self, key: str, details: Details) -> SessionView:
        return self._the_room().desk.sessions.save(details, draft=key)

    def _open(self, opening: Opening, title: str, brought_back: Entry | None = None) -> None:
        form = RecordForm(self._the_room(), self._places, self._the_nation())
        form.go.connect(self.go)
        form.saved.connect(lambda view, entry: self._on_saved(opening, view, entry))
        form.closed.connect(self.changed)
        self.form_made.emit(title, form)
        form.open(opening, brought_back)

    def _on_saved(self, opening: Opening, view: SessionView, entry: Entry) -> None:
        """The panel after saving. Undo of a first save brings the form back filled."""
        is_off = view.details.outcome is Outcome.CANCELLED
        again: Action = ("Another like this", partial(self.another_asked.emit, entry))
        actions = [
            self._plan_again() if is_off else again,
            self._open_it(view.record_id),
            self._to_sessions(),
        ]
        panel = SavedPanel(
            sentences.saved(view.details),
            COUNTS_NOBODY if is_off else sentences.after_saving(self._the_room().online.state()),
            ("Undo", lambda: self._undo(opening, view, entry, panel)),
            actions if opening.base is None else actions[1:],
        )
        self.done.emit("Saved", panel)

    def _undo(self, opening: Opening, view: SessionView, entry: Entry, panel: SavedPanel) -> None:
        def taken_back(_view: SessionView) -> None:
            if opening.base is None:
                self._open(replace(opening, draft=None), _TITLE, entry)
            else:
                self.undone.emit(view)

        work = partial(self._the_room().desk.sessions.undo, view.record_id)
        tasks.run(work, owner=self, done=taken_back, failed=panel.tell)


def refused(record: RecordView) -> tuple[Fault, ...]:
    """What OMI online found wrong."""
    return (record.rejected,) if record.rejected is not None else ()
