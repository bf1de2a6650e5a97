"""The ways from the Library onto paper. What prints is imported when somebody prints, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from omi_desktop.library import Kind
    from omi_desktop.ui.printing.print_pane import PrintPane
    from omi_desktop.ui.room import Room


class PrintTab(QWidget):
    """Below the tabs of the Library, in place of list and page."""

    def __init__(self) -> None:
        super().__init__()
        self._room: Room | None = None
        self._pane: PrintPane | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.hide()

    def fill(self, room: Room) -> None:
        """Take the services."""
        self._room = room

    def set_open(self, *, is_open: bool) -> None:
        """Show it with what there is to print at this moment, or put it away."""
        if is_open and self.isHidden() and self._room is not None:
            if self._pane is None:
                from omi_desktop.ui.printing import print_pane  # noqa: PLC0415

                self._pane = print_pane.PrintPane()
                self._pane.fill(self._room)
                self._column.addWidget(self._pane)
            self._pane.open()
        self.setVisible(is_open)


def print_page(room: Room, kind: Kind, item_id: str, window: QWidget) -> None:
    """Open the dialog that prints a page of the library or saves it as a PDF."""
    from omi_desktop.ui.printing.print_dialog import PrintDialog  # noqa: PLC0415
    from omi_desktop.ui.printing.printables import page_of  # noqa: PLC0415

    PrintDialog(page_of(room.library, kind, item_id), room.desk.preferences, window).open()
