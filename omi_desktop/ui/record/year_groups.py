"""Which year groups a place offers, and which of them a person meant by what they typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from omi_desktop.domain.session import Activity, PlaceKind
from omi_desktop.domain.stages import (
    AGE_BANDS,
    BY_NATION,
    FURTHER_EDUCATION,
    MIXED,
    UNKNOWN,
    Nation,
    Stage,
    label,
)

_SCHOOLS = {
    PlaceKind.PRIMARY_SCHOOL: (4, 11),
    PlaceKind.SECONDARY_SCHOOL: (11, 18),
    PlaceKind.ALL_THROUGH_SCHOOL: (4, 18),
    PlaceKind.SPECIAL_SCHOOL: (4, 18),
    PlaceKind.NURSERY: (3, 5),
    PlaceKind.COLLEGE: (16, 18),
}
"""Ages, in years, at the start of the youngest and the end of the oldest year group."""
_CLUBS = (Activity.STEM_CLUB, Activity.FESTIVAL, Activity.YOUTH_GROUP, Activity.FAMILY_EVENT)
_SPLIT = re.compile(r"\s*(?:,|&|\+|;|\band\b)\s*")
_RANGE = re.compile(r"(.+?)\s*(?:-|–|\bto\b)\s*(.+)")


def offered(nation: Nation | None, kind: PlaceKind | None, activity: Activity) -> tuple[Stage, ...]:
    """The year groups that fit a place, youngest first; age bands and "Mixed ages" for clubs and festivals;
    always "Not known"."""
    years: list[Stage] = []
    if nation is not None and kind is not None:
        years = _years(nation, kind)
    is_club = kind not in _SCHOOLS or activity in _CLUBS
    bands = [*AGE_BANDS, MIXED] if is_club else []
    if kind is PlaceKind.COLLEGE:
        bands = [FURTHER_EDUCATION, *bands]
    if kind is PlaceKind.NURSERY:
        bands = [AGE_BANDS[0], *(band for band in bands if band != AGE_BANDS[0])]
    if is_club and kind not in _SCHOOLS:
        return (*bands, UNKNOWN, *years)
    return (*years, *bands, UNKNOWN)


def candidates(typed: str, stages: Sequence[Stage]) -> list[tuple[str, ...]]:
    """What a person may mean, best first: `8` Year 8, `7-11` Years 7 to 11, `8, 9` both, `mix` Mixed ages."""
    text = " ".join(typed.casefold().split())
    if not text:
        return [(stage.code,) for stage in stages]
    exact = [(stage.code,) for stage in stages if text in _names(stage)]
    several = _several(text, stages)
    begun = [(s.code,) for s in stages if any(name.startswith(text) for name in _names(s))]
    found = [*exact, *([several] if several else []), *begun]
    return list(dict.fromkeys(found))


def said(codes: Sequence[str]) -> str:
    """The year groups in words, nothing for none."""
    return label(list(codes)) if codes else ""


def _years(nation: Nation, kind: PlaceKind) -> list[Stage]:
    low, high = _SCHOOLS.get(kind, (4, 18))
    every = BY_NATION[nation]
    if nation is Nation.ENGLAND or nation is Nation.WALES:
        return [s for s in every if s.youngest is not None and low <= s.youngest < high]
    if kind is PlaceKind.PRIMARY_SCHOOL:
        return [s for s in every if s.label.startswith("P")]
    if kind is PlaceKind.SECONDARY_SCHOOL:
        return [s for s in every if not s.label.startswith("P")]
    if kind is PlaceKind.COLLEGE:
        return list(every[-2:])
    if kind is PlaceKind.NURSERY:
        return []
    return list(every)


def _several(text: str, stages: Sequence[Stage]) -> tuple[str, ...]:
    """Year groups joined by commas, "and" or a range; empty when any part is none of the offered."""
    codes: list[str] = []
    parts = _SPLIT.split(text)
    for part in parts:
        span = _RANGE.fullmatch(part)
        if span:
            ends = [_one(_bare(end), stages) for end in span.groups()]
            if None in ends:
                return ()
            low, high = sorted(stages.index(end) for end in ends if end)
            codes += [stage.code for stage in stages[low : high + 1]]
        else:
            one = _one(_bare(part), stages)
            if one is None:
                return ()
            codes.append(one.code)
    ordered = [stage.code for stage in stages if stage.code in codes]
    return tuple(ordered) if len(ordered) > 1 else ()


def _one(text: str, stages: Sequence[Stage]) -> Stage | None:
    return next((stage for stage in stages if text in _names(stage)), None)


def _bare(text: str) -> str:
    return re.sub(r"^years?\s+", "", text.strip())


def _names(stage: Stage) -> tuple[str, ...]:
    """Everything that a person may type for one year group."""
    name = stage.label.casefold()
    if name.startswith("year "):
        number = name.removeprefix("year ")
        return (name, number, f"y{number}")
    if re.fullmatch(r"[ps]\d", name):
        return (name, name[1:], f"{name[0]} {name[1:]}")
    if match := re.fullmatch(r"(\d+) to (\d+)", name):
        return (name, f"{match[1]}-{match[2]}", f"{match[1]}–{match[2]}")
    if stage is AGE_BANDS[0]:
        return (name, "0-4", "<5")
    if stage is UNKNOWN:
        return (name, "unknown", "?")
    return (name,)
