"""Words marked in the open page: those of the search that led there, or of "Find in this page"."""

from __future__ import annotations

import re
from collections.abc import Collection

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit

from omi_desktop.ui import theme

_ABOVE = 0.3
"""Where in the height of the page a mark is brought to."""


class Marks(QObject):
    """Marks of one text. `changed` says that there are others, or that another is the present one."""

    changed = Signal()

    def __init__(self, text: QTextEdit) -> None:
        super().__init__(text)
        self._text = text
        self._pattern: re.Pattern[str] | None = None
        self._found: list[QTextCursor] = []
        self._at = -1

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._found)

    @property
    def present(self) -> int:
        """Which of them a person has stepped to, from 1; 0 before the first step."""
        return self._at + 1

    def show_words(self, words: Collection[str], *, brings: bool = True) -> None:
        """Mark whole words wherever they stand. `brings` the first into view."""
        longest_first = sorted(words, key=len, reverse=True)
        spelt = "|".join(re.escape(word) for word in longest_first)
        self._mark(re.compile(rf"(?<!\w)(?:{spelt})(?!\w)", re.IGNORECASE) if spelt else None)
        if self._found and brings:
            self._bring_into_view(self._found[0])

    def show_text(self, typed: str) -> None:
        """Mark a piece of text wherever it stands, and step to the first that is in view or below."""
        parts = map(re.escape, typed.split())
        spelt = r"\s+".join(parts)
        self._mark(re.compile(spelt, re.IGNORECASE) if spelt else None)
        top = self._text.cursorForPosition(self._text.viewport().rect().topLeft()).position()
        below = next((at for at, found in enumerate(self._found) if found.selectionStart() >= top), 0)
        self._go_to(below)

    def step(self, by: int) -> None:
        """Go to the next (1) or the one before (-1), round the end."""
        if self._found:
            self._go_to((self._at + by) % len(self._found))

    def show_again(self) -> None:
        """The same marks in a text that was drawn anew."""
        at = self._at
        self._mark(self._pattern)
        self._at = min(at, len(self._found) - 1)
        self._draw()

    def clear(self) -> None:
        """No marks any more."""
        self._mark(None)

    def _mark(self, pattern: re.Pattern[str] | None) -> None:
        self._pattern = pattern
        self._found, self._at = [], -1
        block = self._text.document().begin()
        while pattern is not None and block.isValid():
            for match in pattern.finditer(block.text()):
                cursor = QTextCursor(block)
                cursor.setPosition(block.position() + _units(match.string[: match.start()]))
                cursor.setPosition(
                    block.position() + _units(match.string[: match.end()]), QTextCursor.MoveMode.KeepAnchor
                )
                self._found.append(cursor)
            block = block.next()
        self._draw()

    def _go_to(self, at: int) -> None:
        if self._found:
            self._at = at
            self._bring_into_view(self._found[at])
        self._draw()

    def _draw(self) -> None:
        look = theme.current()
        usual, present = QTextCharFormat(), QTextCharFormat()
        usual.setBackground(look.colour("warning_tint"))
        usual.setForeground(look.colour("warning"))
        usual.setFontUnderline(True)
        present.setBackground(look.colour("accent"))
        present.setForeground(look.colour("on_accent"))
        selections = []
        for at, cursor in enumerate(self._found):
            selection = QTextEdit.ExtraSelection()
            selection.cursor = cursor
            selection.format = present if at == self._at else usual
            selections.append(selection)
        self._text.setExtraSelections(selections)
        self.changed.emit()

    def _bring_into_view(self, cursor: QTextCursor) -> None:
        place = self._text.cursorRect(cursor)
        inside = self._text.viewport().rect()
        if place.top() < inside.top() or place.bottom() > inside.bottom():
            bar = self._text.verticalScrollBar()
            bar.setValue(bar.value() + place.top() - round(inside.height() * _ABOVE))


def _units(text: str) -> int:
    """The length of a text as Qt counts it, in UTF-16."""
    return len(text.encode("utf-16-le")) // 2
