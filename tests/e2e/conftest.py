"""The real program, in processes of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


def need(tool: str) -> None:
    """Skip with one sentence where a tool is missing; in CI that is a failure."""
    if shutil.which(tool) is None:
        message = f"{tool} is not installed, so the real window is not tested"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A screen of our own."""
    need("Xvfb")
    need("xdotool")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh HOME, as a newcomer has."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def wait_for_window(display: str, title: str, seconds: float = 30) -> str:
    """The id of a visible window with such a title."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", title],
            env={**os.environ, "DISPLAY": display},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.stdout.strip():
            return done.stdout.split()[0]
        time.sleep(0.05)
    raise AssertionError(f"no window “{title}” appeared")
