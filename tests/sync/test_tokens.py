"""Secrets: in a real keyring where there is one, in memory where there is none, never waited for for ever.

A real SecretService (gnome-keyring) runs in a D-Bus session of its own; the keyring of the person who runs the
tests is not touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omi_desktop.sync import tokens
from omi_desktop.sync.tokens import KeyringSilent, KeyringTokens, MemoryTokens

NAME = f"{'c' * 32}/{'a' * 32}"
_KEEP = f"""
from omi_desktop.sync.tokens import KeyringTokens
print(KeyringTokens().put({NAME!r}, "s3cret"))
"""
_READ = f"""
from omi_desktop.sync.tokens import KeyringTokens
print(KeyringTokens().get({NAME!r}))
"""
_FORGET = f"""
from omi_desktop.sync.tokens import KeyringTokens
KeyringTokens().forget({NAME!r}); print(KeyringTokens().get({NAME!r}))
"""


def run_in_session(tmp_path: Path, *scripts: str, unlock: bool) -> list[str]:
    """Run programs one after the other in one D-Bus session with a gnome-keyring; what each printed."""
    for tool in ("dbus-run-session", "gnome-keyring-daemon"):
        if shutil.which(tool) is None:
            message = f"{tool} is not installed, so the real keyring is not tested"
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
    start = "printf pw | gnome-keyring-daemon --unlock --components=secrets"
    lines = [
        f"{start if unlock else 'gnome-keyring-daemon --start --components=secrets </dev/null'} >/dev/null 2>&1"
    ]
    for index, script in enumerate(scripts):
        path = tmp_path / f"step{index}.py"
        path.write_text(script)
        lines.append(f"{sys.executable} {path}")
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
    }
    tmp_path.chmod(0o700)
    done = subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", "\n".join(lines)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.split()


def test_a_real_keyring_keeps_a_token_for_the_next_start_and_forgets_it(tmp_path: Path) -> None:
    assert run_in_session(tmp_path, _KEEP, _READ, _FORGET, unlock=True) == ["True", "s3cret", "None"]


def test_a_locked_keyring_is_not_waited_for(tmp_path: Path) -> None:
    keep = _KEEP.replace("KeyringTokens()", "KeyringTokens(limit=1.5)")
    assert run_in_session(tmp_path, keep, unlock=False) == ["False"]


def test_without_any_keyring_a_token_lasts_for_this_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    done = subprocess.run(
        [sys.executable, "-c", f"{_KEEP}\nfrom omi_desktop.sync import tokens as t\n"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False"]


def test_a_keyring_that_keeps_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    done = subprocess.run([sys.executable, "-c", _KEEP], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_a_keyring_that_hangs_costs_its_limit_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_keyring_get", lambda _name: time.sleep(30))
    started = time.monotonic()
    kept = KeyringTokens(limit=0.2)
    for _ in range(2):
        with pytest.raises(KeyringSilent):
            kept.get(NAME)
    assert time.monotonic() - started < 10


def test_a_token_that_the_keyring_refused_still_serves_this_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str, _secret: str = "") -> str:
        raise RuntimeError("no")

    monkeypatch.setattr(tokens, "_keyring_set", refuse)
    monkeypatch.setattr(tokens, "_keyring_get", refuse)
    kept = KeyringTokens(limit=1)
    assert kept.put(NAME, "s3cret") is False
    assert kept.get(NAME) == "s3cret"
    kept.forget(NAME)
    with pytest.raises(KeyringSilent):
        kept.get(NAME)


def test_where_there_is_no_keyring_there_is_no_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    done = subprocess.run([sys.executable, "-c", _READ], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None"]


def test_memory_forgets_when_told() -> None:
    kept = MemoryTokens()
    assert kept.put(NAME, "s3cret") is False
    assert kept.get(NAME) == "s3cret"
    kept.forget(NAME)
    assert kept.get(NAME) is None
