"""The rows of README.md from the JSON of long runs: `python -m tests.faults.table FILE …`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.faults.running import rig_of

_MOST_DETAILS = 3


def row(found: Mapping[str, Any]) -> str:
    """One outcome as a line of the table."""
    kind = rig_of(found["name"])
    counts = {name: value for name, value in found["counts"].items() if name != kind.unit}
    many = f"{found['counts'].get(kind.unit, 0):,} {kind.unit}"
    if 0 < len(counts) <= _MOST_DETAILS:
        many += " (" + ", ".join(f"{value:,} {name}" for name, value in sorted(counts.items())) + ")"
    last = found["first_seed"] + found["trials"] - 1
    seeds = f"{found['first_seed']:,} to about {last:,}, {found['seconds'] / 60:.0f} min"
    result = f"**{len(found['failures'])} failed**" if found["failures"] else "held"
    if found["controls"]:
        result += "; controls: " + ", ".join(f"{name} {n:,}" for name, n in sorted(found["controls"].items()))
    return f"| {kind.name} | {kind.what} | {many} | {seeds} | {result} | {found['day']} |"


def rows(files: Iterable[Path]) -> list[str]:
    """All outcomes of these files."""
    return [row(found) for file in files for found in json.loads(file.read_text("utf-8"))]


if __name__ == "__main__":
    print("\n".join(rows(map(Path, sys.argv[1:]))))
