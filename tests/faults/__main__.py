"""`poe faults [RIG …]`: break things on purpose and see every promise hold.

Without more it runs the short form of every rig. `--count N` or `--hours H` make it longer; `--seed S` says where the
seeds begin. A failure prints the seed that replays it: `poe faults RIG --seed S --count 1`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from queue import Empty
from typing import Any

from tests.faults.rig import Outcome, Rig

RIGS: dict[str, str] = {}
"""By name, `module:Class`."""
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
    total = Outcome(kind.name, first_seed=seed)
    folder = Path(tempfile.mkdtemp(prefix=f"omi-faults-{kind.name}-"))
    try:
        try:
            with kind(folder / "controls") as rig:
                rig.folder.mkdir(exist_ok=True)
                total.controls += Counter(rig.controls())
        except Exception:  # noqa: BLE001 - whatever a control raises, the rig can't be trusted
            total.failures.append((seed, f"controls: {traceback.format_exc(limit=-3)}"))
        context = multiprocessing.get_context("spawn")
        queue: Any = context.Queue()
        workers = [
            context.Process(
                target=_work, args=(kind.name, folder / str(index), count, until, seed, index, jobs, queue)
            )
            for index in range(jobs)
        ]
        for worker in workers:
            worker.start()
        for part in _collect(workers, queue):
            total.add(part)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    total.seconds = time.monotonic() - started
    return total


def _collect(workers: list[Any], queue: Any) -> list[Outcome]:
    found: list[Outcome] = []
    while len(found) < len(workers):
        try:
            found.append(queue.get(timeout=_PATIENCE))
        except Empty:
            dead = [worker for worker in workers if worker.exitcode not in (None, 0)]
            if dead:
                found += [
                    Outcome("", failures=[(0, f"a process of the rig ended: {w.exitcode}")]) for w in dead
                ]
                break
    for worker in workers:
        worker.join()
    return found


def _work(
    name: str,
    folder: Path,
    count: int | None,
    until: float | None,
    seed: int,
    index: int,
    jobs: int,
    queue: Any,
) -> None:
    """Every `jobs`-th trial, from one's own index on."""
    outcome = Outcome(name)
    folder.mkdir(parents=True)
    try:
        with rig_of(name)(folder) as rig:
            number = index
            while (count is None or number < count) and (until is None or time.monotonic() < until):
                try:
                    outcome.counts += Counter(rig.trial(seed + number))
                except Exception:  # noqa: BLE001 - a crash of the program under test is a finding too
                    outcome.failures.append((seed + number, traceback.format_exc(limit=-4)))
                    if len(outcome.failures) >= _MOST_FAILURES:
                        break
                outcome.trials += 1
                number += jobs
    except Exception:  # noqa: BLE001
        outcome.failures.append((seed, traceback.format_exc()))
    queue.put(outcome)


def main(words: list[str]) -> int:
    """Run what was asked for; 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="poe faults", description=__doc__.split("\n")[0])
    parser.add_argument("rigs", nargs="*", metavar="RIG", help=f"of {', '.join(RIGS)}; all unless told")
    parser.add_argument("--count", type=int, help="trials of each rig")
    parser.add_argument("--hours", type=float, help="hours for each rig")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, help="processes")
    parser.add_argument("--json", type=Path, help="also write what was found here")
    asked = parser.parse_args(words)
    unknown = [name for name in asked.rigs if name not in RIGS]
    if unknown:
        parser.error(f"no such rig: {', '.join(unknown)}")
    outcomes = []
    for name in asked.rigs or RIGS:
        kind = rig_of(name)
        count = asked.count if asked.count or asked.hours else kind.short
        outcome = run_rig(
            kind,
            count=count,
            seconds=asked.hours * 3600 if asked.hours else None,
            seed=asked.seed,
            jobs=min(asked.jobs or kind.jobs, kind.jobs),
        )
        outcomes.append(outcome)
        _tell(outcome)
        if asked.json:
            asked.json.write_text(json.dumps([asdict(each) for each in outcomes], indent=1), "utf-8")
    return 1 if any(outcome.failures for outcome in outcomes) else 0


def _tell(outcome: Outcome) -> None:
    counted = ", ".join(f"{value:,} {name}" for name, value in sorted(outcome.counts.items()))
    controls = ", ".join(f"{name} {value:,}" for name, value in sorted(outcome.controls.items()))
    state = "FAILED" if outcome.failures else "held"
    print(
        f"{outcome.name}: {state}; {outcome.trials:,} trials from seed {outcome.first_seed} in "
        f"{outcome.seconds:.0f} s; {counted}{f'; controls: {controls}' if controls else ''}",
        flush=True,
    )
    for seed, message in outcome.failures:
        print(f"  replay with: poe faults {outcome.name} --seed {seed} --count 1\n{message}", flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
