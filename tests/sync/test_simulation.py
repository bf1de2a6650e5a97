"""Laptops and a centre live through anything, and the nine invariants of the sync contract hold.

The real services, store, engine and centre; only the network between them is cut as a test likes. A failure prints
the steps that replay it.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule
from sqlalchemy import select

from omi_desktop.central import accounts as central_accounts
from omi_desktop.central.database import Database
from omi_desktop.central.identity import identify_centre
from omi_desktop.central.tables import log
from omi_desktop.central.totals import Totals
from omi_desktop.domain import join_code
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.counting import Range, count_programme, in_year, record_of
from omi_desktop.domain.errors import SyncProblem
from omi_desktop.domain.revision import ROOT, Kind, Revision, State, chain
from omi_desktop.domain.session import Details, Place, YoungPeople
from omi_desktop.domain.stages import Nation
from omi_desktop.store import accounts, revisions
from omi_desktop.store.file import FILE_NAME, Store
from omi_desktop.store.tables import revision as revision_table
from tests.kit.laptop import HUB, Cable, Laptop

YEAR = 2025
LAPTOPS = (("A", "a1"), ("A", "a2"), ("B", "b1"))
FATES = ("ok", "ok", "ok", "request_lost", "answer_lost")


@dataclass
class Room:
    """Young people who were really together once; `true` is how many."""

    number: int
    true: int
    code: str = field(default_factory=join_code.make)

    def details(self, *, with_code: bool) -> Details:
        """What a truthful ambassador records of it."""
        place = Place(1, f"School {self.number % 2}", nation=Nation.ENGLAND)
        return Details(
            day=date(YEAR, 3, 1 + self.number // 2),
            start=time(10, 0),
            minutes=50,
            places=(place,),
            young_people=(YoungPeople(1, ("en.y8",), self.true),),
            group=self.code if with_code else None,
        )


@cache
def _empty_centre() -> Path:
    """A migrated database, made once: Alembic would take most of a life's time."""
    path = Path(tempfile.mkdtemp(prefix="omi-empty-")) / "central.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@cache
def _empty_profile() -> Path:
    profile = Path(tempfile.mkdtemp(prefix="omi-empty-"))
    Store.open(profile).close()
    return profile / FILE_NAME


class Life(RuleBasedStateMachine):
    """Two laptops of A, one of B, one centre; backups of any of them."""

    saved = Bundle("saved")
    disks = Bundle("disks")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="omi-life-"))
        self.clock = SystemClock()
        self.central_file = self.folder / "central.db"
        shutil.copyfile(_empty_centre(), self.central_file)
        self.database = Database(f"sqlite:///{self.central_file}")
        self.cable = Cable(self.database, self.clock)
        self.laptops: dict[str, Laptop] = {}
        self.account_of: dict[str, str] = {}
        self._sign_all_in()
        self.rooms = [Room(number, 20 + 3 * number) for number in range(6)]
        self.recorded: dict[tuple[str, int], str] = {}
        self.is_truthful = True
        self.backups = 0
        self.author: dict[str, str] = {}  # every acknowledged revision, and whose it is
        self.on_disk: dict[str, set[str]] = defaultdict(set)  # what each laptop must hold
        self.at_centre: set[str] = set()  # what the centre must hold
        self.undone: set[str] = set()  # tombstones taken back on purpose

    def _sign_all_in(self) -> None:
        now = self.clock.now()
        with self.database.writing() as connection:
            identify_centre(connection, now)
            central_accounts.add_hub(connection, HUB, now)
        ids: dict[str, str] = {}
        for person, name in LAPTOPS:
            with self.database.writing() as connection:
                if person in ids:
                    code = central_accounts.invite_next_device(connection, ids[person], now)[0]
                else:
                    code = central_accounts.invite(connection, HUB, 1, now)[0]
            (self.folder / name).mkdir()
            shutil.copyfile(_empty_profile(), self.folder / name / FILE_NAME)
            laptop = Laptop(self.folder / name, self.clock, name)
            laptop.sign_in(self.cable, code)
            assert laptop.owner
            ids[person] = laptop.owner.account_id
            self.laptops[name] = laptop
            self.account_of[name] = ids[person]

    def teardown(self) -> None:
        """Come to rest, hold everything against the invariants, clear up."""
        try:
            self.settle()
        finally:
            for laptop in self.laptops.values():
                laptop.close()
            self.database.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _note(self, name: str, record_id: str) -> None:
        """A save was acknowledged: from now on it must survive on this disk."""
        laptop = self.laptops[name]
        head = laptop.desk.sessions.get(record_id).record.head
        self.author[head.rev_id] = self.account_of[name]
        self.on_disk[name].add(head.rev_id)

    @rule(
        target=saved,
        name=st.sampled_from([n for _, n in LAPTOPS]),
        room=st.integers(0, 5),
        coded=st.booleans(),
    )
    def record(self, name: str, room: int, coded: bool) -> tuple[str, int]:
        """A person records a session once; on which of their laptops does not matter."""
        person = self.account_of[name]
        if (person, room) not in self.recorded:
            view = self.laptops[name].desk.sessions.save(self.rooms[room].details(with_code=coded))
            self.recorded[person, room] = view.record_id
            self._note(name, view.record_id)
        return (person, room)

    @rule(what=saved, on=st.sampled_from([n for _, n in LAPTOPS]), name=st.text(max_size=20))
    def correct(self, what: tuple[str, int], on: str, name: str) -> None:
        """Something other than the number is corrected, on any laptop of that person that has it."""
        record_id = self._here(what, on)
        if record_id and not self.laptops[on].desk.sessions.get(record_id).record.is_removed:
            details = self.laptops[on].desk.sessions.get(record_id).details
            self.laptops[on].desk.sessions.correct(
                record_id, replace(details, class_name=name.replace("\0", ""))
            )
            self._note(on, record_id)

    @rule(what=saved, on=st.sampled_from([n for _, n in LAPTOPS]), count=st.integers(1, 60))
    def miscount(self, what: tuple[str, int], on: str, count: int) -> None:
        """The number is changed to something that may be wrong: from here the truth is not claimed."""
        record_id = self._here(what, on)
        if record_id and not self.laptops[on].desk.sessions.get(record_id).record.is_removed:
            self.is_truthful = False
            details = self.laptops[on].desk.sessions.get(record_id).details
            line = replace(details.young_people[0], count=count)
            self.laptops[on].desk.sessions.correct(record_id, replace(details, young_people=(line,)))
            self._note(on, record_id)

    @rule(what=saved, on=st.sampled_from([n for _, n in LAPTOPS]))
    def remove(self, what: tuple[str, int], on: str) -> None:
        """A session is removed."""
        record_id = self._here(what, on)
        if record_id and not self.laptops[on].desk.sessions.get(record_id).record.is_removed:
            self.laptops[on].desk.sessions.remove(record_id)
            self._note(on, record_id)

    @rule(what=saved, on=st.sampled_from([n for _, n in LAPTOPS]))
    def undo(self, what: tuple[str, int], on: str) -> None:
        """The last save on this laptop is taken back."""
        record_id = self._here(what, on)
        if record_id:
            before = self.laptops[on].desk.sessions.get(record_id).record
            self.laptops[on].desk.sessions.undo(record_id)
            if before.is_removed:
                self.undone |= {leaf.rev_id for leaf in before.leaves if leaf.state is State.WITHDRAWN}
            self._note(on, record_id)

    @rule(what=saved, on=st.sampled_from([n for _, n in LAPTOPS]), which=st.integers(0, 3))
    def decide(self, what: tuple[str, int], on: str, which: int) -> None:
        """A person answers which of several versions is right."""
        record_id = self._here(what, on)
        if record_id:
            found = self.laptops[on].desk.sessions.leaves(record_id)
            if len(found) > 1:
                chosen = found[which % len(found)]
                if not chosen.is_removal:
                    self.undone |= {version.rev_id for version in found if version.is_removal}
                self.laptops[on].desk.sessions.settle(record_id, chosen.rev_id)
                self._note(on, record_id)

    def _here(self, what: tuple[str, int], on: str) -> str | None:
        record_id = self.recorded[what]
        is_theirs = self.account_of[on] == what[0]
        return record_id if is_theirs and self.laptops[on].desk.sessions._records.view(record_id) else None

    @rule(name=st.sampled_from([n for _, n in LAPTOPS]), fates=st.lists(st.sampled_from(FATES), max_size=4))
    def sync(self, name: str, fates: list[str]) -> None:
        """A run, with whatever the network does to its first calls."""
        waiting = list(fates)
        self.cable.fate = lambda: waiting.pop(0) if waiting else "ok"
        try:
            self.laptops[name].sync(self.cable)
        except SyncProblem:
            pass
        finally:
            self.cable.fate = lambda: "ok"
        self._look_at_centre()
        self.on_disk[name] |= set(self.laptops[name].held())

    @rule(name=st.sampled_from([n for _, n in LAPTOPS]))
    def crash(self, name: str) -> None:
        """The program ends without a word and is started again."""
        self.laptops[name].close()
        self.laptops[name].open()

    @rule(target=disks, name=st.sampled_from([n for _, n in LAPTOPS]))
    def back_up(self, name: str) -> tuple[str, Path, frozenset[str]]:
        """The disk of a laptop is copied."""
        self.backups += 1
        path = self.folder / f"backup{self.backups}.db"
        self.laptops[name].back_up(path)
        return (name, path, frozenset(self.on_disk[name]))

    @rule(disk=consumes(disks))
    def restore(self, disk: tuple[str, Path, frozenset[str]]) -> None:
        """The old copy comes back; what was saved only there since is gone with the disk."""
        name, path, had = disk
        self.laptops[name].restore(path)
        self.on_disk[name] = set(had)

    @precondition(lambda self: not (self.folder / "central-backup.db").exists())
    @rule()
    def back_up_centre(self) -> None:
        """The operator copies the database."""
        shutil.copyfile(self.central_file, self.folder / "central-backup.db")

    @precondition(lambda self: (self.folder / "central-backup.db").exists())
    @rule()
    def restore_centre(self) -> None:
        """The centre silently comes back from the old copy."""
        self.database.close()
        (self.folder / "central-backup.db").replace(self.central_file)
        self.at_centre = set()
        self._look_at_centre()

    def _look_at_centre(self) -> None:
        with self.database.reading() as connection:
            self.at_centre |= {row.rev_id for row in connection.execute(select(log.c.rev_id))}

    @invariant()
    def what_was_saved_is_there(self) -> None:
        """1 and 7: no acknowledged revision leaves a disk, whatever the centre does."""
        for name, laptop in self.laptops.items():
            assert self.on_disk[name] <= set(laptop.held()), f"{name} lost a save"

    @invariant()
    def the_centre_keeps_a_chain_of_its_own_accounts_revisions(self) -> None:
        """2 and 8: each revision once, in its author's log, under a chain that anyone can recompute."""
        with self.database.reading() as connection:
            rows = connection.execute(select(log).order_by(log.c.account_id, log.c.n)).all()
        at: dict[str, tuple[int, str]] = defaultdict(lambda: (0, ROOT))
        seen: set[str] = set()
        for row in rows:
            n, h = at[row.account_id]
            assert row.n == n + 1
            assert row.h == chain(h, row.rev_id, row.sha)
            assert row.rev_id not in seen
            assert self.author[row.rev_id] == row.account_id
            seen.add(row.rev_id)
            at[row.account_id] = (row.n, row.h)
        assert self.at_centre == seen

    @invariant()
    def synced_means_in_the_log_under_the_cursor(self) -> None:
        """6: whatever a laptop calls synced is in the log its cursor stands in, where it says."""
        with self.database.reading() as connection:
            rows = connection.execute(select(log.c.account_id, log.c.n, log.c.rev_id, log.c.h)).all()
        places = {(row.account_id, row.n): row for row in rows}
        for name, laptop in self.laptops.items():
            with laptop.store.read() as connection:
                account = accounts.current(connection)
            assert account
            at_cursor = places.get((self.account_of[name], account.cursor_n))
            if account.cursor_n and (at_cursor is None or at_cursor.h != account.cursor_h):
                continue  # The centre was restored and this laptop has not spoken to it since.
            for rev_id, n in laptop.held().items():
                if n is not None:
                    assert n <= account.cursor_n
                    assert places[self.account_of[name], n].rev_id == rev_id

    def settle(self) -> None:
        """Everyone syncs until nothing moves, with a network that works."""
        self.cable.fate = lambda: "ok"
        for _ in range(3):
            for laptop in self.laptops.values():
                laptop.sync(self.cable)
        self._look_at_centre()
        self._everything_held_is_at_the_centre()
        self._equal_sets_give_equal_screens()
        self._the_ranges_are_one()
        self._removed_stays_removed()
        self.the_centre_keeps_a_chain_of_its_own_accounts_revisions()

    def _everything_held_is_at_the_centre(self) -> None:
        for name, laptop in self.laptops.items():
            held = laptop.held()
            assert all(n is not None for n in held.values()), f"{name} still waits"
            assert set(held) <= self.at_centre

    def _equal_sets_give_equal_screens(self) -> None:
        """4: two laptops of one account show the same."""
        one, two = (self.laptops[name] for name in ("a1", "a2"))
        assert one.held() == two.held()
        shown = [
            {
                v.record_id: (v.record.head.rev_id, v.details, v.record.standing)
                for v in laptop.desk.sessions.all()
            }
            for laptop in (one, two)
        ]
        assert shown[0] == shown[1]

    def _the_ranges_are_one(self) -> None:
        """3 and 9: the centre's range is that of the union of the laptops, and the truth lies in it."""
        found = [record for name in ("a1", "b1") for record in self._records(name)]
        union = count_programme(found, period=in_year(YEAR)).range
        total = Totals(self.database).of(YEAR, self.clock.now())
        assert Range(total.low, total.high) == union
        if self.is_truthful:
            truth = sum(
                room.true
                for room in self.rooms
                if any(self._stands(person, room.number) for person in set(self.account_of.values()))
            )
            assert union.low <= truth <= union.high

    def _records(self, name: str) -> list:  # type: ignore[type-arg]
        by_record: dict[str, list[Revision]] = defaultdict(list)
        with self.laptops[name].store.read() as connection:
            rows = connection.execute(select(revision_table.c.canonical, revision_table.c.kind)).all()
        for row in rows:
            if row.kind == Kind.SESSION:
                found = Revision.from_canonical(row.canonical)
                by_record[found.record_id].append(found)
        made = [record_of(self.account_of[name], found) for found in by_record.values()]
        return [record for record in made if record]

    def _stands(self, person: str, room: int) -> bool:
        """Whether, by what survives, this person still says that they met this room."""
        record_id = self.recorded.get((person, room))
        name = next(n for n, p in self.account_of.items() if p == person)
        if record_id is None:
            return False
        view = self.laptops[name].desk.sessions._records.view(record_id)
        return view is not None and not view.is_removed

    def _removed_stays_removed(self) -> None:
        """5: a record with a tombstone that nobody took back on purpose is removed everywhere."""
        for name, laptop in self.laptops.items():
            for record_id in {r for (p, _), r in self.recorded.items() if p == self.account_of[name]}:
                with laptop.store.read() as connection:
                    held = [h.revision for h in revisions.of_record(connection, record_id)]
                stones = [
                    r.rev_id for r in held if r.state is State.WITHDRAWN and r.rev_id not in self.undone
                ]
                if stones:
                    view = laptop.desk.sessions._records.view(record_id)
                    assert view
                    assert view.is_removed, f"{record_id} came back"


Life.TestCase.settings = settings(
    max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLife = pytest.mark.slow(Life.TestCase)


SCHEDULES = int(os.environ.get("OMI_SCHEDULES", "25"))
STEPS = 60


class RandomLife:
    """A life in which chance decides, from one seed; quicker than hypothesis, and more like a year."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.life = Life()
        self.known: list[tuple[str, int]] = []
        self.disks: list[tuple[str, Path, frozenset[str]]] = []
        self.may_miscount = self.rng.random() < 0.5

    def live(self) -> None:
        """All its steps, and then rest."""
        steps = {self.record: 3, self.change: 8, self.sync: 6, self.suffer: 2}
        try:
            for _ in range(STEPS):
                self.rng.choices(list(steps), list(steps.values()))[0]()
                self.life.what_was_saved_is_there()
        finally:
            self.life.teardown()

    def anyone(self) -> str:
        """Some laptop."""
        return self.rng.choice([name for _, name in LAPTOPS])

    def record(self) -> None:
        """Somebody records."""
        made = self.life.record(self.anyone(), self.rng.randrange(6), self.rng.random() < 0.5)
        self.known.append(cast("tuple[str, int]", made))

    def change(self) -> None:
        """Somebody corrects, removes, undoes or decides."""
        if not self.known:
            return
        what, on = self.rng.choice(self.known), self.anyone()
        changes: list[Callable[[], object]] = [
            lambda: self.life.correct(what, on, str(self.rng.random())),
            lambda: self.life.remove(what, on),
            lambda: self.life.undo(what, on),
            lambda: self.life.decide(what, on, self.rng.randrange(4)),
        ]
        if self.may_miscount:
            changes += [lambda: self.life.miscount(what, on, self.rng.randrange(1, 60))] * 2
        self.rng.choice(changes)()

    def sync(self) -> None:
        """Somebody's laptop syncs, well or badly."""
        self.life.sync(self.anyone(), self.rng.choices(FATES, k=self.rng.randrange(4)))
        self.life.synced_means_in_the_log_under_the_cursor()
        self.life.the_centre_keeps_a_chain_of_its_own_accounts_revisions()

    def suffer(self) -> None:
        """A crash, a backup, or an old disk or an old centre coming back."""
        has_central_backup = (self.life.folder / "central-backup.db").exists()
        match self.rng.randrange(5):
            case 0:
                self.life.crash(self.anyone())
            case 1:
                made = self.life.back_up(self.anyone())
                self.disks.append(cast("tuple[str, Path, frozenset[str]]", made))
            case 2 if self.disks:
                self.life.restore(self.disks.pop(self.rng.randrange(len(self.disks))))
            case _ if has_central_backup:
                self.life.restore_centre()
            case _:
                self.life.back_up_centre()


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=pytest.mark.slow) if seed >= 5 else seed for seed in range(SCHEDULES)]
)
def test_a_random_life_keeps_all_nine_promises(seed: int) -> None:
    RandomLife(seed).live()
