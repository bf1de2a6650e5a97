"""From the start of the process to a shell that is painted and answers keys, and to Today with its contents."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measuring import Broken, Figure, Found, Settings, Values, column, take_turns
from tests.bench.profile import made_up_year

ROOT = Path(__file__).parents[2]
_PATIENCE = 60


def measure(settings: Settings) -> Found:
    """Start both, run after run."""
    data_dir = settings.folder / "start"
    made_up_year(data_dir)
    with _display() as environment:

        def limit() -> Values:
            return _start(environment, "tests.bench.start_limit")

        def ours() -> Values:
            return _start(environment, "tests.bench.start_ours", str(data_dir))

        limits, our_runs = take_turns(settings, limit, ours)
    answered = _milliseconds(column(limits, "answered"))
    return Found(
        [
            Figure(
                "start.shell",
                "start to a painted shell that has answered a key; limit: a bare window",
                "ms",
                answered,
                _milliseconds(column(our_runs, "answered")),
                goal=1.6,
            ),
            Figure(
                "start.today",
                "start to Today filled and painted; limit: the same bare window",
                "ms",
                answered,
                _milliseconds(column(our_runs, "filled")),
                goal=5.0,
            ),
            Figure(
                "start.memory",
                "memory (RSS) a second later; limit: the same bare window",
                "MB",
                column(limits, "rss"),
                column(our_runs, "rss"),
                goal=2.2,
            ),
        ]
    )


def _start(environment: Mapping[str, str], module: str, *arguments: str) -> Values:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", module, str(started), *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode or not done.stdout:
        raise Broken(f"{module} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    found: Values = json.loads(done.stdout)
    return found


@contextmanager
def _display() -> Iterator[Mapping[str, str]]:
    """An X server of our own; without one the desktop of this machine, or on Linux no screen at all."""
    if shutil.which("Xvfb") is None:
        yield {"QT_QPA_PLATFORM": "offscreen"} if sys.platform.startswith("linux") else {}
        return
    reads, writes = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writes), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writes],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        os.close(writes)
        with os.fdopen(reads) as numbers:
            number = numbers.readline().strip()
        if not number:
            raise Broken("Xvfb did not start")
        yield {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait(_PATIENCE)


def _milliseconds(values: list[float]) -> list[float]:
    return [value * 1e3 for value in values]
