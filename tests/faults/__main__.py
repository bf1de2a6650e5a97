"""`poe faults [RIG …]`: break things on purpose and see every promise hold.

Without more it runs the short form of every rig. `--count N` or `--hours H` make it longer; `--seed S` says where the
seeds begin. A failure prints the seed that replays it: `poe faults RIG --seed S --count 1`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.faults.rig import Outcome, Rig
from tests.faults.running import RIGS, rig_of, run_rig


def main(words: list[str]) -> int:
    """Run what was asked for; 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="poe faults", description=__doc__.split("\n")[0])
    parser.add_argument("rigs", nargs="*", metavar="RIG", help=f"of {', '.join(RIGS)}; all unless told")
    parser.add_argument("--count", type=int, help="trials of each rig")
    parser.add_argument("--hours", type=float, help="hours for each rig")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, help="processes of a rig")
    parser.add_argument("--beside", type=int, default=1, help="rigs that run at the same time")
    parser.add_argument("--json", type=Path, help="also write what was found here")
    asked = parser.parse_args(words)
    unknown = [name for name in asked.rigs if name not in RIGS]
    if unknown:
        parser.error(f"no such rig: {', '.join(unknown)}")
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(asked.beside) as runs:
        begun = [runs.submit(_run, rig_of(name), asked) for name in asked.rigs or RIGS]
        for each in as_completed(begun):
            outcomes.append(each.result())
            _tell(outcomes[-1])
            if asked.json:
                asked.json.write_text(json.dumps([vars(each) for each in outcomes], indent=1), "utf-8")
    return 1 if any(outcome.failures for outcome in outcomes) else 0


def _run(kind: type[Rig], asked: argparse.Namespace) -> Outcome:
    return run_rig(
        kind,
        count=asked.count if asked.count or asked.hours else kind.short,
        seconds=asked.hours * 3600 if asked.hours else None,
        seed=asked.seed,
        jobs=min(asked.jobs or kind.jobs, kind.jobs),
    )


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
