"""A centre under load: eight laptops send batches of twenty at once, against the raw server under the same load.

What is sent was written and packed beforehand, so that on both sides little but the server is measured: where the
chain will stand after each batch can be reckoned before any is sent. The laptops are threads of this process, on one
kept connection each.
"""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest

from omi_desktop.domain.clock import SystemClock, uk_today
from omi_desktop.domain.revision import ROOT, Kind, Revision, chain, compose, new_id
from omi_desktop.domain.session import write
from omi_desktop.sync.client import Client
from omi_desktop.sync.packing import sync_body
from omi_desktop.wire.messages import Cursor, SyncRequest
from tests.bench.measuring import Broken, Figure, Found, Settings, Values, column, seconds, take_turns
from tests.bench.profile import APP, session
from tests.bench.sync import central_server, invite, raw_server
from tests.kit.postgres import fresh_database

CONNECTIONS = 8
BATCH = 20
_PATIENCE = 60
Posts = Sequence[tuple[bytes, object]]
"""What one connection sends, packed, and what each answer must say."""


@dataclass(frozen=True, slots=True)
class _Caller:
    """One laptop of an account of its own. `path` and `headers` are those of its calls."""

    url: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, posts: Posts) -> None:
        """One after the other, each answer read before the next. Raises Broken for a wrong one."""
        parts = urlsplit(self.url)
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"} | self.headers
        with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)) as line:
            for packed, expected in posts:
                line.request("POST", self.path, packed, headers)
                found = _said(line.getresponse().read())
                if found != expected:
                    raise Broken(f"a batch was answered with {found}, not {expected}")


def measure_sqlite(settings: Settings) -> Found:
    """Both servers on SQLite."""
    folder = settings.folder / "load-sqlite"
    folder.mkdir()
    urls = f"sqlite:///{folder / 'centre.db'}", f"sqlite:///{folder / 'limit.db'}"
    return _measure(settings, "load-sqlite", "SQLite", *urls)


def measure_postgres(settings: Settings) -> Found:
    """Both servers on databases of one PostgreSQL."""
    try:
        with ExitStack() as databases:
            urls = [databases.enter_context(fresh_database()) for _ in range(2)]
            return _measure(settings, "load-postgresql", "PostgreSQL", *urls)
    except pytest.skip.Exception as reason:
        return Found(skipped={"load-postgresql": str(reason)})


def _measure(settings: Settings, name: str, on: str, centre_url: str, limit_url: str) -> Found:
    batches = settings.size(40, 2)
    codes = iter(invite(centre_url, CONNECTIONS * (settings.runs + 1)))
    numbers = count()
    today = uk_today(SystemClock())
    with central_server(centre_url, "--rate-limits", "off") as centre, raw_server(limit_url) as raw:

        def limit() -> Values:
            callers = [_Caller(raw, f"/batches/{next(numbers)}") for _ in range(CONNECTIONS)]
            return _at_once(callers, [_raw_posts(_saved(next(numbers), batches, today)) for _ in callers])

        def ours() -> Values:
            callers = [_enrolled(centre, next(codes)) for _ in range(CONNECTIONS)]
            return _at_once(callers, [_our_posts(_saved(next(numbers), batches, today)) for _ in callers])

        limits, our_runs = take_turns(settings, limit, ours)
    what = f"{CONNECTIONS} laptops at once, {batches} batches of {BATCH} each, {on}; limit: the raw server"
    figure = Figure(
        name, what, "revisions/s", column(limits, "rate"), column(our_runs, "rate"), goal=0.6, is_rate=True
    )
    return Found([figure])


def _at_once(callers: Sequence[_Caller], posts: Sequence[Posts]) -> Values:
    """All callers send together; revisions in a second, from the first request to the last answer."""
    with ThreadPoolExecutor(CONNECTIONS) as threads:

        def work() -> None:
            for sent in [
                threads.submit(caller.send, each) for caller, each in zip(callers, posts, strict=True)
            ]:
                sent.result()

        taken = seconds(work)
    return {"rate": sum(map(len, posts)) * BATCH / taken}


def _saved(number: int, batches: int, today: date) -> list[list[Revision]]:
    """What an ambassador in a town of their own has saved, in batches."""
    make = partial(compose, kind=Kind.SESSION, app=APP, device="Bench laptop", now=SystemClock().now())
    bodies = [write(session(each, today, f"Town {number}")) for each in range(batches * BATCH)]
    made = [make(body=body) for body in bodies]
    return [made[start : start + BATCH] for start in range(0, len(made), BATCH)]


def _raw_posts(batches: Sequence[Sequence[Revision]]) -> Posts:
    def body(batch: Sequence[Revision]) -> bytes:
        return b"[" + b",".join(revision.canonical for revision in batch) + b"]"

    return [(gzip.compress(body(batch), 1), {"taken": len(batch)}) for batch in batches]


def _our_posts(batches: Sequence[Sequence[Revision]]) -> Posts:
    """Each request goes on from where the answer before it ends."""
    posts: list[tuple[bytes, object]] = []
    cursor = Cursor(n=0, h=ROOT)
    for batch in batches:
        request = SyncRequest(nonce=new_id(), cursor=cursor)
        h = cursor.h
        for revision in batch:
            h = chain(h, revision.rev_id, revision.sha)
        cursor = Cursor(n=cursor.n + len(batch), h=h)
        body = sync_body(request, [revision.canonical for revision in batch])
        expected = {"nonce": request.nonce, "read back": len(batch), "cursor": cursor.model_dump()}
        posts.append((gzip.compress(body, 1), expected))
    return posts


def _said(body: bytes) -> object:
    """What matters of an answer. To read all of ours is the laptop's work, and measured with `sync-*`."""
    found: dict[str, Any] = json.loads(body)
    if found.get("status") != "ok" or found["rejected"]:
        return found
    return {"nonce": found["nonce"], "read back": len(found["pull"]), "cursor": found["cursor"]}


def _enrolled(url: str, code: str) -> _Caller:
    with closing(Client(url)) as client:
        token = client.enrol(code, "Bench laptop").token
    return _Caller(url, "/v1/sync", {"Authorization": f"Bearer {token}"})
