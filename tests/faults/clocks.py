"""Rig 7: the same evenings under right and wrong clocks make the same totals, and nothing that was typed is lost."""

from __future__ import annotations

import os
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as civil_time
from functools import partial
from types import TracebackType
from typing import Protocol, Self

import time_machine

from omi_desktop.central.totals import Totals
from omi_desktop.domain.clock import UK, Clock, SystemClock, uk_today
from omi_desktop.domain.counting import Range, in_year
from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.errors import Refused, SyncProblem
from omi_desktop.domain.session import Details, Place, YoungPeople
from omi_desktop.domain.stages import Nation
from omi_desktop.services.today import school_year_start
from tests.faults.rig import Broken, Rig
from tests.faults.simulation.ground import Ground
from tests.faults.simulation.machine import Machine, Skewed
from tests.faults.simulation.network import CentreFault
from tests.kit.clock import SetClock

_FIRST_DAY = date(2026, 11, 1)
"""No clock that shows an earlier day can be right."""
MOMENTS = (
    "2026-11-24 11:32:05",
    "2028-02-29 12:00:00",
    "2027-03-28 00:59:50",  # ten seconds before the hour that does not exist
    "2027-03-28 01:30:00",
    "2026-12-31 23:59:50",
    "2027-01-01 00:00:05",
    "2027-08-31 23:59:50",
    "2027-08-01 00:00:05",
    "2027-03-31 23:59:50",
    "2027-10-31 00:30:00",
    "2027-10-31 01:30:00",  # an hour that comes twice
)
"""UK civil times at which a life begins; some seconds pass between its steps, so that several cross an edge."""


class Wrong(Protocol):
    """How a clock is wrong: what it shows at a true moment, after so many looks at it."""

    def __call__(self, true: datetime, looks: int, /) -> datetime: ...


def _at(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _from(start: datetime) -> Wrong:
    """A clock that was set to a moment at the beginning of 2026, and has gone on from there."""
    return lambda true, _looks: start + (true - _at(2026)) % timedelta(days=300)


def _off(**by: float) -> Wrong:
    return lambda true, _looks: true + timedelta(**by)


WRONG: Mapping[str, Wrong] = {
    "1970": _from(_at(1970)),
    "2000": _from(_at(2000)),
    "2038": _from(_at(2038, 1, 19, 3, 14, 0)),
    "the last second of 9999": lambda _true, _looks: _at(9999, 12, 31, 23, 59, 59),
    "a day behind": _off(days=-1),
    "a day ahead": _off(days=1),
    "an hour behind": _off(hours=-1),
    "an hour ahead": _off(hours=1),
    "years ahead": _off(days=1500),
    "always 23:59:59": lambda true, _looks: true.astimezone(UK).replace(hour=23, minute=59, second=59),
    "frozen": lambda _true, _looks: _at(2026, 11, 20, 8),
    "going backwards": lambda true, looks: true - timedelta(minutes=7 * looks),
    "jumping at every look": lambda true, looks: true + timedelta(days=(0, 900, -2, 40)[looks % 4]),
    "months behind": _off(days=-200),
}
"""What the wrong clocks show."""
ZONES = ("UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "Europe/London")
"""What the laptop takes for its own time zone; sessions are in the United Kingdom all the same."""


@dataclass
class WrongClock:
    """A clock that is wrong until a person sets it."""

    true: Clock
    wrong: Wrong | None

    def __post_init__(self) -> None:
        self.looks = 0
        self.shown: deque[date] = deque(maxlen=6)

    def now(self) -> datetime:
        """What it shows; the last days are remembered."""
        self.looks += 1
        moment = self.true.now()
        found = self.wrong(moment, self.looks).astimezone(UTC) if self.wrong else moment
        self.shown.append(found.astimezone(UK).date())
        return found


@dataclass(frozen=True)
class Act:
    """One thing that a person does: `kind`, about the session with this number, of this day and so many people."""

    kind: str
    number: int
    day: date
    count: int
    on: int


def acts_of(rng: random.Random, today: date) -> list[Act]:
    """A few evenings: dates are typed by people, who know what day it is."""
    days = [today - timedelta(days=rng.choice((0, 0, 1, 2, 30, 365))) for _ in range(5)]
    found = []
    for number, day in enumerate(days):
        found.append(Act("record", number, day, rng.randrange(1, 60), rng.randrange(2)))
        for kind in rng.sample(("correct", "remove", "undo", "sync", "sync", "wait"), k=3):
            on = rng.randrange(2)
            found.append(Act(kind, rng.randrange(number + 1), day, rng.randrange(1, 60), on))
    return found


@contextmanager
def zone(name: str) -> Iterator[None]:
    """The process lives in another time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


@dataclass
class Found:
    """What a life came to: by period, the totals of the centre and of each laptop."""

    totals: dict[str, tuple[int, int]]
    counts: Counter[str]


class Clocks(Rig):
    """Right and wrong clocks, and the edges of the calendar."""

    name = "clocks"
    what = (
        "clocks of laptops and of the centre that are wrong in fourteen ways, jump, stand or are in other time zones, "
        "at the edges of days, months and years: the same totals, and nothing typed is lost"
    )
    unit = "lives"
    short = 140

    def __enter__(self) -> Self:
        """Lay the ground."""
        self._ground = Ground(self.folder / "ground").__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear up."""
        self._ground.__exit__(kind, error, trace)

    def trial(self, seed: int) -> Mapping[str, int]:
        """One life under right clocks, and again under a wrong one."""
        rng = random.Random(f"clocks {seed}")
        names = sorted(WRONG)
        name = names[seed % len(names)]
        moment = rng.choice(MOMENTS)
        true = SetClock()
        true.set(moment)
        acts = acts_of(rng, uk_today(true))
        whose = rng.choice(
            ("the first laptop", "the first laptop", "both laptops", "everything", "the system")
        )
        if whose == "everything":
            # What the centre refuses is not seen on the other laptop: there its person would do something else.
            acts = [replace(act, on=0) for act in acts]
        there = rng.choice(ZONES)
        right = self._live(seed, moment, acts, None, "nobody", "UTC")
        told = f"seed {seed}: {name} on {whose}, {there}, {moment}"
        try:
            wrong = self._live(seed, moment, acts, WRONG[name], whose, there)
        except SyncProblem as problem:
            raise Broken(f"{told}: nothing syncs: {problem.code} ({problem})") from problem
        except CentreFault as fault:
            raise Broken(f"{told}: the centre fails: {fault}") from fault
        if wrong.totals != right.totals:
            raise Broken(f"{told}: {wrong.totals}, and with right clocks {right.totals}")
        return {**wrong.counts, self.unit: 1}

    def _live(
        self, seed: int, moment: str, acts: Sequence[Act], wrong: Wrong | None, whose: str, there: str
    ) -> Found:
        true = SetClock()
        true.set(moment)
        ground = self._ground
        ground.chance.sow(f"clocks {seed}")
        ground.database.erasures.path.unlink(missing_ok=True)
        template = ground.template(1)
        ground.air.clock = WrongClock(true, wrong if whose == "everything" else None)
        with ground.chance.rules(), zone(there):
            ground.lay(template.central)
            life = _Life(ground, true, wrong, whose)
            try:
                for act in acts:
                    true.forward(seconds=4)
                    life.do(act)
                return life.rest(sorted({act.day.year for act in acts}))
            finally:
                life.close()


class _Life:
    """Two laptops of one person, and the centre."""

    def __init__(self, ground: Ground, true: SetClock, wrong: Wrong | None, whose: str) -> None:
        self.true = true
        self.ground = ground
        self.counts: Counter[str] = Counter()
        self.records: dict[int, str] = {}
        template = ground.template(1)
        self.wrong = wrong
        self.whose = whose
        self.machines: list[Machine] = []
        self.clocks: list[WrongClock | SystemClock] = []
        for index in range(2):
            is_wrong = index == 0 or whose in ("both laptops", "everything")
            clock = WrongClock(true, wrong if is_wrong and whose != "the system" else None)
            profile = ground.folder / f"clocks{index}"
            profile.mkdir(exist_ok=True)
            (profile / "ambassador.db").write_bytes(template.profiles[0].read_bytes())
            machine = Machine(f"m{index}", profile, Skewed(clock, timedelta()), ground.client, ground.chance)
            machine.keep_token(template.owners[0], template.tokens[0, index], template.carry_keys[0])
            self.machines.append(machine)
            self.clocks.append(clock)

    def close(self) -> None:
        """End both programs."""
        for machine in self.machines:
            machine.close()

    @contextmanager
    def system(self) -> Iterator[None]:
        """Whatever libraries read by themselves is wrong as well."""
        if self.wrong is None or self.whose != "the system":
            yield
            return
        shown = self.wrong(self.true.now(), 1)
        with time_machine.travel(min(shown, _at(2261)), tick=False):
            yield

    def do(self, act: Act) -> None:
        """One act on one laptop; what is not shown there is left alone."""
        machine = self.machines[act.on]
        sessions = machine.desk.sessions
        with self.system():
            if act.kind == "record":
                details = _details(act)
                self._save(
                    act.on, lambda: self.records.__setitem__(act.number, sessions.save(details).record_id)
                )
            elif act.kind == "sync":
                self.sync(machine)
            elif act.kind == "wait":
                self.true.forward(hours=7)
            elif (record_id := self.records[act.number]) and sessions._records.view(record_id):
                view = sessions.get(record_id)
                if act.kind == "correct" and not view.record.is_removed:
                    line = replace(view.details.young_people[0], count=act.count)
                    details = replace(view.details, young_people=(line,))
                    self._save(act.on, lambda: sessions.correct(record_id, details))
                elif act.kind == "remove" and not view.record.is_removed:
                    sessions.remove(record_id)
                elif act.kind == "undo":
                    sessions.undo(record_id)

    def _save(self, on: int, work: Callable[[], object]) -> None:
        """A save. Where the clock is what stands in the way, the person is told the day that it shows, and sets it."""
        try:
            work()
        except Refused as refused:
            clock = self.clocks[on]
            assert isinstance(clock, WrongClock)
            if [fault.code for fault in refused.faults] != ["in_future"] or clock.wrong is None:
                raise Broken(f"a save was refused: {refused}") from refused
            if not any(shown_date(day) in str(refused) for day in clock.shown):
                raise Broken(f"a person can't understand this: {refused}") from refused
            if uk_today(clock) < _FIRST_DAY:
                raise Broken(f"a clock from before the app was made stood in the way: {refused}") from refused
            self.counts["told"] += 1
            kept, clock.wrong = clock.wrong, None
            work()
            clock.wrong = kept

    def sync(self, machine: Machine) -> None:
        """One run."""
        self.ground.air.begin()
        machine.run()
        self.counts["runs"] += 1

    def rest(self, years: Sequence[int]) -> Found:
        """Both sync until both have everything; the totals then."""
        with self.system():
            for machine in (*self.machines, *self.machines):
                self.true.forward(hours=30)
                self.sync(machine)
            if self.whose == "everything":
                self._set_the_centres_clock()
            return self._found(years)

    def _set_the_centres_clock(self) -> None:
        """What the centre refused for its own wrong clock needs its person, who saves it again; nothing is lost."""
        self.ground.air.clock = self.true
        for machine in (*self.machines, *self.machines):
            for view in machine.desk.sessions.needs_you():
                if view.record.rejected and not view.record.is_removed:
                    self.counts["needed a person"] += 1
                    again = partial(machine.desk.sessions.correct, view.record_id, view.details)
                    self._save(self.machines.index(machine), again)
            self.true.forward(hours=30)
            self.sync(machine)
        for machine in self.machines:
            self.sync(machine)

    def _found(self, years: Sequence[int]) -> Found:
        totals: dict[str, tuple[int, int]] = {}
        for year in years:
            answer = Totals(self.ground.database).of(year, self.true.now())
            totals[f"centre {year}"] = (answer.low, answer.high)
        for machine in self.machines:
            rows = machine.rows()
            refused = {row.rejected_code for row in rows if row.n is None}
            if refused and not (self.whose == "everything" and refused == {"invalid"}):
                raise Broken(f"{machine.name} still has what does not sync: {refused}")
            for year in years:
                totals[f"{machine.name} {year}"] = _pair(machine.desk.sessions.count(in_year(year)))
                start = school_year_start(date(year, 11, 1))
                end = date(start.year + 1, 9, 1)
                school = machine.desk.sessions.count(partial(_is_between, start, end))
                totals[f"{machine.name} school year {year}"] = _pair(school)
            machine.desk.today()
        return Found(totals, self.counts)


def _details(act: Act) -> Details:
    return Details(
        day=act.day,
        start=civil_time(1, 30),
        minutes=50,
        places=(Place(1, f"School {act.number}", nation=Nation.ENGLAND),),
        young_people=(YoungPeople(1, ("en.y8",), act.count),),
    )


def _is_between(start: date, end: date, day: date) -> bool:
    return start <= day < end


def _pair(found: Range) -> tuple[int, int]:
    return (found.low, found.high)
