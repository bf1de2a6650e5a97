"""What nobody who means well would send: right requests spoilt, crossed with another's ids, or odd from the start.

Each maker returns method, target, body and headers.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
import secrets
from typing import Any

from omi_desktop.domain.revision import Kind
from tests.central.laptop import Laptop, recorded, removed, saved

Request = tuple[str, str, bytes, dict[str, str]]
PATHS = ("/v1/sync", "/v1/devices", "/v1/devices/code", "/v1/totals?year=2026", "/v1/carry", "/healthz")


def _request(attacker: Laptop, push: list[Any]) -> dict[str, Any]:
    return {
        "nonce": secrets.token_hex(16),
        "protocol": 1,
        "cursor": attacker.cursor.model_dump(),
        "push": push,
        "check": True,
        "holding": {"unsent": 1, "oldest": "2026-11-02"},
    }


def _signed_in(laptop: Laptop) -> dict[str, str]:
    return {"Authorization": f"Bearer {laptop.enrolment['token']}", "Content-Type": "application/json"}


HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**53, 2**63, 10**30, 1.5, float("nan"), float("inf"), "", "\0", "\ud800", "a" * 70_000,
    "' OR 1=1 --", "<script>", "%s%s%n", "../../etc/passwd", "\u202e", [], {}, [[]], {"a": {}}, [None] * 300,
    "2026-02-30", "9999-12-31", "24:00", "-0", "🦊" * 100, {"__class__": "x"}, {"$ref": "#"}, "0" * 32, "f" * 64,
)  # fmt: skip


def mutated(rng: random.Random, attacker: Laptop) -> Request:
    """A request that was right, with values or bytes of it replaced."""
    request: dict[str, Any] = _request(attacker, [recorded(rng.randrange(1, 40)).to_object()])
    if rng.random() < 0.2:
        request["push"] *= rng.choice([1, 2, 150])
    for _ in range(rng.randrange(4)):
        _put_somewhere(rng, request, copy.deepcopy(rng.choice(HOSTILE_VALUES)))
    body = json.dumps(request).encode("utf-8", "surrogatepass")
    if rng.random() < 0.1:
        body = body.replace(b'"push"', b'"x":' + b"[" * 20_000 + b"]" * 20_000 + b',"push"', 1)
    if rng.random() < 0.3:
        body = body.replace(b'"nonce":', b'"nonce":1,"nonce":', 1)
    if rng.random() < 0.4:
        body = _spoilt(rng, body)
    headers = _signed_in(attacker)
    if rng.random() < 0.5:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body)
        if rng.random() < 0.3:
            body = _spoilt(rng, body)
    return "POST", rng.choice(PATHS[:3]), body, headers


def _put_somewhere(rng: random.Random, inside: Any, value: Any) -> None:
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if not keys:
            return
        key = rng.choice(keys)
        if isinstance(inside[key], dict | list) and inside[key] and rng.random() < 0.8:
            inside = inside[key]
            continue
        inside[key] = value
        return


def _spoilt(rng: random.Random, body: bytes) -> bytes:
    data = bytearray(body)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data) or 1)
        match rng.randrange(4):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at : at + rng.randrange(1, 50)]
            case 2:
                data[at:at] = data[at : at + rng.randrange(1, 200)]
            case _:
                data[at:at] = rng.randbytes(rng.randrange(1, 20))
    return bytes(data)


def crossed(rng: random.Random, attacker: Laptop, victim: Laptop, theirs: dict[str, Any]) -> Request:
    """The attacker's sign-in, or none, with the ids of the victim."""
    mine = recorded(rng.randrange(1, 40)).to_object()
    headers = _signed_in(attacker)
    match rng.randrange(9):
        case 0:
            push = [mine | {"rev_id": theirs["rev_id"]}]
        case 1:
            push = [mine | {"record_id": theirs["record_id"]}]
        case 2:
            push = [mine | {"record_id": theirs["record_id"], "parents": [theirs["rev_id"]], "depth": 2}]
        case 3:
            push = [saved(Kind.ERASURE, {"records": [theirs["record_id"]]}).to_object()]
        case 4:
            push = [saved(Kind.GROUP_ANSWER, {"question": theirs["record_id"], "answer": "same"}).to_object()]
        case 5:
            push = [removed(recorded(3)).to_object() | {"record_id": theirs["record_id"]}]
        case 6:
            request = _request(attacker, []) | {
                "cursor": victim.cursor.model_dump(),
                "account": victim.account,
            }
            return "POST", f"/v1/sync?account={victim.account}", json.dumps(request).encode(), headers
        case 7:
            sealed = secrets.token_urlsafe(rng.randrange(400))
            body = json.dumps({"account_id": victim.account, "sealed": sealed}).encode()
            return "POST", "/v1/carry", body, headers
        case _:
            headers["Authorization"] = f"Bearer {victim.account}"
            push = [mine]
    return "POST", "/v1/sync", json.dumps(_request(attacker, push)).encode(), headers


def odd(rng: random.Random, attacker: Laptop) -> Request:
    """Methods, targets and headers that nobody who means well sends."""
    method = rng.choice(
        ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "PATCH", "BREW", "CONNECT"]
    )
    target = rng.choice(
        [
            *PATHS, "/", "//v1//sync", "/v1/sync/../../etc/passwd", "/v1/%00", "/v1/%ff%fe", "/v1/sync%0d%0aX: y",
            "/v1/totals", "/v1/totals?year=", "/v1/totals?year=" + "9" * 20, "/v1/totals?year=2026&year=x",
            "/v1/totals?year=2026.5", "/v1/totals?year=%F0%9F%A6%8A", "/v1/totals?" + "a=1&" * 3000, "/docs",
            "/metrics", "/openapi.json", "/v1/" + "a" * 8000, "/v1/totals/breakdown?year=2026&by=nation",
            "/v1/totals/breakdown?year=2026&by=account_id", "/v1/totals/breakdown?by[]=x",
        ]
    )  # fmt: skip
    headers: dict[str, str] = {}
    for name, values in {
        "Authorization": [
            f"Bearer {attacker.enrolment['token']}", "Bearer", "Bearer  ", "Basic eDp5", "Bearer \xff", "bearer a b",
            "Bearer " + "a" * 5000,
        ],
        "Content-Type": ["application/json", "text/html", "text/plain; charset=utf-7", "multipart/form-data", ""],
        "Content-Encoding": ["gzip", "br", "gzip, gzip", "identity", "\xe9"],
        "Accept-Encoding": ["gzip", "gzip;q=0", "*", ";;;"],
        "Transfer-Encoding": ["chunked"],
        "Expect": ["100-continue"],
        "Upgrade": ["websocket"],
        "X-Forwarded-For": ["127.0.0.1", "' OR 1=1"],
        "Host": ["evil.invalid", "a" * 300],
        "Range": ["bytes=0-"],
    }.items():  # fmt: skip
        if rng.random() < (0.8 if name == "Authorization" else 0.2):
            headers[name] = rng.choice(values)
    body = rng.choice(
        [b"", b"null", b"[]", b"{}", b'"', b"\xff\xfe", b"{" * 1000, b"0" * 5000, b"5\r\nhello\r\n0\r\n\r\n"]
    )
    return method, target, body, headers
