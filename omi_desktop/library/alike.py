"""Words that mean the same: `alike.txt`. The index gives each page the words that it could have used as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).parent / "alike.txt"


def lines(table: Path) -> Iterator[str]:
    """The lines of a plain text table that are no comment."""
    for line in table.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def alike(text: str, split: Callable[[str], list[str]]) -> list[str]:
    """The phrases that mean the same as some of this text's words and are not among them. `split` gives its words."""
    spelt = f" {' '.join(split(spell_out(text)))} "
    found: dict[str, None] = {}
    for group in _groups(split):
        if any(_has(spelt, phrase) for phrase in group):
            found.update((phrase, None) for phrase in group if not _has(spelt, phrase))
    return list(found)


def plainly(typed: Sequence[str], split: Callable[[str], list[str]]) -> list[str]:
    """Words with each phrase of a group said as the first of its group, to compare what is said in other words."""
    plain: list[str] = []
    at = 0
    while at < len(typed):
        for phrase, first in _beginning(split).get(typed[at], ()):
            if tuple(typed[at : at + len(phrase)]) == phrase:
                plain += first
                at += len(phrase)
                break
        else:
            plain.append(typed[at])
            at += 1
    return plain


def spell_out(text: str) -> str:
    """The text with what is an abbreviation only in capitals said in other words. A text all in capitals stays."""
    if text.isupper() and len(text.split()) > 1:
        return text
    pattern, said = _capitals()
    return pattern.sub(lambda match: said[match[0]], text)


def others(words: list[str], split: Callable[[str], list[str]]) -> list[str]:
    """The phrases of every group that a whole query names, its own among them."""
    text = f" {' '.join(words)} "
    return [phrase for group in _groups(split) if any(_has(text, one) for one in group) for phrase in group]


def _has(text: str, phrase: str) -> bool:
    return f" {phrase} " in text or f" {phrase}s " in text


@cache
def _groups(split: Callable[[str], list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(" ".join(split(phrase)) for phrase in line.split(",") if not phrase.strip().isupper())
        for line in lines(TABLE)
    )


@cache
def _beginning(
    split: Callable[[str], list[str]],
) -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """By its first word, each phrase with the first of its group; the longest come first."""
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for group in _groups(split):
        for phrase in (*group, *(f"{one}s" for one in group)):
            several = tuple(phrase.split())
            found.setdefault(several[0], []).append((several, tuple(group[0].split())))
    for phrases in found.values():
        phrases.sort(key=lambda pair: -len(pair[0]))
    return found


@cache
def _capitals() -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds the phrases that the table has in capitals, and the first of their group that is not."""
    said: dict[str, str] = {}
    for line in lines(TABLE):
        phrases = [phrase.strip() for phrase in line.split(",")]
        other = next(phrase for phrase in phrases if not phrase.isupper())
        said.update((phrase, other) for phrase in phrases if phrase.isupper())
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, said)) or '(?!)'})\b"), said
