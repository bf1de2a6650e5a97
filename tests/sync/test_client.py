"""Whatever is not certainly OMI online's answer is "not yet"."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from omi_desktop.domain.errors import (
    AccountErased,
    Busy,
    CodeRefused,
    Misunderstood,
    NotOurs,
    ProxyAsks,
    SignedOut,
    SyncProblem,
    Unreachable,
)
from omi_desktop.sync import client as client_module
from omi_desktop.sync.addresses import checked_address
from omi_desktop.sync.aside import Aside
from omi_desktop.sync.client import Client, TooMuch
from omi_desktop.sync.routes import Proxies, Routes
from omi_desktop.wire.messages import ROOT_CURSOR, SyncRequest

Say = Callable[[BaseHTTPRequestHandler], None]


class Somebody:
    """A server on loopback that answers everything as a test says."""

    def __init__(self) -> None:
        self.say: Say = answer(200, b"{}")
        self.heard: list[tuple[str, bytes]] = []
        somebody = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                somebody.heard.append((self.path, body))
                somebody.say(self)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """Clients that hang up are what these tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def answer(status: int, body: bytes, kind: str = "application/json", **headers: str) -> Say:
    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return say


def problem(status: int, code: str, **headers: str) -> Say:
    body = json.dumps({"type": "about:blank", "title": "x", "status": status, "code": code}).encode()
    return answer(status, body, "application/problem+json", **headers)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(400):
            handler.wfile.write(b"[" * 65536)
    except OSError:
        pass


@pytest.fixture
def somebody() -> Iterator[Somebody]:
    made = Somebody()
    yield made
    made.close()


@pytest.fixture
def client(somebody: Somebody) -> Iterator[Client]:
    made = Client(somebody.url)
    yield made
    made.close()


REQUEST = SyncRequest(nonce="a" * 32, cursor=ROOT_CURSOR)
OK = {"nonce": "a" * 32, "centre_id": "b" * 32, "status": "ok"}
BOMB = gzip.compress(b" " * 20_000_000)


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (answer(200, b"<html>Welcome to the wifi</html>", "text/html"), NotOurs),
        (answer(302, b"", Location="http://wifi.invalid/login"), NotOurs),
        (answer(307, b"", Location="/elsewhere"), NotOurs),
        (answer(511, b"<html>", "text/html"), Unreachable),
        (answer(200, b"<html>", "application/json"), NotOurs),
        (answer(200, b"", "application/json"), NotOurs),
        (answer(204, b"", "application/json"), NotOurs),
        (answer(200, b"[" * 100_000, "application/json"), NotOurs),
        (answer(200, b'{"nonce": 1}', "application/json"), Misunderstood),
        (answer(200, b'"hello"', "application/json"), Misunderstood),
        (answer(200, "naïve".encode("latin-1"), "application/json; charset=utf-8"), NotOurs),
        (answer(200, BOMB, "application/json", Content_Encoding="gzip"), NotOurs),
        (answer(200, b"not gzip", "application/json", Content_Encoding="gzip"), Unreachable),
        (answer(404, b"<html>", "text/html"), NotOurs),
        (answer(403, b"<html>Blocked by policy</html>", "text/html"), NotOurs),
        (answer(407, b"", Proxy_Authenticate="Basic"), ProxyAsks),
        (answer(429, b"", Retry_After="17"), Busy),
        (answer(503, b"<html>", "text/html"), Busy),
        (answer(500, b"<html>", "text/html"), Unreachable),
        (problem(401, "unauthorised"), SignedOut),
        (problem(401, "account_erased"), AccountErased),
        (problem(413, "too_large"), TooMuch),
        (problem(422, "bad_envelope"), TooMuch),
        (problem(400, "protocol_unknown"), Misunderstood),
        (problem(418, "a_code_of_later"), Misunderstood),
        (answer(401, b"{}", "application/problem+json"), NotOurs),
        (hang_up, Unreachable),
        (endless, NotOurs),
    ],
)
def test_an_answer_that_is_not_ours_is_a_problem_in_words(
    somebody: Somebody, client: Client, say: Say, expected: type[SyncProblem]
) -> None:
    somebody.say = say
    with pytest.raises(expected) as raised:
        client.sync("token", REQUEST, [])
    assert type(raised.value) is expected
    assert raised.value.detail


def test_the_time_that_a_busy_service_asks_for_is_kept(somebody: Somebody, client: Client) -> None:
    somebody.say = problem(503, "unavailable", Retry_After="17")
    with pytest.raises(Busy) as raised:
        client.sync("token", REQUEST, [])
    assert raised.value.retry_after == 17


def test_nobody_listening_is_unreachable(somebody: Somebody, client: Client) -> None:
    somebody.close()
    with pytest.raises(Unreachable):
        client.sync("token", REQUEST, [])


def test_a_code_that_does_not_work_says_so(somebody: Somebody, client: Client) -> None:
    somebody.say = problem(403, "code_refused")
    with pytest.raises(CodeRefused):
        client.enrol("0123", "Work laptop")


def test_revisions_go_out_byte_for_byte(somebody: Somebody, client: Client) -> None:
    somebody.say = answer(200, json.dumps(OK).encode())
    kept = '{"a":"Ysgol Tŷ\\t","b":1}'.encode()
    assert client.sync("token", REQUEST, [kept, kept]).status == "ok"
    body = gzip.decompress(somebody.heard[0][1])
    assert body.startswith(b'{"push":[' + kept + b"," + kept + b"],")
    assert json.loads(body)["nonce"] == REQUEST.nonce


def test_a_redirect_never_carries_the_token_elsewhere(somebody: Somebody, client: Client) -> None:
    somebody.say = answer(307, b"", Location=f"{somebody.url}/elsewhere")
    with pytest.raises(NotOurs):
        client.sync("token", REQUEST, [])
    assert [path for path, _ in somebody.heard] == ["/v1/sync"]


@pytest.mark.parametrize(
    "address",
    ["http://omi.invalid", "ftp://omi.invalid", "omi.invalid", "https://", "", "http://127.0.0.1.invalid"],
)
def test_an_address_that_is_not_safe_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        checked_address(address)


@pytest.mark.parametrize(
    "address", ["https://omi.invalid/", "http://127.0.0.1:8000", "http://localhost", "http://[::1]:1"]
)
def test_https_and_this_computer_are_safe(address: str) -> None:
    assert checked_address(address) == address.rstrip("/")


def test_two_threads_may_call_at_once(somebody: Somebody, client: Client) -> None:
    met = threading.Barrier(2, timeout=30)

    def say(handler: BaseHTTPRequestHandler) -> None:
        met.wait()
        answer(200, json.dumps({"status": "ok", "centre_id": "c" * 32, "protocol": 1}).encode())(handler)

    somebody.say = say
    found = [Aside(client.health) for _ in range(2)]
    assert [each.result().status for each in found] == ["ok", "ok"]


def test_after_closing_no_call_begins(somebody: Somebody, client: Client) -> None:
    """As one on another thread would, that was about to begin."""
    client.close()
    with pytest.raises(Unreachable):
        client.health()
    assert somebody.heard == []


def test_closing_ends_a_call_under_way_and_says_nothing_against_the_way(
    somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_come, may_end, has_ended = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(client_module, "READ_SECONDS", 120.0)
    monkeypatch.setattr(client_module, "CALL_SECONDS", 120.0)

    def say(_handler: BaseHTTPRequestHandler) -> None:
        has_come.set()
        may_end.wait(60)
        has_ended.set()

    class Noted(Routes):
        has_failed = False

        def failed(self, url: str, way: Proxies) -> None:
            self.has_failed = True

    somebody.say = say
    routes = Noted()
    client = Client(somebody.url, routes)
    call = Aside(client.health)
    assert has_come.wait(30)
    client.close()
    try:
        with pytest.raises(Unreachable):
            call.result()
        assert not has_ended.is_set()
    finally:
        may_end.set()
    assert not routes.has_failed


def test_a_sign_in_that_no_header_can_hold_is_a_problem_in_words(somebody: Somebody, client: Client) -> None:
    with pytest.raises(Unreachable):
        client.code_for_next_laptop("one\ntwo")
    assert somebody.heard == []


def test_connections_that_end_with_their_answers_leave_no_file_open(
    somebody: Somebody, client: Client
) -> None:
    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        body = json.dumps({"status": "ok", "centre_id": "c" * 32, "protocol": 1}).encode()
        answer(200, body, Connection="close")(handler)

    somebody.say = say
    for _ in range(5):
        client.health()
    assert [len(line.wires._open) for line in client._lines] == [1]
