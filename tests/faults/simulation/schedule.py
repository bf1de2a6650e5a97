"""A schedule: the steps that one seed decides, lived through, and told when a promise breaks."""

from __future__ import annotations

import random
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.rig import Broken
from tests.faults.simulation import events, parting, people, promises
from tests.faults.simulation.ground import Ground
from tests.faults.simulation.network import CentreFault
from tests.faults.simulation.world import World

STEPS: Mapping[Callable[[World, random.Random], None], float] = {
    people.record: 12,
    people.plan: 2,
    people.change: 20,
    people.burst: 1,
    people.answer: 4,
    people.spoil: 2,
    people.mend: 2,
    people.repeat_id: 1,
    parting.erase: 3,
    parting.decide: 3,
    parting.end_account: 0.3,
    parting.write_file: 3,
    parting.take_in_file: 5,
    people.sign_out: 2,
    people.sign_in: 4,
    events.sync: 22,
    events.deliver: 3,
    events.restart: 1,
    events.back_up: 2,
    events.restore: 2,
    events.clone: 1,
    events.back_up_centre: 2,
    events.restore_centre: 3,
    events.revoke: 1,
    events.pass_time: 2,
}
"""What may happen, and how often."""
_LEANINGS = (0.2, 1, 1, 1, 4)
_REST = 0.02
"""How often everyone comes to rest in the middle."""


@dataclass(frozen=True)
class Step:
    """One step, with the seed of whatever chance decides in it."""

    name: str
    seed: int


@dataclass
class Life:
    """How a schedule went. `broken` is the promise that did not hold."""

    broken: str | None = None
    trace: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)


_BY_NAME = {step.__name__: step for step in STEPS}


def steps_of(seed: int) -> list[Step]:
    """The steps that a seed decides: few as a rule, many at times."""
    rng = random.Random(f"steps {seed}")
    length = rng.choice((8, 12, 16, 16, 24, 40))
    # Each schedule has its own leaning, so that what is rare happens often in some of them.
    weights = [often * rng.choice(_LEANINGS) for often in STEPS.values()]
    names = rng.choices([step.__name__ for step in STEPS], weights, k=length)
    return [
        Step("rest" if rng.random() < _REST else name, rng.getrandbits(48)) for name in ("record", *names)
    ]


def live(ground: Ground, seed: int, steps: Sequence[Step]) -> Life:
    """Live through the steps in the world of a seed, and come to rest."""
    life = Life()
    ground.chance.sow(f"world {seed}")
    with ground.chance.rules():
        world = World(ground, seed)
    try:
        with world.lives():
            for step in [*steps, Step("rest", 0)]:
                ground.chance.sow(step.seed)
                if step.name == "rest":
                    promises.rest(world)
                else:
                    _BY_NAME[step.name](world, random.Random(step.seed))
                life.counts["steps"] += 1
    except Broken as broken:
        life.broken = str(broken)
    except CentreFault as fault:
        life.broken = "".join(traceback.format_exception(fault, limit=-6))
    finally:
        world.close()
    life.trace = world.trace
    life.counts += world.counts
    life.seen = world.air.seen
    return life


def shrink(ground: Ground, seed: int, steps: Sequence[Step], *, most: int = 400) -> list[Step]:
    """Fewer steps with which the same promise breaks."""
    kept = list(steps)
    broken = live(ground, seed, kept).broken
    promise = broken.split(":")[0] if broken else None
    size = max(1, len(kept) // 2)
    while size and most > 0:
        start = 0
        while start < len(kept) and most > 0:
            fewer = kept[:start] + kept[start + size :]
            most -= 1
            found = live(ground, seed, fewer).broken
            if found and found.split(":")[0] == promise:
                kept = fewer
            else:
                start += size
        size //= 2
    return kept


def told(life: Life) -> str:
    """What broke, and the way there."""
    return "\n".join(
        [str(life.broken), *(f"  {number:3} {line}" for number, line in enumerate(life.trace, 1))]
    )


def first_broken(ground: Ground, most: int, *, likely: int = 1) -> int | None:
    """The first of so many seeds whose schedule breaks a promise, or nothing; one may be looked at before all."""
    seeds = dict.fromkeys((likely, *range(1, most + 1)))
    return next((seed for seed in seeds if live(ground, seed, steps_of(seed)).broken), None)
