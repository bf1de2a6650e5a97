"""What HTTP adds: failures of the service itself, laptops that hang up, and the committed OpenAPI document."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import Callable, Coroutine
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from fastapi import FastAPI
from limits import RateLimitItem
from sqlalchemy import make_url
from starlette.types import Message, Scope

from omi_desktop.central import openapi
from omi_desktop.central.app import create_app
from omi_desktop.central.rates import Rates
from omi_desktop.wire import limits
from tests.central.laptop import HandClock, Laptop, recorded
from tests.central.test_contract import problem
from tests.kit.centre import Centre


def test_the_committed_openapi_document_is_that_of_the_service() -> None:
    committed = openapi.COMMITTED.read_text(encoding="utf-8")
    assert committed == openapi.text(), "write it anew: python -m omi_desktop.central.openapi"


def test_the_openapi_document_names_every_call_of_the_contract() -> None:
    found = json.loads(openapi.COMMITTED.read_text(encoding="utf-8"))
    calls = {(method, path) for path, methods in found["paths"].items() for method in methods}
    assert calls == {
        ("post", "/v1/sync"),
        ("post", "/v1/devices"),
        ("post", "/v1/devices/code"),
        ("post", "/v1/carry"),
        ("get", "/v1/totals"),
        ("get", "/v1/totals/breakdown"),
        ("get", "/v1/packs/newest"),
        ("get", "/v1/packs/{version}"),
        ("get", "/healthz"),
    }
    assert {"SyncRequest", "SyncAnswer", "DeviceRequest", "CarryRequest", "ProblemDocument"} <= set(
        found["components"]["schemas"]
    )


def take_away(centre: Centre) -> None:
    """Make the database unreachable under a running service."""
    url = make_url(centre.database_url)
    centre.database.close()
    if url.database and centre.database.is_sqlite:
        Path(url.database).unlink()
        Path(url.database).mkdir()
        return
    admin = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")


def test_a_database_that_cannot_be_reached_is_told_with_when_to_come_again(
    own_centre: Centre, own_laptop: Laptop
) -> None:
    take_away(own_centre)
    for response in (own_laptop.ask([recorded()]), requests.get(f"{own_centre.url}/healthz", timeout=30)):
        assert problem(response) == (503, "unavailable")
        assert int(response.headers["Retry-After"]) > 0


def test_a_fault_of_the_service_is_logged_and_answered_without_a_word_of_it(
    centre: Centre, laptop: Laptop, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.is_broken = True
    response = laptop.ask([recorded()])
    assert problem(response) == (500, "internal")
    assert "secret" not in response.text
    assert "builtins.RuntimeError" in caplog.text
    assert "secret" not in caplog.text  # a database's message holds what people wrote


def test_a_laptop_that_hangs_up_while_it_sends_leaves_nothing(centre: Centre, laptop: Laptop) -> None:
    body = json.dumps(
        {
            "nonce": "0" * 32,
            "protocol": 1,
            "cursor": laptop.cursor.model_dump(),
            "push": [recorded().to_object()],
        }
    ).encode()
    where = urlsplit(centre.url)
    head = (
        f"POST /v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {laptop.enrolment['token']}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(head + body[:-1])
    assert laptop.sync().pull == []


def test_answers_are_not_kept_by_anyone_between(centre: Centre, laptop: Laptop) -> None:
    assert laptop.ask().headers["Cache-Control"] == "no-store"


def asgi_answer(
    app: FastAPI, call: Callable[..., Coroutine[Any, Any, None]], scope: Scope, body: bytes
) -> list[Message]:
    """What an application says to one call, whose body comes in two parts."""
    parts = [
        {"type": "http.request", "body": body[:7], "more_body": True},
        {"type": "http.request", "body": body[7:], "more_body": False},
    ]
    said: list[Message] = []

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    asyncio.run(call(app, {**scope}, receive, send))
    return said


@pytest.mark.parametrize(
    ("method", "path"),
    [*((method, "/v1/sync") for method in ("POST", "GET", "HEAD", "OPTIONS", "post")), ("POST", "/v1/sync/")],
)
def test_a_sync_is_answered_past_the_layers_as_it_is_through_them(
    centre: Centre, laptop: Laptop, method: str, path: str
) -> None:
    counted: list[str] = []

    class Counting(Rates):
        def count(self, rate: RateLimitItem, who: str) -> None:
            counted.append(f"{rate.namespace} {who}")

    app = create_app(centre.database, HandClock(), Counting())
    asked = {"nonce": "0" * 32, "protocol": 1, "cursor": laptop.cursor.model_dump(), "push": []}
    plain = json.dumps(asked).encode()
    for token, packing in product((laptop.enrolment["token"], "nobody's", ""), ("", "gzip", "br")):
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"x=1",
            "headers": [
                (b"authorization", f"Bearer {token}".encode()),
                (b"content-encoding", packing.encode()),
                (b"accept-encoding", packing.encode()),
            ],
            "client": ("192.0.2.1", 9),
        }
        full = gzip.compress(plain) if packing else plain
        for body in (full, full[:-3], b"", b"x" * (limits.REQUEST_BYTES + 1)):
            short = asgi_answer(app, type(app).__call__, scope, body)
            counted_short, counted[:] = list(counted), []
            assert short == asgi_answer(app, FastAPI.__call__, scope, body)
            assert counted == counted_short
            assert counted.count("calls 192.0.2.1") == 1
            counted.clear()
