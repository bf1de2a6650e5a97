"""A first sync and the next one: the real client and a real centre process, against raw gzip JSON batches."""

from __future__ import annotations

import gzip
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import requests

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import SystemClock, uk_today
from omi_desktop.services.desk import Desk
from omi_desktop.store import accounts, queue
from omi_desktop.store.file import FILE_NAME
from omi_desktop.sync.aside import Aside
from omi_desktop.sync.client import Client
from omi_desktop.sync.engine import Engine
from omi_desktop.sync.last_client import LastClient
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens
from omi_desktop.wire.limits import PUSH_COUNT
from tests.bench.measuring import Broken, Figure, Found, Settings, Values, column, seconds, take_turns
from tests.bench.profile import open_desk, recorded, session
from tests.kit.postgres import fresh_database

_HUB = "Bench"
_PATIENCE = 60
_SAVED = "SELECT canonical FROM revision WHERE rowid > ? ORDER BY depth, rev_id"


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Numbers of revisions: of the first sync, and saved after it."""

    first: int
    more: int


def measure_sqlite(settings: Settings) -> Found:
    """Both servers on SQLite."""
    folder = settings.folder / "sync-sqlite"
    folder.mkdir()
    urls = f"sqlite:///{folder / 'centre.db'}", f"sqlite:///{folder / 'limit.db'}"
    return _measure(settings, folder, "sync-sqlite", "SQLite", *urls)


def measure_postgres(settings: Settings) -> Found:
    """Both servers on databases of one PostgreSQL."""
    folder = settings.folder / "sync-postgresql"
    folder.mkdir()
    try:
        with ExitStack() as databases:
            urls = [databases.enter_context(fresh_database()) for _ in range(2)]
            return _measure(settings, folder, "sync-postgresql", "PostgreSQL", *urls)
    except pytest.skip.Exception as reason:
        return Found(skipped={"sync-postgresql": str(reason)})


def _measure(settings: Settings, folder: Path, name: str, on: str, centre_url: str, limit_url: str) -> Found:
    sizes = _Sizes(settings.size(10_000, 450), settings.size(20, 5))
    codes = iter(invite(centre_url, settings.runs + 1))
    numbers = iter(range(1_000_000))
    sent: list[list[str]] = []
    with (
        _server(
            "omi_desktop.central", "serve", "--port", "0", "--until-stdin-closes", "--rate-limits", "off",
            "--database-url", centre_url,
        ) as centre,
        _server("tests.bench.limit_server", limit_url) as raw,
    ):  # fmt: skip
        # A town of their own: nobody asks whether two ambassadors stood in the same room.
        def limit() -> Values:
            town = f"Town {next(numbers)}"
            recorded(folder / town, sizes.first, town)
            return _post(f"{raw}/batches/{next(numbers)}", folder / town, town, sizes)

        def ours() -> Values:
            town = f"Town {next(numbers)}"
            recorded(folder / town, sizes.first, town)
            found, calls = _sync(centre, next(codes), folder / town, town, sizes)
            sent.append(calls)
            return found

        limits, our_runs = take_turns(settings, limit, ours)
    against = "limit: raw gzip JSON batches, one commit each"
    return Found(
        [
            Figure(
                f"{name}.first",
                f"first sync of {sizes.first} revisions, {on}; {against}",
                "ms",
                column(limits, "first"),
                column(our_runs, "first"),
                goal=2.0,
            ),
            Figure(
                f"{name}.more",
                f"{sizes.more} revisions more, {on}; {against}",
                "ms",
                column(limits, "more"),
                column(our_runs, "more"),
                goal=2.0,
            ),
        ],
        counts={
            f"{name}.requests_for_more": max(map(len, sent)),
        },
    )


def _post(url: str, profile: Path, town: str, sizes: _Sizes) -> Values:
    """Read, pack and post, batch by batch."""
    with (
        open_desk(profile) as desk,
        requests.Session() as http,
        closing(sqlite3.connect(profile / FILE_NAME)) as connection,
    ):

        def send(after: int, count: int) -> None:
            rows = connection.execute(_SAVED, (after,)).fetchall()
            for at in range(0, len(rows), PUSH_COUNT):
                batch = [canonical for (canonical,) in rows[at : at + PUSH_COUNT]]
                packed = gzip.compress(b"[" + b",".join(batch) + b"]", 1)
                answer = http.post(url, data=packed, headers={"Content-Encoding": "gzip"})
                if answer.json() != {"taken": len(batch)}:
                    raise Broken(f"the limit's server answered {answer.text[:200]}")
            if len(rows) != count:
                raise Broken(f"{len(rows)} revisions were sent, not {count}")

        first = seconds(lambda: send(0, sizes.first))
        ((last,),) = connection.execute("SELECT max(rowid) FROM revision").fetchall()
        _save_more(desk, sizes.more, town)
        more = seconds(lambda: send(last, sizes.more))
    return {"first": first * 1e3, "more": more * 1e3}


def _save_more(desk: Desk, count: int, town: str) -> None:
    """An evening's sessions, saved as the app does, and the day's copy that follows the first of them made."""
    today = uk_today(SystemClock())
    for number in range(count):
        desk.sessions.save(session(number, today, town))
    desk.backups.wait()


def _sync(url: str, code: str, profile: Path, town: str, sizes: _Sizes) -> tuple[Values, list[str]]:
    """Sync all, save some more, sync again; the times, and the HTTP requests of the second sync.

    What the loop asks after each run, the programme's total, is no part of it.
    """
    tokens = MemoryTokens()
    clients = LastClient(Client)
    with open_desk(profile) as desk:
        syncing = Syncing(desk.store, tokens=tokens, clock=desk.clock, changes=desk.changes, address=url)
        try:
            syncing.enrol(code, "Bench laptop")
            syncing.claim(is_mine=True)
            with desk.store.read() as connection:
                account = accounts.current(connection)
            token = tokens.get("/".join(account.owner)) if account else None
            if account is None or token is None:
                raise Broken("signing in gave no token")
            # As in the app, nobody looks at the state of syncing before the run ends.
            engine = Engine(desk.store, clock=desk.clock, changes=Changes(), begin=Aside)
            run = partial(_run, engine, clients, url, token)
            first = seconds(partial(run, sizes.first))
            _save_more(desk, sizes.more, town)
            with _http_requests() as sent:
                more = seconds(partial(run, sizes.more))
            with desk.store.read() as connection:
                waiting, _ = queue.holding(connection, account.owner)
            if waiting:
                raise Broken(f"{waiting} sessions still wait")
        finally:
            clients.close()
            syncing.stop()
    return {"first": first * 1e3, "more": more * 1e3}, sent


def _run(engine: Engine, clients: LastClient, url: str, token: str, count: int) -> None:
    """One run. A first sync takes as many requests as it has full batches; 20 revisions more take exactly one."""
    with clients.lent(url) as client:
        report = engine.run(client, token)
    if (report.sent, report.read_back, report.requests) != (count, count, -(-count // PUSH_COUNT)):
        raise Broken(f"{count} revisions took more requests than they need, or less came back: {report}")


@contextmanager
def _http_requests() -> Iterator[list[str]]:
    """What goes out while the block runs."""
    sent: list[str] = []
    send = requests.adapters.HTTPAdapter.send

    def counted(
        adapter: requests.adapters.HTTPAdapter, request: requests.PreparedRequest, **options: object
    ) -> requests.Response:
        sent.append(f"{request.method} {request.path_url}")
        return send(adapter, request, **options)  # type: ignore[arg-type]

    requests.adapters.HTTPAdapter.send = counted  # type: ignore[method-assign, assignment]
    try:
        yield sent
    finally:
        requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign]


def central_server(database_url: str, *options: str) -> AbstractContextManager[str]:
    """A centre, and where it listens."""
    serve = ("serve", "--port", "0", "--until-stdin-closes", "--database-url", database_url)
    return _server("omi_desktop.central", *serve, *options)


def raw_server(database_url: str) -> AbstractContextManager[str]:
    """The limit, and where it listens."""
    return _server("tests.bench.limit_server", database_url)


def invite(database_url: str, count: int) -> list[str]:
    """Make a hub, and codes for so many ambassadors."""
    program, to = [sys.executable, "-m", "omi_desktop.central"], ["--database-url", database_url]
    subprocess.run([*program, "hub", "add", _HUB, *to], check=True, capture_output=True, timeout=_PATIENCE)
    done = subprocess.run(
        [*program, "invite", "--hub", _HUB, "--count", str(count), *to],
        check=True,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
    )
    return done.stdout.split()


@contextmanager
def _server(*words: str) -> Iterator[str]:
    """A process that says where it listens and ends when its input closes."""
    with subprocess.Popen(
        [sys.executable, "-m", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line.startswith("listening on "):
                raise Broken(f"{words[0]} did not start")
            yield line.split()[-1]
        finally:
            process.stdin.close()
            process.wait(_PATIENCE)
