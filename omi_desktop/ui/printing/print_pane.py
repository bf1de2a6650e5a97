"""The Print tab of the Library: the list of what can be printed, and one thing of it with its first page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from omi_desktop.library.items import Snippet
from omi_desktop.ui import page, tasks, theme
from omi_desktop.ui.library.rows import Row, RowList
from omi_desktop.ui.printing.print_card import PrintCard
from omi_desktop.ui.printing.printables import Printable, printables
from omi_desktop.ui.widgets import buttons

if TYPE_CHECKING:
    from omi_desktop.ui.room import Room

_TWO_COLUMNS: Final = 620
_LIST_WIDTH: Final = 270
"""At 100 % text."""
_NO_LIMIT: Final = 16_777_215


class PrintPane(QWidget):
    """List and card beside each other where there is room, else one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None
        self._things: dict[str, Printable] = {}
        self._is_alone = "list"
        self.list = RowList("Things to print")
        self.card = PrintCard()
        self.to_list = buttons.quiet("All things to print", self._show_list, icon_name="back")
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(4)
        right.addWidget(self.to_list, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(self.card, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(page.GUTTER)
        row.addWidget(self.list)
        row.addWidget(self._right, 1)
        self.list.opened.connect(self._open)
        theme.current().changed.connect(self._arrange)
        self._arrange()

    def fill(self, room: Room) -> None:
        """Take the services. Nothing is read before `open`."""
        self._room = room
        self.card.fill(room.desk.preferences)

    def open(self) -> None:
        """The tab was chosen: read what there is to print."""
        if self._room is not None:
            work = partial(printables, self._room.library)
            tasks.run(work, owner=self, done=self._show, failed=self.card.notice.tell)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _show(self, things: tuple[Printable, ...]) -> None:
        self._things = {thing.id: thing for thing in things}
        self.list.show_rows(
            [
                Row(
                    thing.id,
                    thing.title,
                    Snippet(thing.about, ()),
                    below=" or ".join(paper.value for paper in reversed(thing.papers)),
                )
                for thing in things
            ]
        )
        shown = self.card.thing.id if self.card.thing is not None else ""
        if shown not in self._things and things:
            shown = things[0].id
            self.card.show_thing(things[0])
        self.list.choose(shown)

    def _open(self, row: Row, is_by_key: bool) -> None:
        self.card.show_thing(self._things[row.target])
        self._is_alone = "card"
        self._arrange()
        if is_by_key or not self.list.isVisible():
            self.card.save_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_list(self) -> None:
        self._is_alone = "list"
        self._arrange()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _arrange(self) -> None:
        px = theme.current().px
        is_wide = self.width() >= px(_TWO_COLUMNS)
        self.list.setMinimumWidth(px(_LIST_WIDTH) if is_wide else 0)
        self.list.setMaximumWidth(px(_LIST_WIDTH) if is_wide else _NO_LIMIT)
        self.list.setVisible(is_wide or self._is_alone == "list")
        self._right.setVisible(is_wide or self._is_alone == "card")
        self.to_list.setVisible(not is_wide and self._is_alone == "card")
