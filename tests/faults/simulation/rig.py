"""Rig 6: as many schedules as asked for, each decided by its seed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.rig import Broken, Rig
from tests.faults.simulation.ground import Ground
from tests.faults.simulation.schedule import live, shrink, steps_of, told

MEMORY = Path("/dev/shm")  # noqa: S108 - a RAM disk where there is one: durability is the other rigs' affair


class Simulation(Rig):
    """Real laptops and a real centre live through anything."""

    name = "simulation"
    what = (
        "laptops, accounts, joint groups, conflicts, removals, clones, old disks, lost and late messages, crashes, "
        "restored centres: the nine promises of the sync contract"
    )
    unit = "schedules"
    short = 5000

    def __enter__(self) -> Self:
        """Lay the ground, in memory where that is possible."""
        place = MEMORY if MEMORY.is_dir() else self.folder
        self._place = Path(tempfile.mkdtemp(prefix="omi-simulation-", dir=place))
        self.ground = Ground(self._place / "ground").__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear up."""
        self.ground.__exit__(kind, error, trace)
        shutil.rmtree(self._place, ignore_errors=True)

    def trial(self, seed: int) -> Mapping[str, int]:
        """One schedule."""
        life = live(self.ground, seed, steps_of(seed))
        if life.broken is None:
            return {**life.counts, self.unit: 1}
        few = shrink(self.ground, seed, steps_of(seed))
        raise Broken(told(live(self.ground, seed, few)))
