"""What an operator types, without the second that Python takes to begin.

`run` has each command done by a fork of one process, `python -m tests.kit.operator`, that has imported the program and
nothing else: it has its own environment, output and exit code, as a process of its own would. That `omi-central` starts
from nothing is what `tests/central/test_cli.py` and the tour see.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import select
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from omi_desktop.central.cli import app
from tests.kit.postgres import erasures_of

_PATIENCE = 60


def run(*words: str, url: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """One command to its end, on the database of a URL if it is given one."""
    if "postgresql" in url:
        environment["OMI_CENTRAL_ERASURES"] = str(erasures_of(url))
    return _run([*words, "--database-url", url] if url else list(words), environment)


def _run(words: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.TemporaryDirectory(prefix="omi-operator-") as folder:
        task = {"words": words, "environment": {**os.environ, **environment}, "folder": folder}
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
        assert select.select([process.stdout], [], [], _PATIENCE)[0], f"omi-central {words} does not end"
        code = int(process.stdout.readline())
        out, err = ((Path(folder) / name).read_text("utf-8") for name in ("out", "err"))
    return subprocess.CompletedProcess(list(words), code, out, err)


@functools.cache
def _process() -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.kit.operator"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end() -> None:
        process.communicate(timeout=_PATIENCE)

    atexit.register(end)
    return process


def main() -> None:
    """Do what each line asks for; answer with its exit code."""
    for module in ("alembic.command", "omi_desktop.central.backups", "omi_desktop.central.verification"):
        importlib.import_module(module)
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            _do(task["words"], task["environment"], Path(task["folder"]))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _do(words: list[str], environment: dict[str, str], folder: Path) -> None:
    """In the fork: whatever happens, it ends here."""
    code: int | str | None = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        for number, path, how in (
            (0, os.devnull, os.O_RDONLY),
            (1, folder / "out", 0),
            (2, folder / "err", 0),
        ):
            os.dup2(os.open(path, how or os.O_WRONLY | os.O_CREAT), number)
        try:
            app(words, prog_name="omi-central")
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001 - printed, as the interpreter would
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
