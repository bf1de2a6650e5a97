"""What happens to laptops, the network and the centre in the simulation."""

from __future__ import annotations

import random
import shutil
from contextlib import suppress

from omi_desktop.central import accounts as central_accounts
from omi_desktop.central.refusal import Refusal
from omi_desktop.domain.errors import SignedOut, SyncProblem
from tests.faults.simulation import parting, people
from tests.faults.simulation.chance import Crash
from tests.faults.simulation.machine import Machine
from tests.faults.simulation.network import FATES
from tests.faults.simulation.people import any_machine
from tests.faults.simulation.world import Disk, World


def sync(world: World, rng: random.Random) -> None:
    """A run, with whatever the network does to its first calls, and a crash at some commit perhaps."""
    machine = any_machine(world, rng)
    fates = rng.choices(list(FATES), list(FATES.values()), k=rng.randrange(4))
    fuse = rng.randrange(8) if rng.random() < 0.12 else None
    world.air.meanwhile = lambda: _meanwhile(world, rng.random(), machine)
    world.air.fates.extend(fates)
    try:
        run(world, machine, fuse=fuse, told=" ".join(fates))
    finally:
        world.air.fates.clear()


def run(world: World, machine: Machine, *, fuse: int | None = None, told: str = "") -> SyncProblem | None:
    """One run of one laptop; why it did not end well."""
    machine.store.fuse = fuse
    problem: SyncProblem | None = None
    try:
        report = machine.run()
        world.say(f"{machine.name} syncs [{told}]: {report.sent} sent, {report.received} received")
    except SyncProblem as found:
        problem = found
        world.say(f"{machine.name} syncs [{told}]: {problem.code}")
    except Crash:
        world.say(f"{machine.name} syncs [{told}] and crashes")
        world.counts["crashes"] += 1
        machine.restart()
    finally:
        machine.store.fuse = None
    world.counts["runs"] += 1
    world.look_at_centre()
    world.look(machine, after_save=False)
    return problem


def _meanwhile(world: World, seed: float, running: Machine) -> None:
    """Something else happens while a call is under way. The same laptop does not run twice at once."""
    rng = random.Random(seed)
    fates, fuse = list(world.air.fates), running.store.fuse
    world.air.fates.clear()
    running.store.fuse = None
    world.say("  meanwhile:")
    try:
        others = [machine for machine in world.machines.values() if machine is not running]
        kind = rng.randrange(4)
        if kind == 0 and others:
            run(world, rng.choice(others))
        elif kind == 1:
            people.sign_out(world, rng)
            people.sign_in(world, rng)
        else:
            rng.choice((people.record, people.change, parting.erase))(world, rng)
    finally:
        world.air.fates.extend(fates)
        running.store.fuse = fuse
    world.look_at_centre()


def deliver(world: World, rng: random.Random) -> None:
    """A request that was delayed arrives at last."""
    if world.air.deliver():
        world.say("a delayed request arrives")
        world.look_at_centre()


def restart(world: World, rng: random.Random) -> None:
    """A program ends without a word and is started again."""
    machine = any_machine(world, rng)
    machine.restart()
    world.say(f"{machine.name} is started again")
    world.look(machine, after_save=False)


def back_up(world: World, rng: random.Random) -> None:
    """The disk of a laptop is copied."""
    machine = any_machine(world, rng)
    path = world.ground.folder / f"disk{len(world.disks)}.db"
    machine.close()
    shutil.copyfile(machine.file, path)
    machine.open()
    world.disks.append(
        Disk(machine.name, path, frozenset(world.required[machine.name]), frozenset(world.gone[machine.name]))
    )
    world.say(f"the disk of {machine.name} is copied")


def restore(world: World, rng: random.Random) -> None:
    """An old copy comes back; what was saved only there since is gone with the disk."""
    if not world.disks:
        return
    disk = rng.choice(world.disks)
    machine = world.machines[disk.machine]
    machine.close()
    shutil.copyfile(disk.path, machine.file)
    machine.open()
    world.required[machine.name], world.gone[machine.name] = set(disk.required), set(disk.gone)
    _seat(world, machine)
    world.say(f"{machine.name} gets an old disk back")
    world.look(machine, after_save=False)


def clone(world: World, rng: random.Random) -> None:
    """A second laptop starts from a copy of a disk, with or without the sign-in."""
    if not world.disks or not world.may_add_machine:
        return
    disk = rng.choice(world.disks)
    source = world.machines[disk.machine]
    machine = world.add_machine(disk.path, 0)
    world.required[machine.name], world.gone[machine.name] = set(disk.required), set(disk.gone)
    machine.user = source.user
    _seat(world, machine)
    owner = machine.owner()
    token = source.token(owner) if owner else None
    if owner and token and rng.random() < 0.7:
        machine.keep_token(
            owner, token, source.tokens.get(f"{owner.centre_id}/{owner.account_id}/carry") or ""
        )
    world.say(f"{machine.name} is made from a copy of the disk of {source.name}")
    world.look(machine, after_save=False)


def _seat(world: World, machine: Machine) -> None:
    """Whoever is signed in by the file sits at it."""
    owner = machine.owner()
    if owner:
        machine.user = world.person_of(owner.account_id)


def back_up_centre(world: World, rng: random.Random) -> None:
    """The operator copies the database."""
    world.central_backup = world.ground.folder / "central-backup.db"
    shutil.copyfile(world.ground.central_file, world.central_backup)
    world.say("the centre's database is copied")


def restore_centre(world: World, rng: random.Random) -> None:
    """The centre silently comes back from the old copy; or empty, if there is none."""
    if world.central_backup is None and rng.random() < 0.7:
        back_up_centre(world, rng)
        return
    world.ground.lay(world.central_backup or world.template.central)
    world.say("the centre comes back " + ("from the copy" if world.central_backup else "empty"))
    world.look_at_centre(anew=True)


def revoke(world: World, rng: random.Random) -> None:
    """The operator ends the sign-in of a laptop."""
    machine = any_machine(world, rng)
    owner = machine.owner()
    token = machine.token(owner) if owner else None
    if token is None or rng.random() < 0.5:
        return
    with suppress(Refusal), world.ground.database.writing() as connection:
        row = central_accounts.device_of(connection, token)
        central_accounts.revoke(connection, row.id, world.ground.clock.now())
    world.say(f"the sign-in of {machine.name} is ended")


def pass_time(world: World, rng: random.Random) -> None:
    """Hours or days go by."""
    hours = rng.choice((1, 5, 26, 50))
    world.ground.clock.forward(hours=hours)
    world.say(f"{hours} hours go by")


def catch_up(world: World, machine: Machine, *, first: str = "") -> SyncProblem | None:
    """A run over a network that works, with a new code if the sign-in has ended; why it still did not end well."""
    problem = run(world, machine, told=first)
    if isinstance(problem, SignedOut) and machine.owner() is not None and people.enrol(world, machine):
        problem = run(world, machine, told="with a new code")
    return problem
