"""`--tour DIR`: the main job done by the real program without a display, each step checked, each page pictured.

An ambassador reads a handbook page and a resource, plans a session, loses the network, records who came, and the
program is killed. Started again it still has the session; the network returns, it syncs, and the programme's total
has grown by exactly the number that was recorded. Another laptop says something else of it: the person decides, takes
it back, decides again.

This process holds the centre and plays the network: "offline" is a centre that is not there. The two acts are the
app itself, each in a process of its own, driven through its window by keys and clicks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omi_desktop.demo import Demo, demo
from omi_desktop.domain.errors import OmiError
from omi_desktop.sync.client import Client
from omi_desktop.tour.acts import CAME, SCRIPTS
from omi_desktop.tour.stage import Stage

if TYPE_CHECKING:
    from omi_desktop.app import Running

_PATIENCE_MS: Final = 20_000
_ACT_SECONDS: Final = 120
# Offscreen, Qt warns of every raise and size hint; the acts tell of real faults in their own words.
_UNSEEN: Final = {"QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "default.warning=false"}
_DEFAULT_FOLDER: Final = Path("omi-tour")


class CheckFailed(Exception):
    """A step of the tour did not hold."""


def run_tour(folder: Path | None) -> int:
    """Do the tour, pictures into `folder`; 0 only if every check held."""
    folder = (folder or _DEFAULT_FOLDER).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with demo() as prepared:
            _tell("made-up sessions", "a local centre and a year of sessions are ready")
            _conduct(prepared, folder)
    except (CheckFailed, OmiError) as error:
        sys.stdout.write(f"FAILED: {error}\n")
        return 1
    sys.stdout.write(f"Every check held. Pictures are in {folder}\n")
    return 0


def _conduct(prepared: Demo, folder: Path) -> None:
    """Play the network and the power between the two acts."""
    before = _total(prepared)
    with closing(_Act("prepare", prepared, folder)) as act:
        act.say(prepared.fresh_code())
        act.expect("planned")
        prepared.centre.stop()
        act.say("offline")
        record_id = act.expect("saved")
        act.kill()
        _tell("killed", "the program was ended by force, without a word")
    with closing(_Act("return", prepared, folder)) as act:
        act.say(record_id)
        act.expect("found")
        prepared.centre.start()
        act.say(prepared.fresh_code())
        act.expect("synced")
        with prepared.second_laptop() as second:
            noted = replace(second.desk.sessions.get(record_id).details, teachers=2)
            second.desk.sessions.correct(record_id, noted)
            act.say("corrected elsewhere")
            act.expect("corrected")
            second.syncing.run_once()
        act.say("synced elsewhere")
        act.expect("decided")
        act.finish()
    after = _total(prepared)
    if after - before != CAME:
        raise CheckFailed(f"the total went from {before:,} to {after:,}, not up by {CAME}")
    _tell("the million", f"the programme's total grew from {before:,} to {after:,}, by exactly {CAME}")


def _total(prepared: Demo) -> int:
    with closing(Client(prepared.centre.url)) as client:
        return client.totals(date.today().year).low  # noqa: DTZ011 - the made-up year is this laptop's


def _tell(step: str, checked: str) -> None:
    sys.stdout.write(f"ok  {step}: {checked}\n")
    sys.stdout.flush()


class _Act:
    """One start of the program, driven by `run_act` in that process. It speaks in lines of JSON."""

    def __init__(self, name: str, prepared: Demo, folder: Path) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "omi_desktop",
                "--tour-act",
                name,
                "--data-dir",
                str(prepared.data_dir),
                "--central",
                prepared.centre.url,
                "--tour",
                str(folder),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **_UNSEEN},
        )
        self._limit = threading.Timer(_ACT_SECONDS, self._process.kill)
        self._limit.start()

    def say(self, line: str) -> None:
        """Tell the act something it waits for."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def expect(self, cue: str) -> str:
        """Pass on what the act checks until it gives this cue; the word it gives with it."""
        assert self._process.stdout is not None  # noqa: S101
        for line in self._process.stdout:
            found = json.loads(line)
            if "failed" in found:
                raise CheckFailed(found["failed"])
            if found.get("cue") == cue:
                return str(found["word"])
            _tell(found["step"], found["checked"])
        raise CheckFailed(f"the program ended before “{cue}” (exit {self._process.wait()})")

    def kill(self) -> None:
        """End it as a power cut of the process would."""
        self._process.kill()
        self._process.wait()

    def finish(self) -> None:
        """It closes its window by itself and ends well."""
        if self._process.wait(_ACT_SECONDS):
            raise CheckFailed(f"the program ended with {self._process.returncode}")

    def close(self) -> None:
        """Whatever happened, leave no process behind."""
        self._limit.cancel()
        if self._process.poll() is None:
            self.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def run_act(name: str, *, data_dir: Path, address: str, pictures: Path) -> int:
    """One act, in the process of the program; 0 if its checks held."""
    from omi_desktop.app import Options, run  # noqa: PLC0415
    from omi_desktop.sync.tokens import MemoryTokens  # noqa: PLC0415

    stages: list[Stage] = []

    def begin(running: Running) -> None:
        stage = Stage(running, pictures, _PATIENCE_MS)
        stages.append(stage)
        stage.play(SCRIPTS[name](stage))

    status = run(Options(data_dir=data_dir, address=address, tokens=MemoryTokens(), with_window=begin))
    return status or int(not stages or not stages[0].has_ended_well)
