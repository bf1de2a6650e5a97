"""A relay in front of the real centre that breaks calls on purpose, and who else may answer in its place."""

from __future__ import annotations

import gzip
import json
import random
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache

from tests.kit.proxy import Listener, head_of

LONGEST = 3.0
"""Real seconds for which the relay drips or is silent before it gives up: a client that is still there has no
deadline."""
_PATHS = ("/v1/", "/healthz")
_JSON = "application/json"
_PROBLEM = "application/problem+json"


@dataclass
class Call:
    """One request as it arrived, and the connection that it came by. `rng` decides all that is by chance."""

    relay: Relay
    made: socket.socket
    request: bytes
    rng: random.Random


Fault = Callable[[Call], bool]
"""Answers a call in its own way; True if the connection may be used on."""


class Relay(Listener):
    """Hands calls on to the centre, except while faults are due: each call takes the next of them."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.faults: deque[tuple[Fault, random.Random]] = deque()
        self.heard = 0
        self.strays: list[str] = []
        self.is_overlong = False
        self.answers: list[bytes] = []
        self.held: deque[bytes] = deque()
        self._lock = threading.Lock()
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, made: socket.socket) -> None:
        while request := _request(made):
            path = request.split(b" ", 2)[1].decode("latin-1")
            with self._lock:
                self.heard += 1
                if not path.startswith(_PATHS):
                    self.strays.append(path)
                fault = self.faults.popleft() if self.faults else None
            if fault is None:
                if not honest(Call(self, made, request, random.Random(0))):
                    return
            elif not fault[0](Call(self, made, request, fault[1])):
                return

    def forward(self, request: bytes, target: int | None = None) -> bytes:
        """What the centre, or another, answers: the whole answer."""
        with closing(socket.create_connection(("127.0.0.1", target or self.target))) as on:
            on.sendall(request)
            answer = _message(on)
        if target is None and b"/v1/sync" in request[:40]:
            with self._lock:
                self.answers.append(answer)
        return answer


def honest(call: Call) -> bool:
    """As if the relay were not there. An answer that was held goes out first, to whoever asks next."""
    if call.relay.held and b"/v1/sync" in call.request[:40]:
        late = call.relay.held.popleft()
        call.relay.forward(call.request)
        call.made.sendall(late)
        return True
    call.made.sendall(call.relay.forward(call.request))
    return True


def _request(made: socket.socket) -> bytes:
    return _message(made)


def _message(made: socket.socket) -> bytes:
    """A whole request or answer whose length is given; empty when there is none."""
    found = head_of(made)
    head, _, body = found.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        part = made.recv(65536)
        if not part:
            break
        found, body = found + part, body + part
    return found


# What can happen to a call on its way.


def request_cut(call: Call) -> bool:
    """The centre hears the first bytes of it, and the connection is gone."""
    length = call.rng.randrange(len(call.request) + 1)
    with closing(socket.create_connection(("127.0.0.1", call.relay.target))) as on:
        on.sendall(call.request[:length])
        if length == len(call.request):
            _message(on)
    return False


def answer_cut(call: Call) -> bool:
    """The centre acts, and the laptop hears the first bytes of the answer."""
    answer = call.relay.forward(call.request)
    call.made.sendall(answer[: call.rng.randrange(len(answer))])
    return False


def request_twice(call: Call) -> bool:
    """The centre hears it twice; the laptop hears either answer."""
    answers = [call.relay.forward(call.request) for _ in range(2)]
    call.made.sendall(call.rng.choice(answers))
    return True


def answer_late(call: Call) -> bool:
    """The answer comes to the next call in the place of its own."""
    call.relay.held.append(call.relay.forward(call.request))
    return False


def answer_twice(call: Call) -> bool:
    """The answer comes twice on one connection."""
    answer = call.relay.forward(call.request)
    call.made.sendall(answer * 2)
    return True


def answer_replayed(call: Call) -> bool:
    """An answer to an earlier call of someone who syncs here."""
    if not call.relay.answers:
        return answer_late(call)
    call.made.sendall(call.rng.choice(call.relay.answers))
    return True


def nobody(_: Call) -> bool:
    """The connection is closed without a word."""
    return False


def silence(call: Call) -> bool:
    """Nobody says anything."""
    call.made.settimeout(LONGEST)
    try:
        call.relay.is_overlong |= bool(call.made.recv(1))
    except TimeoutError:
        call.relay.is_overlong = True
    return False


def drip(call: Call) -> bool:
    """An answer that comes a byte at a time."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 800000\r\n\r\n"
    start = head[: call.rng.choice([0, 9, 20, len(head)])]
    call.made.sendall(start)
    call.made.settimeout(0.03)
    for _ in range(int(LONGEST / 0.03)):
        try:
            if call.made.recv(1) == b"":
                return False
        except TimeoutError:
            call.made.sendall(b" ")
    call.relay.is_overlong = True
    return False


# Who else may answer.


def said(status: str, kind: str, body: bytes, *more: str) -> Fault:
    """Someone who always says the same."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    answer_bytes = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def answer(call: Call) -> bool:
        call.made.sendall(answer_bytes)
        return True

    return answer


def raw(data: bytes) -> Fault:
    """Someone who says this and hangs up."""

    def answer(call: Call) -> bool:
        call.made.sendall(data)
        return False

    return answer


def endless(head: bytes, part: bytes) -> Fault:
    """Someone who never ends."""

    def answer(call: Call) -> bool:
        call.made.settimeout(LONGEST)
        call.made.sendall(head)
        sent = 0
        with suppress(OSError):
            while sent < 1 << 30:
                call.made.sendall(part)
                sent += len(part)
        return False

    return answer


def bomb(call: Call) -> bool:
    """A small answer that is a huge one."""
    return said("200 OK", _JSON, _packed(), "Content-Encoding: gzip")(call)


@cache
def _packed() -> bytes:
    return gzip.compress(b"0" * (160 * 1024 * 1024), 6)


_LOGIN = b"<html><form action=/login>Sign in to the wifi</form></html>"
PORTALS: dict[str, Fault] = {
    "portal: redirect to a login": said("302 Found", "text/html", _LOGIN, "Location: /login"),
    "portal: redirect of a post": said("307 Temporary Redirect", "text/html", b"", "Location: /login"),
    "portal: redirect for good": said("308 Permanent Redirect", "text/html", b"", "Location: /login"),
    "portal: page": said("200 OK", "text/html", _LOGIN),
    "portal: page called json": said("200 OK", _JSON, _LOGIN),
    "portal: json of something else": said("200 OK", _JSON, b'{"captive":true,"status":"ok"}'),
    "portal: network authentication required": said(
        "511 Network Authentication Required", "text/html", _LOGIN
    ),
    "portal: script": said("200 OK", "text/html", b"<script>location='/login'</script>"),
    "portal: refresh": said("200 OK", "text/html", b"<meta http-equiv=refresh content='0;/login'>"),
    "portal: no content": said("204 No Content", "text/html", b""),
    "portal: packed page": said("200 OK", "text/html", gzip.compress(_LOGIN), "Content-Encoding: gzip"),
    "portal: unauthorised": said("401 Unauthorized", "text/html", _LOGIN, "WWW-Authenticate: Basic"),
    "portal: come again in an hour": said(
        "503 Service Unavailable", "text/html", _LOGIN, "Retry-After: 3600"
    ),
    "portal: too many": said("429 Too Many Requests", "text/plain", b"no", "Retry-After: 86400"),
    "portal: other protocol": raw(b"\x15\x03\x01\x00\x02\x02\x28"),
    "portal: old protocol": raw(b"HTTP/1.0 200 OK\r\n\r\n" + _LOGIN),
    "portal: sign-in ended, in our words": said(
        "401 Unauthorized", _PROBLEM, b'{"status":401,"code":"unauthorised"}'
    ),
    "proxy: sign-in": said(
        "407 Proxy Authentication Required", "text/html", _LOGIN, "Proxy-Authenticate: NTLM"
    ),
}
BODIES: dict[str, Fault] = {
    "body: nested": said("200 OK", _JSON, b'{"nonce":' + b"[" * 200_000),
    "body: nested object": said("200 OK", _JSON, b'{"a":' * 100_000),
    "body: endless": endless(f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\n\r\n[".encode(), b"1," * 32768),
    "body: endless problem": endless(
        f"HTTP/1.1 500 X\r\nContent-Type: {_PROBLEM}\r\n\r\n[".encode(), b" " * 65536
    ),
    "body: endless head": endless(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 4096),
    "body: bomb": bomb,
    "body: not packed": said("200 OK", _JSON, b"{}", "Content-Encoding: gzip"),
    "body: charset": said("200 OK", f"{_JSON}; charset=utf-16", '{"nonce":"é"}'.encode("utf-16")),
    "body: not utf-8": said("200 OK", _JSON, b'{"nonce":"\xff\xfe\xc3("}'),
    "body: number": said("200 OK", _JSON, b'{"n":' + b"9" * 100_000 + b"}"),
    "body: nothing": said("200 OK", _JSON, b""),
    "body: null": said("200 OK", _JSON, b"null"),
    "body: shorter than said": raw(
        f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nContent-Length: 99\r\n\r\n{{}}".encode()
    ),
    "body: longer than said": raw(
        f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nContent-Length: 2\r\n\r\n{{}}HTTP/1.1 200 OK\r\n".encode()
    ),
    "body: bad chunks": raw(
        f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n".encode()
    ),
    "body: huge chunk": raw(
        f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n{{".encode()
    ),
    "body: two lengths": raw(
        f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{{}}   ".encode()
    ),
}


def status(call: Call) -> bool:
    """Any status from 400 to 599, as a page, as JSON or in our own words."""
    code = call.rng.choice([c for c in range(400, 600) if c not in (401, 403)])
    kind = call.rng.choice([_JSON, "text/html", _PROBLEM])
    word = call.rng.choice(["internal", "unavailable", "rate_limited", "not_found", "bad_envelope", "novel"])
    body = json.dumps({"status": code, "code": word}).encode()
    return said(f"{code} Some Words", kind, body)(call)


ON_THE_WAY: dict[str, Fault] = {
    "request cut": request_cut,
    "answer cut": answer_cut,
    "request twice": request_twice,
    "answer late": answer_late,
    "answer twice": answer_twice,
    "answer replayed": answer_replayed,
    "nobody": nobody,
    "silence": silence,
    "drip": drip,
    "status": status,
}
