"""The network and the centre behind it: real client, real centre, no socket. What becomes of a call is its fate."""

from __future__ import annotations

import gzip
import io
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from omi_desktop.central import accounts
from omi_desktop.central.carry import by_device, take_piece
from omi_desktop.central.database import Database
from omi_desktop.central.envelope import Inflation, read_message, read_object
from omi_desktop.central.erasure import prepare
from omi_desktop.central.identity import identify_centre
from omi_desktop.central.ingest import answer_sync
from omi_desktop.central.refusal import Refusal
from omi_desktop.domain.clock import Clock
from omi_desktop.domain.errors import Unreachable
from omi_desktop.sync.client import Client, Line
from omi_desktop.sync.routes import STRAIGHT, Proxies, Routes
from omi_desktop.sync.wires import Wires
from omi_desktop.wire.messages import (
    AccountInfo,
    CarryAnswer,
    CarryRequest,
    DeviceAnswer,
    DeviceRequest,
    TotalsAnswer,
)
from omi_desktop.wire.problems import MEDIA_TYPE
from tests.faults.rig import Broken
from tests.faults.simulation.chance import Crash

ADDRESS = "https://omi.invalid"
FATES: Mapping[str, int] = {
    "ok": 8,
    "request_lost": 3,
    "answer_lost": 4,
    "twice": 2,
    "delayed": 3,
    "late_answer": 3,
    "portal": 3,
    "cut": 1,
    "busy": 1,
    "crash_before": 1,
    "crash_after": 2,
    "meanwhile_before": 4,
    "meanwhile_after": 5,
}
"""What may become of a call, and how often."""
_MOST_CALLS = 500
"""Calls of one run, and of those that happen meanwhile: several times what the longest schedule needs."""
_JSON = "application/json"
_PORTAL = b"<html><title>Guest Wi-Fi</title>Please accept our terms</html>"


@dataclass(frozen=True)
class Call:
    """One request as bytes under way."""

    path: str
    token: str
    body: bytes


@dataclass(frozen=True)
class Reply:
    """One answer as bytes under way."""

    status: int
    kind: str
    body: bytes


class CentreFault(BaseException):
    """The centre's own code failed: what its last resort would answer with 500."""


class Air:
    """The network. `fates` are those of the next calls; without one a call goes well."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.fates: deque[str] = deque()
        self.delayed: list[Call] = []
        self.late: list[Reply] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self.on_push: Callable[[Call], None] = lambda _call: None
        self._calls_left = _MOST_CALLS
        self.seen: set[str] = set()
        self.centre_id = ""
        self.begin()

    def begin(self) -> None:
        """Start the centre's process anew on the database as it is now."""
        self.centre_id = prepare(self.database, self.clock.now()).centre_id

    def expect_an_end(self) -> None:
        """A run begins, which ends some time."""
        self._calls_left = _MOST_CALLS

    def carry(self, call: Call) -> Reply:
        """Take one call to the centre and its answer back. Raises what the network raises."""
        fate = self.fates.popleft() if self.fates else "ok"
        self.seen.add(fate)
        match fate:
            case "request_lost":
                _lose()
            case "crash_before":
                raise Crash
            case "delayed":
                self.delayed.append(call)
                _lose()
            case "late_answer" if self.late:
                return self.late.pop(0)
            case "portal":
                return Reply(200, "text/html", _PORTAL)
            case "busy":
                return Reply(503, "text/html", b"")
            case "meanwhile_before":
                self.meanwhile()
        reply = self._at_centre(call)
        match fate:
            case "answer_lost":
                self.late.append(reply)
                _lose()
            case "crash_after":
                raise Crash
            case "twice":
                self.late.append(reply)
                reply = self._at_centre(call)
            case "cut":
                return Reply(reply.status, reply.kind, reply.body[: len(reply.body) // 2])
            case "meanwhile_after":
                self.meanwhile()
        self._listen(reply)
        return reply

    def deliver(self) -> bool:
        """Let the oldest delayed request arrive, its answer late; whether there was one."""
        if not self.delayed:
            return False
        self.late.append(self._at_centre(self.delayed.pop(0)))
        return True

    def _at_centre(self, call: Call) -> Reply:
        self._calls_left -= 1
        if self._calls_left < 0:
            raise Broken("a run goes on without end")
        try:
            return Reply(200, _JSON, self._work(call))
        except Refusal as refusal:
            return Reply(refusal.status, MEDIA_TYPE, json.dumps(refusal.document()).encode())
        except Broken:
            raise
        except Exception as fault:
            # The client would take many of these for a network that does not work.
            raise CentreFault(repr(fault)) from fault

    def _work(self, call: Call) -> bytes:
        """What `central.app` does between the socket and the functions under it."""
        inflation = Inflation("gzip" if call.body[:2] == b"\x1f\x8b" else "")
        inflation.feed(call.body)
        body, now = inflation.body(), self.clock.now()
        if call.path == "/v1/sync":
            self.on_push(Call(call.path, call.token, body))
            with self.database.reading() as connection:
                speaker = accounts.device_of(connection, call.token)
            return answer_sync(self.database, self.centre_id, speaker, body, now)
        if call.path == "/v1/carry":
            with self.database.reading() as connection:
                speaker = accounts.device_of(connection, call.token)
            piece = read_message(read_object(body), CarryRequest)
            carried = take_piece(
                self.database,
                self.centre_id,
                piece.account_id,
                piece.sealed,
                carrier=by_device(speaker.id),
                now=now,
            )
            return CarryAnswer(centre_id=self.centre_id, **carried._asdict()).model_dump_json().encode()
        assert call.path == "/v1/devices", call.path
        asked = read_message(read_object(body), DeviceRequest)
        with self.database.writing() as connection:
            found = accounts.enrol(connection, asked.code, asked.device, now)
            key = identify_centre(connection, now).centre_key
        who = AccountInfo(id=found.account_id, name=found.account_name, hub=found.hub)
        return (
            DeviceAnswer(
                token=found.token,
                centre_id=self.centre_id,
                centre_key=key,
                carry_key=found.carry_key,
                account=who,
            )
            .model_dump_json()
            .encode()
        )

    def _listen(self, reply: Reply) -> None:
        with suppress(ValueError):
            answer = json.loads(reply.body)
            if answer.get("status") == "history_changed":
                self.seen.add("history_changed")
            if answer.get("more"):
                self.seen.add("page")
            if answer.get("questions"):
                self.seen.add("question")
            self.seen.update(refusal["code"] for refusal in answer.get("rejected", ()))
            if answer.get("code"):
                self.seen.add(answer["code"])


class AirClient(Client):
    """The real client, with the sim's network in the place of sockets."""

    def __init__(self, air: Air) -> None:
        super().__init__(ADDRESS, _Straight())
        self.air = air

    def new_line(self) -> Line:
        """One that leads to the sim's network."""
        return Line(_Patient(), _Adapter(self.air))

    def close(self) -> None:
        """The sim's network stays."""

    def totals(self, year: int) -> TotalsAnswer:
        """Asked for after every run; here the centre is asked only at rest."""
        raise Unreachable


class _Straight(Routes):
    """No system to ask for proxies."""

    def to(self, url: str) -> Proxies:
        return STRAIGHT


class _Patient(Wires):
    """No deadline, and so no thread that watches it: nothing here takes time."""

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        yield


class _Adapter(BaseAdapter):
    def __init__(self, air: Air) -> None:
        super().__init__()
        self._air = air

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = request.body or b""
        path = (request.url or "").removeprefix(ADDRESS)
        reply = self._air.carry(Call(path, token, body.encode() if isinstance(body, str) else body))
        response = requests.Response()
        response.status_code = reply.status
        response.url = request.url or ""
        response.request = request
        packed = gzip.compress(reply.body, 1, mtime=0)
        response.headers = CaseInsensitiveDict({"Content-Type": reply.kind, "Content-Encoding": "gzip"})
        response.raw = urllib3.HTTPResponse(
            io.BytesIO(packed), headers=dict(response.headers), preload_content=False
        )
        return response

    def close(self) -> None:
        pass


def _lose() -> NoReturn:
    raise requests.exceptions.ConnectionError("the simulated network lost it")
