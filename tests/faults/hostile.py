"""Rig 9, the centre: whatever is sent to it, by whomever, no answer is a 5xx and nobody learns of somebody else.

Each trial has two ambassadors. One keeps a session whose words appear nowhere else; the other, and people without a
sign-in, send requests that are mutated, crossed with the first one's ids, or made from the OpenAPI document by
schemathesis. Afterwards both logs are whole, and the first one's words were in no answer but their own.
"""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import hypothesis
import schemathesis
from hypothesis.strategies import SearchStrategy
from schemathesis.generation import GenerationMode

from tests.central.laptop import Laptop, place, recorded
from tests.faults.hostile_requests import Request, crossed, mutated, odd
from tests.faults.rig import Broken, Rig
from tests.kit.centre import Centre, running_centre
from tests.kit.ids import seeded_ids
from tests.kit.postgres import fresh_database

REQUESTS = 120
"""Requests of our own fuzzer in one trial."""
EXAMPLES = 6
"""Requests that schemathesis makes up for each operation and mode in one trial."""
_TRACE = re.compile(rb"Traceback|File \"|\.py\b|sqlalchemy|psycopg|sqlite3|SELECT |INSERT ", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{32}")
_PATIENCE = 60
_UNFINISHED = 2
"""Seconds given to a request that does not end: it is not answered, and rightly, however long one waits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, unpacked."""

    status: int
    kind: str
    body: bytes


def send(url: str, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """One request, as it stands: nothing is corrected on the way. Raises OSError, HTTPException."""
    parts = urlsplit(url)
    is_unfinished = headers.get("Transfer-Encoding") == "chunked" and not body.endswith(b"0\r\n\r\n")
    patience = _UNFINISHED if is_unfinished else _PATIENCE
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=patience)
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
        logging.getLogger("uvicorn.error").setLevel(
            logging.ERROR
        )  # It warns of each request that is no HTTP.
        self._stack = ExitStack()
        urls = [f"sqlite:///{self.folder / 'central.db'}", self._stack.enter_context(fresh_database())]
        self.centres = [self._stack.enter_context(running_centre(url)) for url in urls]
        logging.getLogger("uvicorn.error").setLevel(
            logging.ERROR
        )  # It warns of each request that is no HTTP.
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both."""
        self._stack.close()

    def trial(self, seed: int) -> Counter[str]:
        """One hostile day at one of the centres."""
        rng = random.Random(seed)
        with seeded_ids(seed):
            return self._day(rng, seed)

    def _day(self, rng: random.Random, seed: int) -> Counter[str]:
        centre = self.centres[seed % len(self.centres)]
        victim, attacker = (Laptop.enrol(centre.url, centre.invite(name=f"{n} {seed}")) for n in ("Vi", "At"))
        canary = f"canary{rng.getrandbits(64):x}"
        own = recorded(27, places=[place(f"School {canary}")], class_name=f"8B {canary}")
        later = recorded(28, parents=[own], places=[place(f"School {canary}")], class_name=f"8B {canary}")
        victim.sync([own, later])
        attacker.sync([recorded(5)])
        watch = _Watch(victim, later.rev_id, canary)
        counts: Counter[str] = Counter()
        makers: list[Callable[[], Request]] = [
            lambda: mutated(rng, attacker),
            lambda: crossed(rng, attacker, victim, own.to_object()),
            lambda: odd(rng, attacker),
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
    if answer.body and answer.status >= 400 and answer.kind.startswith("application/problem+json"):
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
        except (OSError, EOFError, ValueError, zlib.error):
            return ""
    return body.decode("utf-8", "replace")


def _by_schema(centre: Centre, attacker: Laptop, watch: _Watch, seed: int) -> int:
    """What schemathesis makes of our own OpenAPI document, right and wrong."""
    return sum(
        _examples(cases, headers, watch, seed)
        for cases in _cases(centre.url)
        for headers in ({}, {"Authorization": f"Bearer {attacker.enrolment['token']}"})
    )


@cache
def _cases(url: str) -> list[SearchStrategy[Any]]:
    """What makes requests up, read from the document once: the trial's seed decides what is made."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    return [
        result.ok().as_strategy(generation_mode=mode)  # type: ignore[union-attr]
        for result in schema.get_all_operations()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]


def _examples(cases: SearchStrategy[Any], headers: dict[str, str], watch: _Watch, seed: int) -> int:
    sent = 0

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(cases)
    def one(case: schemathesis.Case[Any]) -> None:
        nonlocal sent
        sent += 1
        response = case.call(headers=headers)
        if response.status_code >= 500:
            raise Broken(f"{case.as_curl_command()} was answered with {response.status_code}")
        watch.look(str(case.body), Answer(response.status_code, "", response.content))

    try:
        one()
    except hypothesis.errors.Unsatisfiable:
        return 0  # Nothing about this call can be wrong.
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
