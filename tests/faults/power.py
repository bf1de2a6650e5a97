"""The power cut at any moment: the calls of a life replayed onto disks that lose, tear and reorder what was not synced.

Each life is recorded once. A state is what a disk may hold afterwards (`disk.py`); the real program is started on it.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple, Self

from tests.faults import audit, calls, disk
from tests.faults.disk import Kind, Recording, State
from tests.faults.lives import SCENARIOS
from tests.faults.prepared import Bench, Prepared, room
from tests.faults.rig import Blind, Broken, Rig

VARIANTS = 5
"""Different lives of each scenario."""
CONTROLS = ("WAL/NORMAL", "DELETE/FULL")
"""Settings that lose records."""
CONTROLLED, CONTROL_STATES = ("record", "change", "count"), 120
MAKES_NAMES = {"first", "look after", "bring back", "recover"}
"""Scenarios whose promises rest on names that are made during the life: the file's own, a copy's, or that of a journal
in the place of one that was rolled back. Where no sync makes a name safe, nothing can hold them."""
_MOST = 20_000_000


class Recorded(NamedTuple):
    """A life, what it must leave, and its operations."""

    prepared: Prepared
    recording: Recording


class Power(Rig):
    """The power cut at any operation of a life."""

    name = "power"
    what = "Power cut with unsynced writes dropped, torn or reordered, on four kinds of disk: nothing lost or corrupt"
    unit = "states"
    short = 1500

    def __init__(self, folder: Path, *, plant: str = "", scenarios: tuple[str, ...] = ()) -> None:
        super().__init__(folder)
        self._plant = plant
        self._scenarios = scenarios or tuple(SCENARIOS)
        self._recorded: dict[tuple[str, int, str], Recorded] = {}

    def __enter__(self) -> Self:
        self._open = ExitStack()
        folder = self._open.enter_context(room(self.folder, self.name))
        self._bench = self._open.enter_context(closing(Bench(folder)))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def trial(self, seed: int) -> Mapping[str, int]:
        """One state, decided by the seed: which life, which kind of disk, when the power goes, what is lost."""
        name = self._scenarios[seed % len(self._scenarios)]
        return self._state(name, seed, self._plant)

    def controls(self) -> Mapping[str, int]:
        """In how many states the same program loses acknowledged saves with other settings; what is damaged besides
        is not counted."""
        lost = dict.fromkeys(CONTROLS, 0)
        for control in CONTROLS:
            for seed in range(CONTROL_STATES):
                try:
                    self._state(CONTROLLED[seed % len(CONTROLLED)], seed, control)
                except audit.Lost:
                    lost[control] += 1
                except Broken:
                    continue
        if not all(lost.values()):
            raise Blind(f"settings that lose records lost none: {lost}")
        return {f"{name} lost in {CONTROL_STATES} states": count for name, count in lost.items()}

    def _state(self, name: str, seed: int, plant: str) -> Mapping[str, int]:
        rng = random.Random(f"power {name} {seed}")
        prepared, recording = self._life(name, rng.randrange(VARIANTS), plant)
        kinds = [kind for kind in Kind if kind is not Kind.NAMELESS or name not in MAKES_NAMES]
        kind, at = rng.choice(kinds), rng.randint(0, len(recording.ops))
        found = disk.cut(recording, at, kind, rng)
        profile = self._bench.folder / "after" / "profile"
        _write(found, recording, profile)
        try:
            prepared.check(profile, audit.read_lines(found.diary))
        except Exception as error:
            error.add_note(f"{name}, power cut at {at} of {len(recording.ops)} on a disk of kind “{kind}”")
            raise
        return {"states": 1, f"states on “{kind}”": 1}

    def _life(self, name: str, variant: int, plant: str) -> Recorded:
        """A life, recorded when it is first asked for."""
        key = (name, variant, plant)
        if key not in self._recorded:
            prepared = self._bench.prepare(name, str(variant), plant)
            start = self._bench.folder / "start"
            shutil.rmtree(start, ignore_errors=True)
            if prepared.profile.exists():
                shutil.copytree(prepared.profile, start)
            log = self._bench.folder / "calls"
            self._bench.nursery.live(prepared.task, calls.options(log, most=_MOST))
            recording = Recording.of(
                prepared.profile,
                Path(prepared.task.diary),
                start if start.exists() else None,
                calls.read(log),
            )
            if not plant:
                prepared.check(prepared.profile, prepared.diary)
            self._recorded[key] = Recorded(prepared, recording)
        return self._recorded[key]


def _write(found: State, recording: Recording, profile: Path) -> None:
    """Put what a disk holds into a folder."""
    shutil.rmtree(profile.parent, ignore_errors=True)
    profile.parent.mkdir()
    for path, data in found.files.items():
        to = profile / Path(path).relative_to(recording.folder)
        if data is None:
            to.mkdir()
        else:
            to.write_bytes(data)
