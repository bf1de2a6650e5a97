from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from omi_desktop.ui import style_sheet, tokens
from omi_desktop.ui.tokens import Column, Token


@pytest.mark.parametrize("column", tokens.COLUMNS)
@pytest.mark.parametrize(("front", "back", "least"), tokens.PAIRS, ids=str)
def test_every_pair_of_colours_can_be_read(front: Token, back: Token, least: float, column: Column) -> None:
    ratio = tokens.contrast(tokens.value(front, column), tokens.value(back, column))
    assert ratio >= least, f"{front} on {back} in {column} has {ratio:.2f}:1"


def test_high_contrast_text_has_at_least_seven_to_one() -> None:
    for front, back, least in tokens.PAIRS:
        if least == tokens.TEXT:
            colours = tokens.value(front, "contrast"), tokens.value(back, "contrast")
            assert tokens.contrast(*colours) >= 7, (front, back)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert tokens.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert tokens.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_every_token_has_its_three_colours() -> None:
    assert set(tokens.TABLE) == set(get_args(Token))


@pytest.mark.parametrize("column", tokens.COLUMNS)
def test_the_tick_of_a_box_has_the_colour_of_text_on_the_accent(column: Column) -> None:
    tick = Path(style_sheet.__file__).parent / "pictures" / f"tick_{column}.svg"
    assert f'stroke="{tokens.value("on_accent", column)}"' in tick.read_text()


def test_the_style_sheet_takes_every_colour_from_the_table() -> None:
    for column in tokens.COLUMNS:
        known = {tokens.value(token, column) for token in tokens.TABLE}
        sheet = style_sheet.build(column, 1.0)
        used = {
            word.strip(";") for word in sheet.split() if word.startswith("#") and len(word.strip(";")) == 7
        }
        assert used <= known
