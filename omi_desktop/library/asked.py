"""The questions that chapters answer (`asked` in their front matter), beside what somebody types.

A chapter is long and full text prefers what is short, so that a practical question leads to a page that has its word in
passing. What a chapter says it answers sets that right. Words are compared by the stems of the index, after those that
`alike.txt` has for the same; one number is as good as another; a word that most pages have says little.
"""

from __future__ import annotations

import math
import sqlite3
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from omi_desktop.library.alike import plainly, spell_out
from omi_desktop.library.index import words
from omi_desktop.library.items import Chapter, Kind

Name = tuple[Kind, str]
_NEARLY: Final = 0.55
"""The least part of what is typed, by weight, that a question must have in common with it."""
_OPEN_FROM: Final = 4
"""Letters from which an unfinished word is read as one of a question."""
_ENDING: Final = 4
"""Letters at the end of a word that may differ."""
_NONE: Final[Mapping[Name, float]] = {}


class Questions:
    """What all chapters are asked. Reads the words of the index once, when it is made."""

    def __init__(
        self, connection: sqlite3.Connection, chapters: Sequence[Chapter], passed_over: Collection[str]
    ) -> None:
        pages: Counter[str] = Counter()
        self._passed_over = passed_over
        self._stems: dict[str, str] = {}
        for word, stem, number in connection.execute("SELECT word, stem, pages FROM word"):
            self._stems[word] = stem
            pages[stem] += number
        most = max(pages.values(), default=0) + 1
        self._weights = {stem: math.log(1 + most / number) for stem, number in pages.items()}
        self._unheard = math.log(1 + most)
        self._asked: defaultdict[str, list[tuple[Name, frozenset[str]]]] = defaultdict(list)
        spelt: set[str] = set()
        for chapter in chapters:
            for text in chapter.asked:
                said = words(spell_out(text))
                spelt.update(said)
                stems = self._stems_of(said)
                for stem in stems:
                    self._asked[stem].append((("handbook", chapter.id), stems))
        self._words = sorted(spelt)

    def answering(self, typed: Sequence[str]) -> Mapping[Name, float]:
        """How nearly each chapter is asked what is typed, from 0 to 1: those that are at all."""
        wanted = self._stems_of([word if word in self._stems else self._nearest(word) for word in typed])
        if self._asked.keys().isdisjoint(wanted):
            return _NONE
        whole = self._weight(wanted)  # More than nothing: a word of a question is among them.
        found: dict[Name, float] = {}
        for stem in wanted:
            for name, asked in self._asked.get(stem, ()):
                shared = self._weight(wanted & asked)
                if shared >= _NEARLY * whole:
                    near = (shared / whole) ** 3 * shared / self._weight(asked)
                    found[name] = max(near, found.get(name, 0.0))
        return found

    def _stems_of(self, said: Sequence[str]) -> frozenset[str]:
        return frozenset(
            f"{word.rstrip('0123456789')}0" if word[-1].isdecimal() else self._stems.get(word, word)
            for word in plainly(said, words)
            if word not in self._passed_over
        )

    def _nearest(self, word: str) -> str:
        """The word of a question that begins as this one does, which the library does not have: it is being typed, or
        has a slip near its end. So the answer does not come and go from letter to letter."""
        at = bisect_left(self._words, word)
        near = max(self._words[max(at - 1, 0) : at + 1], key=lambda one: _in_common(one, word), default=word)
        return near if _in_common(near, word) >= max(_OPEN_FROM, len(word) - _ENDING) else word

    def _weight(self, stems: Collection[str]) -> float:
        return sum(self._weights.get(stem, self._unheard) for stem in stems)


def _in_common(one: str, other: str) -> int:
    """How many letters at their beginning two words share."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
