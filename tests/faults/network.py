"""Rig 4: calls cut after every byte, doubled, late, replayed, and answered by anybody; then the service is back.

The real client, engine and loop over real HTTP, through a relay to the real centre. Waiting is by a clock that jumps;
a call that has to run into its deadline counts in full. In every class: nothing lost, nothing doubled, nothing called
synced that is not in the log, memory bounded, the loop alive, and the queue empty within two minutes of the return.
"""

from __future__ import annotations

import random
import resource
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from datetime import date
from typing import Self

from sqlalchemy import select

from omi_desktop.central.tables import log
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import SyncProblem
from omi_desktop.domain.online import Link
from omi_desktop.domain.session import Place
from omi_desktop.domain.stages import Nation
from omi_desktop.store.columns import revision
from omi_desktop.store.revisions import Owner
from omi_desktop.sync import client as client_module
from tests.faults.relay import BODIES, ON_THE_WAY, PORTALS, Call, Fault, Relay
from tests.faults.rig import Broken, Rig
from tests.kit.bodies import details
from tests.kit.centre import Centre, running_centre
from tests.kit.machine import Machine

PROMISE = 120.0
"""Seconds within which the queue is empty once the service is back."""
MEMORY = 64 * 1024
"""KiB by which one hostile answer may make the process grow."""
_CALL, _READ = 0.5, 0.3
"""Real seconds that stand for `CALL_SECONDS` and the read timeout."""
_REAL_CALL = client_module.CALL_SECONDS
_STEPS = 60
_HANGING = (
    "silence",
    "drip",
    "body: endless",
    "body: endless problem",
    "body: endless head",
    "body: huge chunk",
)


class JumpingTime:
    """Time that passes by being waited for."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def wait(self, _wake: threading.Condition, seconds: float) -> None:
        self.seconds += seconds


class Network(Rig):
    """Everything between a laptop and the centre breaks."""

    name = "network"
    what = "calls cut, doubled, delayed or answered by others: nothing lost or doubled, the queue drains in 2 minutes"
    unit = "faults"
    short = 94

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stack = ExitStack()
        self._centre = self._stack.enter_context(running_centre(f"sqlite:///{self.folder / 'central.db'}"))
        self._other = self._stack.enter_context(running_centre(f"sqlite:///{self.folder / 'other.db'}"))
        self._classes: dict[str, Fault] = {**ON_THE_WAY, **PORTALS, **BODIES, "another centre": self._another}
        self._classes["another's answer"] = self._anothers_answer
        self._strangers: list[bytes] = []
        self._warm_up()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def kinds(self) -> list[str]:
        """The classes of faults; a trial's seed says by its remainder which."""
        return sorted(self._classes)

    def trial(self, seed: int) -> Mapping[str, int]:
        """One laptop through one class of faults, and after its end."""
        rng = random.Random(seed)
        kinds = self.kinds()
        kind = kinds[seed % len(kinds)]
        folder = self.folder / f"laptop-{seed}"
        relay = Relay(_port(self._centre))
        time = JumpingTime()
        machine = Machine(folder, relay.url, timekeeper=time)
        try:
            return self._live(machine, relay, time, rng, kind, seed // len(kinds))
        except Broken as broken:
            raise Broken(f"{kind}: {broken}") from broken
        finally:
            relay.close()
            machine.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _live(
        self, machine: Machine, relay: Relay, time: JumpingTime, rng: random.Random, kind: str, turn: int
    ) -> Mapping[str, int]:
        machine.syncing.enrol(self._centre.invite(), "Laptop")
        saved = _save(machine, rng)
        if rng.random() < 0.5 and kind != "another's answer":
            self._step(machine)
            saved |= _save(machine, rng)
        # A dozen failures in a row bring the pauses to their longest.
        count = ((1, 2, 3) if kind in _HANGING else (1, 12, 3))[turn % 3]
        relay.faults.extend((self._classes[kind], rng) for _ in range(count))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with _impatient() if kind in _HANGING else nullcontext():
            for step in range(_STEPS):
                if not (relay.faults or relay.held):
                    break
                self._step(machine)
                self._hold(machine, relay, saved)
                if step == 2:
                    saved |= _save(machine, rng)
            else:
                raise Broken(f"the loop no longer calls: {machine.syncing.state().problem!r}")
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before > MEMORY:
            raise Broken("an answer filled the memory")
        returned = time.now() - (0 if kind not in _HANGING else _REAL_CALL)
        while machine.syncing.state().waiting:
            self._step(machine)
            self._hold(machine, relay, saved)
            if time.now() - returned > PROMISE:
                raise Broken(
                    f"{machine.syncing.state().waiting} wait {time.now() - returned:.0f} s after the return: "
                    f"{machine.syncing.state().problem!r}"
                )
        self._check_at_rest(machine, relay, saved)
        return {"faults": count, "revisions": len(saved)}

    def _step(self, machine: Machine) -> None:
        """The next try of the loop, when it is due."""
        machine.syncing.step()
        problem = machine.syncing.state().problem
        if problem is not None and problem.code == "our_fault":
            raise Broken("a fault of the program ended a run")
        if machine.syncing.state().link is Link.SIGNED_OUT:
            raise Broken("the laptop took its sign-in for ended")

    def _hold(self, machine: Machine, relay: Relay, saved: set[str]) -> None:
        """What must be so at every moment."""
        here = _held(machine)
        if lost := saved - here.keys():
            raise Broken(f"{len(lost)} saved revisions are no longer on the laptop")
        if more := here.keys() - saved:
            raise Broken(f"{len(more)} revisions on the laptop are somebody else's")
        there = self._logged(machine.owner)
        for rev_id, n in here.items():
            if n is not None and there.get(rev_id) != n:
                raise Broken("a revision is called synced that is not in the log at its place")
        if relay.strays:
            raise Broken(f"a redirect was followed to {relay.strays[0]}")
        if relay.is_overlong:
            raise Broken("a call went on after its deadline")

    def _check_at_rest(self, machine: Machine, relay: Relay, saved: set[str]) -> None:
        self._hold(machine, relay, saved)
        there = self._logged(machine.owner)
        if set(there) != saved or sorted(there.values()) != list(range(1, len(saved) + 1)):
            raise Broken(f"the log holds {len(there)} of {len(saved)} revisions")
        state = machine.syncing.state()
        if not state.is_all_well:
            raise Broken(f"all is synced and the window says {state}")
        with closing(machine.syncing._client(self._centre.url)) as client:
            if client.health().centre_id != machine.owner.centre_id:
                raise Broken("the account moved to another centre")

    def _logged(self, owner: Owner) -> dict[str, int]:
        with self._centre.database.reading() as connection:
            rows = connection.execute(
                select(log.c.rev_id, log.c.n).where(log.c.account_id == owner.account_id)
            )
            return {row.rev_id: row.n for row in rows}

    def _another(self, call: Call) -> bool:
        """Another centre answers, as after a name was pointed elsewhere."""
        call.made.sendall(call.relay.forward(call.request, _port(self._other)))
        return True

    def _anothers_answer(self, call: Call) -> bool:
        """What the centre said to another laptop, of another account."""
        call.made.sendall(call.rng.choice(self._strangers))
        return True

    def _warm_up(self) -> None:
        """Someone else syncs once, so that there are answers of theirs; and whatever is loaded late is loaded."""
        relay = Relay(_port(self._centre))
        machine = Machine(self.folder / "stranger", relay.url, timekeeper=JumpingTime())
        machine.syncing.enrol(self._centre.invite(), "Stranger's laptop")
        _save(machine, random.Random(0))
        machine.syncing.run_once()
        home = Machine(self.folder / "strangers-home", relay.url, timekeeper=JumpingTime())
        home.syncing.enrol(machine.syncing.code_for_next_laptop().code, "Stranger's other laptop")
        home.syncing.run_once()
        self._strangers = list(relay.answers)
        relay.faults.append((BODIES["body: bomb"], random.Random(0)))
        with suppress(SyncProblem):
            machine.syncing.run_once()
        for each in (machine, home):
            each.close()
        relay.close()


@contextmanager
def _impatient() -> Iterator[None]:
    """Deadlines of a moment, where every call runs into them. Else a busy machine would make honest calls fail."""
    kept = (client_module.CALL_SECONDS, client_module.READ_SECONDS)
    client_module.CALL_SECONDS, client_module.READ_SECONDS = _CALL, _READ
    try:
        yield
    finally:
        client_module.CALL_SECONDS, client_module.READ_SECONDS = kept


def _port(centre: Centre) -> int:
    return int(centre.url.rpartition(":")[2])


def _save(machine: Machine, rng: random.Random) -> set[str]:
    """Save some sessions and correct one; the ids of the revisions."""
    before = _held(machine).keys()
    # A school of one's own: nobody is asked whether another met the same young people there.
    school = Place(1, f"School {machine.owner.account_id}", nation=Nation.ENGLAND)
    day = date(SystemClock().now().date().year - 1, 5, 4)
    for _ in range(rng.randrange(1, 4)):
        view = machine.desk.sessions.save(details(rng.randrange(1, 60), day=day, places=(school,)))
    if rng.random() < 0.5:
        machine.desk.sessions.correct(view.record_id, details(61, day=day, places=(school,)))
    return set(_held(machine).keys() - before)


def _held(machine: Machine) -> dict[str, int | None]:
    with machine.desk.store.read() as connection:
        rows = connection.execute(select(revision.c.rev_id, revision.c.n))
        return {row.rev_id: row.n for row in rows}
