"""Where the pages of a text end: never inside a line or a table's row, and never right below a heading.

Qt breaks a document between any two lines. Here the whole text is laid out as one column first, and cut where it may
be.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QTextBlock, QTextCursor, QTextDocument, QTextTable

_PICTURE: Final = "\ufffc"
_BORDER: Final = 6
"""Of a table: the row above shows it as well as the row below."""
_ALONE: Final = 2
"""So many lines of a paragraph, or rows of a table, stay together at its start and at its end."""


class Piece(NamedTuple):
    """What no page break may cut, from `top` to `bottom`; `holds` says that none may follow it either."""

    top: float
    bottom: float
    holds: bool


class Slice(NamedTuple):
    """The part of the column that stands on one page."""

    top: float
    bottom: float


def slices(pieces: list[Piece], height: float) -> list[Slice]:
    """The pages of these pieces. One that is taller than a page is cut where the page ends."""
    found: list[Slice] = []
    first = 0
    while first < len(pieces):
        top = pieces[first].top
        fits = first
        while fits < len(pieces) and pieces[fits].bottom <= top + height:
            fits += 1
        if fits == len(pieces):
            found.append(Slice(top, pieces[-1].bottom))
            break
        last = fits
        while last > first and pieces[last - 1].holds:
            last -= 1
        last = last if last > first else fits  # held together, and all of it taller than a page
        if last > first:
            found.append(Slice(top, pieces[last - 1].bottom))
            first = last
            continue
        whole = pieces[first]
        while whole.bottom - top > height:
            found.append(Slice(top, top + height))
            top += height
        pieces = [whole._replace(top=top), *pieces[first + 1 :]]
        first = 0
    return found


def pieces(document: QTextDocument, padding: float) -> list[Piece]:
    """The pieces of a document that is laid out, from its top. `padding`: of the cells of its tables."""
    found: list[Piece] = []
    block = document.begin()
    while block.isValid():
        table = _outermost_table(document, block)
        if table is None:
            found += _of_a_paragraph(block)
            block = block.next()
        else:
            found += _of_a_table(table, padding)
            block = document.findBlock(table.lastPosition()).next()
    # Lines of small letters can reach into the line above: a cut is made where both end.
    return [
        *(
            piece._replace(bottom=min(piece.bottom, max(after.top + _BORDER, piece.top)))
            for piece, after in pairwise(found)
        ),
        *found[-1:],
    ]


def _of_a_paragraph(block: QTextBlock) -> Iterator[Piece]:
    lines = _lines(block)
    leads = block.blockFormat().headingLevel() > 0 or _PICTURE in block.text() or block.text().endswith(":")
    for number, line in enumerate(lines, 1):
        is_near_an_end = number < _ALONE or len(lines) - number in range(1, _ALONE)
        yield Piece(line.top(), line.bottom(), leads or (is_near_an_end and number < len(lines)))


def _of_a_table(table: QTextTable, padding: float) -> Iterator[Piece]:
    header, last = table.format().headerRowCount(), table.rows() - 1
    for row in range(table.rows()):
        rects = [
            line for column in range(table.columns()) for line in _lines_between(table, row, column)
        ] or [QRectF()]
        yield Piece(
            min(rect.top() for rect in rects) - padding - _BORDER,
            max(rect.bottom() for rect in rects) + padding + _BORDER,
            row < last and (row < max(header, 1) + _ALONE - 1 or last - row < _ALONE),
        )


def _lines_between(table: QTextTable, row: int, column: int) -> Iterator[QRectF]:
    cell = table.cellAt(row, column)
    block = table.document().findBlock(cell.firstPosition())
    while block.isValid() and block.position() <= cell.lastPosition():
        yield from _lines(block)
        block = block.next()


def _lines(block: QTextBlock) -> list[QRectF]:
    layout = block.layout()
    place = block.document().documentLayout().blockBoundingRect(block).topLeft()
    return [layout.lineAt(number).rect().translated(place) for number in range(layout.lineCount())]


def _outermost_table(document: QTextDocument, block: QTextBlock) -> QTextTable | None:
    frame = QTextCursor(block).currentFrame()
    table = None
    while frame != document.rootFrame():
        table = frame if isinstance(frame, QTextTable) else table
        frame = frame.parentFrame()
    return table
