"""A session that waits to be recorded: one number, and it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError, Refused
from omi_desktop.domain.session import CANCELLED_LABELS, CancelledBecause
from omi_desktop.ui import sentences, tasks, theme, words
from omi_desktop.ui.record.draft_keeper import DraftKeeper
from omi_desktop.ui.record.entry import ESTIMATE, Entry, figure, preset_estimate, to_session
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from datetime import datetime

    from omi_desktop.services.desk import Desk
    from omi_desktop.services.sessions import SessionView
    from omi_desktop.ui.today.look import Overdue

_FIELD: Final = 150


class RecordCard(Card):
    """Shows one overdue session. `saved` carries its record; `go` asks for the whole form."""

    saved = Signal(object)
    go = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._desk: Desk | None = None
        self._overdue: Overdue | None = None
        self._keeper: DraftKeeper | None = None
        self._today = date.min
        self.body.insertWidget(0, labels.eyebrow("TO RECORD"))
        self.heading.show()
        self.hint = labels.muted("")
        self.body.addWidget(self.hint)

        self.number = QLineEdit()
        self.number.setMaxLength(12)
        self.number.setProperty("role", "number")
        self.field = Field("How many came?", self.number)
        self.number.setMaximumWidth(theme.current().px(_FIELD))
        self.beside = labels.small("")
        self._save = buttons.primary("Save session", self.save)
        self._whole = buttons.primary("Record…", self._open)
        self._more = buttons.quiet("More…", self._open)
        self._more.setToolTip("Open the whole form")
        self._off = buttons.secondary("It didn't happen", self._ask_why)
        self._asking = QWidget()
        asking = QVBoxLayout(self._asking)
        asking.setContentsMargins(0, 6, 0, 0)
        asking.setSpacing(10)
        asking.addWidget(self.field)
        asking.addWidget(self.beside)
        row = Flow()
        for button in (self._save, self._whole, self._off, self._more):
            row.addWidget(button)
        asking.addLayout(row)
        self.body.addWidget(self._asking)
        self._why = self._build_why()
        self.body.addWidget(self._why)
        self.notice = Notice()
        self.body.addWidget(self.notice)

        self.number.returnPressed.connect(self.save)
        self.number.textEdited.connect(self._on_typed)
        save_keys = QShortcut(QKeySequence("Ctrl+Return"), self.number)
        save_keys.setContext(Qt.ShortcutContext.WidgetShortcut)
        save_keys.activated.connect(self.save)
        theme.current().changed.connect(self._fit)

    def fill(self, desk: Desk) -> None:
        """Take the services."""
        self._desk = desk

    def show_overdue(self, overdue: Overdue, now: datetime) -> None:
        """Show a session. What is being typed for the same one stays."""
        before, self._overdue, self._today = self._overdue, overdue, now.date()
        details = overdue.plan.details
        self.heading.setText(f"{sentences.known_as(details)}, {sentences.day(details.day, now.date())}")
        only_number = overdue.needs_only_a_number
        about, numbers = _about(overdue), _numbers(overdue)
        self.hint.setText(about if only_number else sentences.MIDDLE_DOT.join(filter(None, (about, numbers))))
        self.hint.setVisible(bool(self.hint.text()))
        self.field.set_hint(numbers)
        for part in (self.field, self._save, self._more):
            part.setVisible(only_number)
        self._whole.setVisible(not only_number)
        self._whole.setText("Carry on recording" if overdue.is_begun else "Record…")
        if before is None or before.draft_key != overdue.draft_key:
            self._begin(overdue)
        elif not (self.number.hasFocus() or self.number.isModified()):
            self.number.setText(overdue.typed)
        self._remark()
        self._set_busy(is_busy=False)

    def bring_back(self, text: str) -> None:
        """After an undo: the number as it was typed, ready to be changed."""
        self.number.setText(text)
        self._on_typed(text)
        self.number.setFocus()
        self.number.selectAll()

    def save(self) -> None:
        """Save the number durably; faults are told at the field."""
        overdue, desk, keeper = self._overdue, self._desk, self._keeper
        if overdue is None or desk is None or keeper is None or not self._save.isEnabled():
            return
        self.notice.clear()
        self.field.set_fault()
        details, faults = to_session(self._entry(), today=self._today, base=overdue.plan.details.to_session())
        if faults:
            self._show_faults(Refused(faults))
            return
        self._set_busy(is_busy=True)
        work = partial(desk.sessions.save, details, draft=overdue.draft_key)
        tasks.run(keeper.last(work), owner=self, done=self._on_saved, failed=self._on_failed)

    def call_off(self, because: CancelledBecause) -> None:
        """Save that it did not happen."""
        if self._overdue is None or self._desk is None:
            return
        self._set_busy(is_busy=True)
        tasks.run(
            partial(self._desk.sessions.call_off, self._overdue.plan, because),
            owner=self,
            done=self._on_saved,
            failed=self._on_failed,
        )

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._keeper is not None:
            self._keeper.flush()

    def _begin(self, overdue: Overdue) -> None:
        """Another session: its own draft, and nothing left of the one before."""
        assert self._desk is not None  # noqa: S101 -- nothing is shown before `fill`
        if self._keeper is not None:
            self._keeper.flush()
            self._keeper.deleteLater()
        self.number.clear()
        self._keeper = DraftKeeper(self._desk.drafts, overdue.draft_key, self._form, self._form(), self)
        self._keeper.failed.connect(self.notice.tell)
        self._keeper.kept.connect(lambda: self.number.setModified(False))
        if overdue.typed:
            self._keeper.had_draft()
            self.number.setText(overdue.typed)
        self.field.set_fault()
        self.notice.clear()
        self._show_why(is_shown=False)

    def _entry(self) -> Entry:
        """The Record form with the number as typed: what More… opens."""
        assert self._overdue is not None  # noqa: S101 -- asked for only while a session is shown
        entry = self._overdue.entry
        line = replace(entry.lines[0], count=self.number.text().strip())
        entry = replace(entry, lines=(line, *entry.lines[1:]))
        return replace(entry, estimate=preset_estimate(entry))

    def _form(self) -> dict[str, Any]:
        return self._entry().to_form()

    def _build_why(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(10)
        column.addWidget(labels.strong("Why didn't it happen?"))
        row = Flow()
        self._reasons = [
            buttons.secondary(text, partial(self.call_off, because))
            for because, text in CANCELLED_LABELS.items()
        ]
        for button in self._reasons:
            row.addWidget(button)
        row.addWidget(buttons.quiet("Back", self._back))
        column.addLayout(row)
        column.addWidget(labels.small("It counts nobody. Open it in Sessions to add your travel time."))
        part.hide()
        return part

    def _ask_why(self) -> None:
        self._show_why(is_shown=True)
        self._reasons[0].setFocus()

    def _back(self) -> None:
        self._show_why(is_shown=False)
        self._off.setFocus()

    def _show_why(self, *, is_shown: bool) -> None:
        self._asking.setVisible(not is_shown)
        self._why.setVisible(is_shown)

    def _open(self) -> None:
        """Open the whole form, which finds the number in its draft."""
        overdue, desk, keeper = self._overdue, self._desk, self._keeper
        if overdue is None or desk is None or keeper is None:
            return
        target = f"sessions/{overdue.plan.record_id}/record"
        if not self.number.text().strip() or not overdue.needs_only_a_number:
            self.go.emit(target)
            return
        keep = partial(desk.drafts.keep, overdue.draft_key, self._form())
        tasks.run(
            keeper.last(keep), owner=self, done=lambda _kept: self.go.emit(target), failed=self.notice.tell
        )

    def _on_typed(self, _text: str) -> None:
        self.field.set_fault()
        self._remark()
        if self._keeper is not None:
            self._keeper.changed()

    def _remark(self) -> None:
        """What to say beside an unusual number; it stops nothing."""
        remarks = []
        count = figure(self.number.text())
        if self._overdue is not None and self._overdue.needs_only_a_number and count:
            remarks.append(sentences.odd_number(self._overdue.plan.details.activity, count))
            if self._entry().estimate == ESTIMATE:
                remarks.append("It is saved as an estimate. If you counted, say so under More…")
        self.beside.setText("\n".join(remark for remark in remarks if remark))
        self.beside.setVisible(bool(self.beside.text()))

    def _on_saved(self, view: SessionView) -> None:
        self._show_why(is_shown=False)
        self.saved.emit(view)

    def _on_failed(self, error: OmiError) -> None:
        self._set_busy(is_busy=False)
        if self._keeper is not None:
            self._keeper.resume()
        if isinstance(error, Refused):
            self._show_faults(error)
        else:
            self.notice.tell(error, [("Try again", self.save)] if self._asking.isVisible() else [])

    def _show_faults(self, refused: Refused) -> None:
        """A fault of the number is told at its field; any other needs the whole form."""
        if all(fault.field.startswith("young_people") for fault in refused.faults):
            self._fault(refused.faults[0].message)
        else:
            self.notice.tell(refused, [("Open the form", self._open)])

    def _fault(self, message: str) -> None:
        self.field.set_fault(message)
        self.number.setFocus()
        self.number.selectAll()

    def _set_busy(self, *, is_busy: bool) -> None:
        for button in (self._save, self._off, *self._reasons):
            button.setEnabled(not is_busy)

    def _fit(self) -> None:
        self.number.setMaximumWidth(theme.current().px(_FIELD))


def _about(overdue: Overdue) -> str:
    """Where it was and who was to come."""
    details = overdue.plan.details
    parts = (details.place_label if details.class_name else "", sentences.year_groups(details.expected))
    text = sentences.MIDDLE_DOT.join(part for part in parts if part)
    return text[:1].upper() + text[1:]


def _numbers(overdue: Overdue) -> str:
    """The last number and the one expected, for the eye."""
    total = overdue.plan.details.expected_total
    parts = (
        f"last time {words.number(overdue.last)}" if overdue.last is not None else "",
        f"expected about {words.number(total)}" if total is not None else "",
    )
    text = " / ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]
