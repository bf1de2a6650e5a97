"""Where it was: one place, or several for a session that several schools shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.domain.stages import Nation
from omi_desktop.services.places import KnownPlace
from omi_desktop.ui.record.entry import PlaceEntry
from omi_desktop.ui.record.place_row import PlaceRow
from omi_desktop.ui.widgets import buttons

_NAMES = ("Where", "Second place", "Third place", "Fourth place", "Fifth place")


class WhereSection(QWidget):
    """`chosen` carries the ref of a place and the KnownPlace taken for it (None for a new one)."""

    chosen = Signal(int, object)
    changed = Signal()
    rearranged = Signal()

    def __init__(self, known: Callable[[], Sequence[KnownPlace]], nation: Nation) -> None:
        super().__init__()
        self._known = known
        self._nation = nation
        self.rows: list[PlaceRow] = []
        self.add_button = buttons.quiet("Add another place", self._add, icon_name="add")
        self._column = QVBoxLayout()
        self._column.setSpacing(12)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(self._column)

    @property
    def entries(self) -> tuple[PlaceEntry, ...]:
        """What the rows hold now."""
        return tuple(row.entry for row in self.rows)

    def show_places(self, places: Sequence[PlaceEntry]) -> None:
        """Show a form's places in place of those there are."""
        self.add_button.setParent(self)
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for place in places:
            self._add_row(place)
        self._arrange()

    def focus(self) -> None:
        """Put the cursor in the first place's name."""
        self.rows[0].picker.line.setFocus(Qt.FocusReason.TabFocusReason)
        self.rows[0].picker.line.selectAll()

    def row_for(self, index: int) -> PlaceRow:
        """The row of the session's place at an index; rows left empty are not places."""
        filled = [row for row in self.rows if row.entry.typed.strip()]
        return filled[index] if index < len(filled) else self.rows[0]

    def clear_faults(self) -> None:
        """Nothing is wrong any more."""
        for row in self.rows:
            row.clear_faults()

    def _add(self) -> None:
        ref = max(row.entry.ref for row in self.rows) + 1
        row = self._add_row(PlaceEntry(ref=ref))
        self._arrange()
        self.changed.emit()
        row.picker.line.setFocus(Qt.FocusReason.TabFocusReason)

    def _add_row(self, entry: PlaceEntry) -> PlaceRow:
        row = PlaceRow(entry, self._known, self._nation)
        row.changed.connect(self._on_changed)
        row.chosen.connect(lambda known: self.chosen.emit(row.entry.ref, known))
        row.removed.connect(lambda: self._remove(row))
        self.rows.append(row)
        self._column.addWidget(row)
        row.show()
        self.rearranged.emit()
        return row

    def _remove(self, row: PlaceRow) -> None:
        self.add_button.setParent(self)
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._arrange()
        self.changed.emit()
        self.focus()

    def _on_changed(self) -> None:
        self._arrange()
        self.changed.emit()

    def _arrange(self) -> None:
        is_single = len(self.rows) == 1
        for index, row in enumerate(self.rows):
            name = _NAMES[index] if index < len(_NAMES) else f"Place {index + 1}"
            row.name(name, can_remove=not is_single)
        self.rows[-1].foot.addWidget(self.add_button)
        self.add_button.setVisible(all(row.entry.is_chosen for row in self.rows))
