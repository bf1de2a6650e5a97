"""One place of a session: three letters find a known one; a new one asks its kind, nation, town and postcode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.session import PLACE_LABELS, PlaceKind
from omi_desktop.domain.stages import Nation
from omi_desktop.services.places import KnownPlace, fold, match
from omi_desktop.ui import theme
from omi_desktop.ui.record.entry import PlaceEntry
from omi_desktop.ui.record.picker import Option, Picker
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow

KINDS: Final = tuple((kind.value, PLACE_LABELS[kind]) for kind in PlaceKind)
NATIONS: Final = tuple((nation.value, nation.label) for nation in Nation)
_GUESSES: Final = (
    (PlaceKind.NURSERY, ("nursery", "preschool", "playgroup")),
    (PlaceKind.PRIMARY_SCHOOL, ("primary", "infant", "infants", "junior", "juniors", "first school")),
    (PlaceKind.COLLEGE, ("college", "sixth form", "fe college")),
    (PlaceKind.YOUTH_GROUP, ("scout", "scouts", "cubs", "beavers", "guide", "guides", "brownies", "rainbows",
                             "cadets", "youth", "club")),
    (PlaceKind.FESTIVAL, ("festival", "fair", "fete", "show", "open day")),
    (PlaceKind.SCIENCE_CENTRE, ("museum", "science centre", "space centre", "planetarium", "observatory")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewPlace:
    """The row "Add “…” as a new place"."""

    name: str


class PlaceRow(QWidget):
    """`chosen` carries the KnownPlace that was taken, or None for a new one."""

    chosen = Signal(object)
    changed = Signal()
    removed = Signal()

    def __init__(self, entry: PlaceEntry, known: Callable[[], Sequence[KnownPlace]], nation: Nation) -> None:
        super().__init__()
        self._entry = entry
        self._known = known
        self._nation = nation
        self.picker = Picker("Where", self._find, self, placeholder="Type three letters of its name")
        self.field = Field("Where", self.picker.line)
        column = self.field.layout()
        assert isinstance(column, QVBoxLayout)  # noqa: S101 -- Field is a column
        column.insertWidget(2, self.picker.list)
        self.remove_button = buttons.quiet("", self.removed.emit, icon_name="close")
        self.change_button = buttons.quiet("Change its details", self._open_details, icon_name="edit")
        self.kind = Choice("Kind of place", KINDS, entry.kind)
        self.kind_field = Field("What kind of place is it?", self.kind)
        self.nation = Choice("Nation", NATIONS, entry.nation or None)
        self.nation_field = Field("Nation", self.nation, "The year groups follow from it.")
        self.town = QLineEdit(entry.town)
        self.postcode = QLineEdit(entry.postcode)
        self.postcode.setMaxLength(12)
        self.town_field = Field("Town", self.town)
        self.postcode_field = Field("Postcode", self.postcode)
        self.details = self._build_details()

        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.field, 1)
        top.addWidget(self.remove_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        outer.addLayout(top)
        self.foot = Flow(spacing=4)
        self.foot.addWidget(self.change_button)
        outer.addLayout(self.foot)
        outer.addWidget(self.details)

        self.picker.taken.connect(self._on_taken)
        self.picker.edited.connect(self._on_edited)
        self.picker.left.connect(self._on_left)
        for choice in (self.kind, self.nation):
            choice.chosen.connect(self._on_details)
        for line in (self.town, self.postcode):
            line.textEdited.connect(self._on_details)
        theme.current().changed.connect(self._fit)
        self._fit()
        self.show_entry(entry)

    @property
    def entry(self) -> PlaceEntry:
        """What the row holds now."""
        if not self._entry.is_chosen:
            return replace(self._entry, typed=self.picker.line.text())
        return replace(
            self._entry,
            kind=self.kind.value() or self._entry.kind,
            nation=self.nation.value() or "",
            town=self.town.text(),
            postcode=self.postcode.text(),
        )

    def show_entry(self, entry: PlaceEntry) -> None:
        """Show a place in place of the one there is."""
        self._entry = entry
        self.picker.show_text(entry.typed if entry.is_chosen else "")
        self.picker.line.setText(entry.typed)
        self.kind.set_value(entry.kind)
        self.nation.set_value(entry.nation or None)
        self.town.setText(entry.town)
        self.postcode.setText(entry.postcode)
        self.details.setVisible(entry.is_new)
        self.change_button.setVisible(entry.is_chosen and not entry.is_new)
        self._describe()

    def name(self, label: str, *, can_remove: bool) -> None:
        """The label of the field, such as "Where" or "Second place"."""
        self.field.label.setText(label)
        self.picker.name(label)
        self.remove_button.setVisible(can_remove)
        self.remove_button.setAccessibleName(f"Remove {label[:1].lower()}{label[1:]}")

    def set_fault(self, message: str, part: str) -> None:
        """What is wrong with one part: `name`, `nation`, `kind`, `town` or `postcode`."""
        {
            "nation": self.nation_field,
            "kind": self.kind_field,
            "town": self.town_field,
            "postcode": self.postcode_field,
        }.get(part, self.field).set_fault(message)
        if message and part in ("nation", "kind", "town", "postcode"):
            self._open_details()

    def control(self, part: str) -> QWidget:
        """Where the cursor goes for a part."""
        return {
            "nation": self.nation, "kind": self.kind, "town": self.town, "postcode": self.postcode,
        }.get(part, self.picker.line)  # fmt: skip

    def clear_faults(self) -> None:
        """Nothing is wrong any more."""
        for field in (self.field, self.kind_field, self.nation_field, self.town_field, self.postcode_field):
            field.set_fault()

    def _fit(self) -> None:
        px = theme.current().px
        self.town.setFixedWidth(px(260))
        self.postcode.setFixedWidth(px(120))

    def _build_details(self) -> QFrame:
        details = QFrame()
        column = QVBoxLayout(details)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(14)
        column.addWidget(self.kind_field)
        column.addWidget(self.nation_field)
        row = QWidget()
        flow = Flow(row, spacing=14, is_top=True)
        flow.addWidget(self.town_field)
        flow.addWidget(self.postcode_field)
        column.addWidget(row)
        column.addWidget(
            labels.small("Town and postcode tell two places of one name apart. You can leave them out.")
        )
        return details

    def _find(self, typed: str) -> list[Option]:
        found = match(list(self._known()), typed)
        options = [Option(known, _sentence(known)) for known in found]
        name = " ".join(typed.split())
        if name and not any(fold(known.place.name) == fold(name) for known in found):
            options.append(Option(NewPlace(name), f"Add “{name}” as a new place"))
        return options

    def _on_taken(self, value: object) -> None:
        if isinstance(value, KnownPlace):
            self.show_entry(replace(PlaceEntry.of(value.place), ref=self._entry.ref))
            self.field.set_fault()
            self.chosen.emit(value)
        elif isinstance(value, NewPlace):
            self.show_entry(
                PlaceEntry(
                    ref=self._entry.ref,
                    typed=value.name,
                    is_chosen=True,
                    is_new=True,
                    kind=guessed_kind(value.name).value,
                    nation=self._nation.value,
                )
            )
            self.field.set_fault()
            self.chosen.emit(None)
        self.changed.emit()

    def _on_edited(self, text: str) -> None:
        if self._entry.is_chosen:
            self._entry = PlaceEntry(ref=self._entry.ref, typed=text)
            self.details.hide()
            self.change_button.hide()
            self._describe()
        self.field.set_fault()
        self.changed.emit()

    def _on_left(self) -> None:
        """A name typed in full needs no choosing."""
        typed = fold(self.picker.line.text()).split()
        if not self._entry.is_chosen and typed:
            exact = [known for known in self._known() if fold(known.place.name).split() == typed]
            if len(exact) == 1:
                self._on_taken(exact[0])

    def _on_details(self, _value: object) -> None:
        self._entry = self.entry
        self.clear_faults()
        self.changed.emit()

    def _open_details(self) -> None:
        self.details.show()
        self.change_button.hide()

    def _describe(self) -> None:
        entry = self._entry
        if not entry.is_chosen or entry.is_new:
            self.field.set_hint("A new place" if entry.is_new else "")
            return
        nation = Nation(entry.nation).label if entry.nation else ""
        parts = (entry.town, entry.postcode, PLACE_LABELS[PlaceKind(entry.kind)], nation)
        self.field.set_hint(" · ".join(part for part in parts if part))


def guessed_kind(name: str) -> PlaceKind:
    """The kind of place that a name speaks of; a secondary school when it doesn't say. Shown, to be changed."""
    words = f" {fold(name)} "
    for kind, marks in _GUESSES:
        if any(f" {mark} " in words for mark in marks):
            return kind
    return PlaceKind.SECONDARY_SCHOOL


def _sentence(known: KnownPlace) -> str:
    place = known.place
    where = ", ".join(part for part in (place.name, place.town, place.postcode) if part)
    return f"{where}. Last there {shown_date(known.last_day)}" if known.last_day else where
