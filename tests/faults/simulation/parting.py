"""Letting go for good, and what travels by hand: erasures asked for, decided and carried out, and sync files."""

from __future__ import annotations

import random
from collections.abc import Callable

from omi_desktop.central.erasure import Eraser, erase_account
from omi_desktop.domain.errors import NotSaved, SyncFileProblem, SyncProblem
from tests.faults.simulation.chance import Crash
from tests.faults.simulation.machine import Machine
from tests.faults.simulation.people import any_machine, sessions_of
from tests.faults.simulation.world import World


def erase(world: World, rng: random.Random) -> None:
    """Somebody has a session erased for good, everywhere."""
    machine = any_machine(world, rng)
    views = sessions_of(machine)
    if not views:
        return
    record_id = rng.choice(views).record_id
    account_id = next(
        row.account_id
        for row in machine.rows()
        if world.parse(row.canonical, row.sha)["record_id"] == record_id
    )
    if account_id is not None:
        world.erased.add((account_id, record_id))
    _let_go(
        world, rng, machine, record_id, account_id, "erases", lambda: machine.desk.erasures.erase([record_id])
    )


def decide(world: World, rng: random.Random) -> None:
    """Somebody is asked about an erasure that another of their laptops began."""
    machine = any_machine(world, rng)
    owner = machine.owner()
    waiting = machine.desk.erasures.waiting() if owner else []
    if not waiting or owner is None:
        return
    record_id = rng.choice(waiting).record_id
    if rng.random() < 0.3:
        machine.desk.erasures.keep([record_id])
        world.say(f"{machine.name} ({machine.user}) keeps {record_id[:6]} here")
        world.look(machine, after_save=True)
        return
    confirm = machine.desk.erasures.confirm
    _let_go(world, rng, machine, record_id, owner.account_id, "confirms", lambda: confirm([record_id]))


def _let_go(
    world: World,
    rng: random.Random,
    machine: Machine,
    record_id: str,
    account_id: str | None,
    what: str,
    work: Callable[[], None],
) -> None:
    world.may_go(machine, [record_id])
    machine.store.fuse = rng.randrange(2) if rng.random() < 0.1 else None
    try:
        work()
        world.gone[machine.name].add((account_id, record_id))
        world.say(f"{machine.name} ({machine.user}) {what} {record_id[:6]} for good")
        world.counts["erasures"] += 1
    except Crash:
        world.say(f"{machine.name} ({machine.user}) {what} {record_id[:6]}, and crashes")
        machine.restart()
    except NotSaved:
        world.say(f"{machine.name} ({machine.user}) {what} {record_id[:6]}: not saved")
    finally:
        machine.store.fuse = None
    world.look(machine, after_save=True)


def end_account(world: World, rng: random.Random) -> None:
    """Somebody asks the operator to erase everything that they ever recorded."""
    if rng.random() < 0.7:
        return
    person = rng.choice(list(world.people))
    owner = world.people[person]
    world.ended.add(owner.account_id)
    with world.ground.database.writing() as connection:
        eraser = Eraser(world.ground.database.erasures, owner.centre_id, world.ground.clock.now())
        erase_account(connection, eraser, owner.account_id, actor="operator")
    world.say(f"the account of {person} is erased")
    world.look_at_centre(anew=True)


def write_file(world: World, rng: random.Random) -> None:
    """Somebody writes what waits into a sync file."""
    machine = any_machine(world, rng)
    path = world.ground.folder / f"file{len(world.sync_files)}.omisync"
    try:
        count = machine.service.write_sync_file(path)
    except SyncFileProblem:
        return
    world.sync_files.append(path)
    world.say(f"{machine.name} ({machine.user}) writes {count} records into file {len(world.sync_files)}")


def take_in_file(world: World, rng: random.Random) -> None:
    """A sync file is read on some laptop: its owner's, or another's that relays it unread; perhaps not for the first
    time, and over a network that loses things."""
    if not world.sync_files:
        return
    machine = any_machine(world, rng)
    number = rng.randrange(len(world.sync_files))
    fates = rng.choices(("ok", "answer_lost", "request_lost", "crash_after"), (5, 2, 1, 1), k=1)
    world.air.fates.extend(fates)
    told = f"{machine.name} ({machine.user}) takes in file {number + 1} [{' '.join(fates)}]"
    try:
        taken = machine.service.take_in_sync_file(world.sync_files[number])
        world.say(f"{told}: {taken.new} new, {taken.known} known")
        world.counts["files"] += 1
    except (SyncFileProblem, SyncProblem) as problem:
        world.say(f"{told}: {problem.code}")
    except Crash:
        world.say(f"{told} and crashes")
        machine.restart()
    finally:
        world.air.fates.clear()
    world.look_at_centre()
    world.look(machine, after_save=False)
