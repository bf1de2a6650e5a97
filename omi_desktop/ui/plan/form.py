"""The Plan form: where, when, what, who to expect, and what to bring from the Library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.domain.clock import uk_today
from omi_desktop.domain.dates import shown_moment
from omi_desktop.domain.errors import OmiError, Refused
from omi_desktop.domain.session import (
    DELIVERY_LABELS,
    Activity,
    CancelledBecause,
    Delivery,
    Fault,
    PlanDetails,
)
from omi_desktop.services.drafts import Draft
from omi_desktop.services.places import KnownPlace
from omi_desktop.services.plans import PlanView
from omi_desktop.services.sessions import SessionView
from omi_desktop.ui import sentences, tasks
from omi_desktop.ui.page import keep_in_view
from omi_desktop.ui.record import entry as entries
from omi_desktop.ui.record.draft_keeper import DraftKeeper
from omi_desktop.ui.record.entry import Entry
from omi_desktop.ui.record.faults import FaultBoard, Spot
from omi_desktop.ui.record.foot import form_foot
from omi_desktop.ui.record.form import fields_in_a_row, last_time
from omi_desktop.ui.record.off import OffPanel
from omi_desktop.ui.record.resources import ResourcesSection
from omi_desktop.ui.record.tab_order import follow_layout
from omi_desktop.ui.record.what import WhatField
from omi_desktop.ui.record.when import WhenSection
from omi_desktop.ui.record.where import WhereSection
from omi_desktop.ui.record.young_people import LastTime, YoungPeopleSection
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.stages import Nation
    from omi_desktop.ui.room import Room

_DELIVERY = tuple((delivery.value, label) for delivery, label in DELIVERY_LABELS.items())


@dataclass(frozen=True, slots=True)
class PlanOpening:
    """What the form starts from. `plan` is the one that is changed; `can_be_off` while it is not recorded; `faults`
    are what OMI online found wrong with it."""

    entry: Entry
    key: str
    plan: PlanView | None = None
    draft: Draft | None = None
    can_be_off: bool = False
    faults: tuple[Fault, ...] = ()

    @property
    def base(self) -> PlanDetails | None:
        """What the plan says now."""
        return self.plan.details if self.plan else None


class PlanForm(QWidget):
    """`saved` carries the PlanView; `called_off` the SessionView of a plan that did not happen."""

    saved = Signal(object)
    called_off = Signal(object)
    remove_asked = Signal()
    go = Signal(str)

    def __init__(self, room: Room, known: Callable[[], Sequence[KnownPlace]], nation: Nation) -> None:
        super().__init__()
        self._room = room
        self._opening: PlanOpening | None = None
        self._keeper: DraftKeeper | None = None
        self._is_saving = False
        self._is_activity_chosen = False
        self.notice = Notice()
        self.where = WhereSection(known, nation)
        self.when = WhenSection(self._today, is_past=False)
        self.what = WhatField()
        self.delivery = Choice("How it will be given", _DELIVERY, Delivery.IN_PERSON.value)
        self.delivery_field = Field("In person or online", self.delivery)
        self.young_people = YoungPeopleSection(number_name="About how many", number_hint="About")
        self.resources = ResourcesSection("What we'll do", room.library.activities(), room.pages.title)
        self.save_button = buttons.primary("Save plan", self.save)
        self.off_button = buttons.quiet("It's off", self._on_off)
        self.remove_button = buttons.quiet("Remove this plan", self._ask_remove)
        self.kept_label = labels.Label("", "small", wraps=False)
        self.off = OffPanel("It's off", "Save it so", "It's on after all")
        self._build()
        self._connect()
        self._board = FaultBoard(self, self._own_spot, (self.off,))

    @property
    def entry(self) -> Entry:
        """What the form holds now."""
        return Entry(
            places=self.where.entries,
            date=entries.resolved_date(self.when.date.text(), self._today(), is_past=False),
            start=self.when.start.text(),
            end=self.when.end.text(),
            activity=self.what.activity.value,
            delivery=self.delivery.value() or Delivery.IN_PERSON.value,
            lines=self.young_people.entries,
            resources=self.resources.chosen,
        )

    def open(self, opening: PlanOpening, brought_back: Entry | None = None) -> None:
        """Show what the form starts from, the draft that was kept of it, or what a save just undone held."""
        self.leave()
        self._opening = opening
        self._show(opening.entry)
        self._keeper = DraftKeeper(self._room.desk.drafts, opening.key, self._form, self._form(), self)
        self._keeper.kept.connect(self._board.say_kept)
        self._keeper.failed.connect(self.notice.tell)
        self.notice.clear()
        self.kept_label.setText("")
        self.off.hide()
        self.off_button.setVisible(opening.can_be_off)
        self.remove_button.setVisible(opening.plan is not None)
        if opening.draft is not None:
            self._keeper.had_draft()
            self._show(entries.from_form(opening.draft.form))
            self.notice.say(
                f"Kept from {shown_moment(opening.draft.kept_at)}",
                actions=[("Start again", self.start_again)],
            )
            self.kept_label.setText(sentences.KEPT)
        if brought_back is not None:
            self._show(brought_back)
            self._keeper.changed()
        if opening.faults:
            self._board.show(opening.faults)
        else:
            QTimer.singleShot(0, self, self.focus_start)

    def start_again(self) -> None:
        """Let the draft go and show what the form started from."""
        if self._opening is not None and self._keeper is not None:
            self._keeper.start_again()
            self._keeper = None
            self.open(replace(self._opening, draft=None))

    def focus_start(self) -> None:
        """Where, for a new plan; the date, for one that is changed."""
        if self._opening is not None and self._opening.plan is not None:
            self.when.focus()
        else:
            self.where.focus()

    @property
    def is_touched(self) -> bool:
        """Whether anything was typed or chosen."""
        return self._keeper is not None and self._keeper.is_touched

    def leave(self) -> None:
        """Keep at once what was typed: the page is being left."""
        if self._keeper is not None and not self._is_saving:
            self._keeper.flush()

    def save(self) -> None:
        """Save the plan, or show every fault at its field."""
        opening, keeper = self._opening, self._keeper
        if opening is None or keeper is None or self._is_saving:
            return
        self.when.show_in_full()
        self.young_people.settle()
        details, faults = entries.to_plan(self.entry, today=self._today(), base=opening.base)
        self._board.clear()
        if faults:
            self._board.show(faults)
            return
        plans, plan = self._room.desk.plans, opening.plan
        self._begin_saving()
        tasks.run(
            keeper.last(
                lambda: (
                    plans.change(plan.record_id, details, draft=opening.key)
                    if plan
                    else plans.save(details, draft=opening.key)
                )
            ),
            owner=self,
            done=self._on_saved,
            failed=self._on_failed,
        )

    def _call_off(self) -> None:
        """Record that it did not happen. What was changed in the plan besides is let go."""
        opening, keeper = self._opening, self._keeper
        if opening is None or keeper is None or opening.plan is None or self._is_saving:
            return
        if not self.off.because:
            self.off.reason_field.set_fault("Say why it's off")
            self.off.reason.setFocus()
            return
        travel = entries.figure(self.off.travel.text())
        if travel is None and self.off.travel.text().strip():
            self.off.travel_field.set_fault("Type it in figures, such as 40")
            self.off.travel.setFocus()
            return
        plan, because, key = opening.plan, CancelledBecause(self.off.because), opening.key
        desk = self._room.desk

        def call_off() -> SessionView:
            view = desk.sessions.call_off(plan, because, travel_minutes=travel)
            desk.drafts.discard(key)
            return view

        self._begin_saving()
        tasks.run(
            keeper.last(call_off),
            owner=self,
            done=self._on_called_off,
            failed=self._on_failed,
        )

    def _begin_saving(self) -> None:
        self._is_saving = True
        self.save_button.setEnabled(False)

    def _end_saving(self) -> None:
        self._is_saving = False
        self.save_button.setEnabled(True)

    def _on_saved(self, plan: PlanView) -> None:
        self._end_saving()
        self._keeper = None
        self.saved.emit(plan)

    def _on_called_off(self, view: SessionView) -> None:
        self._end_saving()
        self._keeper = None
        self.called_off.emit(view)

    def _on_failed(self, error: OmiError) -> None:
        self._end_saving()
        if self._keeper is not None:
            self._keeper.resume()
        if isinstance(error, Refused):
            self._board.show(error.faults)
        else:
            self.notice.tell(error, [("Try again", self.save)])
            keep_in_view(self.notice)

    def _ask_remove(self) -> None:
        self.notice.say(
            "Remove this plan?",
            "To say that the session was called off, choose It's off instead: it keeps your hours.",
            "warning",
            [("Remove it", self.remove_asked.emit), ("Keep it", self._keep)],
        )
        keep_in_view(self.notice)
        self.notice.take_focus()

    def _keep(self) -> None:
        self.notice.clear()
        self.remove_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self, entry: Entry) -> None:
        opening = self._opening
        self._board.clear()
        self.where.show_places(entry.places)
        self.when.show_texts(entry.date, entry.start, entry.end)
        self.what.show_activity(
            Activity(entry.activity) if entry.activity in list(Activity) else Activity.OTHER
        )
        self.delivery.set_value(entry.delivery)
        self.young_people.show_lines(entry.places, entry.lines)
        self.resources.show_chosen(entry.resources)
        self._is_activity_chosen = bool(opening and opening.plan)
        self._follow()

    def _on_place(self, ref: int, known: KnownPlace | None) -> None:
        """A place was chosen: take over what was there last time."""
        self.young_people.set_last(ref, LastTime(), fills_year=False)
        self.young_people.set_places(self.where.entries)
        if known is not None and known.last is not None and self._opening and self._opening.plan is None:
            if ref == self.where.entries[0].ref and not self._is_activity_chosen:
                self.what.show_activity(known.last.activity)
            self._follow()
            self.young_people.set_last(ref, last_time(known), fills_year=True)
        self._follow()
        if ref == self.where.entries[0].ref and not self.when.date.text().strip():
            self.when.focus()
        else:
            self.young_people.focus_first(ref)

    def _on_changed(self) -> None:
        self._follow()
        if self._keeper is not None:
            self._keeper.changed()

    def _on_what(self) -> None:
        self._is_activity_chosen = True
        self._on_changed()

    def _on_places(self) -> None:
        self.young_people.set_places(self.where.entries)
        self._on_changed()

    def _on_off(self) -> None:
        self.off.show()
        self.off.reason.setFocus(Qt.FocusReason.TabFocusReason)
        QTimer.singleShot(0, self.off, lambda: keep_in_view(self.off))

    def _follow(self) -> None:
        self.young_people.set_context(self.what.activity, has_modes=False)

    def _own_spot(self, field: str) -> Spot | None:
        if field == "cancelled_because":
            return Spot(self.off.reason_field.set_fault, self.off.reason)
        return None

    def _form(self) -> dict[str, Any]:
        return self.entry.to_form()

    def _today(self) -> date:
        return uk_today(self._room.clock)

    def _build(self) -> None:
        card = Card()
        card.body.setSpacing(20)
        people = QWidget()
        column = QVBoxLayout(people)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(labels.strong("Who, and about how many"))
        column.addWidget(self.young_people)
        self.foot = form_foot(self, self.save_button, self.off_button, self.remove_button, self.kept_label)
        kind = fields_in_a_row(self.what, self.delivery_field)
        for part in (self.where, self.when, kind, people, self.resources, self.off):
            card.body.addWidget(part)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(18)
        outer.addWidget(self.notice)
        outer.addWidget(card)
        self.save_button.setToolTip("Ctrl+Enter")

    def _connect(self) -> None:
        self.where.chosen.connect(self._on_place)
        self.where.changed.connect(self._on_places)
        for signal in (self.where.rearranged, self.young_people.rearranged, self.resources.changed):
            signal.connect(lambda: follow_layout(self, self.foot))
        self.when.changed.connect(self._on_changed)
        self.when.returned.connect(lambda: self.young_people.focus_first(self.where.entries[0].ref))
        self.what.changed.connect(self._on_what)
        self.delivery.chosen.connect(self._on_changed)
        self.young_people.changed.connect(self._on_changed)
        self.resources.changed.connect(self._on_changed)
        self.resources.opened.connect(self.go)
        self.off.confirmed.connect(self._call_off)
        self.off.taken_back.connect(self.off.hide)
        for keys, action in (
            ("Ctrl+Return", self.save),
            ("Ctrl+Enter", self.save),
            ("Alt+D", self.when.focus),
        ):
            shortcut = QShortcut(
                QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut
            )
            shortcut.activated.connect(action)
