"""Starting the program as a person does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omi_desktop import __version__
from tests.e2e.conftest import wait_for_window

APP = [sys.executable, "-m", "omi_desktop"]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program with these words, until it ends."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    kept.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [*APP, *words], env={**kept, **environment}, capture_output=True, text=True, timeout=120, check=False
    )


def test_it_tells_its_version() -> None:
    assert run("--version").stdout.strip() == f"OMI Desktop {__version__}"


def test_a_word_it_does_not_know_is_refused_with_its_usage() -> None:
    done = run("--dmeo")
    assert done.returncode == 2
    assert "usage" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_it_says_so_instead_of_crashing(home: Path) -> None:
    done = run("--data-dir", str(home / "data"))
    assert done.returncode == 1
    assert "no display" in done.stderr
    assert not (home / "data").exists()


@pytest.mark.slow
def test_the_demo_without_a_display_is_the_tour_and_every_check_holds(home: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [*APP, "--demo"],
        env={
            n: v for n, v in os.environ.items() if n not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no display" in done.stdout
    assert "grew from" in done.stdout
    pictures = {path.name for path in (tmp_path / "omi-tour").glob("*.png")}
    assert {
        "today.png",
        "record.png",
        "sync.png",
        "sync-needs-you.png",
        "sync-history.png",
        "settings-backups.png",
        "handbook.png",
        "today-dark.png",
        "today-200.png",
    } <= pictures
    assert "failed.png" not in pictures
    assert list(home.iterdir()) == [], "the tour touched the person's own folders"


@pytest.mark.slow
def test_a_second_start_raises_the_first_window_and_ends(display: str, home: Path) -> None:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    data = str(home / "data")
    first = subprocess.Popen([*APP, "--data-dir", data], env=environment)
    try:
        wait_for_window(display, "OMI Desktop")
        second = subprocess.run(
            [*APP, "--data-dir", data],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 0, second.stderr
        assert "already open" in second.stdout
        other = subprocess.Popen([*APP, "--data-dir", f"{data}2"], env=environment)
        time.sleep(0.5)
        assert first.poll() is None
        other.kill()
        other.wait()
    finally:
        first.kill()
        first.wait()


@pytest.mark.slow
def test_a_lock_left_by_a_killed_program_is_taken_over(display: str, home: Path) -> None:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    for _ in range(2):
        program = subprocess.Popen([*APP, "--data-dir", str(home / "data")], env=environment)
        try:
            wait_for_window(display, "OMI Desktop")
            assert (home / "data" / "profile" / "instance.lock").exists()
        finally:
            program.kill()
            program.wait()


@pytest.mark.slow
def test_the_demo_opens_a_real_window(display: str, home: Path) -> None:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    program = subprocess.Popen([*APP, "--demo"], env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for_window(display, "Today", 60)
        program.terminate()
        assert program.wait(30) == 0
    finally:
        if program.poll() is None:
            program.kill()
            program.wait()
    assert list(home.iterdir()) == [], "the demo touched the person's own folders"
