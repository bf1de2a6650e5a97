"""The program killed at each call that touches the profile, and started again.

strace ends the process as it enters the call, so that the call is not made; what is left is also what a kill right
after the call before leaves. A first, undisturbed life of the same seed says which calls there are.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

from omi_desktop.store import backups
from omi_desktop.store.file import FILE_NAME
from tests.faults import audit, calls, starts
from tests.faults.audit import Audit
from tests.faults.lives import SCENARIOS, Scenario, Task
from tests.faults.nursery import Nursery
from tests.faults.online import Member, OmiOnline
from tests.faults.rig import Broken, Rig

VARIANTS = 8
"""Different lives of each scenario. Each is watched once to its end before it is killed."""
RAM = Path("/dev/shm")  # noqa: S108 - no power is cut here: what a kill leaves is the same on a RAM disk


class Site(NamedTuple):
    """A place to be killed at: entering the `nth` call of this kind that touches this path of the profile."""

    name: str
    path: str
    nth: int


@dataclass(frozen=True)
class Prepared:
    """A profile at its start, what it holds, and what must hold after its life."""

    task: Task
    scenario: Scenario
    before: audit.Held
    copied: Mapping[str, str]
    """The revisions in the safety copies at its start."""
    member: Member | None

    @property
    def profile(self) -> Path:
        """Where it is."""
        return Path(self.task.profile)

    def check(self) -> None:
        """Start the program again, see that nothing is lost or half there, and that a sync makes both ends whole.
        Raises Broken."""
        log = self.member.log() if self.member else []
        diary = audit.read_diary(Path(self.task.diary))
        with closing(audit.open_again(self.profile)) as desk:
            found = Audit(self.before, diary, {**self.copied, **dict(log)}).check(desk)
            if (
                any(line.get("did") == "restore" for line in diary)
                and not self.copied.items() <= found.revisions.items()
            ):
                raise Broken("not everything came back from the copy")
            audit.check_copies(desk, diary)
            audit.check_synced(desk, log)
            if self.member and audit.is_signed_in(desk):
                self.member.settle(desk)
                audit.check_settled(desk, self.member.log())


class Bench:
    """Where lives are prepared, lived and looked at: a nursery, profiles to start from and OMI online."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._starts = folder / "starts"
        self._starts.mkdir()
        self._held: dict[str, audit.Held] = {}
        self.nursery = Nursery()

    @cached_property
    def online(self) -> OmiOnline:
        """Started when first needed."""
        return OmiOnline(self.folder)

    def close(self) -> None:
        """Let everything go."""
        self.nursery.close()
        if "online" in self.__dict__:
            self.online.close()

    def prepare(self, name: str, seed: str, plant: str = "") -> Prepared:
        """A fresh profile for a life."""
        scenario = SCENARIOS[name]
        room = self.folder / "room"
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
        profile = room / "profile"
        before = self._start(scenario.start, profile)
        task = Task(str(profile), str(room / "diary"), name, seed, plant)
        member = None
        if scenario.is_online:
            member = self.online.member()
            if scenario.signs_in:
                member.sign_in(profile)
                with closing(audit.open_again(profile)) as desk:
                    before, _ = audit.look(desk)
            else:
                member.send_from_home()
            task = member.on(task, with_code=not scenario.signs_in)
        copied = audit.revisions_in(backups.folder_of(profile / FILE_NAME).glob("*.db"))
        return Prepared(task, scenario, before, copied, member)

    def _start(self, name: str, profile: Path) -> audit.Held:
        """Copy a start, made once, to `profile`; what it holds once the program is started on it."""
        kept = self._starts / name
        if name not in self._held:
            starts.make(name, kept)
            with tempfile.TemporaryDirectory(dir=self.folder) as other:
                seen = Path(other) / "seen"
                if kept.exists():
                    shutil.copytree(kept, seen)
                with closing(audit.open_again(seen)) as desk:
                    self._held[name], _ = audit.look(desk)
        if kept.exists():
            shutil.copytree(kept, profile)
        return self._held[name]


class Kill(Rig):
    """SIGKILL at every call that touches the profile."""

    name = "kill"
    what = "Killed at each call on the file (save, count, correct, sync, migrate, copy): nothing lost or half there"
    unit = "kills"
    short = 300

    def __init__(self, folder: Path, *, plant: str = "", scenarios: tuple[str, ...] = ()) -> None:
        super().__init__(folder)
        self._plant = plant
        self._scenarios = scenarios or tuple(SCENARIOS)
        self._sites: dict[tuple[str, int], list[Site]] = {}

    def __enter__(self) -> Self:
        self._open = ExitStack()
        room = Path(tempfile.mkdtemp(prefix="omi-kill-", dir=RAM if RAM.is_dir() else self.folder))
        self._open.callback(shutil.rmtree, room, ignore_errors=True)
        self._bench = self._open.enter_context(closing(Bench(room)))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def trial(self, seed: int) -> Mapping[str, int]:
        """One kill, and the start after it. Seeds sweep over scenarios, lives and then the calls of each."""
        turn, which = divmod(seed, len(self._scenarios))
        name = self._scenarios[which]
        step, variant = divmod(turn, VARIANTS)
        sites = self._sites_of(name, variant)
        site = sites[step % len(sites)]
        prepared = self._bench.prepare(name, str(variant), self._plant)
        is_killed = self._bench.nursery.live(prepared.task, _at(site, prepared.profile))
        try:
            prepared.check()
        except Exception as error:
            error.add_note(f"{name} {variant}, killed at {site}")
            raise
        return {"kills": 1, f"kills in {name}": 1} if is_killed else {"lives that ended before": 1}

    def _sites_of(self, name: str, variant: int) -> list[Site]:
        """Every place to be killed at, in an order that spreads over them; calls that change something come seven
        times as often as others, since a kill at those leaves what the call before left."""
        if (name, variant) not in self._sites:
            prepared = self._bench.prepare(name, str(variant))
            log = self._bench.folder / "calls"
            self._bench.nursery.live(prepared.task, calls.options(log, most=64))
            prepared.check()
            found = calls.touched(log, prepared.profile)
            sites = [
                Site(kind, str(Path(path).relative_to(prepared.profile)), nth)
                for (kind, path), times in sorted(found.items())
                for nth in range(1, times + 1)
            ]
            order = random.Random(f"{name} {variant}")
            changing = [site for site in sites if site.name in calls.CHANGING]
            reading = [site for site in sites if site.name not in calls.CHANGING]
            order.shuffle(changing)
            order.shuffle(reading)
            spread = [
                s
                for n in range(0, len(changing), 7)
                for s in (*changing[n : n + 7], *reading[n // 7 : n // 7 + 1])
            ]
            self._sites[name, variant] = spread
        return self._sites[name, variant]


def _at(site: Site, profile: Path) -> list[str]:
    """strace's options for a kill."""
    path = profile / site.path
    return [
        *("-o", "/dev/null", "-P", str(path), "-e", f"trace={site.name}"),
        *("-e", f"inject={site.name}:signal=SIGKILL:when={site.nth}"),
    ]
