"""The history of syncing: what came of each try, the newest first, for a person to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from omi_desktop.library.items import Snippet
from omi_desktop.ui import theme, words
from omi_desktop.ui.library.rows import Row, RowList
from omi_desktop.ui.widgets import buttons, labels

if TYPE_CHECKING:
    from omi_desktop.domain.online import Attempt

_WIDTH: Final = 560
_HEIGHT: Final = 480
_DONE: Final = "ok"


class HistoryDialog(QDialog):
    """A list to read with the arrow keys; a row reads as one sentence."""

    def __init__(self, attempts: Sequence[Attempt], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("History of syncing")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(12)
        column.addWidget(labels.heading("History of syncing"))
        self.list = RowList("History of syncing")
        self.list.show_rows([history_row(attempt) for attempt in attempts])
        self.nothing = labels.muted("Nothing has been tried yet. Each try to sync is noted here.")
        column.addWidget(self.list, 1)
        column.addWidget(self.nothing, 1, Qt.AlignmentFlag.AlignTop)
        self.list.setVisible(bool(attempts))
        self.nothing.setVisible(not attempts)
        close = buttons.primary("Close", self.accept)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        px = theme.current().px
        size = parent.size() if parent is not None else self.screen().availableSize()
        self.resize(min(px(_WIDTH), size.width() - 40), min(px(_HEIGHT), size.height() - 40))
        self.list.ensurePolished()
        if attempts:
            self.list.step(1)
            self.list.setFocus()
        else:
            close.setFocus()


def history_row(attempt: Attempt) -> Row:
    """`Synced`, when, and what moved; or what stood in the way."""
    title = "Synced" if attempt.code == _DONE else attempt.title.rstrip(".")
    return Row("", title, Snippet(moved(attempt), ()), above=words.moment(attempt.at))


def moved(attempt: Attempt) -> str:
    """`3 sent, 3 read back, 1 came from another laptop`."""
    parts = (
        (attempt.sent, "sent"),
        (attempt.read_back, "read back"),
        (attempt.received, "came from another laptop"),
        (attempt.rejected, "not accepted"),
    )
    said = ", ".join(f"{words.number(count)} {text}" for count, text in parts if count)
    if said:
        return f"{said}."
    return "Nothing was waiting." if attempt.code == _DONE else "Nothing was sent. Nothing is lost."
