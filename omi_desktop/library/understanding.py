"""What typed words mean: "30 minutes, Year 5, no kit, about the Moon" is three wishes and a word to look for.

`understood.txt` is the table of phrases. Year groups, ages and times are read here. What is understood keeps its place
in the text, so that it can be shown and taken back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from omi_desktop.domain.stages import BY_CODE, Nation
from omi_desktop.library.alike import lines
from omi_desktop.library.wishes import Wish, label

TABLE: Final = Path(__file__).parent / "understood.txt"
_EVERYWHERE: Final = "everywhere"
_LONGEST: Final = 240
"""Minutes: what is longer is no time in a room."""
_OLDEST: Final = 25
_DIGIT: Final = re.compile(r"\d")

_PREFIXES: Final = {Nation.ENGLAND: "en", Nation.WALES: "wa", Nation.NORTHERN_IRELAND: "ni"}
_TO: Final = r"\s*(?:-|–|—|to|and|&|/)\s*"
_UP_TO: Final = (
    r"(?:(?:up to|under|less than|within|at most|no more than|maximum|max|about|around|only|in|for)\s+)?"
    r"(?:a\s+)?"
)
_WHERE: Final = r"(?:,?\s+(?:in\s+)?(?P<where>england|scotland|wales|northern ireland))?"
_OR_LESS: Final = r"(?:\s+(?:or less|at most|max|long|maximum))?"


class Meaning(NamedTuple):
    """A wish read from `start` to `end` of the typed text, and what to call it."""

    wish: Wish
    label: str
    start: int
    end: int


class Understood(NamedTuple):
    """`rest` is the text without what is understood."""

    meanings: tuple[Meaning, ...]
    rest: str


def understand(text: str, nation: Nation) -> Understood:
    """Read the wishes in a text, as someone in this nation means them. Any text is well."""
    found: list[Meaning] = []
    rest = text
    for pattern, read in _readers():
        for match in pattern.finditer(rest):
            meaning = read(match, nation)
            if meaning is None or any(meaning.wish.field == other.wish.field for other in found):
                continue
            found.append(meaning)
            rest = f"{rest[: match.start()]}{' ' * (match.end() - match.start())}{rest[match.end() :]}"
    found.sort(key=lambda meaning: meaning.start)
    return Understood(tuple(found), rest if found else text)


def may_mean(words: Sequence[str]) -> bool:
    """Whether any wish can be in a text of these words. Nearly every text has none, and is not read any closer."""
    return not _beginnings().isdisjoint(words) or _DIGIT.search(" ".join(words)) is not None


def without(text: str, meaning: Meaning) -> str:
    """The text with the words of one meaning taken out."""
    left = text[: meaning.start].rstrip(" ,;·")
    right = text[meaning.end :].lstrip(" ,;·")
    return f"{left} {right}".strip()


@cache
def _readers() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Nation], Meaning | None]], ...]:
    def pattern(words: str) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w-]){words}(?![\w-])", re.IGNORECASE)

    said = {phrase: said for section in _table().values() for phrase, said in section.items()}
    times = _spelt(phrase for phrase in said if said[phrase].startswith("minutes "))
    others = _spelt(phrase for phrase in said if not said[phrase].startswith("minutes "))
    return (
        (
            pattern(
                r"(?:(?:for|aged?|ages)\s+)*(\d{1,2})(?:" + _TO + r"(\d{1,2}))?[\s-]*(?:year|yr)s?[\s-]*olds?"
            ),
            _ages,
        ),
        (pattern(r"(?:ages?|aged)\s*(\d{1,2})(?:" + _TO + r"(\d{1,2}))?"), _ages),
        (
            pattern(
                r"(?:years?|yrs?|y)[\s-]*(\d{1,2})(?:" + _TO + r"(?:years?|yrs?|y)?[\s-]*(\d{1,2}))?" + _WHERE
            ),
            _years,
        ),
        (pattern(r"(?:primary |p)(\d)(?:" + _TO + r"p?(\d))?" + _WHERE), _primary),
        (pattern(r"(?:secondary |s)(\d)(?:" + _TO + r"s?(\d))?" + _WHERE), _secondary),
        (pattern(rf"{_UP_TO}(\d{{1,3}})\s*-?\s*(?:minutes?|mins?|min\.){_OR_LESS}"), _minutes),
        (pattern(rf"{_UP_TO}(\d(?:\.5)?)\s*-?\s*(?:hours?|hrs?|h){_OR_LESS}"), _hours),
        (pattern(rf"{_UP_TO}({times}){_OR_LESS}"), _phrase),
        (pattern(rf"({others})"), _phrase),
    )


def _spelt(phrases: Iterable[str]) -> str:
    """The longest first: "half an hour" is not "an hour"."""
    longest_first = sorted(phrases, key=len, reverse=True)
    return "|".join(r"[\s-]+".join(map(re.escape, phrase.split())) for phrase in longest_first)


def _ages(match: re.Match[str], _nation: Nation) -> Meaning | None:
    youngest, oldest = sorted((int(match[1]), int(match[2] or match[1])))
    return _meaning(match, "ages", f"{youngest}-{oldest}") if oldest <= _OLDEST else None


def _years(match: re.Match[str], nation: Nation) -> Meaning | None:
    order = (_named(match) or nation, Nation.ENGLAND, Nation.WALES, Nation.NORTHERN_IRELAND)
    return _of_years(match, nation, [f"{_PREFIXES[one]}.y" for one in order if one in _PREFIXES])


def _primary(match: re.Match[str], nation: Nation) -> Meaning | None:
    is_northern = (_named(match) or nation) is Nation.NORTHERN_IRELAND
    return _of_years(match, nation, ["ni.p", "sc.p"] if is_northern else ["sc.p", "ni.p"])


def _secondary(match: re.Match[str], nation: Nation) -> Meaning | None:
    return _of_years(match, nation, ["sc.s"])


def _named(match: re.Match[str]) -> Nation | None:
    """The nation that is named behind a year group: "Year 8 in Northern Ireland"."""
    return Nation("_".join(match["where"].casefold().split())) if match["where"] else None


def _of_years(match: re.Match[str], nation: Nation, prefixes: list[str]) -> Meaning | None:
    first, last = sorted((int(match[1]), int(match[2] or match[1])))
    for prefix in prefixes:
        codes = [f"{prefix}{number}" for number in range(first, last + 1)]
        if all(code in BY_CODE for code in codes):
            found = _meaning(match, "years", " ".join(codes))
            of = BY_CODE[codes[0]].nation
            return found if of in (nation, None) else found._replace(label=f"{found.label} ({of.label})")
    return None


def _minutes(match: re.Match[str], _nation: Nation) -> Meaning | None:
    minutes = int(match[1])
    return _meaning(match, "minutes", str(minutes)) if 0 < minutes <= _LONGEST else None


def _hours(match: re.Match[str], _nation: Nation) -> Meaning | None:
    minutes = round(float(match[1]) * 60)
    return _meaning(match, "minutes", str(minutes)) if 0 < minutes <= _LONGEST else None


def _phrase(match: re.Match[str], nation: Nation) -> Meaning | None:
    phrase, table = _folded(match[1]), _table()
    said = table[nation.value].get(phrase) or table[_EVERYWHERE].get(phrase)
    if said is None:
        return None
    field, _, value = said.partition(" ")
    found = _meaning(match, field, value)
    if field not in ("ages", "years"):
        return found
    ages = f"{found.label[:1].lower()}{found.label[1:]}" if field == "ages" else found.label
    return found._replace(label=f"{match[0]}: {ages}")


def _meaning(match: re.Match[str], field: str, value: str) -> Meaning:
    wish = Wish("activity", field, value)
    return Meaning(wish, label(wish), match.start(), match.end())


def _folded(text: str) -> str:
    return " ".join(re.split(r"[\s-]+", text.strip().casefold()))


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(phrase.split()[0] for section in _table().values() for phrase in section)


@cache
def _table() -> dict[str, dict[str, str]]:
    """Section, phrase, meaning."""
    table: dict[str, dict[str, str]] = {name: {} for name in (_EVERYWHERE, *Nation)}
    section = table[_EVERYWHERE]
    for line in lines(TABLE):
        if line.startswith("["):
            section = table[line.strip("[]")]
            continue
        phrases, _, said = line.partition(" = ")
        section.update((_folded(phrase), said) for phrase in phrases.split(","))
    return table
