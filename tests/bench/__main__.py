"""`python -m tests.bench`: measure, print each figure beside its limit, write JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench import load, save, search, start, sync
from tests.bench.measuring import Figure, Found, Settings

GROUPS: dict[str, Callable[[Settings], Found]] = {
    "start": start.measure,
    "save": save.measure,
    "search": search.measure,
    "sync-sqlite": sync.measure_sqlite,
    "sync-postgresql": sync.measure_postgres,
    "load-sqlite": load.measure_sqlite,
    "load-postgresql": load.measure_postgres,
}
_VERSIONS = ("PySide6-Essentials", "SQLAlchemy", "requests", "fastapi", "uvicorn", "psycopg")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 unless something broke. A missed goal is shown, and fails nothing: times depend on the machine."""
    chosen = _parser().parse_args(arguments)
    runs = 1 if chosen.quick else chosen.runs
    found = Found()
    for name in chosen.only or GROUPS:
        with tempfile.TemporaryDirectory(prefix="omi-bench-") as folder:
            part = GROUPS[name](Settings(runs, chosen.quick, Path(folder)))
        _show(part)
        found.add(part)
    file: Path = chosen.json
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps(_document(found, runs, is_quick=chosen.quick), indent=1) + "\n", encoding="utf-8"
    )
    sys.stdout.write(f"written to {file}\n")
    return 0


def _show(part: Found) -> None:
    for figure in part.figures:
        sys.stdout.write(_line(figure) + "\n")
    for name, count in part.counts.items():
        sys.stdout.write(f"{name:26} {count}\n")
    for name, reason in part.skipped.items():
        sys.stdout.write(f"{name:26} not measured: {reason}\n")
    sys.stdout.flush()


def _line(figure: Figure) -> str:
    goal = "" if figure.goal is None else f"goal {figure.goal:<4} {'met' if figure.is_met else 'MISSED'}"
    both = f"limit {_spread(figure.limit)}  ours {_spread(figure.ours)} {figure.unit}"
    return f"{figure.name:26} {figure.ratio:5.2f} ×  {goal:16} {both}\n{'':28}{figure.what}"


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.4g} ({min(values):.4g}–{max(values):.4g})"


def _document(found: Found, runs: int, *, is_quick: bool) -> dict[str, Any]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "versions": {name: version(name) for name in _VERSIONS},
        },
        "runs": runs,
        "is_quick": is_quick,
        "figures": {figure.name: figure.to_object() for figure in found.figures},
        "counts": found.counts,
        "skipped": found.skipped,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="poe bench",
        description="Measure the app beside the limits of this machine, taken in turn in the same run.",
    )
    parser.add_argument("--only", action="append", choices=GROUPS, metavar="NAME", help=", ".join(GROUPS))
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="counted runs of each side (7)")
    parser.add_argument("--quick", action="store_true", help="one small run: shows that the benchmark works")
    parser.add_argument("--json", type=Path, default=Path(".bench/bench.json"), metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
