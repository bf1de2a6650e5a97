"""`--demo`: the app on a temporary profile with a made-up year of sessions and a local centre, already enrolled.

Nothing here touches the real profile or keyring: tokens stay in memory, and the centre is a child process that
ends with this one. Every name is invented.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Self

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import SystemClock, uk_today
from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.session import (
    Activity,
    Delivery,
    Details,
    Place,
    PlaceKind,
    PlanDetails,
    YoungPeople,
)
from omi_desktop.domain.stages import Nation
from omi_desktop.services.desk import Desk, Person
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens

APP = "omi-desktop/demo"
HUB = "Made-up Hub"
_START_SECONDS = 30
_SEED = 20260901


class DemoNotReady(OmiError):
    """The demo could not be set up."""

    code = "demo"
    title = "The made-up sessions could not be prepared"
    detail = "Nothing of yours is affected."
    hint = "Try again; if it comes back, look into the folder that is named above."


class CentralMissing(DemoNotReady):
    """The extra with the central service is not installed."""

    title = "The demo needs the central service, which is not installed"
    hint = "Install it with: pip install 'omi-desktop[central]'"


class LocalCentre:
    """The central service as a child process on this computer, with a database of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._database = f"sqlite:///{folder / 'central.db'}"
        self._log = folder / "central.log"
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Its address; the same after a stop and a start."""
        return f"http://127.0.0.1:{self._port}"

    def add_hub(self, name: str) -> None:
        """Make a hub, which can then invite."""
        self._command("hub", "add", name)

    def invite(self, hub: str, count: int, *, name: str | None = None) -> list[str]:
        """Codes that work once; a single one may name its ambassador."""
        named = ("--name", name) if name else ()
        return self._command("invite", "--hub", hub, "--count", str(count), *named).split()

    def start(self) -> None:
        """Start it and wait until it listens. Raises DemoNotReady."""
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [
                    *_CENTRAL,
                    "serve",
                    "--database-url",
                    self._database,
                    "--port",
                    str(self._port),
                    "--until-stdin-closes",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline().strip()
        if not line.startswith("listening on "):
            raise DemoNotReady(detail=f"The central service did not start; see {self._log}.")
        self._port = int(line.rpartition(":")[2])

    def stop(self) -> None:
        """End it; its database stays."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait(_START_SECONDS)
            if process.stdout is not None:
                process.stdout.close()

    def _command(self, *words: str) -> str:
        done = subprocess.run(
            [*_CENTRAL, *words, "--database-url", self._database],
            capture_output=True,
            text=True,
            check=False,
            timeout=_START_SECONDS,
        )
        if done.returncode:
            raise DemoNotReady(detail=done.stderr.strip()[-300:])
        return done.stdout


_CENTRAL = (sys.executable, "-m", "omi_desktop.central")


@dataclass(frozen=True, slots=True)
class Demo:
    """A made-up ambassador with a past, and the centre they belong to. `tokens` holds their sign-in."""

    data_dir: Path
    centre: LocalCentre
    tokens: MemoryTokens

    @classmethod
    def prepare(cls, folder: Path) -> Self:
        """Make the centre, three other ambassadors who have synced, and a year of sessions in a profile."""
        if find_spec("fastapi") is None:
            raise CentralMissing
        centre, tokens = LocalCentre(folder), MemoryTokens(is_enough=True)
        centre.add_hub(HUB)
        mine = centre.invite(HUB, 1, name=ASHA.name)
        codes = centre.invite(HUB, 3)
        centre.start()
        try:
            for number, code in enumerate(codes, 1):
                with _laptop(folder / f"other{number}", centre.url, MemoryTokens()) as other:
                    _live(other, code, _busy_ambassador(number))
            with _laptop(folder / "mine" / "profile", centre.url, tokens) as laptop:
                _live(laptop, mine[0], _made_up_year())
        except BaseException:
            centre.stop()
            raise
        return cls(folder / "mine", centre, tokens)

    @contextmanager
    def second_laptop(self) -> Iterator[Laptop]:
        """Another laptop of the same ambassador, which has read everything."""
        code = self.fresh_code()
        with _laptop(self.data_dir.parent / "second" / "profile", self.centre.url, MemoryTokens()) as laptop:
            _live(laptop, code, _Story(ASHA, "Work laptop", ()))
            yield laptop

    def fresh_code(self) -> str:
        """A code for one more start of the same ambassador."""
        with _laptop(self.data_dir / "profile", self.centre.url, self.tokens) as laptop:
            return laptop.syncing.code_for_next_laptop().code


@contextmanager
def demo() -> Iterator[Demo]:
    """A demo in a temporary folder, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="omi-demo-", ignore_cleanup_errors=True) as folder:
        prepared = Demo.prepare(Path(folder))
        try:
            yield prepared
        finally:
            prepared.centre.stop()


def run_demo() -> int:
    """Open the window on the demo; the exit status."""
    from omi_desktop.app import Options, run  # noqa: PLC0415 - Qt only when a window is wanted

    sys.stdout.write("Preparing made-up sessions…\n")
    sys.stdout.flush()
    with demo() as prepared:
        options = Options(data_dir=prepared.data_dir, address=prepared.centre.url, tokens=prepared.tokens)
        return run(options)


class Laptop(NamedTuple):
    """The services of a laptop, without a window."""

    desk: Desk
    syncing: Syncing


@contextmanager
def _laptop(profile: Path, url: str, tokens: MemoryTokens) -> Iterator[Laptop]:
    """A profile with its services, without a window."""
    changes, clock = Changes(), SystemClock()
    desk = Desk.open(profile, clock=clock, changes=changes, app=APP)
    syncing = Syncing(desk.store, tokens=tokens, clock=clock, changes=changes, address=url)
    try:
        yield Laptop(desk, syncing)
    finally:
        syncing.stop()
        desk.close()


@dataclass(frozen=True, slots=True)
class _Story:
    """What a made-up ambassador has done: who they are, what they recorded, what they plan."""

    person: Person
    device: str
    sessions: tuple[Details, ...]
    plans: tuple[PlanDetails, ...] = ()


def _live(laptop: Laptop, code: str, story: _Story) -> None:
    """Live through a story on a laptop, and sync it."""
    desk, syncing = laptop
    desk.save_person(story.person)
    desk.preferences.put("device", story.device)
    syncing.enrol(code, story.device)
    for details in story.sessions:
        desk.sessions.save(details)
    for plan in story.plans:
        desk.plans.save(plan)
    syncing.run_once()


ASHA = Person("Asha", Nation.ENGLAND, "Example Orbital Ltd")
_KEPLER = Place(1, "Kepler Road Primary School", PlaceKind.PRIMARY_SCHOOL, Nation.ENGLAND, "Lynbury")
_LYRA = Place(1, "Lyra Vale Academy", PlaceKind.SECONDARY_SCHOOL, Nation.ENGLAND, "Lynbury")
_ORRERY = Place(1, "Orrery High School", PlaceKind.SECONDARY_SCHOOL, Nation.ENGLAND, "Astley Moor")
_SEREN = Place(1, "Ysgol Tŷ Seren", PlaceKind.PRIMARY_SCHOOL, Nation.WALES, "Llanloer")
_SCOUTS = Place(1, "2nd Lynbury Scouts", PlaceKind.YOUTH_GROUP, Nation.ENGLAND, "Lynbury")
_FESTIVAL = Place(1, "Lynbury Science Festival", PlaceKind.FESTIVAL, Nation.ENGLAND, "Lynbury")


def _session(day: date, place: Place, stage: str | tuple[str, ...], count: int, **more: object) -> Details:
    stages = (stage,) if isinstance(stage, str) else stage
    line = YoungPeople(1, stages, count, is_estimated=count > 100)
    details = Details(
        day=day, start=time(10, 40), minutes=50, places=(place,), young_people=(line,), teachers=1
    )
    return replace(details, **more)  # type: ignore[arg-type]


def _made_up_year() -> _Story:
    today = uk_today(SystemClock())
    rng = random.Random(_SEED)
    monday = today - timedelta(days=today.weekday())
    sessions = [
        _session(
            monday - timedelta(weeks=week),
            _LYRA,
            ("en.y7", "en.y8"),
            rng.randint(11, 17),
            activity=Activity.STEM_CLUB,
            start=time(15, 30),
            minutes=60,
        )
        for week in range(2, 40, 2)
    ]
    visits = (
        (9, _KEPLER, "en.y5", 29, Activity.CLASS_SESSION),
        (9, _KEPLER, "en.y6", 31, Activity.CLASS_SESSION),
        (24, _ORRERY, ("en.y9", "en.y10", "en.y11"), 180, Activity.ASSEMBLY),
        (46, _SCOUTS, "age.8-11", 22, Activity.YOUTH_GROUP),
        (61, _ORRERY, "en.y10", 27, Activity.CAREERS_TALK),
        (75, _SEREN, "wa.y4", 24, Activity.CLASS_SESSION),
        (131, _FESTIVAL, "age.mixed", 420, Activity.FESTIVAL),
        (160, _LYRA, "en.y12", 9, Activity.PROJECT_MENTORING),
        (190, _KEPLER, "en.y3", 30, Activity.CLASS_SESSION),
        (247, _ORRERY, "en.y8", 28, Activity.SPEED_NETWORKING),
        (300, _KEPLER, "en.y6", 30, Activity.CLASS_SESSION),
    )
    sessions += [
        _session(today - timedelta(days=days), place, stage, count, activity=activity)
        for days, place, stage, count, activity in visits
    ]
    sessions.append(
        _session(
            today - timedelta(days=33),
            _LYRA,
            "en.y9",
            26,
            activity=Activity.CAREERS_TALK,
            delivery=Delivery.ONLINE,
        )
    )
    plans = (
        PlanDetails(
            day=today - timedelta(days=1),
            start=time(15, 30),
            minutes=60,
            activity=Activity.STEM_CLUB,
            places=(_LYRA,),
            expected=(YoungPeople(1, ("en.y8",), 14),),
        ),
        PlanDetails(
            day=today + timedelta(days=4),
            start=time(10, 40),
            minutes=50,
            places=(_KEPLER,),
            expected=(YoungPeople(1, ("en.y5",), 30),),
        ),
        PlanDetails(
            day=today + timedelta(days=18),
            start=time(13, 15),
            minutes=60,
            activity=Activity.CAREERS_TALK,
            places=(_ORRERY,),
            expected=(YoungPeople(1, ("en.y10", "en.y11"), 60),),
        ),
    )
    return _Story(ASHA, "Asha's laptop", tuple(sessions), plans)


def _busy_ambassador(number: int) -> _Story:
    """Somebody else's festivals, so that the million has something in it."""
    today = uk_today(SystemClock())
    rng = random.Random(_SEED + number)
    start = date(today.year, 1, 1)
    span = max((today - start).days, 1)
    place = replace(_FESTIVAL, name=f"Made-up Festival {number}", town=f"Town {number}")
    sessions = tuple(
        _session(
            start + timedelta(days=rng.randrange(span)),
            place,
            "age.mixed",
            rng.randrange(800, 2400),
            activity=Activity.FESTIVAL,
            start=time(9 + index % 8, 0),
        )
        for index in range(60)
    )
    return _Story(Person(f"Made-up Ambassador {number}", Nation.ENGLAND), "Other laptop", sessions)
