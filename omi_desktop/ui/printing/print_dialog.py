"""Print or save the page that is read."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from omi_desktop.services.preferences import Preferences
from omi_desktop.ui import theme
from omi_desktop.ui.printing.print_card import PrintCard
from omi_desktop.ui.printing.printables import Printable
from omi_desktop.ui.widgets import buttons

_WIDTH: Final = 760
_HEIGHT: Final = 640


class PrintDialog(QDialog):
    """A card for one thing, over the window."""

    def __init__(self, thing: Printable, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Print or PDF")
        self.card = PrintCard()
        self.card.fill(preferences)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.addWidget(self.card, 1)
        column.addWidget(buttons.quiet("Close", self.accept), 0, Qt.AlignmentFlag.AlignRight)
        px = theme.current().px
        size = parent.size() if parent is not None else self.screen().availableSize()
        self.resize(min(px(_WIDTH), size.width() - 40), min(px(_HEIGHT), size.height() - 40))
        self.card.show_thing(thing)
        self.card.save_button.setFocus()
