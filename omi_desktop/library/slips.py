"""Typing slips: the words of the library that are nearest to a word that it does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

ONE_SLIP_FROM: Final = 4
TWO_SLIPS_FROM: Final = 8
"""Letters that a word must have for one slip and for two."""
_MOST_WORDS: Final = 3


class Vocabulary:
    """Every word of the library with the number of pages that have it. A slip is a letter too many, missing, wrong,
    or two letters that changed places."""

    def __init__(self, pages: Mapping[str, int]) -> None:
        self._pages = pages

    @cached_property
    def _letters(self) -> dict[str, int]:
        return {word: _letters_of(word) for word in self._pages if len(word) >= ONE_SLIP_FROM - 1}

    def nearest(self, typed: str, *, is_open: bool) -> tuple[str, ...]:
        """The words with the fewest slips, most used first; none when all are too far. `is_open`: more letters may
        follow what is typed, so words that begin nearly so count too."""
        allowed = 2 if len(typed) >= TWO_SLIPS_FROM else 1 if len(typed) >= ONE_SLIP_FROM else 0
        if not allowed:
            return ()
        found = self._near(typed, allowed, self._letters)
        if not found and is_open:
            begins: dict[str, list[str]] = {}
            for length in range(len(typed) - allowed, len(typed) + allowed + 1):
                for word in self._pages:
                    if len(word) > length:
                        begins.setdefault(word[:length], []).append(word)
            near = self._near(typed, allowed, {begin: _letters_of(begin) for begin in begins})
            for begin in sorted(near, key=lambda begin: -near[begin]):
                found.update(dict.fromkeys(begins[begin], near[begin]))
        fewest = min(found.values(), default=0)
        best = [word for word, far in found.items() if far == fewest]
        return tuple(sorted(best, key=lambda word: (-self._pages[word], word))[:_MOST_WORDS])

    @staticmethod
    def _near(typed: str, allowed: int, candidates: Mapping[str, int]) -> dict[str, int]:
        # A slip changes at most two letters of the set: that leaves a handful of thousands to measure.
        ours = _letters_of(typed)
        shortest, longest = len(typed) - allowed, len(typed) + allowed
        return {
            word: far
            for word, letters in candidates.items()
            if (letters ^ ours).bit_count() <= 2 * allowed
            and shortest <= len(word) <= longest
            and (far := slips(typed, word)) <= allowed
        }


def slips(one: str, other: str) -> int:
    """How many slips lead from one word to the other (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, last, row = row, before, [at]
        for column, there in enumerate(other, 1):
            cost = min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != there))
            if at > 1 and column > 1 and letter == other[column - 2] and one[at - 2] == there:
                cost = min(cost, last[column - 2] + 1)
            row.append(cost)
    return row[-1]


def _letters_of(word: Iterable[str]) -> int:
    letters = 0
    for letter in word:
        letters |= 1 << (ord(letter) & 31)
    return letters
