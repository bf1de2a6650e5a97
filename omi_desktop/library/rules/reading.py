"""How old a reader must be: the Flesch-Kincaid grade and five years, the age at which a school year begins.

Reported, not ruled: the formula counts syllables and words in a sentence, and knows nothing of meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from omi_desktop.library.rules.entry import Entry, blocks

AIM: Final = 12
TOO_OLD: Final = 15

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"[^.?!|]+[.?!]")
_VOWELS = re.compile(r"[aeiouy\u00e0-\u00ff]+")
_SILENT = re.compile(r"(?:[^aeiouyl]|[aeiouy]l)es?$|[^aeiouytd]ed$")


class Reading(NamedTuple):
    """What a text asks of its reader: an age in years."""

    file: str
    words: int
    age: float


def readings(entries: Iterable[Entry]) -> Iterator[Reading]:
    """The age of each text of ours, by its whole sentences; fewer than 100 words say too little."""
    for one in entries:
        sentences = [
            words
            for block in blocks(one.tokens)
            for sentence in _SENTENCE.findall(block.text)
            if len(words := _WORD.findall(sentence.casefold())) > 2
        ]
        count = sum(map(len, sentences))
        if one.is_ours and count >= 100:
            syllables = sum(map(syllables_of, (word for words in sentences for word in words)))
            grade = 0.39 * count / len(sentences) + 11.8 * syllables / count - 15.59
            yield Reading(one.document.file, count, round(grade + 5, 1))


def syllables_of(word: str) -> int:
    """How many syllables a word of small letters has, about: groups of vowels but for a silent e."""
    spoken = len(_VOWELS.findall(word)) - bool(_SILENT.search(word))
    return max(spoken, 1)
