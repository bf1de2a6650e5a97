"""Killed at any moment while recording and syncing, and started again: the total is exact.

200 kills, each at a moment drawn from its seed (`OMI_KILLS` for more). A failure names the seed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from omi_desktop.domain.counting import Range
from omi_desktop.store import accounts
from omi_desktop.store.file import FILE_NAME
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.client import Client
from tests.kit.centre import Centre, running_centre
from tests.kit.zygote import open_laptop

KILLS = int(os.environ.get("OMI_KILLS", "200"))
LIVES = 20
"""Kills that one profile goes through."""


class Zygote:
    """The process whose children are killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kit.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def bear(self, task: dict[str, str]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with closing(Zygote()) as made:
        yield made


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with running_centre(f"sqlite:///{tmp_path / 'central.db'}") as made:
        yield made


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("start", range(0, KILLS, LIVES))
def test_every_kill_ends_with_an_exact_total(
    start: int, zygote: Zygote, centre: Centre, tmp_path: Path
) -> None:
    profile, journal = tmp_path / "profile", tmp_path / "journal"
    with closing(Client(centre.url)) as client:
        made = client.enrol(centre.invite(), "Work laptop")
    owner = Owner(made.centre_id, made.account.id)
    _sign_in(profile, centre, owner, made.token)
    acked: dict[str, int] = {}
    revisions: set[str] = set()
    for seed in range(start, min(start + LIVES, KILLS)):
        rng = random.Random(f"kill {seed}")
        journal.unlink(missing_ok=True)
        pid = zygote.bear(
            {
                "profile": str(profile),
                "journal": str(journal),
                "url": centre.url,
                "centre_id": owner.centre_id,
                "account_id": owner.account_id,
                "token": made.token,
                "seed": str(seed),
            }
        )
        _wait_for_birth(journal)
        time.sleep(rng.random() * 0.4)
        os.kill(pid, signal.SIGKILL)
        _wait_for_death(pid)
        _check(seed, profile, _lines(journal), acked, revisions)
        _check_synced(seed, profile, centre, owner, made.token, sum(acked.values()))


def _sign_in(profile: Path, centre: Centre, owner: Owner, token: str) -> None:
    desk, syncing = open_laptop(profile, centre.url, owner, token)
    with desk.store.write() as connection:
        accounts.use(connection, accounts.Account(owner, "A", "hub", centre.url, "key"))
    syncing.stop()
    desk.close()


def _wait_for_birth(journal: Path) -> None:
    until = time.monotonic() + 20
    while not (journal.exists() and journal.stat().st_size):
        assert time.monotonic() < until, "the child did not start"
        time.sleep(0.005)


def _wait_for_death(pid: int) -> None:
    """The lock on the file is gone only when the process is."""
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.002)


def _lines(journal: Path) -> list[dict[str, Any]]:
    whole = journal.read_text().rpartition("\n")[0]
    return [json.loads(line) for line in whole.split("\n")]


def _check(
    seed: int, profile: Path, lines: list[dict[str, Any]], acked: dict[str, int], revisions: set[str]
) -> None:
    """Everything acknowledged is there; of what was tried last, all or nothing."""
    open_try: dict[str, Any] | None = None
    for line in lines:
        if line["what"] == "try":
            open_try = line
        elif line["what"] == "ack":
            acked[line["record"]] = line["count"]
            revisions.add(line["rev"])
            open_try = None
    with closing(sqlite3.connect(profile / FILE_NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), f"seed {seed}"
        held = {row[0] for row in connection.execute("SELECT rev_id FROM revision")}
        orphans = "SELECT 1 FROM parent WHERE rev_id NOT IN (SELECT rev_id FROM revision)"
        assert connection.execute(orphans).fetchone() is None, f"seed {seed}: half a revision"
    missing = revisions - held
    assert not missing, f"seed {seed}: {len(missing)} acknowledged saves are gone"
    extra = held - revisions
    assert len(extra) <= (open_try is not None), f"seed {seed}: {len(extra)} revisions that nobody tried"
    for rev_id in extra:
        assert open_try is not None
        with closing(sqlite3.connect(profile / FILE_NAME)) as connection:
            query = "SELECT record_id FROM revision WHERE rev_id = ?"
            record_id = connection.execute(query, (rev_id,)).fetchone()[0]
        assert open_try["record"] in (None, record_id), f"seed {seed}"
        acked[record_id] = open_try["count"]
        revisions.add(rev_id)


def _check_synced(seed: int, profile: Path, centre: Centre, owner: Owner, token: str, total: int) -> None:
    """Started again it syncs, and laptop, centre and what was told to the person say one number."""
    desk, syncing = open_laptop(profile, centre.url, owner, token)
    try:
        assert desk.sessions.count(lambda _day: True) == Range(total, total), f"seed {seed}: the laptop"
        syncing.run_once()
        assert syncing.state().waiting == 0, f"seed {seed}: something still waits"
    finally:
        syncing.stop()
        desk.close()
    with closing(Client(centre.url)) as client:
        found = client.totals(2025)
    assert (found.low, found.high) == (total, total), f"seed {seed}: the centre"
