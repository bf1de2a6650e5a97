"""Rows that open sessions: two lines that wrap, one sentence to a screen reader, one tab stop each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout

from omi_desktop.ui import theme
from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.buttons import PressedByEnter
from omi_desktop.ui.widgets.card import PADDING, Card
from omi_desktop.ui.widgets.picture import Picture

_SIDE: Final = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One record in a list: what it is called, what there is to say, which record it opens."""

    name: str
    text: str
    record_id: str


class SessionRow(PressedByEnter):
    """`name` says which session, `text` what there is to say of it."""

    def __init__(self, name: str, text: str, on_click: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("kind", "row")
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        joint = " " if name.endswith((".", "?")) else ". "
        self.setAccessibleName(f"{name}{joint}{text}" if text else name)
        column = QVBoxLayout()
        column.setSpacing(2)
        for label in (labels.strong(name), labels.muted(text)):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            if label.text():
                column.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(_SIDE, 10, _SIDE, 10)
        row.addLayout(column, 1)
        chevron = Picture("forward", "muted", 18)
        chevron.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row.addWidget(chevron)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.clicked.connect(lambda _checked=False: on_click())

    def sizeHint(self) -> QSize:
        return self._inside().expandedTo(QSize(0, theme.current().px(44)))

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        return layout.minimumSize() if layout is not None else super().minimumSizeHint()

    def _inside(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()


class RowsCard(Card):
    """A card of rows. `opened` carries the id of a record. Rows that stay keep the focus."""

    opened = Signal(str)

    def __init__(self, heading: str) -> None:
        super().__init__(heading)
        self._held: dict[Row, SessionRow] = {}
        self._column = QVBoxLayout()
        self._column.setSpacing(2)
        self.body.addLayout(self._column)
        self.heading.setContentsMargins(_SIDE, 0, _SIDE, 0)
        # The words of a row stand under the heading; its tint reaches out to both sides.
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(PADDING - _SIDE, PADDING - 2, PADDING - _SIDE, PADDING - _SIDE)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows and no others."""
        # Not `takeAt`: what it gives back lives on, and a row put back beside it keeps its height in any text size.
        for held in self._held.values():
            self._column.removeWidget(held)
        before, self._held = self._held, {}
        for row in rows:
            widget = before.pop(row, None) or SessionRow(
                row.name, row.text, partial(self.opened.emit, row.record_id)
            )
            self._held[row] = widget
            self._column.addWidget(widget)
        for widget in before.values():
            widget.hide()
            widget.deleteLater()
