"""The nine promises at rest: everyone has synced over a network that works, and nothing moves any more."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from omi_desktop.central.programme import count
from omi_desktop.central.totals import Totals
from omi_desktop.domain.counting import Count, Range, in_year, record_of
from omi_desktop.domain.faults import REVIEW_ABOVE
from omi_desktop.domain.revision import Kind, Revision
from omi_desktop.services.records import Standing
from tests.faults.rig import Broken
from tests.faults.simulation import people
from tests.faults.simulation.events import catch_up
from tests.faults.simulation.machine import Machine, Row
from tests.faults.simulation.world import YEAR, World

_MOST_ROUNDS = 6
Screen = dict[str, tuple[Any, ...]]


def rest(world: World) -> None:
    """Everyone syncs until nothing moves; then every promise is looked at."""
    world.say("everyone syncs until nothing moves")
    world.counts["rests"] += 1
    seats = [
        (machine, person)
        for machine in world.machines.values()
        for person in _people_at(world, machine)
        if world.people[person].account_id not in world.ended
    ]
    seats = [*_without_a_laptop(world, {person for _, person in seats}), *seats]
    for _ in range(_MOST_ROUNDS):
        world.ground.clock.forward(days=1)  # so that the daily comparison is made in every round
        moving = [seat for seat in seats if not _is_at_rest(world, *seat)]
        if not moving:
            break
        for machine, person in moving:
            _sit_down(world, machine, person)
            problem = catch_up(world, machine)
            if problem is not None:
                raise Broken(f"{machine.name} can't sync though all is well: {problem.code}")
    else:
        raise Broken("the queue does not drain: logs and cursors still move")
    screens = {
        (machine.name, person): _screen(world, machine)
        for machine, person in seats
        if (owner := machine.owner()) and world.person_of(owner.account_id) == person
    }
    world.air.begin()  # what the centre does at its start must change nothing
    world.look_at_centre(anew=True)
    synced = _everything_is_synced(world)
    _equal_sets_give_equal_screens(world, synced, screens)
    _the_range_is_one(world, synced)


def _people_at(world: World, machine: Machine) -> list[str]:
    """Who has to sign in at a laptop for all of it to sync: those it has records of, and at last whoever sits there.
    What it calls synced for somebody is looked for only when they sign in."""
    owner = machine.owner()
    first = world.person_of(owner.account_id) if owner else machine.user
    owned = {row.account_id for row in machine.rows() if row.account_id}
    others = sorted({world.person_of(account_id) for account_id in owned} - {first})
    return [*others, first]


def _without_a_laptop(world: World, seated: set[str]) -> list[tuple[Machine, str]]:
    """Those whose sessions the centre has and, an old disk having come back, no laptop any more: they sign in."""
    somewhere = next(iter(world.machines.values()))
    return [
        (somewhere, name)
        for name, person in sorted(world.people.items())
        if name not in seated
        and person.account_id not in world.ended
        and world.mirror.logs.get(person.account_id)
    ]


def _sit_down(world: World, machine: Machine, person: str) -> None:
    owner = machine.owner()
    if owner and world.person_of(owner.account_id) == person:
        return
    if owner:
        machine.service.sign_out()
    machine.user = person
    if not people.enrol(world, machine):
        raise Broken(f"{person} can't sign in at {machine.name} though all is well")


def _is_at_rest(world: World, machine: Machine, person: str) -> bool:
    """Whether a laptop has read somebody's whole log and has nothing of theirs to send."""
    account_id = world.people[person].account_id
    log = world.mirror.logs.get(account_id, [])
    end = (len(log), log[-1].h) if log else (0, "0" * 64)
    waiting = [
        row
        for row in machine.rows()
        if row.account_id == account_id and row.n is None and not _is_parted(world, machine, row)
    ]
    return machine.cursors().get(account_id) == end and all(row.rejected_code for row in waiting)


def _is_parted(world: World, machine: Machine, row: Row) -> bool:
    """Whether a revision is of a record whose erasure is known here or at the centre: it is neither sent nor counted,
    and stays on this laptop or not as its person decides."""
    record = (row.account_id, world.parse(row.canonical, row.sha)["record_id"])
    return record in world.erased_at_centre or row.account_id in world.ended or record in machine.parted()


def _screen(world: World, machine: Machine) -> Screen:
    """What the laptop shows of each record, as told by its services; records that wait for a decision of a laptop
    alone (refused ones, nobody's) are its own affair."""
    own: set[str] = set()
    by_record: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in machine.rows():
        found = world.parse(row.canonical, row.sha)
        by_record[found["record_id"]].append(found)
        if row.n is None or _is_parted(world, machine, row):
            own.add(found["record_id"])
    shown: Screen = {}
    for kind in (Kind.SESSION, Kind.PLAN, Kind.GROUP_ANSWER):
        for view in machine.desk.sessions._records.all_views(kind):
            members = by_record[view.record_id]
            stones = {found["salt"] for found in members if found["state"] == "withdrawn"}
            if stones - world.undone and not view.is_removed:
                raise Broken(f"5: {view.record_id[:6]} came back on {machine.name}")
            if view.record_id not in own:
                leaves = tuple(leaf.rev_id for leaf in view.leaves)
                shown[view.record_id] = (view.head.rev_id, leaves, view.is_removed, view.standing)
                _is_as_the_contract_has_it(machine, members, shown[view.record_id])
    return shown


def _is_as_the_contract_has_it(
    machine: Machine, members: list[dict[str, Any]], shown: tuple[Any, ...]
) -> None:
    """The head and the leaves, found again by the words of the contract."""
    leaves, head = _leaves(members), _head(members)
    if shown[0] != head["rev_id"] or set(shown[1]) != {leaf["rev_id"] for leaf in leaves}:
        raise Broken(f"4: {machine.name} shows {shown}, and the head is {head['rev_id']}")
    is_open = any((leaf["state"], leaf["body"]) != (head["state"], head["body"]) for leaf in leaves)
    if shown[3] is not (Standing.NEEDS_YOU if is_open else Standing.SYNCED):
        raise Broken(f"4: {machine.name} says {shown[3]} of {head['rev_id'][:6]}; open: {is_open}")


Synced = Mapping[str, Mapping[str, dict[str, Any]]]
"""By account, every revision by its id that some laptop calls synced."""


def _everything_is_synced(world: World) -> Synced:
    """1 and 6: what any laptop holds for an account is in its log, but for what was refused there."""
    synced: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for machine in world.machines.values():
        by_account: dict[str, dict[str, int]] = defaultdict(dict)
        for row in machine.rows():
            if row.account_id is None or _is_parted(world, machine, row):
                continue
            if row.n is not None:
                by_account[row.account_id][row.rev_id] = row.n
                synced[row.account_id][row.rev_id] = world.parse(row.canonical, row.sha)
            elif not _is_rightly_refused(row.rejected_code, world.parse(row.canonical, row.sha)):
                raise Broken(f"1: {row.rev_id[:6]} still waits on {machine.name}: {row.rejected_code}")
        for account_id, places in by_account.items():
            log = {entry.rev_id: n for n, entry in enumerate(world.mirror.logs.get(account_id, []), 1)}
            if any(log.get(rev_id) != n for rev_id, n in places.items()):
                raise Broken(f"6: {machine.name} calls synced what is not in the log of {account_id[:6]}")
    for account_id, entries in world.mirror.logs.items():
        at_centre = {entry.rev_id for entry in entries}
        if set(synced[account_id]) - at_centre:
            raise Broken(f"1: the log of {account_id[:6]} lacks what laptops call synced")
    return synced


def _is_rightly_refused(code: str | None, found: Mapping[str, Any]) -> bool:
    """Whether a revision was spoilt, and refused for that."""
    if code == "schema_unknown":
        return int(found["schema"]) > 1
    return code == "invalid" and bool(found["body"].get("activity") == people.SPOILT_ACTIVITY)


def _equal_sets_give_equal_screens(
    world: World, synced: Synced, screens: Mapping[tuple[str, str], Screen]
) -> None:
    """4: what two laptops of an account both show, they show the same; and both show all of its log."""
    first: dict[str, tuple[str, Screen]] = {}
    for (name, person), screen in screens.items():
        machine = world.machines[name]
        account_id = world.people[person].account_id
        rows = machine.rows()
        held = {row.rev_id for row in rows if row.account_id == account_id and row.n is not None}
        if held & world.mirror.bodies != {
            entry.rev_id
            for entry in world.mirror.logs.get(account_id, [])
            if entry.rev_id in world.mirror.bodies
        }:
            raise Broken(f"4: {name} does not hold the whole log of {person}")
        before, other = first.setdefault(account_id, (name, screen))
        both = set(screen) & set(other)
        if any(screen[record_id] != other[record_id] for record_id in both):
            raise Broken(f"4: {name} and {before} show different things of {person}'s")


def _the_range_is_one(world: World, synced: Synced) -> None:
    """3 and 9: the centre's range is that of the union of the laptops, and the truth lies in it."""
    union = _count(synced)
    answer = Totals(world.ground.database).of(YEAR, world.ground.clock.now())
    if answer.adjustments != _fallen(world):
        raise Broken(f"3: {answer.adjustments} are told to have fallen by erasures, not {_fallen(world)}")
    if Range(answer.low, answer.high) != union.range:
        raise Broken(f"3: the centre counts {(answer.low, answer.high)}, the laptops {tuple(union.range)}")
    if not world.is_truthful:
        return
    rooms, is_open = _rooms_that_stand(world, synced)
    truth = sum(world.rooms[number].true for number in rooms)
    if not union.range.low <= truth <= union.range.high:
        raise Broken(f"9: {truth} were there, and the range is {tuple(union.range)}")
    if not is_open and union.range != (truth, truth) and truth < REVIEW_ABOVE:
        raise Broken(f"9: nothing is open, and yet the range is {tuple(union.range)} of {truth}")
    world.counts["truths"] += 1


def _fallen(world: World) -> int:
    """By how much the total fell, by the list of erasures: of lines that name the same, only the last came to be."""
    path = world.ground.database.erasures.path
    lines = [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []
    last = {(line["account_id"], record): line for line in lines for record in line["records"] or ("all",)}
    held = {line["id"]: line["adjustments"].get(str(YEAR), 0) for line in last.values()}
    return sum(held.values())


def _count(synced: Synced) -> Count:
    """The domain's count over the union of what the laptops hold."""
    records = []
    answers: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for account_id, found in synced.items():
        for members in _by_record(found).values():
            record = record_of(account_id, [Revision.from_object(member) for member in members])
            if record is not None:
                records.append(record)
            elif members[0]["kind"] == Kind.GROUP_ANSWER:
                said = _head(members)
                if said["state"] == "live":
                    answers[said["body"]["question"]].append((account_id, said["body"]["answer"]))
    return count(records, answers, in_year(YEAR))


def _by_record(found: Mapping[str, dict[str, Any]]) -> Mapping[str, list[dict[str, Any]]]:
    by_record: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in found.values():
        by_record[each["record_id"]].append(each)
    return by_record


def _leaves(members: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found = list(members)
    named = {parent for member in found for parent in member["parents"]}
    return [member for member in found if member["rev_id"] not in named]


def _head(members: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """By the words of the contract: the leaf with the greatest (withdrawn, depth, rev_id)."""
    return max(_leaves(members), key=lambda r: (r["state"] == "withdrawn", r["depth"], r["rev_id"]))


def _rooms_that_stand(world: World, synced: Synced) -> tuple[set[int], bool]:
    """The rooms that somebody still says they met, by what survives; and whether anything is undecided: a record with
    versions that differ in what counts, or two accounts at one place that nobody has told apart."""
    rooms: set[int] = set()
    visits: list[tuple[str, str, int]] = []
    answers: dict[str, set[str]] = defaultdict(set)
    is_open = False
    for account_id, found in synced.items():
        for record_id, members in _by_record(found).items():
            kind, head = members[0]["kind"], _head(members)
            if kind == "group_answer" and head["state"] == "live":
                answers[head["body"]["question"]].add(head["body"]["answer"])
            if kind != "session":
                continue
            said = {
                (r["state"], r["body"]["group"], r["body"]["young_people"][0]["count"])
                for r in _leaves(members)
            }
            is_open = is_open or len(said) > 1
            if head["state"] == "live":
                number = world.room_of[record_id]
                rooms.add(number)
                day, code = head["body"]["date"], head["body"]["group"]
                group = hashlib.sha256(f"{day} {code}".encode()).hexdigest()[:32] if code else record_id
                visits.append((account_id, group, number))
    for one, other in combinations(sorted(visits, key=lambda visit: (visit[1], visit[0])), 2):
        if one[0] != other[0] and one[1] != other[1] and one[2] // 2 == other[2] // 2:
            question = hashlib.sha256(f"{one[1]} {other[1]}".encode()).hexdigest()[:32]
            is_open = is_open or not answers[question] & {"same", "different"}
    return rooms, is_open
