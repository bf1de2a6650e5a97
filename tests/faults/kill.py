"""The program killed at each call that touches the profile, and started again.

strace ends the process as it enters the call, so that the call is not made; what is left is also what a kill right
after the call before leaves. A first, undisturbed life of the same seed says which calls there are.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple, Self

from tests.faults import calls
from tests.faults.lives import SCENARIOS
from tests.faults.prepared import Bench, room
from tests.faults.rig import Rig

VARIANTS = 8
"""Different lives of each scenario. Each is watched once to its end before it is killed."""


class Site(NamedTuple):
    """A place to be killed at: entering the `nth` call of this kind that touches this path of the profile."""

    name: str
    path: str
    nth: int


class Kill(Rig):
    """SIGKILL at every call that touches the profile."""

    name = "kill"
    what = "Killed at each call on the file (save, count, correct, sync, migrate, copy): nothing lost or half there"
    unit = "kills"
    short = 200

    def __init__(self, folder: Path, *, plant: str = "", scenarios: tuple[str, ...] = ()) -> None:
        super().__init__(folder)
        self._plant = plant
        self._scenarios = scenarios or tuple(SCENARIOS)
        self._sites: dict[tuple[str, int], list[Site]] = {}

    def __enter__(self) -> Self:
        self._open = ExitStack()
        folder = self._open.enter_context(room(self.folder, self.name))
        self._bench = self._open.enter_context(closing(Bench(folder)))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def trial(self, seed: int) -> Mapping[str, int]:
        """One kill, and the start after it. Seeds sweep over scenarios, lives and then the calls of each."""
        turn, which = divmod(seed, len(self._scenarios))
        name = self._scenarios[which]
        step, variant = divmod(turn, VARIANTS)
        sites = self._sites_of(name, variant)
        site = sites[step % len(sites)]
        prepared = self._bench.prepare(name, str(variant), self._plant)
        is_killed = self._bench.nursery.live(prepared.task, _at(site, prepared.profile))
        try:
            prepared.check(prepared.profile, prepared.diary)
        except Exception as error:
            error.add_note(f"{name} {variant}, killed at {site}")
            raise
        return {"kills": 1, f"kills in {name}": 1} if is_killed else {"lives that ended before": 1}

    def _sites_of(self, name: str, variant: int) -> list[Site]:
        """Every place to be killed at, in an order that spreads over them; calls that change something come seven
        times as often as others, since a kill at those leaves what the call before left."""
        if (name, variant) not in self._sites:
            prepared = self._bench.prepare(name, str(variant))
            log = self._bench.folder / "calls"
            self._bench.nursery.live(prepared.task, calls.options(log, most=64))
            prepared.check(prepared.profile, prepared.diary)
            profile = prepared.profile
            found = calls.touched(log, profile)
            sites = [
                Site(kind, name, nth)
                for (kind, path), times in sorted(found.items())
                for name in (str(Path(path).relative_to(profile)),)
                for nth in range(1, times + 1)
            ]
            order = random.Random(f"{name} {variant}")
            changing = [site for site in sites if site.name in calls.CHANGING]
            reading = [site for site in sites if site.name not in calls.CHANGING]
            order.shuffle(changing)
            order.shuffle(reading)
            spread = [
                s
                for n in range(0, len(changing), 7)
                for s in (*changing[n : n + 7], *reading[n // 7 : n // 7 + 1])
            ]
            self._sites[name, variant] = spread
        return self._sites[name, variant]


def _at(site: Site, profile: Path) -> list[str]:
    """strace's options for a kill."""
    path = profile / site.path
    return [
        *("-o", "/dev/null", "-P", str(path), "-e", f"trace={site.name}"),
        *("-e", f"inject={site.name}:signal=SIGKILL:when={site.nth}"),
    ]
