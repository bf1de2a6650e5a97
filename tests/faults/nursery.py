"""Lives under watch: each in a process of its own, with strace attached before its first call.

To start a process and import the program takes a second; to fork one that has, and to attach, takes 6 ms.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.faults.lives import FINISHED, Task
from tests.faults.rig import Broken

KILLED = 9
"""What `waitpid` says of a process that SIGKILL ended."""
_PATIENCE = 60.0
_MISSING = "strace is not installed, so nothing is killed at a call and no power is cut"


class Nursery:
    """A process whose children live, and the strace that watches each."""

    def __init__(self) -> None:
        if shutil.which("strace") is None:
            if os.environ.get("CI") == "true":
                pytest.fail(_MISSING)
            pytest.skip(_MISSING)
        gate, self._open_gate = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.lives", str(gate)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[gate],
            cwd=Path(__file__).parents[2],
        )
        os.close(gate)

    def live(self, task: Task, watch: Sequence[str]) -> bool:
        """One life with strace's options `watch`; whether it was killed. Raises Broken if it ended otherwise
        before its end, or doesn't end."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asdict(task)) + "\n")
        self._process.stdin.flush()
        pid = self._hear()
        strace = subprocess.Popen(
            ["strace", "-f", "-p", str(pid), *watch],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        assert strace.stderr
        with strace.stderr as said:
            attached = said.readline()
            if "attached" not in attached:
                raise RuntimeError(f"strace could not attach: {attached}{said.read()}")
            os.write(self._open_gate, b".")
            status = self._hear()
            said.read()
        strace.wait()
        if status not in (FINISHED, KILLED):
            raise Broken(f"the program ended with {status}: {task}")
        return status == KILLED

    def _hear(self) -> int:
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], _PATIENCE)[0]:
            raise Broken("the program hangs")
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it; a child that still lives is killed."""
        os.close(self._open_gate)
        self._process.kill()
        self._process.communicate()
