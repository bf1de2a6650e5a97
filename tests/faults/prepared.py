"""Lives made ready, lived and looked at: a nursery, profiles to start from and OMI online."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from omi_desktop.store import backups
from omi_desktop.store.file import FILE_NAME
from tests.faults import audit, starts
from tests.faults.audit import Audit
from tests.faults.lives import SCENARIOS, Scenario, Task
from tests.faults.nursery import Nursery
from tests.faults.online import Member, OmiOnline
from tests.faults.rig import Broken

RAM = Path("/dev/shm")  # noqa: S108 - what a kill leaves is the same on a RAM disk, and a cut of the power is a model


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

    @property
    def diary(self) -> list[audit.Line]:
        """What its life wrote."""
        return audit.read_diary(Path(self.task.diary))

    def check(self, profile: Path, diary: Sequence[audit.Line]) -> None:
        """Start the program again on what is left of it, see that nothing is lost or half there, and that a sync
        makes both ends whole. Raises Broken."""
        log = self.member.log() if self.member else []
        with closing(audit.open_again(profile)) as desk:
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


@contextmanager
def room(folder: Path, name: str) -> Iterator[Path]:
    """A folder in memory if there is any, else in `folder`."""
    made = Path(tempfile.mkdtemp(prefix=f"omi-{name}-", dir=RAM if RAM.is_dir() else folder))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


class Bench:
    """Where lives are prepared, lived and looked at: a nursery, profiles to start from and OMI online."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._starts = folder / "starts"
        self._starts.mkdir()
        self._held: dict[str, audit.Held] = {}
        self.nursery = Nursery()
        # What the program would log of planted faults is no news.
        logging.getLogger("omi_desktop").addHandler(logging.NullHandler())

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
