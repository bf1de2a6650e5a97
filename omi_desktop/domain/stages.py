"""Year groups. The nation is asked before the year group: "Year 8" is 12–13 in England, 11–12 in Northern Ireland.

Ages are those in the school year, from the UK comparison table of April 2020 in the facts (docslib.org, 5967517).
Scottish classes straddle two ages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Nation(StrEnum):
    """The four nations. It follows from the place."""

    ENGLAND = "england"
    SCOTLAND = "scotland"
    WALES = "wales"
    NORTHERN_IRELAND = "northern_ireland"

    @property
    def label(self) -> str:
        """As written on screen."""
        return self.value.replace("_", " ").title()


@dataclass(frozen=True, slots=True)
class Stage:
    """One year group, age band or "not known". Ages in years; None when the stage says nothing of age."""

    code: str
    label: str
    youngest: int | None = None
    oldest: int | None = None
    nation: Nation | None = None


def _years(prefix: str, nation: Nation) -> list[Stage]:
    years = [Stage(f"{prefix}.reception", "Reception", 4, 5, nation)]
    years += [Stage(f"{prefix}.y{n}", f"Year {n}", n + 4, n + 5, nation) for n in range(1, 14)]
    return years


_NORTHERN_IRELAND = [
    *(Stage(f"ni.p{n}", f"P{n}", n + 3, n + 4, Nation.NORTHERN_IRELAND) for n in range(1, 8)),
    *(Stage(f"ni.y{n}", f"Year {n}", n + 3, n + 4, Nation.NORTHERN_IRELAND) for n in range(8, 15)),
]
_SCOTLAND = [
    *(Stage(f"sc.p{n}", f"P{n}", n + 3, n + 5, Nation.SCOTLAND) for n in range(1, 8)),
    *(Stage(f"sc.s{n}", f"S{n}", n + 10, n + 12, Nation.SCOTLAND) for n in range(1, 7)),
]
AGE_BANDS = (
    Stage("age.0-4", "Under 5", 0, 4),
    Stage("age.5-7", "5 to 7", 5, 7),
    Stage("age.8-11", "8 to 11", 8, 11),
    Stage("age.12-14", "12 to 14", 12, 14),
    Stage("age.15-18", "15 to 18", 15, 18),
)
FURTHER_EDUCATION = Stage("fe", "Further education", 16, None)
MIXED = Stage("age.mixed", "Mixed ages")
UNKNOWN = Stage("age.unknown", "Not known")

BY_NATION: dict[Nation, tuple[Stage, ...]] = {
    Nation.ENGLAND: tuple(_years("en", Nation.ENGLAND)),
    Nation.WALES: tuple(_years("wa", Nation.WALES)),
    Nation.NORTHERN_IRELAND: tuple(_NORTHERN_IRELAND),
    Nation.SCOTLAND: tuple(_SCOTLAND),
}
ANYWHERE = (FURTHER_EDUCATION, *AGE_BANDS, MIXED, UNKNOWN)
BY_CODE: dict[str, Stage] = {
    stage.code: stage for group in (*BY_NATION.values(), ANYWHERE) for stage in group
}


def fits(code: str, nation: Nation) -> bool:
    """Whether a nation has this year group. Age bands fit everywhere."""
    stage = BY_CODE.get(code)
    return stage is not None and stage.nation in (None, nation)


def label(codes: tuple[str, ...] | list[str]) -> str:
    """How a person reads one or several year groups: "Years 7–11", "Year 8 and Year 9", "Mixed ages"."""
    stages = [BY_CODE[code] for code in codes if code in BY_CODE]
    if not stages:
        return UNKNOWN.label
    if len(stages) == 1:
        return stages[0].label
    if _are_consecutive(stages):
        first, last = stages[0].label, stages[-1].label
        if first.startswith("Year ") and last.startswith("Year "):
            return f"Years {first.removeprefix('Year ')}–{last.removeprefix('Year ')}"
        return f"{first}–{last}"
    names = [stage.label for stage in stages]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _are_consecutive(stages: list[Stage]) -> bool:
    nation = stages[0].nation
    if nation is None or len(stages) < 3:
        return False
    order = BY_NATION[nation]
    if any(stage not in order for stage in stages):
        return False
    places = [order.index(stage) for stage in stages]
    return places == list(range(places[0], places[0] + len(places)))
