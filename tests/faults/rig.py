"""What every rig is: seeded trials that break something, and a count of what was broken and held."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self


class Broken(AssertionError):
    """A promise did not hold; the message says which, and what was seen."""


class Blind(AssertionError):
    """A control that must lose something lost nothing: the rig can't be trusted."""


class Rig(AbstractContextManager["Rig"], ABC):
    """One way to break things. Entered once for many trials; `folder` is its own and may be filled.

    A trial is decided by its seed alone, so that the one seed printed with a failure replays it exactly.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    """One line for the table: what is broken, and what must hold."""
    unit: ClassVar[str]
    """What is counted for the table: `kills`, `states`, `schedules` …: the key in a trial's counts."""
    short: ClassVar[int]
    """Trials of the short form, which CI runs."""
    jobs: ClassVar[int] = 2
    """Processes that may share the trials."""
    patience: ClassVar[float] = 900.0
    """Seconds after which a trial is taken to go on without end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        """Start what the trials need."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""

    @abstractmethod
    def trial(self, seed: int) -> Mapping[str, int]:
        """One trial; what was counted. Raises Broken."""

    def controls(self) -> Mapping[str, int]:
        """Show that the rig sees: what the controls lost, for the table. Raises Blind."""
        return {}


@dataclass
class Outcome:
    """What a run of one rig found. `failures` are (seed, message); `day` is when."""

    name: str
    day: str = ""
    trials: int = 0
    seconds: float = 0.0
    first_seed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    controls: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take in what another process found."""
        self.trials += other.trials
        self.counts += other.counts
        self.failures += other.failures
