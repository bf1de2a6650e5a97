"""Rig 9, the centre: whatever is sent to it, by whomever, no answer is a 5xx and nobody learns of somebody else.

Each trial has two ambassadors. One keeps a session whose words appear nowhere else; the other, and people without a
sign-in, send requests that are mutated, crossed with the first one's ids, or made from the OpenAPI document by
schemathesis. Afterwards both logs are whole, and the first one's words were in no answer but their own.
"""

from __future__ import annotations

import copy
import gzip
import http.client
import json
import random
import re
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import hypothesis
import schemathesis
from schemathesis.generation import GenerationMode

from omi_desktop.domain.revision import Kind
from tests.central.laptop import Laptop, place, recorded, removed, saved
from tests.faults.rig import Broken, Rig
from tests.kit.centre import Centre, running_centre
from tests.kit.postgres import fresh_database

REQUESTS = 120
"""Requests of our own fuzzer in one trial."""
EXAMPLES = 6
"""Requests that schemathesis makes up for each operation and mode in one trial."""
PATHS = ("/v1/sync", "/v1/devices", "/v1/devices/code", "/v1/totals?year=2026", "/v1/carry", "/healthz")
_TRACE = re.compile(rb"Traceback|File \"|\.py\b|sqlalchemy|psycopg|sqlite3|SELECT |INSERT ", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{32}")
_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, unpacked."""

    status: int
    kind: str
    body: bytes


def send(url: str, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """One request, as it stands: nothing is corrected on the way. Raises OSError, HTTPException."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value.encode("latin-1", "replace"))
        if "Content-Length" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        found = response.read()
        if response.headers.get("Content-Encoding") == "gzip":
            found = gzip.decompress(found)
        return Answer(response.status, response.headers.get("Content-Type", ""), found)
    finally:
        connection.close()


class Hostile(Rig):
    """See the module."""

    name: ClassVar[str] = "hostile"
    what: ClassVar[str] = (
        "requests mutated, with others' ids, made from the OpenAPI document: no 5xx, no leak"
    )
    unit: ClassVar[str] = "requests"
    short: ClassVar[int] = 24

    def __enter__(self) -> Self:
        """A centre on each database."""
        self._stack = ExitStack()
        urls = [f"sqlite:///{self.folder / 'central.db'}", self._stack.enter_context(fresh_database())]
        self.centres = [self._stack.enter_context(running_centre(url)) for url in urls]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both."""
        self._stack.close()

    def trial(self, seed: int) -> Counter[str]:
        """One hostile day at one of the centres."""
        rng = random.Random(seed)
        centre = self.centres[seed % len(self.centres)]
        victim, attacker = (Laptop.enrol(centre.url, centre.invite(name=f"{n} {seed}")) for n in ("Vi", "At"))
        canary = f"canary{rng.getrandbits(64):x}"
        own = recorded(27, places=[place(f"School {canary}")], class_name=f"8B {canary}")
        later = recorded(28, parents=[own], places=[place(f"School {canary}")], class_name=f"8B {canary}")
        victim.sync([own, later])
        attacker.sync([recorded(5)])
        watch = _Watch(victim, later.rev_id, canary)
        counts: Counter[str] = Counter()
        makers: list[Callable[[], tuple[str, str, bytes, dict[str, str]]]] = [
            lambda: _mutated(rng, attacker, victim),
            lambda: _crossed(rng, attacker, victim, own.to_object()),
            lambda: _odd(rng, attacker),
        ]
        for _ in range(REQUESTS):
            method, target, body, headers = rng.choice(makers)()
            _judge(watch, centre.url, method, target, body, headers)
            counts["requests"] += 1
        counts["requests"] += _by_schema(centre, attacker, watch, seed)
        _both_are_whole(victim, attacker, {own.rev_id, later.rev_id})
        return counts


@dataclass(frozen=True, slots=True)
class _Watch:
    """What must be in no answer to anyone else. `unknown_id` is an id of theirs that the attacker never sends."""

    victim: Laptop
    unknown_id: str
    canary: str

    def look(self, asked: str, answer: Answer) -> None:
        """Raise Broken for a leak. The account's id may come back where the request named it."""
        found = answer.body.decode("utf-8", "replace")
        secret = [
            self.canary,
            self.unknown_id,
            *(self.victim.enrolment[key] for key in ("token", "carry_key")),
        ]
        secret += [self.victim.account] if self.victim.account not in asked else []
        leaked = [word for word in secret if word in found]
        if leaked:
            raise Broken(f"{asked[:300]} was answered with somebody else's {leaked}: {found[:300]}")


def _judge(watch: _Watch, url: str, method: str, target: str, body: bytes, headers: dict[str, str]) -> None:
    asked = f"{method} {target} {headers} {body[:2000]!r}"
    try:
        answer = send(url, method, target, body, headers)
    except (OSError, http.client.HTTPException):
        # Hung up on without an answer, as on a request that is no HTTP; the service must still stand.
        answer = send(url, "GET", "/healthz", b"", {})
        if answer.status != 200:
            raise Broken(f"after {asked[:600]} the service answers {answer.status}") from None
        return
    if answer.status >= 500:
        raise Broken(f"{asked[:1500]} was answered with {answer.status}: {answer.body[:300]!r}")
    if answer.status >= 400 and answer.kind.startswith("application/problem+json"):
        document = json.loads(answer.body)
        if document["status"] != answer.status or not document["code"]:
            raise Broken(f"{asked[:600]}: a problem document that contradicts itself: {document}")
    if _TRACE.search(answer.body) and not _TRACE.search(body):
        raise Broken(f"{asked[:600]} was answered with the inside of the service: {answer.body[:600]!r}")
    watch.look(f"{asked} {_unpacked(body, headers)}", answer)


def _unpacked(body: bytes, headers: Mapping[str, str]) -> str:
    if headers.get("Content-Encoding") == "gzip":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, ValueError):
            return ""
    return body.decode("utf-8", "replace")


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


def _mutated(rng: random.Random, attacker: Laptop, victim: Laptop) -> tuple[str, str, bytes, dict[str, str]]:
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
    del victim
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


def _crossed(
    rng: random.Random, attacker: Laptop, victim: Laptop, theirs: dict[str, Any]
) -> tuple[str, str, bytes, dict[str, str]]:
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


def _odd(rng: random.Random, attacker: Laptop) -> tuple[str, str, bytes, dict[str, str]]:
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


def _by_schema(centre: Centre, attacker: Laptop, watch: _Watch, seed: int) -> int:
    """What schemathesis makes of our own OpenAPI document, right and wrong."""
    schema = schemathesis.openapi.from_url(f"{centre.url}/openapi.json")
    sent = 0
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]  # our own document is never invalid
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for auth in ({}, {"Authorization": f"Bearer {attacker.enrolment['token']}"}):

                @hypothesis.seed(seed)
                @hypothesis.settings(
                    max_examples=EXAMPLES, deadline=None, database=None, derandomize=False,
                    suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate],
                )  # fmt: skip
                @hypothesis.given(operation.as_strategy(generation_mode=mode))
                def one(case: schemathesis.Case[Any], auth: dict[str, str] = auth) -> None:
                    nonlocal sent
                    sent += 1
                    response = case.call(headers=auth)
                    answer = Answer(response.status_code, "", response.content)
                    if answer.status >= 500:
                        raise Broken(f"{case.as_curl_command()} was answered with {answer.status}")
                    watch.look(str(case.body), answer)

                try:
                    one()
                except hypothesis.errors.Unsatisfiable:
                    continue  # Nothing about this call can be wrong.
    return sent


def _both_are_whole(victim: Laptop, attacker: Laptop, theirs: set[str]) -> None:
    """Both read their whole logs again, every hash checked; the victim's has exactly what they saved."""
    for laptop in (victim, attacker):
        laptop.held.clear()
        laptop.restart()
        laptop.pull_all()
    if set(victim.held) != theirs:
        raise Broken(f"the other's log has {set(victim.held)} instead of {theirs}")
    if any(
        name in theirs and found["body"] == victim.held[name]["body"] for name, found in attacker.held.items()
    ):
        raise Broken("one account's log has the other's session")
