"""A slip of the finger is read as the word that was meant, and a short word is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.library.slips import Vocabulary, slips

WORDS = Vocabulary(
    {"satellite": 9, "satellites": 4, "moon": 8, "mood": 1, "noon": 3, "rocket": 7, "astronaut": 5, "ice": 2}
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("satelite", "satellite"),
        ("sattelite", "satellite"),
        ("satalite", "satellite"),
        ("rockte", "rocket"),
        ("rokcet", "rocket"),
        ("rockett", "rocket"),
        ("ocket", "rocket"),
        ("astronuat", "astronaut"),
        ("astronot", "astronaut"),
    ],
)
def test_one_slip_in_a_word_and_two_in_a_long_one_are_mended(typed: str, meant: str) -> None:
    assert WORDS.nearest(typed, is_open=False)[0] == meant


@pytest.mark.parametrize("typed", ["ise", "rcokte", "rokt", "xyzzy", "", "saturnite"])
def test_what_is_too_short_or_too_far_is_not(typed: str) -> None:
    assert WORDS.nearest(typed, is_open=True) == ()


def test_the_nearest_come_first_and_then_the_most_used() -> None:
    assert WORDS.nearest("moom", is_open=False) == ("moon", "mood")
    assert WORDS.nearest("satelites", is_open=False) == ("satellites",)


def test_a_word_that_is_not_finished_is_read_by_its_beginning() -> None:
    assert WORDS.nearest("satell", is_open=True)  # begins so: no slip at all
    assert WORDS.nearest("sattell", is_open=True) == ("satellite", "satellites")
    assert WORDS.nearest("sattell", is_open=False) == ()


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("moon", "mon", 1), ("moon", "noom", 2), ("abc", "abc", 0)],
)
def test_slips_are_counted(one: str, other: str, count: int) -> None:
    assert slips(one, other) == slips(other, one) == count


@given(st.text("abcdé", min_size=4, max_size=9), st.data())
def test_every_single_slip_is_found_again(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdé"))
    slipped = data.draw(
        st.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at + 1 :],
                word[:at] + letter + word[at:],
                word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            ]
        )
    )
    if len(slipped) >= 4:
        assert word in Vocabulary({word: 1}).nearest(slipped, is_open=False)
