"""The benchmark runs and says everything; how fast anything is, no test asserts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIGURES = [
    "start.shell",
    "start.today",
    "start.memory",
    "save",
    "search.word",
    "search.words",
    "search.letters",
    "sync-sqlite.first",
    "sync-sqlite.more",
    "sync-postgresql.first",
    "sync-postgresql.more",
    "load-sqlite",
    "load-postgresql",
]


@pytest.mark.slow
def test_a_quick_run_measures_every_figure_beside_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    missing = tuple(found["skipped"])
    assert [name for name in FIGURES if not name.startswith(missing)] == list(found["figures"])
    for name, figure in found["figures"].items():
        assert len(figure["limit"]) == len(figure["ours"]) == 1
        assert figure["ratio"] == pytest.approx(figure["ours_median"] / figure["limit_median"])
        assert f"{name} " in done.stdout
    assert found["counts"]["sync-sqlite.requests_for_more"] == 1
