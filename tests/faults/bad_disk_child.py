"""The program that the rig of disks starts: a seeded evening of saves, each told as soon as it was acknowledged.

`python -m tests.faults.bad_disk_child PROFILE CENTRAL TOKEN SEED [LIMIT]`. LIMIT is a greatest size of files in
bytes, as a full disk has one; it is lifted for the second half. Between the halves it waits for a line, so that a fault
can end.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from omi_desktop.central.database import Database
from omi_desktop.domain.changes import Changes
from omi_desktop.domain.errors import OmiError
from omi_desktop.services.desk import Desk
from omi_desktop.sync.engine import Engine
from omi_desktop.wire.messages import SyncAnswer, SyncRequest
from tests.faults import plants
from tests.kit.bodies import details
from tests.kit.clock import SetClock
from tests.kit.laptop import Cable

ACTIONS = 14
ROOM = "plan/1"
_PATIENCE = 500


def say(**told: Any) -> None:
    """One line."""
    print(json.dumps(told), flush=True)


def attempt(name: str, work: Callable[[], Any]) -> Any:
    """Do something; None where the person was told that it did not work. Anything else that is raised ends the
    program, which is a fault of it."""
    try:
        return work()
    except OmiError as error:
        say(does="refused", what=name, code=error.code)
        return None


class Evening:
    """What somebody does, one thing after the other. `known` are the sessions that are there, with what they count."""

    def __init__(self, desk: Desk, sync: Callable[[], object], chance: random.Random) -> None:
        self.desk = desk
        self.chance = chance
        self.known: dict[str, int] = {}
        self._sync = sync

    def save(self, number: int) -> None:
        """A session."""
        if saved := attempt("save", lambda: self.desk.sessions.save(details(number))):
            self.counts(saved.record_id, number)

    def counts(self, record: str, young: int) -> None:
        """It was acknowledged."""
        self.known[record] = young
        say(does="counts", record=record, young=young)

    def correct(self, number: int) -> None:
        """Another number for a session."""
        if self.known:
            record = self.chance.choice(sorted(self.known))
            if attempt("correct", lambda: self.desk.sessions.correct(record, details(number))):
                self.counts(record, number)

    def remove(self, _number: int) -> None:
        """A removal, taken back if the disk lets it."""
        if self.known:
            record = self.chance.choice(sorted(self.known))
            if attempt("remove", lambda: self.desk.sessions.remove(record)):
                young = self.known.pop(record)
                say(does="counts", record=record, young=None)
                if attempt("undo", lambda: self.desk.sessions.undo(record)):
                    self.counts(record, young)

    def press(self, number: int) -> None:
        """A class that is counted."""
        for _ in range(1 + number % 30):
            attempt("press", lambda: self.desk.tally.press(ROOM, "y8"))
        attempt("tally", self.desk.tally.flush)

    def sync(self, _number: int) -> None:
        """A run of syncing."""
        attempt("sync", self._sync)

    def copy(self, _number: int) -> None:
        """A safety copy."""
        attempt("backup", self.desk.backups.make)

    def type(self, number: int) -> None:
        """A form that is kept while it is typed."""
        attempt("draft", lambda: self.desk.drafts.keep("record/new", {"typed": number}))

    def spend(self, clock: SetClock) -> None:
        """All of it."""
        does = [self.save] * 4 + [self.correct, self.remove, self.press, self.sync, self.copy, self.type]
        for number in range(ACTIONS):
            clock.forward(hours=7)
            self.chance.choice(does)(100 + number)


class FarCable(Cable):
    """OMI online has a disk of its own: no limit of ours holds there."""

    def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        """One call."""
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit[1], limit[1]))
        try:
            return super().sync(token, request, push)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def until_done(what: str, work: Callable[[], object]) -> None:
    """The disk is well, or will be: the same process goes on."""
    for _ in range(_PATIENCE):
        try:
            work()
        except OmiError as error:
            last = error
        else:
            return
    say(does="stuck", what=what, code=last.code)
    sys.exit(3)


def main(profile: Path, central: Path, token: str, seed: int, limit: int | None) -> None:
    """Two halves: while the disk is ill, and afterwards."""
    chance, clock = random.Random(seed), SetClock()
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    opened: list[Desk] = []

    def start() -> None:
        opened.append(Desk.open(profile, clock=clock, changes=Changes(), app="omi-desktop/test"))

    attempt("open", start)
    if not opened:
        say(does="waits")
        sys.stdin.readline()
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        until_done("open", start)
    desk = opened[0]
    base = Database(f"sqlite:///{central}")
    engine = Engine(desk.store, clock=clock, changes=desk.changes)

    def sync() -> object:
        return engine.run(FarCable(base, clock), token)

    say(does="opened")
    Evening(desk, sync, chance).spend(clock)
    say(does="waits")
    sys.stdin.readline()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def save_last() -> None:
        saved = desk.sessions.save(details(999))
        say(does="counts", record=saved.record_id, young=999)

    until_done("save", save_last)
    until_done("tally", desk.tally.flush)
    until_done("backup", desk.backups.make)
    until_done("sync", sync)
    say(does="ends", tally=desk.tally.counts(ROOM).get("y8", 0))
    desk.close()
    base.close()


if __name__ == "__main__":
    if plant := os.environ.get("OMI_PLANT"):
        plants.PLANTS[plant]()
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        sys.argv[3],
        int(sys.argv[4]),
        int(sys.argv[5]) if len(sys.argv) > 5 else None,
    )
