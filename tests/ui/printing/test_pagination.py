"""Pages end where a reader can bear it, and nothing is lost between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QTextBlock, QTextCursor

from omi_desktop.ui.printing.pages import Column, column
from omi_desktop.ui.printing.pagination import Piece, slices

WIDTH, HEIGHT = 3000.0, 2200.0
LINE = "<p>Some words that fill a little more than one line of a column as narrow as this one here.</p>"
ROW = f"<tr><td>{'One or another word ' * 5}</td><td>1</td></tr>"


def blocks(text: Column) -> Iterator[QTextBlock]:
    block = text.document.begin()
    while block.isValid():
        yield block
        block = block.next()


def lines(text: Column, block: QTextBlock) -> list[tuple[float, float]]:
    top = text.document.documentLayout().blockBoundingRect(block).top()
    rects = [block.layout().lineAt(number).rect() for number in range(block.layout().lineCount())]
    return [(top + rect.top(), top + rect.bottom()) for rect in rects]


def pages_of(text: Column, top: float, bottom: float) -> list[int]:
    """The pages that show the middle of a line."""
    middle = (top + bottom) / 2
    return [number for number, part in enumerate(text.slices) if part.top <= middle < part.bottom]


@pytest.mark.parametrize("above", range(14))
def test_every_line_stands_on_one_page_and_a_heading_on_that_of_its_text(above: int) -> None:
    text = column(f"{LINE * above}<h2>A heading</h2>{LINE * 9}", {}, WIDTH, HEIGHT)

    shown = [
        (block.text(), block.blockFormat().headingLevel(), pages_of(text, *line))
        for block in blocks(text)
        for line in lines(text, block)
    ]
    assert all(len(pages) == 1 for _words, _level, pages in shown)
    at = next(number for number, (_words, level, _pages) in enumerate(shown) if level)
    assert shown[at][2] == shown[at + 1][2] == shown[at + 2][2]
    assert all(part.bottom - part.top <= HEIGHT for part in text.slices)


@pytest.mark.parametrize("above", range(10))
def test_a_row_of_a_table_is_whole_and_neither_its_head_nor_its_last_row_is_alone(above: int) -> None:
    table = f"<table width='100%'><thead><tr><th>What</th><th>N</th></tr></thead><tbody>{ROW * 14}</tbody></table>"
    text = column(f"{LINE * above}{table}{LINE}", {}, WIDTH, HEIGHT)

    table_of = QTextCursor(list(blocks(text))[above + 2]).currentTable()
    rows = []
    for row in range(table_of.rows()):
        cell = table_of.cellAt(row, 0).firstCursorPosition().block()
        shown = [pages_of(text, *line) for line in lines(text, cell)]
        assert all(len(pages) == 1 for pages in shown)
        rows.append({pages[0] for pages in shown})
        assert len(lines(text, cell)) > 1 or row == 0
    assert all(len(pages) == 1 for pages in rows)
    assert rows[0] == rows[1] == rows[2]
    assert rows[-2] == rows[-1]
    assert len(set.union(*rows)) > 1


@pytest.mark.parametrize("above", range(12))
def test_no_line_of_a_paragraph_is_left_alone(above: int) -> None:
    text = column(f"{'<p>One.</p>' * above}<p>{'many words of one paragraph ' * 40}</p>", {}, WIDTH, HEIGHT)

    last = list(blocks(text))[-1]
    pages = [pages_of(text, *line)[0] for line in lines(text, last)]
    assert all(pages.count(page) > 1 for page in pages)


def test_what_is_taller_than_a_page_is_cut_and_shown_whole() -> None:
    found = slices([Piece(0, 50, False), Piece(50, 370, False), Piece(370, 380, False)], 100)

    assert found == [(0, 50), (50, 150), (150, 250), (250, 350), (350, 380)]


def test_what_holds_together_and_is_too_tall_is_parted_all_the_same() -> None:
    found = slices([Piece(at * 40, at * 40 + 40, True) for at in range(6)], 100)

    assert [part.top for part in found] == [0, 80, 160]
