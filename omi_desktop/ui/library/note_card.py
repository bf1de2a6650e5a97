"""A note of one's own beside a page: kept within two seconds, without a button, as drafts are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from omi_desktop.services.page_notes import LONGEST
from omi_desktop.ui import theme, words
from omi_desktop.ui.keeping import Keeping
from omi_desktop.ui.record.draft_keeper import LATEST_MS, QUIET_MS
from omi_desktop.ui.widgets.field import Field

if TYPE_CHECKING:
    from omi_desktop.services.page_notes import PageNotes

HINT: Final = "Stays on this laptop. No children’s names, no concerns about a child."
_HEIGHT: Final = 104


class NoteCard(QWidget):
    """One plain text for the page in view. `changed` says that there is one now, or none any more."""

    changed = Signal()

    def __init__(self, keeping: Keeping) -> None:
        super().__init__()
        self._keeping = keeping
        self._notes: PageNotes | None = None
        self._page = ""
        self._unwritten: dict[str, str] = {}
        self._had_text = False
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.field = Field("My note", self.text, HINT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.field)
        self._quiet = self._timer(QUIET_MS)
        self._latest = self._timer(LATEST_MS)
        self.text.textChanged.connect(self._on_typed)
        theme.current().changed.connect(self._fit)
        self._fit()

    def fill(self, notes: PageNotes) -> None:
        """Take the service."""
        self._notes = notes

    @property
    def has_note(self) -> bool:
        """Whether anything is written beside the page in view."""
        return bool(self.text.toPlainText().strip())

    def show_page(self, page: str, note: str) -> None:
        """Show the note of a page, or what was typed there and is still to be written."""
        self.flush()
        self._page = ""
        self.text.setPlainText(self._unwritten.get(page, note))
        self.text.document().clearUndoRedoStacks()
        self._page = page
        self._look()

    def flush(self) -> None:
        """Keep at once what is still to be kept: the page is being left."""
        if self._quiet.isActive() or self._latest.isActive():
            self._keep()

    def hideEvent(self, event: QHideEvent) -> None:
        """Another tab, another page, or the end of the program."""
        super().hideEvent(event)
        self.flush()

    def _on_typed(self) -> None:
        if not self._page:
            return
        self._quiet.start()
        if not self._latest.isActive():
            self._latest.start()
        self._look()

    def _look(self) -> None:
        over = len(self.text.toPlainText()) - LONGEST
        self.field.set_fault(
            f"A note holds {words.number(LONGEST)} characters. The last {words.number(over)} are not kept."
            if over > 0
            else ""
        )
        if self.has_note != self._had_text:
            self._had_text = self.has_note
            self.changed.emit()

    def _keep(self) -> None:
        self._quiet.stop()
        self._latest.stop()
        if self._page and self._notes is not None:
            page, text = self._page, self.text.toPlainText()
            self._unwritten[page] = text
            self._keeping.keep(f"note of {page}", partial(self._write, self._notes, page, text))

    def _write(self, notes: PageNotes, page: str, text: str) -> None:
        """On a worker thread. What could not be written stays, and is shown when the page is opened again."""
        notes.put(page, text)
        if self._unwritten.get(page) == text:
            self._unwritten.pop(page, None)

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(self._keep)
        return timer

    def _fit(self) -> None:
        self.text.setFixedHeight(theme.current().px(_HEIGHT))
