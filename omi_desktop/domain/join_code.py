"""Join codes: what one ambassador shows and the others type, with no network, so that one room counts once.

Seven Crockford base 32 characters and a Luhn mod 32 check: any single wrong character is caught, and so is any
swap of neighbours but one pair (the alphabet's first and last).
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def make() -> str:
    """A new random code, 35 random bits and the check."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + _check_character(body)


def normalise(typed: str) -> str:
    """The code as kept: capitals, no spaces or dashes, O read as 0, I and L as 1."""
    return "".join(typed.upper().split()).replace("-", "").translate(_READ_AS)


def is_valid(code: str) -> bool:
    """Whether a normalised code is whole and its check fits."""
    return (
        len(code) == LENGTH
        and all(character in ALPHABET for character in code)
        and code[-1] == _check_character(code[:-1])
    )


def shown(code: str) -> str:
    """The code in two halves, for reading aloud."""
    return f"{code[:4]} {code[4:]}"


def _check_character(body: str) -> str:
    total, factor = 0, 2
    for character in reversed(body):
        product = ALPHABET.index(character) * factor
        total += product // len(ALPHABET) + product % len(ALPHABET)
        factor = 3 - factor
    return ALPHABET[-total % len(ALPHABET)]
