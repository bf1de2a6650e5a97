"""The world of one schedule: people and the rooms they were in, their laptops, the centre, and what is known of it."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from omi_desktop.domain import join_code
from omi_desktop.domain.session import Details, Place, PlanDetails, YoungPeople
from omi_desktop.domain.stages import Nation
from omi_desktop.store.file import FILE_NAME
from omi_desktop.wire import limits
from tests.faults.rig import Broken
from tests.faults.simulation.chance import patched
from tests.faults.simulation.ground import MOST_MACHINES, Ground
from tests.faults.simulation.machine import Machine, Skewed
from tests.faults.simulation.network import Air

YEAR = 2026
_SKEWS = (0, 0, 0, 0, 1, -1, 26, -26, 24 * 90, -24 * 90)
"""Hours by which a laptop's clock is wrong."""


@dataclass(frozen=True)
class Room:
    """Young people who were really together once; `true` is how many."""

    number: int
    true: int
    code: str

    @property
    def day(self) -> date:
        """Two rooms a day."""
        return date(YEAR, 3, 1 + self.number // 2)

    def details(self, *, with_code: bool, plan_id: str | None = None) -> Details:
        """What a truthful ambassador records of it: two rooms of one school at one time, each a class."""
        return Details(
            day=self.day,
            start=time(10, 0),
            minutes=50,
            places=(Place(1, f"School {self.number // 2}", nation=Nation.ENGLAND),),
            young_people=(YoungPeople(1, ("en.y8",), self.true),),
            group=self.code if with_code else None,
            plan_id=plan_id,
        )

    def plan(self) -> PlanDetails:
        """What they planned."""
        return PlanDetails(
            day=self.day,
            start=time(10, 0),
            minutes=50,
            places=(Place(1, f"School {self.number // 2}", nation=Nation.ENGLAND),),
            expected=(YoungPeople(1, ("en.y8",), self.true),),
        )


@dataclass
class Fact:
    """One save that happened, known by its salt: what it said, who said it, and for which account, if any."""

    content: str
    record_id: str
    user: str
    account: str | None


@dataclass
class Disk:
    """A copy of a laptop's disk, and what was on it."""

    machine: str
    path: Path
    required: frozenset[str]
    gone: frozenset[tuple[str | None, str]]


class Logged(NamedTuple):
    """One entry of a log at the centre."""

    rev_id: str
    sha: str
    h: str
    salt: str


@dataclass
class Mirror:
    """The centre's logs as read from its database, entry by entry, and checked on the way."""

    logs: dict[str, list[Logged]] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)
    bodies: set[str] = field(default_factory=set)
    """The ids of entries that are not erased."""
    last_row: int = 0


class World:
    """Everything of one schedule. `ground` is borrowed."""

    def __init__(self, ground: Ground, seed: int) -> None:
        rng = random.Random(f"world {seed}")
        self.ground = ground
        self.seed = seed
        self.air: Air = ground.air
        people = rng.choice((1, 1, 2, 2, 2, 3))
        self.template = ground.template(people)
        self.people = {f"p{index}": owner for index, owner in enumerate(self.template.owners)}
        self.rooms = [
            Room(number, 20 + 3 * number, join_code.make()) for number in range(rng.choice((2, 4, 6)))
        ]
        if rng.random() < 0.1:
            self.rooms[-1] = replace(self.rooms[-1], true=6000)
        self.may_miscount = rng.random() < 0.25
        self.is_truthful = True
        self.has_repeats = False
        self.trace: list[str] = []
        self.counts: Counter[str] = Counter()
        self.facts: dict[str, Fact] = {}
        self.said: dict[str, Fact] = {}
        self.parsed: dict[str, dict[str, Any]] = {}
        self.required: dict[str, set[str]] = {}
        self.erased: set[tuple[str, str]] = set()
        """The account and record of every erasure that somebody asked for."""
        self.gone: dict[str, set[tuple[str | None, str]]] = {}
        """By laptop, what its person erased there: it must not come back."""
        self.erased_at_centre: set[tuple[str, str]] = set()
        """Those that have reached the centre once: they hold for ever."""
        self.ended: set[str] = set()
        """Accounts that were erased as a whole."""
        self.sync_files: list[Path] = []
        self.undone: set[str] = set()
        """The salts of removals that somebody took back."""
        self.mirror = Mirror()
        self.recorded: dict[tuple[str, int], str] = {}
        self.plans: dict[tuple[str, int], str] = {}
        self.room_of: dict[str, int] = {}
        """The room of a record, and of a group."""
        self.account_of_token: dict[str, str] = {}
        self.disks: list[Disk] = []
        self.central_backup: Path | None = None
        self.machines: dict[str, Machine] = {}
        self.page, self.push = rng.choice(((200, 200), (200, 200), (2, 2), (3, 200), (5, 3), (200, 2)))
        ground.clock.set("2026-11-24 12:00")
        ground.database.erasures.path.unlink(missing_ok=True)
        ground.lay(self.template.central)
        self.air.fates.clear()
        self.air.delayed, self.air.late, self.air.seen = [], [], set()
        self.air.on_push = self.pushed
        for index in range(rng.choice((1, 2, 2, 2, 3, 3, 4))):
            self._set_up(index, rng.random() < 0.15, rng.choice(_SKEWS))

    def _set_up(self, index: int, is_new: bool, skew: int) -> None:
        person = index % len(self.people)
        source = self.ground.empty_profile if is_new else self.template.profiles[person]
        machine = self.add_machine(source, skew)
        machine.user = f"p{person}"
        if not is_new:
            token = self.template.tokens[person, index]
            owner = self.people[machine.user]
            machine.keep_token(owner, token, self.template.carry_keys[person])
            self.account_of_token[token] = owner.account_id

    def add_machine(self, source: Path, skew: int) -> Machine:
        """One more laptop with a copy of this file."""
        name = f"m{len(self.machines)}"
        profile = self.ground.folder / name
        profile.mkdir(exist_ok=True)
        shutil.copyfile(source, profile / FILE_NAME)
        clock = Skewed(self.ground.clock, timedelta(hours=skew))
        machine = self.machines[name] = Machine(name, profile, clock, self.ground.client, self.ground.chance)
        self.required[name] = set()
        self.gone[name] = set()
        return machine

    def may_go(self, machine: Machine, record_ids: Iterable[str]) -> None:
        """The person at a laptop has the records let go: from now on they need not be there."""
        records = set(record_ids)
        self.required[machine.name] = {
            salt for salt in self.required[machine.name] if self.facts[salt].record_id not in records
        }

    def close(self) -> None:
        """End every program."""
        for machine in self.machines.values():
            machine.close()

    @contextmanager
    def lives(self) -> Iterator[None]:
        """While this lasts, chance and the limits of a call are this schedule's."""
        with (
            self.ground.chance.rules(),
            patched((limits, "PAGE_COUNT", self.page), (limits, "PUSH_COUNT", self.push)),
        ):
            yield

    def say(self, text: str) -> None:
        """Write a line of the trace."""
        self.trace.append(text)

    @property
    def may_add_machine(self) -> bool:
        """Whether there is room for another laptop."""
        return len(self.machines) < MOST_MACHINES

    def person_of(self, account_id: str) -> str:
        """The person of an account."""
        return next(name for name, owner in self.people.items() if owner.account_id == account_id)

    def parse(self, canonical: bytes, sha: str) -> dict[str, Any]:
        """The revision as an object, read by the simulator itself."""
        found = self.parsed.get(sha)
        if found is None:
            if hashlib.sha256(canonical).hexdigest() != sha:
                raise Broken(f"7: a revision's bytes are not those of its sha {sha[:8]}")
            found = self.parsed[sha] = json.loads(canonical)
        return found

    def content(self, found: dict[str, Any]) -> str:
        """What a revision says apart from its id, which gives way where two have the same."""
        return json.dumps({**found, "rev_id": ""}, sort_keys=True)

    def is_as_saved(self, fact: Fact, found: dict[str, Any]) -> bool:
        """Whether a revision says what its save said. Where an id was used twice, what was saved on top of the one that
        gave way follows it under its new id."""
        if fact.content == self.content(found):
            return True
        saved = json.loads(fact.content)
        return self.has_repeats and all(
            len(value) == len(saved[name]) if name == "parents" else value == saved[name]
            for name, value in json.loads(self.content(found)).items()
        )

    def words(self, found: dict[str, Any]) -> str:
        """What it says, whatever it follows: the same when it is said once more after one before it was refused."""
        return json.dumps({**found, "rev_id": "", "salt": "", "parents": [], "depth": 0}, sort_keys=True)

    def fact_of(self, found: dict[str, Any]) -> Fact | None:
        """The save that a revision comes from, or whose words it says once more."""
        fact = self.facts.get(found["salt"])
        if fact is None and len(found["parents"]) > 1 and (first := self.said.get(self.words(found))):
            fact = self.facts[found["salt"]] = replace(first, content=self.content(found))
        return fact

    def look(self, machine: Machine, *, after_save: bool) -> None:
        """Read a laptop's file and hold it against promises 1, 6, 7 and 8."""
        rows = machine.rows()
        here: set[str] = set()
        for row in rows:
            found = self.parse(row.canonical, row.sha)
            salt = found["salt"]
            here.add(salt)
            if found["kind"] != "erasure" and (row.account_id, found["record_id"]) in self.gone[machine.name]:
                raise Broken(f"7: {found['record_id'][:6]} was erased on {machine.name}, and is there again")
            fact = self.fact_of(found)
            if fact is None:
                if not after_save:
                    raise Broken(f"7: {machine.name} holds a revision that nobody saved: {found}")
                fact = self.facts[salt] = self.said[self.words(found)] = Fact(
                    self.content(found), found["record_id"], machine.user, row.account_id
                )
            elif not self.is_as_saved(fact, found):
                raise Broken(f"7: what was saved as {salt[:8]} says something else on {machine.name}")
            if row.account_id not in (None, fact.account):
                raise Broken(
                    f"8: {machine.name} keeps {row.rev_id[:6]} of {fact.account} as {row.account_id}'s"
                )
        lost = self.required[machine.name] - here
        if lost:
            raise Broken(f"1: {machine.name} lost the saves {sorted(salt[:8] for salt in lost)}")
        self.required[machine.name] = here
        self._synced_is_under_the_cursor(machine, rows)

    def _synced_is_under_the_cursor(self, machine: Machine, rows: list[Any]) -> None:
        for account_id, (n, h) in machine.cursors().items():
            log = self.mirror.logs.get(account_id, [])
            if n and (n > len(log) or log[n - 1].h != h):
                continue  # The centre was restored, and this laptop has not spoken to it since.
            for row in rows:
                if row.account_id == account_id and row.n is not None:
                    entry = log[row.n - 1] if row.n <= n else None
                    if entry is None or (entry.rev_id, entry.sha) != (row.rev_id, row.sha):
                        raise Broken(
                            f"6: {machine.name} calls {row.rev_id[:6]} synced at {row.n}, cursor {n}"
                        )

    def look_at_centre(self, *, anew: bool = False) -> None:
        """Read what the centre's logs have gained, or all of them, and hold it against promises 2, 6 and 8."""
        if anew:
            self.mirror = Mirror()
        mirror = self.mirror
        rows = self.ground.beside.execute(
            "select rowid, account_id, n, rev_id, sha, h, canonical from log where rowid > ? order by rowid",
            (mirror.last_row,),
        ).fetchall()
        for last, account_id, n, rev_id, sha, h, canonical in rows:
            log = mirror.logs.setdefault(account_id, [])
            before = log[-1].h if log else "0" * 64
            if n != len(log) + 1 or h != hashlib.sha256(bytes.fromhex(before + rev_id + sha)).hexdigest():
                raise Broken(f"6: the log of {account_id[:6]} is no chain at {n}")
            found = self._body_of_entry(account_id, n, sha, canonical)
            fact = self.fact_of(found)
            if fact is None or not self.is_as_saved(fact, found):
                raise Broken(f"2: the log of {account_id[:6]} has at {n} what nobody saved")
            if fact.account != account_id:
                raise Broken(f"8: the log of {account_id[:6]} has at {n} a save of {fact.account}")
            ids = mirror.ids.setdefault(account_id, set())
            names = {rev_id} if self.has_repeats else {rev_id, found["salt"]}
            if ids & names:
                raise Broken(f"2: the log of {account_id[:6]} has {rev_id[:6]} twice")
            ids |= names
            log.append(Logged(rev_id, sha, h, found["salt"]))
            mirror.last_row = last
            if canonical is not None:
                mirror.bodies.add(rev_id)

    def _body_of_entry(self, account_id: str, n: int, sha: str, canonical: bytes | None) -> dict[str, Any]:
        """What an entry says, or said before it was erased at the wish of its account."""
        found = self.parsed.get(sha) if canonical is None else self.parse(canonical, sha)
        if found is None:
            raise Broken(f"2: the log of {account_id[:6]} has at {n} what nobody saved")
        record = (account_id, found["record_id"])
        if canonical is None and record not in self.erased and account_id not in self.ended:
            raise Broken(f"7: the centre let go of {found['rev_id'][:6]} unasked")
        if found["kind"] == "erasure" and found["state"] == "live":
            self.erased_at_centre |= {(account_id, each) for each in found["body"]["records"]}
        elif canonical is not None and (record in self.erased_at_centre or account_id in self.ended):
            raise Broken(f"7: the centre has what was erased, {found['rev_id'][:6]}, again")
        return found

    def pushed(self, call: Any) -> None:
        """Promise 8, at the door of the centre: whatever a laptop sends is of the account that it speaks for."""
        account_id = self.account_of_token.get(call.token)
        for found in json.loads(call.body)["push"]:
            fact = self.fact_of(found)
            if fact is None or fact.account is None or fact.account != account_id:
                raise Broken(f"8: a save of {fact and fact.account} was sent as {account_id}")
