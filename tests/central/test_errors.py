"""Whatever comes in, the answer is a problem document, and says nothing of how the service is made."""

from __future__ import annotations

import json
import re
import socket
from contextlib import closing, suppress
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from omi_desktop.wire.problems import TABLE, Code
from tests.central.laptop import Laptop
from tests.kit.centre import Centre

TELLTALE = re.compile(
    r"Traceback|File \"|line \d+|site-packages|omi_desktop|sqlalchemy|psycopg|sqlite|starlette|uvicorn|fastapi|pydantic"
    r"|SELECT |INSERT |UPDATE |\.py\b|<class |0x[0-9a-f]{6}",
    re.IGNORECASE,
)
"""What an answer must never hold: traces, paths, SQL, and what the service is made of."""
JSON = "Content-Type: application/json"
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
    + "A" * 22
    + "=="
)


def raw(centre: Centre, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are; status, headers and body of the first answer."""
    where = urlsplit(centre.url)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # It may hang up before it has read all.
            connection.sendall(sent)
        with closing(HTTPResponse(connection, method="HEAD" if sent.startswith(b"HEAD") else None)) as answer:
            answer.begin()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, headers, answer.read()


def assert_problem(found: tuple[int, dict[str, str], bytes], code: Code, *, is_head: bool = False) -> None:
    """The answer is the document of this code, and no more."""
    status, headers, body = found
    assert (status, headers.get("content-type")) == (TABLE[code].status, "application/problem+json")
    assert "server" not in headers
    assert not TELLTALE.search(str(headers)), headers
    if is_head:
        assert body == b""
        return
    document = json.loads(body)
    assert set(document) == {"type", "title", "status", "detail", "code"}
    assert (document["status"], document["code"]) == (status, code.value)
    assert not TELLTALE.search(body.decode()), body


def call(line: str, *headers: str, body: bytes = b"") -> bytes:
    head = "\r\n".join([line, "Host: x", f"Content-Length: {len(body)}", *headers])
    return head.encode("latin-1") + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        # What is no request at all.
        (b"nonsense\r\n\r\n", Code.BAD_REQUEST),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", Code.BAD_REQUEST),
        (b"GET / HTTP/1.1x\r\nHost: x\r\n\r\n", Code.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\n\r\n", Code.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", Code.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", Code.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA\x00: b\r\n\r\n", Code.BAD_REQUEST),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", Code.BAD_REQUEST),
        (b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", Code.BAD_REQUEST),
        (b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", Code.BAD_REQUEST),
        # Where nothing is.
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Code.NOT_FOUND),
        (call("GET / HTTP/1.1"), Code.NOT_FOUND),
        (call("GET /v1/totals/ HTTP/1.1"), Code.NOT_FOUND),
        (call("GET //v1/totals HTTP/1.1"), Code.NOT_FOUND),
        (call("GET /v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), Code.NOT_FOUND),
        (call("GET /%ff%fe%00%zz HTTP/1.1"), Code.NOT_FOUND),
        (call("GET /%f0%9f%98%80 HTTP/1.1"), Code.NOT_FOUND),
        (call("GET http://elsewhere/v1/totals HTTP/1.1"), Code.NOT_FOUND),
        (call("OPTIONS * HTTP/1.1"), Code.NOT_FOUND),
        (call("CONNECT elsewhere:443 HTTP/1.1"), Code.NOT_FOUND),
        (call("GET /docs HTTP/1.1"), Code.NOT_FOUND),
        (call("GET /chat HTTP/1.1", UPGRADE), Code.NOT_FOUND),
        # What is not offered.
        (call("GET /v1/sync HTTP/1.1"), Code.METHOD_NOT_ALLOWED),
        (call("GET /v1/sync HTTP/1.1", UPGRADE), Code.METHOD_NOT_ALLOWED),
        (call("DELETE /v1/totals HTTP/1.1"), Code.METHOD_NOT_ALLOWED),
        (call("TRACE /healthz HTTP/1.1"), Code.METHOD_NOT_ALLOWED),
        (call("BREW /healthz HTTP/1.1"), Code.METHOD_NOT_ALLOWED),
        (call("OPTIONS /v1/sync HTTP/1.1"), Code.METHOD_NOT_ALLOWED),
        # What is asked wrongly.
        (call("GET /v1/totals HTTP/1.1"), Code.BAD_ENVELOPE),
        (call("GET /v1/totals?year=%ff HTTP/1.1"), Code.BAD_ENVELOPE),
        (call("GET /v1/totals?year=2026;DROP%20TABLE%20log HTTP/1.1"), Code.BAD_ENVELOPE),
        (call("GET /v1/totals?year=" + "9" * 5000 + " HTTP/1.1"), Code.BAD_ENVELOPE),
        (call("POST /v1/devices HTTP/1.1", JSON, body=b"{"), Code.BAD_ENVELOPE),
        (call("POST /v1/devices HTTP/1.1", JSON, body=b'{"code":"\\ud800","device":1}'), Code.BAD_ENVELOPE),
        (call("POST /v1/devices HTTP/1.1", JSON, body=b"[" * 100_000), Code.BAD_ENVELOPE),
        (call("POST /v1/devices HTTP/1.1", "Content-Encoding: gzip", body=b"no"), Code.BAD_ENVELOPE),
        (call("POST /v1/devices HTTP/1.1", "Content-Encoding: br, \xff", body=b"no"), Code.ENCODING_UNKNOWN),
        (call("POST /v1/devices HTTP/1.1", body=b"x" * 600_000), Code.TOO_LARGE),
        (call("POST /v1/devices HTTP/1.1", body=b'{"code":"no such code","device":"L"}'), Code.CODE_REFUSED),
        # Who is not let in.
        (call("POST /v1/sync HTTP/1.1"), Code.UNAUTHORISED),
        (call("POST /v1/sync HTTP/1.1", "Authorization: Basic eDp5"), Code.UNAUTHORISED),
        (call("POST /v1/sync HTTP/1.1", "Authorization: Bearer \xff\xfe"), Code.UNAUTHORISED),
        (call("POST /v1/sync HTTP/1.1", "Authorization: Bearer ' OR 1=1 --"), Code.UNAUTHORISED),
        (call("POST /v1/devices/code HTTP/1.1"), Code.UNAUTHORISED),
    ],
    ids=lambda value: value.value if isinstance(value, Code) else repr(value[:40]),
)  # fmt: skip
def test_whatever_is_sent_gets_a_problem_document_without_a_trace(
    centre: Centre, sent: bytes, code: Code
) -> None:
    assert_problem(raw(centre, sent), code)


@pytest.mark.parametrize(
    "sent",
    [
        call("GET /healthz HTTP/1.1", "X: " + "y" * 200_000),
        call("GET /healthz HTTP/1.1", *[f"X{number}: y" for number in range(20_000)]),
        call("GET /" + "y" * 200_000 + " HTTP/1.1"),
    ],
    ids=["header", "headers", "path"],
)
def test_a_head_without_end_is_refused(centre: Centre, sent: bytes) -> None:
    try:
        found = raw(centre, sent)
    except ConnectionResetError:
        return  # What was still on its way when it hung up may take the answer with it.
    assert_problem(found, Code.BAD_REQUEST)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("HEAD /nowhere HTTP/1.1", Code.NOT_FOUND),
        ("HEAD /v1/totals?year=2026 HTTP/1.1", Code.METHOD_NOT_ALLOWED),
    ],
)
def test_head_gets_the_head_of_a_problem(centre: Centre, line: str, code: Code) -> None:
    assert_problem(raw(centre, call(line)), code, is_head=True)


def test_a_method_that_is_not_offered_names_those_that_are(centre: Centre) -> None:
    _, headers, _ = raw(centre, call("GET /v1/sync HTTP/1.1"))
    assert headers["allow"] == "POST"


def test_garbage_after_a_call_that_is_being_answered_ends_the_connection_and_nothing_else(
    centre: Centre, laptop: Laptop, caplog: pytest.LogCaptureFixture
) -> None:
    where = urlsplit(centre.url)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        connection.sendall(call("GET /healthz HTTP/1.1") + b"\x00\xff nonsense\r\n\r\n")
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    assert not TELLTALE.search(b"".join(parts).decode())
    assert "Traceback" not in caplog.text
    assert laptop.sync().status == "ok"


def test_the_contract_shows_nothing_of_how_the_service_is_made(centre: Centre) -> None:
    status, _, body = raw(centre, call("GET /openapi.json HTTP/1.1"))
    assert status == 200
    assert not TELLTALE.search(body.decode())
