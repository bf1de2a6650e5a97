"""The Record form: its fields in their order, its draft, its faults and its save."""

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
from omi_desktop.domain.errors import NotSaved, OmiError, Refused
from omi_desktop.domain.session import DELIVERY_LABELS, Activity, Delivery, Details, Fault, Place
from omi_desktop.services.places import KnownPlace
from omi_desktop.services.sessions import SessionView
from omi_desktop.ui import sentences, tasks
from omi_desktop.ui.page import keep_in_view
from omi_desktop.ui.record import entry as entries
from omi_desktop.ui.record.draft_keeper import DraftKeeper
from omi_desktop.ui.record.entry import Entry
from omi_desktop.ui.record.faults import FaultBoard, Spot
from omi_desktop.ui.record.foot import form_foot
from omi_desktop.ui.record.joint import JointSection
from omi_desktop.ui.record.more import FIELDS, MoreSection
from omi_desktop.ui.record.off import OffPanel
from omi_desktop.ui.record.tab_order import follow_layout
from omi_desktop.ui.record.what import WhatField
from omi_desktop.ui.record.when import WhenSection
from omi_desktop.ui.record.where import WhereSection
from omi_desktop.ui.record.young_people import LastTime, YoungPeopleSection
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.stages import Nation
    from omi_desktop.services.drafts import Draft
    from omi_desktop.ui.room import Room

_DELIVERY = tuple((delivery.value, label) for delivery, label in DELIVERY_LABELS.items())
_COUNTED = ((entries.COUNTED, "Counted"), (entries.ESTIMATE, "Estimate"))
Save = Callable[[Details], SessionView]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a form starts from. `base` is the session that is corrected; `expected` the plan's numbers, line by
    line; `faults` what OMI online said about it."""

    entry: Entry
    key: str
    save: Save
    base: Details | None = None
    draft: Draft | None = None
    expected: tuple[int | None, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def before(self) -> tuple[int | None, ...]:
        """The numbers before the correction."""
        return tuple(line.count for line in self.base.young_people) if self.base else ()


class RecordForm(QWidget):
    """`saved` carries the SessionView and the Entry it came from. `closed` gives a correction up."""

    saved = Signal(object, object)
    closed = Signal()
    go = Signal(str)

    def __init__(self, room: Room, known: Callable[[], Sequence[KnownPlace]], nation: Nation) -> None:
        super().__init__()
        self._room = room
        self._known = known
        self._opening: Opening | None = None
        self._keeper: DraftKeeper | None = None
        self._is_estimate_chosen = False
        self._is_activity_chosen = False
        self._is_off = False
        self._is_saving = False

        self.notice = Notice()
        self.where = WhereSection(known, nation)
        self.when = WhenSection(self._today, is_past=True)
        self.what = WhatField()
        self.delivery = Choice("How it was given", _DELIVERY, Delivery.IN_PERSON.value)
        self.delivery_field = Field("In person or online", self.delivery)
        self.young_people = YoungPeopleSection()
        self.estimate = Choice("Counted or estimate", _COUNTED, entries.COUNTED)
        self.estimate_field = Field("Counted or an estimate?", self.estimate)
        self.joint = JointSection()
        self.save_button = buttons.primary("Save session", self.save)
        self.off_button = buttons.quiet("It didn't happen", self._on_off)
        self.close_button = buttons.quiet("Leave it as it was", self._on_close)
        self.kept_label = labels.Label("", "small", wraps=False)
        self.more = MoreSection(room.library.activities(), room.pages.title)
        self.off = OffPanel("It didn't happen", "Save it so", "It happened after all")
        self._build()
        self._connect()
        self._own_sections = (self.joint, self.more, self.off)
        self._board = FaultBoard(self, self._own_spot, self._own_sections)

    @property
    def entry(self) -> Entry:
        """What the form holds now."""
        today = self._today()
        return Entry(
            places=self.where.entries,
            date=entries.resolved_date(self.when.date.text(), today, is_past=True),
            start=self.when.start.text(),
            end=self.when.end.text(),
            activity=self.what.activity.value,
            delivery=self.delivery.value() or Delivery.IN_PERSON.value,
            lines=self.young_people.entries,
            estimate=self.estimate.value() or "",
            is_estimate_chosen=self._is_estimate_chosen,
            is_joint=self.joint.is_joint,
            ambassadors=self.joint.ambassadors.text(),
            my_code=self.joint.code,
            their_code=self.joint.their_code.text(),
            has_modes=self.more.modes.isChecked(),
            teachers=self.more.text("teachers"),
            parents=self.more.text("parents"),
            others=self.more.text("others"),
            prepare=self.more.text("prepare"),
            travel=self.off.travel.text() if self._is_off else self.more.text("travel"),
            class_name=self.more.text("class_name"),
            resources=self.more.resources.chosen,
            four=self.more.four,
            regulars=self.more.text("regulars"),
            programme=self.more.text("programme"),
            because=self.off.because if self._is_off else "",
            is_off=self._is_off,
            plan_id=self._opening.entry.plan_id if self._opening else None,
        )

    def open(self, opening: Opening, brought_back: Entry | None = None) -> None:
        """Show what the form starts from, or the draft that was kept of it, or what a save just undone held."""
        self._stop_keeping()
        self._opening = opening
        self.show_entry(opening.entry)
        self._keeper = DraftKeeper(self._room.desk.drafts, opening.key, self._form, self._form(), self)
        self._keeper.kept.connect(self._board.say_kept)
        self._keeper.failed.connect(self._on_not_kept)
        self.kept_label.setText("")
        self.notice.clear()
        self.close_button.setVisible(opening.base is not None)
        if opening.draft is not None:
            self._keeper.had_draft()
            self.show_entry(replace(entries.from_form(opening.draft.form), plan_id=opening.entry.plan_id))
            self.notice.say(
                f"Kept from {shown_moment(opening.draft.kept_at)}",
                actions=[("Start again", self.start_again)],
            )
            self.kept_label.setText(sentences.KEPT)
        if brought_back is not None:
            self.show_entry(brought_back)
            self._keeper.changed()
        self.show_hints()
        if opening.faults:
            self._board.show(opening.faults)
        else:
            QTimer.singleShot(0, self, self.focus_start)

    def show_entry(self, entry: Entry) -> None:
        """Show an entry in all fields."""
        opening = self._opening
        self._board.clear()
        self.where.show_places(entry.places)
        self.when.show_texts(entry.date, entry.start, entry.end)
        self.what.show_activity(
            Activity(entry.activity) if entry.activity in list(Activity) else Activity.OTHER
        )
        self.delivery.set_value(entry.delivery)
        self.young_people.show_lines(
            entry.places,
            entry.lines,
            expected=opening.expected if opening else (),
            before=opening.before if opening else (),
        )
        self.estimate.set_value(entry.estimate or None)
        self._is_estimate_chosen = entry.is_estimate_chosen
        self._is_activity_chosen = bool(opening and (opening.base or opening.entry.plan_id))
        self.joint.show_entry(entry)
        self.more.show_entry(entry)
        self.off.travel.setText(entry.travel)
        self.off.show_reason(entry.because)
        self._set_off(is_off=entry.is_off)
        self._follow()

    def show_hints(self) -> None:
        """Show beside the numbers what was there last time, once the known places are read."""
        if self._opening is not None and self._opening.base is not None:
            return
        for place in self.where.entries:
            if place.is_chosen:
                known = _known_as(place.place(), self._known())
                last = last_time(known) if known is not None else LastTime()
                self.young_people.set_last(place.ref, last, fills_year=False)

    def start_again(self) -> None:
        """Let the draft go and show what the form started from."""
        if self._opening is None or self._keeper is None:
            return
        self._keeper.start_again()
        self.open(replace(self._opening, draft=None))

    def focus_start(self) -> None:
        """The first number when the place is known, else Where."""
        first = self.where.entries[0]
        if self._is_off:
            self.off.reason.setFocus(Qt.FocusReason.TabFocusReason)
        elif first.is_chosen:
            self.young_people.focus_first(first.ref)
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
        """Save the session, or show every fault at its field."""
        opening, keeper = self._opening, self._keeper
        if opening is None or keeper is None or self._is_saving:
            return
        self.when.show_in_full()
        self.young_people.settle()
        entry = self.entry
        details, faults = entries.to_session(entry, today=self._today(), base=opening.base)
        self._board.clear()
        if faults:
            self._board.show(faults)
            return
        self._is_saving = True
        self.save_button.setEnabled(False)
        tasks.run(
            keeper.last(lambda: opening.save(details)),
            owner=self,
            done=lambda view: self._on_saved(view, entry),
            failed=self._on_failed,
        )

    def _on_saved(self, view: SessionView, entry: Entry) -> None:
        self._is_saving = False
        self.save_button.setEnabled(True)
        self._stop_keeping()
        self.notice.clear()
        self.saved.emit(view, entry)

    def _on_failed(self, error: OmiError) -> None:
        self._is_saving = False
        self.save_button.setEnabled(True)
        if self._keeper is not None:
            self._keeper.resume()
        if isinstance(error, Refused):
            self._board.show(error.faults)
        elif isinstance(error, NotSaved):
            self.notice.tell(error, [("Try again", self.save)])
            keep_in_view(self.notice)
        else:
            self.notice.tell(error)
            keep_in_view(self.notice)

    def _on_not_kept(self, error: OmiError) -> None:
        """Only what is typed is at stake here; it stays in the form."""
        self.kept_label.setText("")
        self.notice.tell(error, [("Try again", self._keep_again)])

    def _keep_again(self) -> None:
        self.notice.clear()
        if self._keeper is not None:
            self._keeper.resume()

    def _form(self) -> dict[str, Any]:
        return self.entry.to_form()

    def _on_close(self) -> None:
        if self._keeper is not None:
            self._keeper.start_again()
            self._stop_keeping()
        self.closed.emit()

    def _stop_keeping(self) -> None:
        if self._keeper is not None:
            self._keeper.flush()
            self._keeper = None

    def _on_place(self, ref: int, known: KnownPlace | None) -> None:
        """A place was chosen: take over what was there last time, but never a number."""
        opening = self._opening
        self.young_people.set_last(ref, LastTime(), fills_year=False)
        self.young_people.set_places(self.where.entries)
        is_first = ref == self.where.entries[0].ref
        if known is not None and opening is not None and opening.base is None:
            last = known.last
            if last is not None and is_first and not self._is_activity_chosen:
                self.what.show_activity(last.activity)
            if last is not None and is_first:
                self._take_times(last)
            self._follow()
            self.young_people.set_last(ref, last_time(known), fills_year=True)
        self.young_people.focus_first(ref)

    def _take_times(self, last: Details) -> None:
        for name, minutes in (("prepare", last.prepare_minutes), ("travel", last.travel_minutes)):
            if minutes and not self.more.text(name):
                self.more.take(name, str(minutes))

    def _on_changed(self) -> None:
        self._follow()
        if self._keeper is not None:
            self._keeper.changed()

    def _on_estimate(self, _value: str) -> None:
        self._is_estimate_chosen = True
        self._on_changed()

    def _on_what(self) -> None:
        self._is_activity_chosen = True
        self._on_changed()

    def _on_places(self) -> None:
        self.young_people.set_places(self.where.entries)
        self._on_changed()

    def _on_off(self) -> None:
        self.off.travel.setText(self.more.text("travel"))
        self._set_off(is_off=True)
        self.off.reason.setFocus(Qt.FocusReason.TabFocusReason)
        self._on_changed()

    def _on_happened(self) -> None:
        self._set_off(is_off=False)
        self.focus_start()
        self._on_changed()

    def _set_off(self, *, is_off: bool) -> None:
        self._is_off = is_off
        for part in self._only_when_it_happened:
            part.setVisible(not is_off)
        self.joint.setVisible(not is_off and self.joint.is_joint)
        self.off.setVisible(is_off)

    def _follow(self) -> None:
        """What one field decides for others: modes at festivals, an estimate over 100."""
        entry = self.entry
        is_festival = entry.activity == Activity.FESTIVAL or any(p.kind == "festival" for p in entry.places)
        has_modes = is_festival or entry.has_modes
        self.more.modes.setVisible(not is_festival)
        self.young_people.set_context(self.what.activity, has_modes=has_modes)
        if not self._is_estimate_chosen:
            self.estimate.set_value(entries.preset_estimate(entry))

    def _return(self) -> None:
        """Enter in the date goes back to the numbers."""
        first = self.where.entries[0]
        if not first.is_chosen:
            self.where.focus()
            return
        empty = next((row for row in self.young_people.rows if not row.number.text().strip()), None)
        if empty is None:
            self.young_people.focus_first(first.ref)
        else:
            empty.number.setFocus(Qt.FocusReason.TabFocusReason)

    def _own_spot(self, field: str) -> Spot | None:
        """The fields that only this form has."""
        if field in FIELDS:
            name = FIELDS[field]
            if name == "travel" and self._is_off:
                return Spot(self.off.travel_field.set_fault, self.off.travel)
            self.more.set_open(is_open=True)
            return Spot(self.more.fields[name].set_fault, self.more.lines[name])
        return {
            "group": Spot(self.joint.their_code_field.set_fault, self.joint.their_code),
            "space_professionals": Spot(self.joint.ambassadors_field.set_fault, self.joint.ambassadors),
            "cancelled_because": Spot(self.off.reason_field.set_fault, self.off.reason),
        }.get(field)

    def _today(self) -> date:
        return uk_today(self._room.clock)

    def _build(self) -> None:
        card = Card()
        card.body.setSpacing(20)
        people = QWidget()
        column = QVBoxLayout(people)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(labels.strong("Young people"))
        column.addWidget(self.young_people)
        self.foot = form_foot(self, self.save_button, self.off_button, self.close_button, self.kept_label)
        counted = fields_in_a_row(self.estimate_field, self.joint.who_field)
        for part in (
            self.where, self.when, fields_in_a_row(self.what, self.delivery_field), people, counted, self.joint,
            self.off,
        ):  # fmt: skip
            card.body.addWidget(part)
        more = Card()
        more.body.addWidget(self.more)
        self._only_when_it_happened: tuple[QWidget, ...] = (
            people,
            counted,
            self.foot,
            more,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(18)
        outer.addWidget(self.notice)
        outer.addWidget(card)
        outer.addWidget(more)
        self.save_button.setToolTip("Ctrl+Enter")

    def _connect(self) -> None:
        self.where.chosen.connect(self._on_place)
        self.where.changed.connect(self._on_places)
        for signal in (self.where.rearranged, self.young_people.rearranged, self.more.resources.changed):
            signal.connect(lambda: follow_layout(self, self.foot))
        self.when.changed.connect(self._on_changed)
        self.when.returned.connect(self._return)
        self.what.changed.connect(self._on_what)
        self.delivery.chosen.connect(self._on_changed)
        self.young_people.changed.connect(self._on_changed)
        self.estimate.chosen.connect(self._on_estimate)
        self.joint.changed.connect(self._on_changed)
        self.more.changed.connect(self._on_changed)
        self.more.resource_opened.connect(self.go)
        self.off.changed.connect(self._on_changed)
        self.off.confirmed.connect(self.save)
        self.off.taken_back.connect(self._on_happened)
        for keys, action in (
            ("Ctrl+Return", self.save),
            ("Ctrl+Enter", self.save),
            ("Alt+D", self.when.focus),
        ):
            shortcut = QShortcut(
                QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut
            )
            shortcut.activated.connect(action)


def fields_in_a_row(*fields: QWidget) -> QWidget:
    """Short fields side by side where there is room."""
    row = QWidget()
    flow = Flow(row, spacing=28, is_top=True)
    for field in fields:
        flow.addWidget(field)
    return row


def _known_as(place: Place, known: Sequence[KnownPlace]) -> KnownPlace | None:
    return next((item for item in known if item.place.key == place.key), None)


def last_time(known: KnownPlace) -> LastTime:
    """The last session's lines at this very place."""
    if known.last is None:
        return LastTime()
    own = [line for line in known.last.young_people if line.place == known.place.ref]
    return LastTime(tuple(line.stages for line in own), tuple(line.count for line in own))
