"""The operator's commands, as an operator types them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.central.laptop import Laptop
from tests.kit.operator import run


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "omi_desktop.central", *arguments]


def begin(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command from nothing, as an operator's shell has it done."""
    env = os.environ | environment
    return subprocess.run(
        command(*arguments), env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.slow
def test_from_an_empty_database_to_a_laptop_that_syncs_and_is_signed_out(database_url: str) -> None:
    assert run("hub", "add", "Rhondda Cynon Taf", url=database_url).returncode == 0
    again = run("hub", "add", "Rhondda Cynon Taf", url=database_url)
    assert (again.returncode, again.stderr) == (1, "There is a hub Rhondda Cynon Taf already\n")
    codes = run("invite", "--hub", "Rhondda Cynon Taf", "--count", "2", url=database_url).stdout.split()
    assert [len(code.replace("-", "")) for code in codes] == [16, 16]
    words = command("serve", "--port", "0", "--until-stdin-closes", "--database-url", database_url)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as centre:
        assert centre.stdout is not None
        line = centre.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        laptop = Laptop.enrol(line.split()[-1], codes[0], "Lost laptop")
        assert laptop.sync().status == "ok"
        listed = run("device", "list", url=database_url).stdout
        assert listed.split("\t")[1:] == ["Rhondda Cynon Taf", "Ambassador 1", "Lost laptop", "signed in\n"]
        assert run("device", "revoke", listed.split("\t")[0], url=database_url).returncode == 0
        assert laptop.ask().status_code == 401
        assert "signed out" in run("device", "list", url=database_url).stdout
        next_code = run("device", "invite", listed.split("\t")[0], url=database_url).stdout.strip()
        Laptop.enrol(line.split()[-1], next_code, "Found laptop")
        names = [row.split("\t")[2] for row in run("device", "list", url=database_url).stdout.splitlines()]
        assert names == ["Ambassador 1", "Ambassador 1"]
        rest, _ = centre.communicate(timeout=20)
    assert (centre.returncode, rest) == (0, "")


def test_an_invitation_to_no_hub_is_refused_in_words(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'central.db'}"
    done = begin("invite", "--hub", "Nowhere", "--count", "1", "--database-url", url)
    assert done.returncode == 1
    assert done.stderr == "There is no hub Nowhere: add it with `omi-central hub add`\n"


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite:////nowhere/at/all/central.db"])
def test_a_database_that_cannot_be_used_is_one_sentence(url: str) -> None:
    done = run("device", "list", url=url)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_without_a_url_the_database_is_a_file_in_the_users_data_folder(tmp_path: Path) -> None:
    places = {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    done = begin("hub", "add", "Cardiff", **places)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.rglob("central.db")] == ["central.db"]


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    words = command("serve", "--port", "0", "--until-stdin-closes")
    url = f"sqlite:///{tmp_path / 'central.db'}"
    with subprocess.Popen(
        [*words, "--database-url", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as centre:
        assert centre.stdout is not None
        address = centre.stdout.readline().split()[-1]
        taken = run("serve", "--port", address.rpartition(":")[2], url=url)
        assert requests.get(f"{address}/healthz", timeout=5).ok
        centre.communicate(timeout=20)
    assert taken.returncode == 1
    assert taken.stderr.startswith("Can't listen on 127.0.0.1 port ")
