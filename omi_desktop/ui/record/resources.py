"""Activities from the Library that a session used or a plan will use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.library.items import Activity
from omi_desktop.services.places import fold
from omi_desktop.ui.record.picker import Option, Picker
from omi_desktop.ui.widgets import buttons
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow

MOST = 40


class ResourcesSection(QWidget):
    """`changed` says that one was added or taken away; `opened` carries the target of one to read, in the version that
    was chosen. `title_of` tells the title of any id, those included that are no longer in the Library."""

    changed = Signal()
    opened = Signal(str)

    def __init__(self, label: str, activities: Sequence[Activity], title_of: Callable[[str], str]) -> None:
        super().__init__()
        self._activities = activities
        self._title_of = title_of
        self._chosen: list[tuple[str, str]] = []
        self.picker = Picker(label, self._find, self, placeholder="Type a word of its title")
        self.field = Field(label, self.picker.line, "From the Library.")
        column = self.field.layout()
        assert isinstance(column, QVBoxLayout)  # noqa: S101 -- Field is a column
        column.insertWidget(2, self.picker.list)
        self._shown = QWidget()
        self._shown_column = QVBoxLayout(self._shown)
        self._shown_column.setContentsMargins(0, 0, 0, 0)
        self._shown_column.setSpacing(2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(6)
        outer.addWidget(self.field)
        outer.addWidget(self._shown)
        self.picker.taken.connect(self._on_taken)

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """Ids and versions."""
        return tuple(self._chosen)

    def show_chosen(self, chosen: Sequence[tuple[str, str]]) -> None:
        """Show what a form holds."""
        self._chosen = list(chosen)
        self._arrange()

    def _find(self, typed: str) -> list[Option]:
        taken = {item for item, _ in self._chosen}
        words = fold(typed).split()
        return [
            Option(activity, activity.title)
            for activity in self._activities
            if activity.id not in taken
            and all(
                any(part.startswith(word) for part in fold(f"{activity.title} {activity.provider}").split())
                for word in words
            )
        ][:MOST]

    def _on_taken(self, activity: object) -> None:
        if isinstance(activity, Activity):
            self._chosen.append((activity.id, activity.checked_on.isoformat()))
            self.picker.show_text("")
            self._arrange()
            self.changed.emit()

    def _take_away(self, item: str) -> None:
        self._chosen = [pair for pair in self._chosen if pair[0] != item]
        self._arrange()
        self.changed.emit()
        self.picker.line.setFocus()

    def _arrange(self) -> None:
        while (taken := self._shown_column.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for item, version in self._chosen:
            title = self._title_of(item)
            row = QWidget()
            flow = Flow(row, spacing=4)
            open_button = buttons.quiet(
                title, partial(self.opened.emit, f"library/activity/{item}@{version}"), icon_name="activity"
            )
            open_button.setAccessibleName(f"Read {title}")
            remove = buttons.quiet("", partial(self._take_away, item), icon_name="close")
            remove.setAccessibleName(f"Remove {title}")
            flow.addWidget(open_button)
            flow.addWidget(remove)
            self._shown_column.addWidget(row)
        self._shown.setVisible(bool(self._chosen))
