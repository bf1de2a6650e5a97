"""Who came: for each place its lines of year groups and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.domain.session import Activity, Mode, PlaceKind
from omi_desktop.domain.stages import BY_CODE, Nation, Stage
from omi_desktop.ui import sentences
from omi_desktop.ui.record import year_groups
from omi_desktop.ui.record.entry import LineEntry, PlaceEntry
from omi_desktop.ui.record.line_row import Beside, LineRow
from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.buttons import Button
from omi_desktop.ui.widgets.flow import Flow


@dataclass(frozen=True, slots=True)
class LastTime:
    """The year groups and numbers of the last session at a place."""

    stages: tuple[tuple[str, ...], ...] = ()
    counts: tuple[int | None, ...] = ()


class _Group(QWidget):
    """The lines of one place."""

    def __init__(self, ref: int) -> None:
        super().__init__()
        self.ref = ref
        self.heading = labels.strong("")
        self.rows: list[LineRow] = []
        self.column = QVBoxLayout()
        self.column.setSpacing(10)
        self.add_button = Button("Add a year group", "quiet", icon_name="add")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(6)
        outer.addWidget(self.heading)
        outer.addLayout(self.column)
        foot = Flow(spacing=8)
        foot.addWidget(self.add_button)
        outer.addLayout(foot)


class YoungPeopleSection(QWidget):
    """All lines of a form. `changed` says that something was typed or chosen, `rearranged` that there are other
    lines than before."""

    changed = Signal()
    rearranged = Signal()

    def __init__(self, *, number_name: str = "How many young people", number_hint: str = "How many") -> None:
        super().__init__()
        self._number_name = number_name
        self._number_hint = number_hint
        self._places: Sequence[PlaceEntry] = ()
        self._activity = Activity.CLASS_SESSION
        self._has_modes = False
        self._expected: tuple[int | None, ...] = ()
        self._before: tuple[int | None, ...] = ()
        self._last: dict[int, LastTime] = {}
        self._groups: list[_Group] = []
        self._has_new_rows = False
        self.fault_label = labels.error("")
        self.fault_label.hide()
        self.total_label = labels.small("")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self._column.addWidget(self.fault_label)
        self._column.addWidget(self.total_label)

    @property
    def rows(self) -> list[LineRow]:
        """Every line, place by place."""
        return [row for group in self._groups for row in group.rows]

    @property
    def entries(self) -> tuple[LineEntry, ...]:
        """What the lines hold now."""
        return tuple(row.entry for row in self.rows)

    def show_lines(
        self,
        places: Sequence[PlaceEntry],
        lines: Sequence[LineEntry],
        *,
        expected: Sequence[int | None] = (),
        before: Sequence[int | None] = (),
    ) -> None:
        """Show a form's lines in place of those there are."""
        for group in self._groups:
            self._column.removeWidget(group)
            group.hide()
            group.deleteLater()
        self._groups = []
        self._last = {}
        self._expected, self._before = tuple(expected), tuple(before)
        self._places = places
        for place in places:
            group = self._add_group(place.ref)
            own = [line for line in lines if line.place == place.ref]
            for line in own or [LineEntry(place=place.ref)]:
                self._add_row(group, line)
        self._arrange()

    def set_places(self, places: Sequence[PlaceEntry]) -> None:
        """Follow the places: new ones get a line, lines of gone ones go, year groups of another nation go."""
        self._places = places
        refs = [place.ref for place in places]
        for group in [group for group in self._groups if group.ref not in refs]:
            self._groups.remove(group)
            self._column.removeWidget(group)
            group.hide()
            group.deleteLater()
        for ref in refs:
            if ref not in [group.ref for group in self._groups]:
                self._add_row(self._add_group(ref), LineEntry(place=ref))
        self._arrange()

    def set_context(self, activity: Activity, *, has_modes: bool) -> None:
        """What kind of session it is, and whether lines say watched or passed by."""
        self._activity, self._has_modes = activity, has_modes
        self._arrange()

    def set_last(self, ref: int, last: LastTime, *, fills_year: bool) -> None:
        """What was there last time. `fills_year`: the first line's year group is taken from it."""
        self._last[ref] = last
        group = self._group(ref)
        if group is not None and fills_year and last.stages and not group.rows[0].entry.stages:
            group.rows[0].year.choose(last.stages[0])
        self._arrange()

    def focus_first(self, ref: int) -> None:
        """Put the cursor in the first number of a place."""
        group = self._group(ref)
        if group is not None:
            group.rows[0].number.setFocus(Qt.FocusReason.TabFocusReason)
            group.rows[0].number.selectAll()

    def settle(self) -> None:
        """Take the year groups that were typed and not yet taken."""
        for row in self.rows:
            row.year.settle()

    def set_fault(self, message: str = "") -> None:
        """What is wrong with the lines as a whole."""
        self.fault_label.setText(message)
        self.fault_label.setVisible(bool(message))

    def clear_faults(self) -> None:
        """Nothing is wrong any more."""
        self.set_fault()
        for row in self.rows:
            row.clear_faults()

    def _add_group(self, ref: int) -> _Group:
        group = _Group(ref)
        group.add_button.clicked.connect(lambda _checked=False: self._add_line(group))
        self._column.insertWidget(1 + len(self._groups), group)
        group.show()
        self._groups.append(group)
        return group

    def _add_row(self, group: _Group, entry: LineEntry) -> LineRow:
        row = LineRow(entry, number_name=self._number_name, number_hint=self._number_hint)
        row.changed.connect(self._on_changed)
        row.number_entered.connect(lambda: self._on_entered(group, row))
        row.removed.connect(lambda: self._remove(group, row))
        group.rows.append(row)
        group.column.addWidget(row)
        row.show()  # now, not when Qt gets to it: the next key may be for it
        self._has_new_rows = True
        return row

    def _add_line(self, group: _Group) -> None:
        """One more line; its year group is that of last time's next line, where there was one."""
        last = self._last.get(group.ref, LastTime())
        at = len(group.rows)
        stages = last.stages[at] if at < len(last.stages) else ()
        taken = {row.entry.stages for row in group.rows}
        row = self._add_row(group, LineEntry(place=group.ref, stages=() if stages in taken else stages))
        self._arrange()
        row.number.setFocus(Qt.FocusReason.TabFocusReason)
        self.changed.emit()

    def _on_entered(self, group: _Group, row: LineRow) -> None:
        at = group.rows.index(row)
        if at + 1 < len(group.rows):
            group.rows[at + 1].number.setFocus(Qt.FocusReason.TabFocusReason)
        elif row.number.text().strip():
            self._add_line(group)

    def _remove(self, group: _Group, row: LineRow) -> None:
        at = group.rows.index(row)
        group.rows.remove(row)
        group.column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._arrange()
        group.rows[min(at, len(group.rows) - 1)].number.setFocus(Qt.FocusReason.TabFocusReason)
        self.changed.emit()

    def _on_changed(self) -> None:
        self.set_fault()
        self._sum()
        self.changed.emit()

    def _group(self, ref: int) -> _Group | None:
        return next((group for group in self._groups if group.ref == ref), None)

    def _arrange(self) -> None:
        """Names, year groups on offer and hints of every line."""
        index = 0
        for place, group in zip(self._places, self._groups, strict=True):
            is_single = len(self._places) == 1
            where = "" if is_single else f" at {place.typed.strip() or 'the next place'}"
            group.heading.setText(place.typed.strip() or "The next place")
            group.heading.setVisible(not is_single)
            offered = _offered(place, self._activity)
            last = self._last.get(group.ref, LastTime())
            for at, row in enumerate(group.rows):
                ordinal = f" {at + 1}" if at else ""
                row.name(f"{ordinal}{where}", can_remove=len(group.rows) > 1)
                row.year.offer(offered)
                _drop_foreign(row, place)
                row.set_context(self._activity, shows_mode=self._has_modes)
                row.set_beside(
                    Beside(
                        expected=_at(self._expected, index),
                        last=_last_count(last, at, row.entry.stages),
                        before=_at(self._before, index),
                    )
                )
                index += 1
        if self._has_new_rows:
            self._has_new_rows = False
            self.rearranged.emit()
        self._sum()

    def _sum(self) -> None:
        counts = [row.count or 0 for row in self.rows if row.entry.mode != Mode.PASSED_BY]
        self.total_label.setText(f"{sentences.young_people(sum(counts))} in all")
        self.total_label.setVisible(len([count for count in counts if count]) > 1)


def _offered(place: PlaceEntry, activity: Activity) -> tuple[Stage, ...]:
    has_place = place.is_chosen or place.is_new
    nation = Nation(place.nation) if place.nation and has_place else None
    return year_groups.offered(nation, PlaceKind(place.kind) if has_place else None, activity)


def _drop_foreign(row: LineRow, place: PlaceEntry) -> None:
    """Ask for the year group again where the nation of the place has changed."""
    if not place.nation:
        return
    nations = {BY_CODE[code].nation for code in row.year.chosen if code in BY_CODE}
    if nations - {None, Nation(place.nation)}:
        row.year.choose(())


def _last_count(last: LastTime, at: int, stages: tuple[str, ...]) -> int | None:
    """Last time's number for the same year group, or in the same line while no year group is chosen."""
    if stages in last.stages:
        return last.counts[last.stages.index(stages)]
    return _at(last.counts, at) if not stages else None


def _at(values: Sequence[int | None], index: int) -> int | None:
    return values[index] if index < len(values) else None
