"""Ambassadors that are born quickly and die suddenly.

`python -m tests.kit.zygote` imports the program once and then, for each line of JSON on its input, forks a child that
records and syncs on a profile until it is killed. Each child appends to a journal, with one write a line: what it is
about to do ("try"), and that it was told it is saved ("ack").
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from datetime import date
from datetime import time as clock_time
from pathlib import Path

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.session import Details, Place, YoungPeople
from omi_desktop.domain.stages import Nation
from omi_desktop.services.desk import Desk
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens

APP = "omi-desktop/test"


def session(count: int) -> Details:
    """A session of so many."""
    return Details(
        day=date(2025, 11, 24),
        start=clock_time(10, 40),
        minutes=50,
        places=(Place(1, "Kepler Road Primary School", nation=Nation.ENGLAND),),
        young_people=(YoungPeople(1, ("en.y5",), count),),
    )


def open_laptop(profile: Path, url: str, owner: Owner, token: str) -> tuple[Desk, Syncing]:
    """The services on a profile, signed in for this run."""
    changes, clock, tokens = Changes(), SystemClock(), MemoryTokens()
    tokens.put(f"{owner.centre_id}/{owner.account_id}", token)
    desk = Desk.open(profile, clock=clock, changes=changes, app=APP)
    return desk, Syncing(desk.store, tokens=tokens, clock=clock, changes=changes, address=url)


def live(task: dict[str, str]) -> None:
    """Record, correct, remove and sync until somebody ends it."""
    rng = random.Random(task["seed"])
    desk, syncing = open_laptop(
        Path(task["profile"]), task["url"], Owner(task["centre_id"], task["account_id"]), task["token"]
    )
    journal = os.open(task["journal"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(**line: object) -> None:
        os.write(journal, (json.dumps(line) + "\n").encode())

    note(what="born")
    syncing.start()
    while True:
        mine = desk.sessions.all()
        count = rng.randrange(1, 40)
        chance = rng.random()
        if not mine or chance < 0.6:
            note(what="try", record=None, count=count)
            view = desk.sessions.save(session(count))
        elif chance < 0.85:
            old = rng.choice(mine)
            note(what="try", record=old.record_id, count=count)
            line = replace(old.details.young_people[0], count=count)
            view = desk.sessions.correct(old.record_id, replace(old.details, young_people=(line,)))
        else:
            old = rng.choice(mine)
            note(what="try", record=old.record_id, count=0)
            view = desk.sessions.remove(old.record_id)
        head = view.record.head.rev_id
        shown = 0 if view.record.is_removed else view.details.total
        note(what="ack", record=view.record_id, rev=head, count=shown)
        time.sleep(rng.random() * 0.03)


def main() -> None:
    """Fork a child for each task; its process id is the answer."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                live(json.loads(line))
            finally:
                os._exit(1)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
