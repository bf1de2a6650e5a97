"""The rig that looks for planted words finds them, however written, and wherever the program lets them slip."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from omi_desktop.central import app as central_app
from omi_desktop.central.ingest import answer_sync
from omi_desktop.domain import changes
from omi_desktop.sync import sync_file
from omi_desktop.sync.client import Client
from omi_desktop.ui import show_error
from tests.faults import canary
from tests.faults.canary import Canary, Found
from tests.faults.rig import Blind, Broken

# The crash window is shown where a process has an application already; the offscreen platform says so each time.
pytestmark = pytest.mark.qt_log_ignore(r"This plugin does not support (propagateSizeHints|raise)\(\)")

WORD = "wordŵ 12ab"


@pytest.mark.parametrize(
    "written",
    [
        WORD.encode(),
        WORD.encode("utf-16"),
        repr(WORD.encode()).encode(),
        ascii(WORD).encode(),
        json.dumps({"a": WORD}).encode(),
        quote_plus(f"a={WORD}&b").encode(),
        f"x{WORD}y".encode().hex().encode(),
        *(base64.b64encode(f"{'x' * n}{WORD}yyy".encode()) for n in range(4)),
        base64.urlsafe_b64encode(f"?>{WORD}?>".encode()),
        b"HTTP/1.1 200 OK\r\n\r\n" + gzip.compress(f"a {WORD} b".encode(), mtime=0) + b"rest",
    ],
)
def test_a_word_is_found_however_it_is_written(written: bytes) -> None:
    found = Found({"here": b"before" + written + b"after", "elsewhere": b"word 12ab"})
    assert found.where(WORD) == {"here"}


def _says_everything(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _log_token(patch: pytest.MonkeyPatch) -> None:
    sync = Client.sync

    def logged(self: Client, token: str, *rest: Any) -> Any:
        logging.getLogger("omi_desktop.sync").debug("with %s", token)
        return sync(self, token, *rest)

    patch.setattr(Client, "sync", logged)


def _token_in_address(patch: pytest.MonkeyPatch) -> None:
    call = Client._call

    def called(
        self: Client, method: str, path: str, *rest: Any, token: str | None = None, **more: Any
    ) -> Any:
        return call(self, method, f"{path}?token={token}" if token else path, *rest, token=token, **more)

    patch.setattr(Client, "_call", called)


def _unsealed_file(patch: pytest.MonkeyPatch) -> None:
    write = sync_file.write

    def written(store: Any, owner: Any, key: Any, path: Path, today: str) -> int:
        count = write(store, owner, key, path, today)
        with store.read() as connection:
            rows = (
                connection.exec_driver_sql("SELECT canonical FROM revision WHERE n IS NULL").scalars().all()
            )
        path.write_bytes(path.read_bytes() + gzip.compress(b"".join(rows)))
        return count

    patch.setattr(sync_file, "write", written)


def _centre_logs_values(patch: pytest.MonkeyPatch) -> None:
    def answered(database: Any, centre_id: str, speaker: Any, body: bytes, *rest: Any, **more: Any) -> Any:
        logging.getLogger("omi_desktop.central").info("%r", body)
        return answer_sync(database, centre_id, speaker, body, *rest, **more)

    patch.setattr(central_app, "answer_sync", answered)


@pytest.mark.parametrize(
    ("plant", "complaint"),
    [
        (_log_token, "the token is in .*omi-desktop.log"),
        (_token_in_address, "the token is in .*target POST /v1/sync"),
        (_unsealed_file, "the unsent is in .*sync file"),
        (_centre_logs_values, "the text is in .*everything.log"),
        (
            lambda patch: patch.setattr(changes, "describe", _says_everything),
            "the draft is in .*omi-desktop.log",
        ),
        (
            lambda patch: patch.setattr(show_error, "describe", _says_everything),
            "the draft is in .*omi-desktop.log",
        ),
        (lambda patch: patch.setattr(canary, "describe", _says_everything), "the draft is in crash report"),
    ],
)
def test_each_planted_leak_is_found(
    plant: Callable[[pytest.MonkeyPatch], None],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    plant(monkeypatch)
    with Canary(tmp_path) as rig, pytest.raises(Broken, match=complaint):
        rig.trial(1)


def test_a_rig_that_does_not_see_the_wire_says_that_it_is_blind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(canary.Recorder, "messages", lambda _: iter(()))
    with Canary(tmp_path) as rig, pytest.raises(Blind, match="is not seen"):
        rig.trial(1)
