from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from omi_desktop.domain.errors import FileProblem
from omi_desktop.ui.single_instance import LOCK_NAME, Claim, SingleInstance

Start = Callable[..., subprocess.Popen[str]]

START = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from omi_desktop.ui.single_instance import Claim, SingleInstance
app = QCoreApplication([])
instance = SingleInstance(Path(sys.argv[1]))
claim = instance.claim(1000)
print(claim.name, flush=True)
if claim is Claim.OURS and "stay" in sys.argv:
    if "deaf" not in sys.argv:
        instance.listen()
    instance.asked_forward.connect(lambda: print("forward", flush=True))
    app.exec()
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the program once more on the profile."""
    processes: list[subprocess.Popen[str]] = []

    def run(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", START, str(tmp_path / "profile"), *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_start_raises_the_first(start: Start) -> None:
    first = start("stay")
    assert said(first) == "OURS"
    for _ in range(3):
        assert said(start()) == "RAISED"
        assert said(first) == "forward"


def test_the_lock_of_a_killed_program_is_taken_over(start: Start) -> None:
    first = start("stay")
    assert said(first) == "OURS"
    first.kill()
    first.wait()
    second = start("stay")
    assert said(second) == "OURS"
    assert said(start()) == "RAISED"
    assert said(second) == "forward"


def test_the_lock_of_a_program_whose_number_was_given_away_is_taken_over(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "profile").mkdir()
    lock = tmp_path / "profile" / LOCK_NAME
    lock.write_text(f"{os.getpid()}\n{Path(sys.executable).resolve().name}\n{os.uname().nodename}\n")
    assert said(start()) == "OURS"


def test_one_that_does_not_answer_is_left_alone(start: Start) -> None:
    first = start("stay", "deaf")
    assert said(first) == "OURS"
    assert said(start()) == "BUSY"


def test_two_profiles_run_side_by_side(tmp_path: Path) -> None:
    one, two = SingleInstance(tmp_path / "one"), SingleInstance(tmp_path / "two")
    assert one.claim() is Claim.OURS
    assert two.claim() is Claim.OURS
    assert one.server_name != two.server_name


def test_one_profile_has_one_name_however_its_path_is_written(tmp_path: Path) -> None:
    plain, winding = tmp_path / "profile", tmp_path / "profile" / ".." / "profile"
    assert SingleInstance(plain).server_name == SingleInstance(winding).server_name


def test_a_released_profile_can_be_taken_again(tmp_path: Path, qtbot: QtBot) -> None:
    first = SingleInstance(tmp_path)
    assert first.claim() is Claim.OURS
    first.listen()
    first.release()
    assert SingleInstance(tmp_path).claim() is Claim.OURS


def test_a_profile_that_cannot_be_made_is_told_as_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileProblem, match="can't be written"):
        SingleInstance(tmp_path / "file" / "profile").claim()
