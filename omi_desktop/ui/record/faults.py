"""Brings each fault to its field: all messages at once, the cursor at the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from omi_desktop.domain.session import Fault
from omi_desktop.ui import sentences
from omi_desktop.ui.page import keep_in_view
from omi_desktop.ui.record.entry import Entry, kept_lines
from omi_desktop.ui.record.what import WhatField
from omi_desktop.ui.record.when import WhenSection
from omi_desktop.ui.record.where import WhereSection
from omi_desktop.ui.record.young_people import YoungPeopleSection
from omi_desktop.ui.widgets.buttons import Button
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.labels import Label
from omi_desktop.ui.widgets.notice import Notice

_PLACE = re.compile(r"places\.(\d+)\.(\w+)")
_LINE = re.compile(r"young_people\.(\d+)\.(\w+)")


class Spot(NamedTuple):
    """Where a fault is shown, and where the cursor goes. A short value is selected, to be typed over."""

    say: Callable[[str], None]
    focus: QWidget
    is_short: bool = False


class Section(Protocol):
    """A part of a form that shows faults."""

    def clear_faults(self) -> None:
        """Nothing is wrong any more."""
        ...


class SessionForm(Protocol):
    """What the Record and the Plan form have in common."""

    notice: Notice
    where: WhereSection
    when: WhenSection
    what: WhatField
    delivery: Choice
    delivery_field: Field
    young_people: YoungPeopleSection
    save_button: Button
    kept_label: Label

    @property
    def entry(self) -> Entry:
        """What the form holds now."""
        ...


class FaultBoard:
    """Knows which field of the body is which field of the form; `own_spot` knows those of one form only."""

    def __init__(
        self,
        form: SessionForm,
        own_spot: Callable[[str], Spot | None] = lambda _field: None,
        own_sections: Sequence[Section] = (),
    ) -> None:
        self._form = form
        self._own_spot = own_spot
        self._own_sections = own_sections
        self._refused: Entry | None = None

    def clear(self) -> None:
        """Nothing is wrong any more."""
        form = self._form
        sections: tuple[Section, ...] = (form.where, form.when, form.young_people, *self._own_sections)
        for section in sections:
            section.clear_faults()
        form.what.set_fault()
        form.delivery_field.set_fault()

    def show(self, faults: Iterable[Fault]) -> None:
        """Show every fault at its field, put the cursor at the first, and say at the foot that nothing is saved."""
        first: QWidget | None = None
        is_short = False
        said: set[QWidget] = set()
        for fault in faults:
            spot = self._spot(fault.field)
            if spot is None:
                self._form.notice.say("This can't be saved yet", f"{fault.message}.", "danger")
                first = first or self._form.save_button
                continue
            if spot.focus not in said:
                said.add(spot.focus)
                spot.say(fault.message)
            if first is None:
                first, is_short = spot.focus, spot.is_short
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)
            if is_short and isinstance(first, QLineEdit):
                first.selectAll()
            keep_in_view(first)
            things = "1 thing" if len(said) < 2 else f"{len(said)} things"
            self._form.kept_label.setText(f"Not saved yet: {things} to put right.")
            self._refused = self._form.entry

    def say_kept(self) -> None:
        """What was typed is kept. What was just refused stays said, until something is changed."""
        if self._form.entry != self._refused:
            self._refused = None
            self._form.kept_label.setText(sentences.KEPT)

    def _spot(self, field: str) -> Spot | None:
        form = self._form
        if match := _PLACE.fullmatch(field):
            row, part = form.where.row_for(int(match[1])), match[2]
            return Spot(lambda text: row.set_fault(text, part), row.control(part))
        if match := _LINE.fullmatch(field):
            return self._line_spot(int(match[1]), match[2])
        place, line = form.where.rows[0], form.young_people.rows[0]
        shared = {
            "places": Spot(lambda text: place.set_fault(text, "name"), place.picker.line),
            "date": Spot(form.when.date_field.set_fault, form.when.date, is_short=True),
            "start": Spot(form.when.start_field.set_fault, form.when.start, is_short=True),
            "minutes": Spot(form.when.end_field.set_fault, form.when.end, is_short=True),
            "activity": Spot(form.what.set_fault, form.what.picker.line),
            "delivery": Spot(form.delivery_field.set_fault, form.delivery),
            "young_people": Spot(line.set_fault, line.number),
        }
        return shared.get(field) or self._own_spot(field)

    def _line_spot(self, index: int, part: str) -> Spot:
        rows = self._form.young_people.rows
        kept = kept_lines(self._form.entry)
        row = rows[kept[index]] if index < len(kept) else rows[0]
        if part == "stages":
            return Spot(lambda text: row.set_fault(text, is_of_year=True), row.year.line)
        return Spot(row.set_fault, row.number, is_short=True)
