"""Running rigs: trials shared by processes, what they counted put together."""

from __future__ import annotations

import faulthandler
import importlib
import logging
import multiprocessing
import shutil
import tempfile
import time
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty
from typing import Any

from tests.faults.rig import Outcome, Rig

RIGS: dict[str, str] = {
    "simulation": "tests.faults.simulation.rig:Simulation",
    "network": "tests.faults.network:Network",
    "kill": "tests.faults.kill:Kill",
    "power": "tests.faults.power:Power",
    "canary": "tests.faults.canary:Canary",
    "centre": "tests.faults.centre:CentreRig",
    "disk": "tests.faults.bad_disk:Disk",
    "damage": "tests.faults.damage:Damage",
    "pages": "tests.faults.pages:Pages",
    "cells": "tests.faults.cells:Cells",
    "clocks": "tests.faults.clocks:Clocks",
    "hostile": "tests.faults.hostile:Hostile",
}
"""By name, `module:Class`; the longest first, for where several run beside each other."""
_MOST_FAILURES = 5
_PATIENCE = 0.2


def rig_of(name: str) -> type[Rig]:
    """The class of a rig."""
    module, _, kind = RIGS[name].partition(":")
    found: type[Rig] = getattr(importlib.import_module(module), kind)
    return found


def run_rig(kind: type[Rig], *, count: int | None, seconds: float | None, seed: int, jobs: int) -> Outcome:
    """Run trials `seed`, `seed + 1` … until so many are done or the time is over, in `jobs` processes."""
    started = time.monotonic()
    until = started + seconds if seconds is not None else None
    total = Outcome(kind.name, day=f"{datetime.now(UTC):%-d %b %Y}", first_seed=seed)
    folder = Path(tempfile.mkdtemp(prefix=f"omi-faults-{kind.name}-"))
    try:
        try:
            if kind.controls is not Rig.controls:
                (folder / "controls").mkdir()
                with kind(folder / "controls") as rig:
                    total.controls += Counter(rig.controls())
        except Exception:  # noqa: BLE001 - whatever a control raises, the rig can't be trusted
            total.failures.append((seed, f"controls: {traceback.format_exc(limit=-3)}"))
        context = multiprocessing.get_context("spawn")
        queue: Any = context.Queue()
        under_way = context.Array("Q", jobs)
        workers = [
            context.Process(
                target=_work,
                args=(kind, folder / str(index), count, until, seed, index, jobs, queue, under_way),
            )
            for index in range(jobs)
        ]
        for worker in workers:
            worker.start()
        for part in _collect(workers, queue, under_way):
            total.add(part)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    total.seconds = time.monotonic() - started
    return total


def _collect(workers: list[Any], queue: Any, under_way: Any) -> list[Outcome]:
    """What each of them found, or that it ended before it could say so."""
    found: dict[int, Outcome] = {}
    while len(found) < len(workers):
        try:
            index, outcome = queue.get(timeout=_PATIENCE)
            found[index] = outcome
        except Empty:
            for index, worker in enumerate(workers):
                if index not in found and worker.exitcode not in (None, 0):
                    why = f"its process ended with {worker.exitcode}; with 1 if it took too long"
                    found[index] = Outcome("", failures=[(under_way[index], why)])
    for worker in workers:
        worker.join()
    return list(found.values())


def _work(
    kind: type[Rig],
    folder: Path,
    count: int | None,
    until: float | None,
    seed: int,
    index: int,
    jobs: int,
    queue: Any,
    under_way: Any,
) -> None:
    """Every `jobs`-th trial, from one's own index on. A trial that goes on without end says where it is, and ends the
    process."""
    outcome = Outcome(kind.name)
    # What the program under test warns of is not the rig's to print.
    logging.getLogger().addHandler(logging.NullHandler())
    folder.mkdir(parents=True)
    try:
        with kind(folder) as rig:
            number = index
            while (count is None or number < count) and (until is None or time.monotonic() < until):
                under_way[index] = seed + number
                faulthandler.dump_traceback_later(kind.patience, exit=True)
                try:
                    outcome.counts += Counter(rig.trial(seed + number))
                except Exception:  # noqa: BLE001 - a crash of the program under test is a finding too
                    outcome.failures.append((seed + number, traceback.format_exc(limit=-4)))
                    if len(outcome.failures) >= _MOST_FAILURES:
                        break
                outcome.trials += 1
                number += jobs
            faulthandler.cancel_dump_traceback_later()
    except Exception:  # noqa: BLE001
        outcome.failures.append((seed, traceback.format_exc()))
    queue.put((index, outcome))
