"""Beside the text, what is one's own: a note, and at career stories films and other files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.ui.keeping import Keeping
from omi_desktop.ui.library.attached_card import AttachedCard
from omi_desktop.ui.library.note_card import NoteCard
from omi_desktop.ui.library.scrolled import scrolled

if TYPE_CHECKING:
    from omi_desktop.services.desk import Desk
    from omi_desktop.ui.library.history import Visit
    from omi_desktop.ui.library.page_reading import Opened


class MarginPane(QWidget):
    """`counted` carries how many things of one's own stand beside the page in view."""

    counted = Signal(int)

    def __init__(self, keeping: Keeping) -> None:
        super().__init__()
        self.note = NoteCard(keeping)
        self.attached = AttachedCard()
        inside = QWidget()
        self._inside = inside
        column = QVBoxLayout(inside)
        column.setContentsMargins(4, 12, 8, 8)
        column.setSpacing(18)
        column.addWidget(self.note)
        column.addWidget(self.attached)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inside))
        self.note.changed.connect(self._count)
        self.attached.changed.connect(self._count)

    def fill(self, desk: Desk) -> None:
        """Take the services."""
        self.note.fill(desk.page_notes)
        self.attached.fill(desk.attachments)

    def show_page(self, visit: Visit, opened: Opened) -> None:
        """Show what is beside a page."""
        self.note.show_page(visit.name, opened.note)
        self.attached.show_page(visit.name, opened.attached)
        self.attached.setVisible(visit.kind == "career" or bool(opened.attached))
        self._count()

    def natural_height(self) -> int:
        """The height at which it does not scroll, in pixels."""
        return self._inside.sizeHint().height()

    def _count(self) -> None:
        self.counted.emit(int(self.note.has_note) + len(self.attached.shown))
