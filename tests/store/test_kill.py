"""Saved means saved: the program is killed at random moments and nothing it acknowledged is lost.

`OMI_KILLS` says how many kills (40 unless told), `OMI_KILL_SEED` where the random moments start.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.counting import in_year
from omi_desktop.services.desk import Desk
from omi_desktop.store import revisions
from tests.kit.clock import SetClock

KILLS = int(os.environ.get("OMI_KILLS", "40"))
SEED = int(os.environ.get("OMI_KILL_SEED", "20261124"))

SAVER = """
import json, sys
from dataclasses import replace
from pathlib import Path
from omi_desktop.domain.changes import Changes
from omi_desktop.services.desk import Desk
from tests.kit.bodies import details
from tests.kit.clock import SetClock

def say(**told):
    print(json.dumps(told), flush=True)

first = int(sys.argv[2])
desk = Desk.open(Path(sys.argv[1]), clock=SetClock(), changes=Changes(), app="omi-desktop/test")
say(does="ready")
for number in range(first, first + 10_000):
    draft = f"record/{number}"
    desk.drafts.keep(draft, {"number": number})
    session = details(1 + number % 40, class_name=f"number {number}")
    say(does="saves", number=number)
    saved = desk.sessions.save(session, draft=draft)
    say(does="saved", number=number, record=saved.record_id, young=session.total)
    if number % 3 == 1:
        say(does="corrects", number=number, record=saved.record_id, young=session.total + 2)
        desk.sessions.correct(saved.record_id, replace(session, young_people=details(session.total + 2).young_people))
        say(does="corrected", record=saved.record_id, young=session.total + 2)
    if number % 5 == 2:
        say(does="removes", record=saved.record_id)
        desk.sessions.remove(saved.record_id)
        say(does="removed", record=saved.record_id)
"""


@dataclass
class Heard:
    """What the killed programs acknowledged, and the one thing each had begun when it died."""

    young: dict[str, int] = field(default_factory=dict)
    draft_gone: set[int] = field(default_factory=set)
    begun: dict[str, object] = field(default_factory=dict)
    next_number: int = 0

    def hear(self, line: str) -> None:
        """Take one line of what a program says; a line that the kill cut off was not said."""
        if not line.endswith("\n"):
            return
        told = json.loads(line)
        match told["does"]:
            case "saved" | "corrected":
                self.young[told["record"]] = told["young"]
                if "number" in told:
                    self.draft_gone.add(told["number"])
                self.begun = {}
            case "removed":
                self.young[told["record"]] = 0
                self.begun = {}
            case "saves" | "corrects" | "removes":
                self.begun = told
                self.next_number = max(self.next_number, told.get("number", 0) + 1)


def run_until_killed(profile: Path, heard: Heard, after: float) -> None:
    """Start the program, and kill it so many seconds after it began to save."""
    program = subprocess.Popen(
        [sys.executable, "-c", SAVER, str(profile), str(heard.next_number)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    )
    assert program.stdout is not None
    with program.stdout as said:
        assert json.loads(said.readline()) == {"does": "ready"}
        ends = time.monotonic() + after
        while (left := ends - time.monotonic()) > 0:
            _hear_within(said, heard, left)
        program.send_signal(signal.SIGKILL)
        for line in said:
            heard.hear(line)
    assert program.wait() == -signal.SIGKILL


def _hear_within(said: IO[str], heard: Heard, seconds: float) -> None:
    if select.select([said], [], [], seconds)[0]:
        heard.hear(said.readline())


def check(profile: Path, heard: Heard) -> None:
    """The file is whole, every acknowledged save is in it, nothing is half in it, and the total is exact."""
    desk = Desk.open(profile, clock=SetClock(), changes=Changes(), app="omi-desktop/test")
    with desk.store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None
        orphans = "SELECT count(*) FROM revision WHERE (depth > 1) != (rev_id IN (SELECT rev_id FROM parent))"
        assert connection.exec_driver_sql(orphans).scalar_one() == 0
        waiting = revisions.waiting(connection, None)
    found = {view.record_id: view.details.total for view in desk.sessions.all()}
    names = {view.record_id: view.details.class_name for view in desk.sessions.all()}
    drafts = set(desk.drafts.keys())
    _settle_what_was_begun(heard, found, names, drafts)
    assert found == {record: young for record, young in heard.young.items() if young}
    assert desk.sessions.count(in_year(2026)) == (sum(heard.young.values()),) * 2
    assert waiting.waiting == len(heard.young)
    assert waiting.conflicts == 0
    assert not {f"record/{number}" for number in heard.draft_gone} & drafts
    desk.close()


def _settle_what_was_begun(
    heard: Heard, found: dict[str, int], names: dict[str, str | None], drafts: set[str]
) -> None:
    """What had begun and was not acknowledged is there wholly or not at all: learn which."""
    begun, heard.begun = heard.begun, {}
    match begun.get("does"):
        case "saves":
            made = [record for record, name in names.items() if name == f"number {begun['number']}"]
            assert len(made) <= 1
            assert (f"record/{begun['number']}" in drafts) == (not made)
            heard.young |= {record: found[record] for record in made}
        case "corrects" | "removes":
            record = str(begun["record"])
            after = begun.get("young", 0)
            assert found.get(record, 0) in (heard.young[record], after)
            heard.young[record] = found.get(record, 0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_no_kill_loses_an_acknowledged_save_or_leaves_half_of_one(tmp_path: Path) -> None:
    moments, heard = random.Random(SEED), Heard()
    Desk.open(tmp_path, clock=SetClock(), changes=Changes(), app="omi-desktop/test").close()
    for kill in range(KILLS):
        seconds = moments.uniform(0, 0.15)
        run_until_killed(tmp_path, heard, seconds)
        try:
            check(tmp_path, heard)
        except BaseException:
            print(f"OMI_KILL_SEED={SEED}: kill {kill + 1} of {KILLS}, after {seconds:.4f} s")
            raise
    assert len(heard.young) >= KILLS // 4, "too few saves were under way for the kills to prove anything"
