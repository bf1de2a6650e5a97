"""Words that mean the same: `alike.txt`. The index gives each page the words that it could have used as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).parent / "alike.txt"


def lines(table: Path) -> Iterator[str]:
    """The lines of a plain text table that are no comment."""
    for line in table.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def alike(words: list[str], split: Callable[[str], list[str]]) -> list[str]:
    """The phrases that mean the same as some of these words and are not among them. `split` gives a text's words."""
    text = f" {' '.join(words)} "
    found: dict[str, None] = {}
    for group in _groups(split):
        if any(_has(text, phrase) for phrase in group):
            found.update((phrase, None) for phrase in group if not _has(text, phrase))
    return list(found)


def others(words: list[str], split: Callable[[str], list[str]]) -> list[str]:
    """The phrases of every group that a whole query names, its own among them."""
    text = f" {' '.join(words)} "
    return [phrase for group in _groups(split) if any(_has(text, one) for one in group) for phrase in group]


def _has(text: str, phrase: str) -> bool:
    return f" {phrase} " in text or f" {phrase}s " in text


@cache
def _groups(split: Callable[[str], list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(" ".join(split(phrase)) for phrase in line.split(",")) for line in lines(TABLE))
