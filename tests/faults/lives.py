"""What an ambassador does with the program until it is killed or the power goes: short lives, decided by a seed.

`python -m tests.faults.lives GATE` imports the program once. For each line of JSON on its input it forks a child,
says its process id, and says how it ended. The child waits for a byte from GATE, so that it can be watched from its
first call on. It writes to a diary outside of the profile, one write a line, before anything touches the file what
it is about to do ("does") and, once the program has said that it is saved, what that was ("did").
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

import omi_desktop.store.migrate
import omi_desktop.sync.client
import omi_desktop.sync.engine  # noqa: F401 - imported here, so that no child pays for it
from omi_desktop.domain import canonical, session
from omi_desktop.domain.changes import Changes
from omi_desktop.domain.session import FOUR_CONDITIONS, Details, Place, PlaceKind, PlanDetails, YoungPeople
from omi_desktop.domain.stages import Nation
from omi_desktop.services.desk import Desk, Person
from omi_desktop.services.plans import PlanView
from omi_desktop.services.sessions import SessionView
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens
from tests.faults import plants
from tests.kit.clock import SetClock

APP = "omi-desktop/test"
YEAR_GROUPS = ("en.y5", "en.y7", "en.y8", "en.y10")
FINISHED = 0
_View = TypeVar("_View", SessionView, PlanView)


@dataclass
class Task:
    """What a child is to live. `plant` names a fault to plant in it first; the rest is where to sync."""

    profile: str
    diary: str
    scenario: str
    seed: str
    plant: str = ""
    url: str = ""
    code: str = ""
    centre_id: str = ""
    account_id: str = ""
    token: str = ""


@dataclass
class Life:
    """One start of the program on a profile, and the diary of it."""

    task: Task
    rng: random.Random
    diary: int
    clock: SetClock = field(default_factory=SetClock)
    changes: Changes = field(default_factory=Changes)

    def __post_init__(self) -> None:
        self.say(does="open")
        self.desk = Desk.open(Path(self.task.profile), clock=self.clock, changes=self.changes, app=APP)
        self.say(did="open")

    def say(self, **line: object) -> None:
        """One line of the diary."""
        os.write(self.diary, (json.dumps(line) + "\n").encode())

    # What a person does, each with its promise.

    def keep(self, key: str) -> None:
        """Type in a form."""
        form = {"class_name": f"8{self.rng.choice('ABC')}", "typed": self.text(3000)}
        self.say(does="keep", key=key, form=form)
        self.desk.drafts.keep(key, form)
        self.say(did="keep")

    def let_go(self, key: str) -> None:
        """Let a draft go."""
        self.say(does="let go", key=key)
        self.desk.drafts.discard(key)
        self.say(did="let go")

    def choose(self, name: str) -> None:
        """Make a choice that stays on this laptop."""
        value = self.text(60)
        self.say(does="choose", name=name, value=value)
        self.desk.preferences.put(name, value)
        self.say(did="choose")

    def save(
        self, *, draft: str | None = None, plan: PlanView | None = None, tally: str | None = None
    ) -> SessionView:
        """Record a session, a planned or a counted one perhaps."""
        details = self.session(plan)
        self._saves("save", "session", session.write(details), draft=draft, tally=tally)
        return self._saved(self.desk.sessions.save(details, draft=draft, tally=tally))

    def count(self, key: str) -> None:
        """Count young people at the door, until the mark says that all presses are kept."""
        presses = [
            (self.rng.choice("ab"), self.rng.choice((1, 1, 5, -1))) for _ in range(self.rng.randrange(1, 7))
        ]
        self.say(does="count", tally=key, presses=presses)
        for line, change in presses:
            self.desk.tally.press(key, line, change)
        self.desk.tally.flush()
        self.say(did="count")

    def back_up(self) -> None:
        """Ask for a safety copy."""
        self.say(does="back up")
        self.say(did="back up", copy=self.desk.backups.make().path.name)

    def restore(self) -> None:
        """Bring the oldest copy back."""
        oldest = self.desk.backups.all()[-1]
        self.say(does="restore", copy=oldest.path.name)
        self.desk.backups.restore(oldest)
        self.say(did="restore")

    def plan(self) -> PlanView:
        """Plan a session."""
        details = PlanDetails(
            day=date(2026, 12, self.rng.randrange(1, 28)),
            start=time(9, 30),
            minutes=60,
            places=(self.place(),),
            expected=(YoungPeople(1, ("en.y8",), 30),),
        )
        self._saves("save", "plan", session.write_plan(details))
        return self._saved(self.desk.plans.save(details))

    def correct(self, view: SessionView) -> SessionView:
        """Correct a session."""
        details = replace(
            view.details,
            young_people=(YoungPeople(1, ("en.y8",), self.rng.randrange(1, 40)),),
            four={"reflection": self.text(1800)},
        )
        body = session.write(details, view.record.head.body)
        self._saves("correct", "session", body, record=view.record_id)
        return self._saved(self.desk.sessions.correct(view.record_id, details))

    def remove(self, view: SessionView) -> SessionView:
        """Remove a session."""
        self._saves("remove", "session", view.record.head.body, record=view.record_id, state="withdrawn")
        return self._saved(self.desk.sessions.remove(view.record_id))

    def undo(self, view: SessionView) -> None:
        """Take back the last save: what comes back is not known beforehand, only whose it is."""
        self.say(does="undo", adds={"record": view.record_id})
        self._saved(self.desk.sessions.undo(view.record_id))

    def settle(self, view: SessionView) -> None:
        """Answer "28 or 31?"."""
        chosen = self.rng.choice(view.record.leaves)
        self._saves("settle", "session", chosen.body, record=view.record_id, state=chosen.state.value)
        self._saved(self.desk.sessions.settle(view.record_id, chosen.rev_id))

    def syncing(self) -> Syncing:
        """The engine, signed in for this run if there is an account."""
        tokens = MemoryTokens()
        if self.task.token:
            tokens.put(f"{self.task.centre_id}/{self.task.account_id}", self.task.token)
        return Syncing(
            self.desk.store, tokens=tokens, clock=self.clock, changes=self.changes, address=self.task.url
        )

    def sync(self, syncing: Syncing) -> None:
        """Sync until nothing waits."""
        self.say(does="sync")
        syncing.run_once()
        self.say(did="sync")

    def enrol(self, syncing: Syncing) -> None:
        """Use the code, and say that what is here is mine."""
        self.say(does="enrol")
        syncing.enrol(self.task.code, "Work laptop")
        self.say(did="enrol")
        self.say(does="claim")
        syncing.claim(True)
        self.say(did="claim")

    # What they type.

    def text(self, most: int) -> str:
        """So many words, mostly few."""
        size = self.rng.choice((0, 20, 200, most))
        return "".join(self.rng.choice("abcdefgh ŵ") for _ in range(size)).strip()

    def place(self) -> Place:
        """Somewhere."""
        name = f"School {self.rng.randrange(100)}"
        return Place(1, name, PlaceKind.SECONDARY_SCHOOL, Nation.ENGLAND, "Ashby", "LE65 1AA")

    def session(self, plan: PlanView | None = None) -> Details:
        """What was done."""
        lines = self.rng.choice((1, 1, 1, 4))
        details = plan.details.to_session() if plan else Details(places=(self.place(),))
        return replace(
            details,
            plan_id=plan.record_id if plan else None,
            day=date(2026, 11, 24) - timedelta(days=self.rng.randrange(60)),
            start=time(10, 40),
            minutes=50,
            young_people=tuple(
                YoungPeople(1, (stage,), self.rng.randrange(1, 40)) for stage in YEAR_GROUPS[:lines]
            ),
            four={name: self.text(1900) for name in FOUR_CONDITIONS if name != "two_way"},
        )

    def _saves(
        self,
        act: str,
        kind: str,
        body: Mapping[str, Any],
        *,
        record: str | None = None,
        state: str = "live",
        draft: str | None = None,
        tally: str | None = None,
    ) -> None:
        adds = {"kind": kind, "record": record, "state": state, "body": digest(body)}
        self.say(does=act, adds=adds, lets_go=draft, ends=tally)

    def _saved(self, view: _View) -> _View:
        head = view.record.head
        self.say(did="save", rev_id=head.rev_id, sha=head.sha, record=head.record_id)
        return view


def digest(body: Mapping[str, Any]) -> str:
    """What is in a body, in short."""
    return hashlib.sha256(canonical.encode(dict(body))).hexdigest()


def repeat_ids(seed: str) -> None:
    """Let this process make the same ids for the same seed, and with them the same pages and calls."""
    made = random.Random(f"ids {seed}")
    secrets.token_hex = lambda nbytes=None: made.randbytes(nbytes or 16).hex()


def record(life: Life) -> None:
    """Type, save, save again, plan, record what was planned."""
    life.keep("record/new")
    if life.rng.random() < 0.5:
        life.keep("record/new")
    life.save(draft="record/new")
    plan = life.plan()
    key = f"record/plan/{plan.record_id}"
    life.keep(key)
    life.save(draft=key, plan=plan)
    life.choose("text_size")
    life.let_go(life.desk.drafts.keys()[-1])


def change(life: Life) -> None:
    """Correct, remove, undo, decide."""
    mine = life.desk.sessions.all()
    life.settle(next(view for view in mine if view.record.is_conflict))
    simple = [view for view in mine if not view.record.is_conflict]
    one, other, third = life.rng.sample(simple, 3)
    life.correct(life.correct(one))
    life.remove(other)
    life.undo(other)
    life.undo(third)


def start_anew(life: Life) -> None:
    """The first start on a laptop."""
    life.desk.save_person(Person("Asha Patel", Nation.ENGLAND))
    life.keep("record/new")
    life.save(draft="record/new")
    life.save()


def come_back(life: Life) -> None:
    """Start after a bad end or an update, and go on."""
    life.save(draft=next(iter(life.desk.drafts.keys()), None))


def count(life: Life) -> None:
    """Count two sessions in the classroom, and record one."""
    life.count("door")
    life.count("hall")
    life.keep("record/new")
    life.count("door")
    life.save(draft="record/new", tally="door")
    life.count("hall")


def look_after(life: Life) -> None:
    """Day after day: what was saved first is copied, and old copies are let go."""
    for _ in range(2):
        life.clock.forward(days=1)
        life.save()
        life.desk.backups.wait()
        life.choose("text_size")
    life.back_up()
    life.save()


def bring_back(life: Life) -> None:
    """Bring a copy back that holds what this file does not."""
    life.keep("record/new")
    life.save()
    life.restore()
    life.save(draft="record/new")


def sync(life: Life) -> None:
    """Read back, take in, record, send again."""
    syncing = life.syncing()
    life.sync(syncing)
    life.save()
    life.correct(life.rng.choice([v for v in life.desk.sessions.all() if not v.record.is_conflict]))
    life.sync(syncing)


def join(life: Life) -> None:
    """The first code on this laptop."""
    syncing = life.syncing()
    life.enrol(syncing)
    life.sync(syncing)


@dataclass(frozen=True)
class Scenario:
    """What is done, and the profile that it begins on (see `starts.py`)."""

    start: str
    live: Callable[[Life], None]
    is_online: bool = False
    signs_in: bool = False
    """Whether an account is current at the start; else a code is at hand."""


SCENARIOS: Mapping[str, Scenario] = {
    "record": Scenario("few", record),
    "change": Scenario("few", change),
    "first": Scenario("nothing", start_anew),
    "recover": Scenario("torn", come_back),
    "migrate": Scenario("version 1", come_back),
    "count": Scenario("few", count),
    "look after": Scenario("with copies", look_after),
    "bring back": Scenario("behind its copy", bring_back),
    "sync": Scenario("few", sync, is_online=True, signs_in=True),
    "join": Scenario("few", join, is_online=True),
}


def live(task: Task) -> None:
    """One life to its end."""
    rng = random.Random(f"{task.scenario} {task.seed}")
    repeat_ids(f"{task.scenario} {task.seed}")
    if task.plant:
        plants.PLANTS[task.plant]()
    diary = os.open(task.diary, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    life = Life(task, rng, diary)
    SCENARIOS[task.scenario].live(life)
    life.desk.close()
    life.say(did="end")


def main(gate: int) -> None:
    """Bear a child for each task, and tell how it ended: what `waitpid` says."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                task = Task(**json.loads(line))
                os.read(gate, 1)
                live(task)
                status = FINISHED
            finally:
                sys.stderr.flush()
                os._exit(status)
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
