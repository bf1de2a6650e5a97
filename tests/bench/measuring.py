"""What a figure is: runs of the limit and of ours, taken in turn, and the ratio of their medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Values = Mapping[str, float]
"""What one run gave, by name."""


class Broken(Exception):
    """Something that is measured does not do what it should; its times would mean nothing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How much to do. `folder` is where profiles and databases go; it is empty at the start."""

    runs: int
    is_quick: bool
    folder: Path

    def size(self, full: int, quick: int) -> int:
        """How many of something."""
        return quick if self.is_quick else full


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing beside its limit. Values are one a run, in the order in which they were taken."""

    name: str
    what: str
    unit: str
    limit: Sequence[float]
    ours: Sequence[float]
    goal: float | None = None
    is_rate: bool = False
    """Whether more is better, as of so many a second."""

    @property
    def ratio(self) -> float:
        """Of the medians: 1 is as good as the limit."""
        return statistics.median(self.ours) / statistics.median(self.limit)

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None:
            return None
        return self.ratio >= self.goal if self.is_rate else self.ratio <= self.goal

    def to_object(self) -> dict[str, Any]:
        """For the JSON."""
        return {
            "what": self.what,
            "unit": self.unit,
            "limit": list(self.limit),
            "ours": list(self.ours),
            "limit_median": statistics.median(self.limit),
            "ours_median": statistics.median(self.ours),
            "ratio": self.ratio,
            "goal": self.goal,
            "is_met": self.is_met,
        }


@dataclass(slots=True)
class Found:
    """What one group measured: figures, counts that need no limit, and what could not be measured, with why."""

    figures: list[Figure] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(self, other: Found) -> None:
        """Take in what another group found."""
        self.figures += other.figures
        self.counts |= other.counts
        self.skipped |= other.skipped


def take_turns(
    settings: Settings, limit: Callable[[], Values], ours: Callable[[], Values]
) -> tuple[list[Values], list[Values]]:
    """The runs of both, limit, ours, limit, ours …, so that whatever else the machine does meets both. The first
    run of each warms caches and does not count, except in a quick run."""
    runs = settings.runs if settings.is_quick else settings.runs + 1
    pairs = [(limit(), ours()) for _ in range(runs)]
    counted = pairs[-settings.runs :]
    return [first for first, _ in counted], [second for _, second in counted]


def column(runs: Sequence[Values], name: str) -> list[float]:
    """One value of every run."""
    return [run[name] for run in runs]


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def p50_ms(works: Sequence[Callable[[], object]]) -> float:
    """The median of many short works, in milliseconds."""
    return statistics.median(map(seconds, works)) * 1e3
