"""Spelling: every word of ours is in the British dictionary of the machine or in our own list of names and terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from omi_desktop.library.items import Activity, Chapter
from omi_desktop.library.markdown import inline
from omi_desktop.library.read import Fault
from omi_desktop.library.rules.entry import Entry

DICTIONARIES: Final = (
    Path("/usr/share/dict/british-english-large"),
    Path("/usr/share/dict/british-english"),
)
"""Debian's wbritish-large and wbritish, made from SCOWL: plain words, so that no package is needed to read them."""
OWN_WORDS: Final = "resources/words.txt"
"""Names and terms, one a line, in the order of the alphabet."""

_LETTER = r"[^\W\d_\u00b2\u00b3\u00b9\u2070-\u209c]"
_WORD = re.compile(rf"{_LETTER}+(?:['\u2019]{_LETTER}+)*")
_ADDRESS = re.compile(r"\S*(?:://|@|www\.|\.(?:org|com|uk|net|eu|int|gov|py|md)\b)\S*")


class NoDictionary(Exception):
    """This machine has none of the dictionaries."""


@cache
def dictionary() -> frozenset[str]:
    """Every word that is spelt right in Britain. Raises NoDictionary."""
    for path in DICTIONARIES:
        if path.is_file():
            return frozenset(path.read_text("utf-8").split())
    raise NoDictionary("no British dictionary here: install Debian's wbritish-large")


def unknown_words(entries: Iterable[Entry], root: Path) -> Iterator[Fault]:
    """Each word of ours that no list has, once a file, and what is wrong with our own list. Raises NoDictionary."""
    lines = (root / OWN_WORDS).read_text("utf-8").splitlines() if (root / OWN_WORDS).is_file() else []
    yield from _own_list(lines)
    known = dictionary() | set(lines)
    for one in entries:
        seen: set[str] = set()
        for text, place in _sentences(one):
            for word in _WORD.findall(_ADDRESS.sub(" ", text)):
                if word not in seen and not _is_known(word, known):
                    seen.add(word)
                    yield Fault(
                        place.file,
                        place.line,
                        f'"{word}" is in no dictionary: mend it, or add it to {OWN_WORDS}',
                    )


def _own_list(lines: Sequence[str]) -> Iterator[Fault]:
    for number, (before, word) in enumerate(pairwise(["", *lines]), 1):
        if (word.casefold(), word) <= (before.casefold(), before):
            yield Fault(OWN_WORDS, number, f'"{word}" must come before "{before}", and once')
        elif not _WORD.fullmatch(word):
            yield Fault(OWN_WORDS, number, f'"{word}" is not one word')
        elif _is_known(word, dictionary()):
            yield Fault(OWN_WORDS, number, f'"{word}" is in the dictionary already')


def _is_known(word: str, known: AbstractSet[str]) -> bool:
    plain = word.replace("\u2019", "'").removesuffix("'s").removesuffix("'")
    return plain.isupper() or len(plain) == 1 or plain in known or plain.lower() in known


def _sentences(one: Entry) -> Iterator[tuple[str, Fault]]:
    """What we wrote ourselves: names that a source gave its page are not ours to spell."""
    if isinstance(one.item, Chapter | Activity):
        field = "summary" if isinstance(one.item, Chapter) else "good_for"
        yield one.item.summary, one.fault("", field)
    if one.is_ours:
        yield one.item.title, one.fault("", "title")
    for token, line in inline(one.tokens):
        if token.type in ("text", "image"):
            yield token.content, one.fault_in_body("", line)
