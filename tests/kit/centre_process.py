"""The centre as a process of its own, started in milliseconds and killed at will.

`python -m tests.kit.centre_process` imports the program once and then, for each line of JSON on its input, forks a
child that runs `omi-central serve` as an operator would.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from omi_desktop.central.cli import app

_PATIENCE = 30.0


class CentreNursery:
    """The process whose children are centres. Not shared between threads."""

    def __init__(self, module: str = "tests.kit.centre_process") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def serve(self, database_url: str, *, port: int = 0, log: Path) -> CentreProcess:
        """Start a centre; it listens when this returns."""
        self._say({"words": [
            "serve", "--port", str(port), "--rate-limits", "off", "--database-url", database_url
        ], "log": str(log)})  # fmt: skip
        pid = int(self._hear())
        line = self._hear()
        if not line.startswith("listening on "):
            raise RuntimeError(f"the centre did not start: {line} {log.read_text()}")
        return CentreProcess(pid, line.split()[-1])

    def close(self) -> None:
        """End all of them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(_PATIENCE)
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _say(self, task: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class CentreProcess:
    """One centre. `url` is where it listens."""

    def __init__(self, pid: int, url: str) -> None:
        self.pid = pid
        self.url = url
        self.port = int(url.rpartition(":")[2])

    def kill(self) -> None:
        """SIGKILL; it is gone when this returns."""
        try:
            # Its parent reaps it by itself, so that the file is there for as long as the process is.
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            _wait(handle)


def _wait(handle: int) -> None:
    try:
        select.select([handle], [], [], _PATIENCE)
    finally:
        os.close(handle)


def main() -> None:
    """Fork a centre for each task; its process id is the first line of the answer, where it listens the second."""
    for module in ("alembic.command", "omi_desktop.central.server"):
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    children = []
    for line in sys.stdin:
        task = json.loads(line)
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                print(os.getpid(), flush=True)
                with Path(task["log"]).open("ab") as log:
                    os.dup2(log.fileno(), 2)
                app(task["words"], prog_name="omi-central")
            except SystemExit:
                print("ended", flush=True)
            finally:
                os._exit(1)
        children.append(pid)
    for pid in children:
        CentreProcess(pid, "http://:0").kill()


if __name__ == "__main__":
    main()
