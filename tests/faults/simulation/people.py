"""What people do in the simulation: record, correct, remove, bring back, decide, answer, and whose laptop it is."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from omi_desktop.central import accounts as central_accounts
from omi_desktop.domain.counting import group_key, leaf_of
from omi_desktop.domain.errors import NotSaved, SyncProblem
from omi_desktop.domain.revision import Kind, Revision, compose, says_the_same
from omi_desktop.services.records import NewerRecord, RecordErased, RecordGone, RecordView
from omi_desktop.services.sessions import record_id_of_plan
from omi_desktop.store import questions, revisions
from tests.faults.rig import Broken
from tests.faults.simulation.chance import Crash
from tests.faults.simulation.machine import Machine
from tests.faults.simulation.world import World

_DEVICE = "Simulated laptop"
SPOILT_ACTIVITY = "juggling"


def any_machine(world: World, rng: random.Random) -> Machine:
    """One of the laptops."""
    return rng.choice(list(world.machines.values()))


def save(
    world: World, machine: Machine, what: str, work: Callable[[], str | None], *, fuse: int | None
) -> bool:
    """One save, which may crash at an edge of its transaction. `work` gives the id of the revision that it saved.

    Once it has returned, the revision is on the disk; otherwise nothing is claimed.
    """
    machine.store.fuse = fuse
    saved: str | None = None
    try:
        saved = work()
        world.say(f"{machine.name} ({machine.user}) {what}: {saved and saved[:6]}")
    except Crash:
        world.say(f"{machine.name} ({machine.user}) {what}, and crashes")
        world.counts["crashes"] += 1
        machine.restart()
    except (NotSaved, RecordGone, RecordErased, NewerRecord) as problem:
        world.say(f"{machine.name} ({machine.user}) {what}: {problem.code}")
    finally:
        machine.store.fuse = None
    world.look(machine, after_save=True)
    if saved is not None and saved not in {row.rev_id for row in machine.rows()}:
        raise Broken(f"1: {machine.name} said that {what} was saved, and {saved[:6]} is not there")
    world.counts["saves"] += saved is not None
    return saved is not None


def _fuse(rng: random.Random) -> int | None:
    return rng.randrange(2) if rng.random() < 0.08 else None


def record(world: World, rng: random.Random) -> None:
    """Somebody records a room once, from a plan or not; a plan that two laptops have can be recorded on both."""
    machine = any_machine(world, rng)
    room = rng.choice(world.rooms)
    mine = (machine.user, room.number)
    sessions = machine.desk.sessions
    plan_id = world.plans.get(mine)
    if plan_id and not any(plan.record_id == plan_id for plan in machine.desk.plans.all()):
        return
    if mine in world.recorded and not (plan_id and not _visible(machine, world.recorded[mine])):
        return
    details = room.details(with_code=rng.random() < 0.4, plan_id=plan_id)
    if plan_id:
        # What nobody had claimed was erased here and nowhere else; recorded anew, it has the id that the plan gives it.
        world.gone[machine.name].discard((None, record_id_of_plan(plan_id)))

    def work() -> str:
        head = sessions.save(details).record.head
        world.recorded[mine] = head.record_id
        return head.rev_id

    if not save(world, machine, f"records room {room.number}", work, fuse=_fuse(rng)):
        # Whether the crash came before or after the commit, the person looks and finds it there or not.
        known = set(world.recorded.values())
        for view in sessions_of(machine):
            if view.record_id not in known:
                world.recorded[mine] = view.record_id
    _place_groups(world, machine)


def sessions_of(machine: Machine) -> list[RecordView]:
    """Every session that the laptop shows, removed ones included."""
    return machine.desk.sessions._records.all_views(Kind.SESSION)


def _visible(machine: Machine, record_id: str) -> bool:
    return machine.desk.sessions._records.view(record_id) is not None


def _place_groups(world: World, machine: Machine) -> None:
    """Remember which room each record and group speaks of, so that people can answer truthfully."""
    numbers = {record_id: number for (_, number), record_id in world.recorded.items()}
    for view in sessions_of(machine):
        number = numbers.get(view.record_id)
        if number is not None:
            world.room_of[view.record_id] = number
            for leaf in view.leaves:
                world.room_of[group_key(leaf_of(leaf), view.record_id)] = number


def plan(world: World, rng: random.Random) -> None:
    """Somebody plans a session in a room that they have not recorded."""
    machine = any_machine(world, rng)
    room = rng.choice(world.rooms)
    mine = (machine.user, room.number)
    if mine in world.recorded or mine in world.plans:
        return

    def work() -> str:
        made = machine.desk.plans.save(room.plan()).record.head
        world.plans[mine] = made.record_id
        return made.rev_id

    save(world, machine, f"plans room {room.number}", work, fuse=_fuse(rng))


def change(world: World, rng: random.Random) -> None:
    """Somebody corrects, miscounts, removes, undoes or decides, on any laptop that shows the session."""
    machine = any_machine(world, rng)
    views = [view for view in sessions_of(machine) if view.head.is_countable]
    if not views:
        return
    view = rng.choice(views)
    sessions, record_id = machine.desk.sessions, view.record_id
    found = sessions.get(record_id)
    kinds = ["correct", "correct", "remove", "undo", "code"] + ["settle"] * 3 * view.is_conflict
    kind = rng.choice(kinds + ["miscount"] * 2 * world.may_miscount)
    details = found.details
    room = world.rooms[world.room_of[record_id]] if record_id in world.room_of else None
    match kind:
        case "correct":
            details = replace(details, class_name=f"class {rng.randrange(1000)}")
        case "code" if room:
            details = replace(details, group=room.code)
        case "miscount":
            world.is_truthful = False
            lines = tuple(replace(line, count=rng.randrange(1, 60)) for line in details.young_people)
            details = replace(details, young_people=lines)
    _do(world, rng, machine, view, kind, lambda: sessions.correct(record_id, details).record.head.rev_id)


def _do(
    world: World,
    rng: random.Random,
    machine: Machine,
    view: RecordView,
    kind: str,
    correct: Callable[[], str],
) -> None:
    sessions, record_id = machine.desk.sessions, view.record_id
    stones = _stones(world, machine, view)
    taken_back: set[str] = set()
    what = f"{kind}s {record_id[:6]}"
    if kind == "remove":
        if view.is_removed:
            return
        save(world, machine, what, lambda: sessions.remove(record_id).record.head.rev_id, fuse=_fuse(rng))
    elif kind == "undo":
        taken_back = stones if view.is_removed else set()
        world.undone |= taken_back
        save(world, machine, what, lambda: sessions.undo(record_id).record.head.rev_id, fuse=_fuse(rng))
    elif kind == "settle":
        chosen = rng.choice(view.leaves)
        if chosen.state.value == "live":
            world.undone |= stones
        save(
            world,
            machine,
            f"settles {record_id[:6]} on {chosen.rev_id[:6]}",
            lambda: sessions.settle(record_id, chosen.rev_id).record.head.rev_id,
            fuse=_fuse(rng),
        )
    elif not view.is_removed:
        save(world, machine, what, correct, fuse=_fuse(rng))
        _place_groups(world, machine)
    if kind != "settle":
        _stays_open(machine, view)


def _stones(world: World, machine: Machine, view: RecordView) -> set[str]:
    """The removals at the end of a record, also as they were before they were said once more: their salts, which stay
    where an id gives way."""
    said = {world.words(leaf.to_object()) for leaf in view.leaves if leaf.state.value == "withdrawn"}
    if not said:
        return set()
    found = [world.parse(row.canonical, row.sha) for row in machine.rows()]
    return {each["salt"] for each in found if world.words(each) in said}


def _stays_open(machine: Machine, before: RecordView) -> None:
    """Only a person's answer ends a conflict: an edit follows the version that it was made on, and no other."""
    after = machine.desk.sessions._records.view(before.record_id)
    assert after is not None
    others = {leaf.rev_id for leaf in before.leaves if not says_the_same(leaf, before.head)}
    if others - {leaf.rev_id for leaf in after.leaves}:
        raise Broken(f"9: a conflict on {machine.name} was settled by an edit")


def burst(world: World, rng: random.Random) -> None:
    """Somebody corrects one session several times in a row: a queue longer than a page."""
    machine = any_machine(world, rng)
    views = [v for v in sessions_of(machine) if v.head.is_countable and not v.is_removed]
    if not views:
        return
    record_id = rng.choice(views).record_id
    sessions = machine.desk.sessions
    for number in range(rng.randrange(3, 8)):
        details = replace(sessions.get(record_id).details, class_name=f"again {number}")

        def work(details=details) -> str:  # type: ignore[no-untyped-def]
            return sessions.correct(record_id, details).record.head.rev_id

        save(world, machine, f"corrects {record_id[:6]}", work, fuse=None)


def answer(world: World, rng: random.Random) -> None:
    """Somebody says whether two sessions were of the same young people: the truth, or that they are not sure."""
    machine = any_machine(world, rng)
    owner = machine.owner()
    if not owner:
        return
    with machine.store.read() as connection:
        asked = questions.kept(connection, owner)
    if not asked:
        return
    question = rng.choice(asked)
    rooms = [world.room_of.get(side) for side in (question.my_group, question.other_group)]
    if None in rooms:
        return
    said = "not_sure" if rng.random() < 0.2 else "same" if rooms[0] == rooms[1] else "different"

    def work() -> str | None:
        machine.desk.questions.answer(question.id, said)
        return None

    save(world, machine, f"answers {said} to {question.id[:6]}", work, fuse=_fuse(rng))


def spoil(world: World, rng: random.Random) -> None:
    """A fault of the program, or a newer one, writes a body that the centre refuses."""
    machine = any_machine(world, rng)
    views = [
        v for v in sessions_of(machine) if v.head.is_countable and not v.is_removed and not v.is_conflict
    ]
    if not views or machine.owner() is None:
        return
    view = rng.choice(views)
    kind = rng.choice(("invalid", "invalid", "schema"))
    body = dict(view.head.body) | ({"activity": SPOILT_ACTIVITY} if kind == "invalid" else {})
    made = compose(
        kind=Kind.SESSION,
        body=body,
        parents=[view.head],
        app="omi-desktop/spoilt",
        device=_DEVICE,
        now=machine.clock.now(),
    )
    if kind == "schema":
        made = Revision.from_object(made.to_object() | {"schema": 2})

    def work() -> str:
        with machine.store.write() as connection:
            held = revisions.get(connection, view.head.rev_id)
            assert held is not None
            revisions.add(connection, made, held.owner, is_new=True)
        return made.rev_id

    save(world, machine, f"is spoilt ({kind}) at {view.record_id[:6]}", work, fuse=None)


def mend(world: World, rng: random.Random) -> None:
    """Somebody sees "Needs you" at what was refused, and corrects it."""
    machine = any_machine(world, rng)
    views = [v for v in sessions_of(machine) if v.rejected and v.head.is_countable and not v.is_removed]
    if not views:
        return
    view = rng.choice(views)
    sessions = machine.desk.sessions
    room = world.rooms[world.room_of[view.record_id]] if view.record_id in world.room_of else None
    if room is None:
        return
    details = replace(room.details(with_code=False), class_name="mended")
    save(
        world,
        machine,
        f"mends {view.record_id[:6]}",
        lambda: sessions.correct(view.record_id, details).record.head.rev_id,
        fuse=None,
    )
    _place_groups(world, machine)


def repeat_id(world: World, rng: random.Random) -> None:
    """A laptop draws an id that another laptop of the account has used already."""
    machine = any_machine(world, rng)
    owner = machine.owner()
    log = world.mirror.logs.get(owner.account_id, []) if owner else []
    here = {row.rev_id for row in machine.rows()}
    waiting = [
        row.rev_id
        for other in world.machines.values()
        for row in other.rows()
        if owner and row.account_id == owner.account_id and row.rev_id not in here
    ]
    used = [entry.rev_id for entry in log if entry.rev_id not in here] or waiting
    views = [v for v in sessions_of(machine) if v.head.is_countable and not v.is_removed]
    if not used or not views:
        return
    world.has_repeats = True
    world.ground.chance.repeat(rng.choice(used))
    record_id = rng.choice(views).record_id
    sessions = machine.desk.sessions
    details = replace(sessions.get(record_id).details, class_name="the same id")
    save(
        world,
        machine,
        f"corrects {record_id[:6]} under a used id",
        lambda: sessions.correct(record_id, details).record.head.rev_id,
        fuse=None,
    )


def sign_out(world: World, rng: random.Random) -> None:
    """Somebody signs out; perhaps somebody else sits down."""
    machine = any_machine(world, rng)
    machine.service.sign_out()
    if rng.random() < 0.5:
        machine.user = rng.choice(list(world.people))
    world.say(f"{machine.name} is signed out; {machine.user} sits at it")
    world.look(machine, after_save=False)


def sign_in(world: World, rng: random.Random) -> None:
    """Whoever sits at a laptop uses a code, and says whether what nobody owns is theirs."""
    machine = any_machine(world, rng)
    if machine.owner() is None or rng.random() < 0.2:
        enrol(world, machine)


def enrol(world: World, machine: Machine) -> bool:
    """Sign the person at a laptop in with a new code. Whether it went well."""
    owner = world.people[machine.user]
    now = world.ground.clock.now()
    with world.ground.database.writing() as connection:
        code = central_accounts.invite_next_device(connection, owner.account_id, now)[0]
    try:
        machine.service.enrol(code, _DEVICE)
    except SyncProblem as problem:
        world.say(f"{machine.name} can't sign {machine.user} in: {problem.code}")
        return False
    token = machine.token(owner)
    assert token, "a code was used and gave no token"
    world.account_of_token[token] = owner.account_id
    world.say(f"{machine.name} is signed in as {machine.user}")
    nobodys = [row for row in machine.rows() if row.account_id is None]
    facts = [world.facts[world.parse(row.canonical, row.sha)["salt"]] for row in nobodys]
    if facts:
        is_mine = all(fact.user == machine.user for fact in facts)
        machine.service.claim(is_mine)
        world.say(f"{machine.name}: {machine.user} says of {len(facts)} that they are theirs: {is_mine}")
        for fact in facts if is_mine else ():
            fact.account = owner.account_id
    world.look(machine, after_save=False)
    return True
