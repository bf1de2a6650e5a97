"""Join codes: read aloud across a classroom, typed by somebody else, with no network to ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain import join_code
from omi_desktop.domain.join_code import ALPHABET, LENGTH

codes = st.builds(join_code.make)


@given(codes, st.data())
def test_any_single_wrong_character_is_caught(code: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, LENGTH - 1))
    for wrong in set(ALPHABET) - {code[at]}:
        assert not join_code.is_valid(code[:at] + wrong + code[at + 1 :])


def test_every_swap_of_neighbours_is_caught_but_of_the_first_and_last_letter() -> None:
    missed = set()
    for at in range(LENGTH - 1):
        for one in ALPHABET:
            for two in ALPHABET:
                body = ["3"] * (LENGTH - 1)
                body[at] = one
                if at < LENGTH - 2:
                    body[at + 1] = two
                code = _checked("".join(body))
                swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
                if swapped != code and join_code.is_valid(swapped):
                    missed.add(frozenset(code[at : at + 2]))
    assert missed == {frozenset("0Z")}


def _checked(body: str) -> str:
    return next(body + last for last in ALPHABET if join_code.is_valid(body + last))


@given(codes)
def test_a_made_code_is_valid_however_it_is_typed(code: str) -> None:
    assert join_code.is_valid(code)
    for typed in (
        join_code.shown(code),
        code.lower(),
        f"  {code[:4]} - {code[4:]} ",
        "-".join(code),
        code.replace("0", "o").replace("1", "l"),
        code.replace("0", "O").replace("1", "I"),
    ):
        assert join_code.normalise(typed) == code


@pytest.mark.parametrize("wrong", ["", "0", "00000000000", "0000000 ", "0000000\n", "UUUUUUUU", "٠٠٠٠٠٠٠٠"])
def test_what_is_no_code_is_not_valid(wrong: str) -> None:
    assert not join_code.is_valid(wrong)


@given(st.text())
def test_anything_typed_is_read_without_an_error(typed: str) -> None:
    assert join_code.is_valid(join_code.normalise(typed)) in (True, False)


def test_codes_do_not_repeat() -> None:
    assert len({join_code.make() for _ in range(500)}) == 500
