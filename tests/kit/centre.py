"""A real centre on a free port, in a thread; or anyone's centre, for the tests of the contract.

`OMI_CENTRAL_URL` with `OMI_CENTRAL_CODES` (comma separated, each used once) points the contract tests elsewhere.
"""

from __future__ import annotations

import functools
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import make_url

from omi_desktop.central import accounts
from omi_desktop.central.database import Database
from omi_desktop.central.rates import Rates
from omi_desktop.central.server import Server
from omi_desktop.domain.clock import Clock, SystemClock
from tests.kit.postgres import erasures_of

HUB = "Leicester"
_PATIENCE = 10


def lay_empty(database_url: str) -> None:
    """Put a file that was migrated once for all where there is none yet: a tenth of a second each time."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not (file := Path(url.database or "")).exists():
        file.write_bytes(_empty())


@functools.cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        database = Database(f"sqlite:///{file}")
        database.migrate()
        database.close()
        return file.read_bytes()


class AnyCentre(Protocol):
    """What a test of the contract may ask of a centre."""

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        ...

    def invite(self) -> str:
        """A code for a new ambassador."""
        ...


class Centre:
    """A running centre. `stop` and `start` keep its address and its database. It limits nobody unless told to:
    all laptops of all tests call from one address."""

    def __init__(self, database_url: str, clock: Clock | None = None, limited: Rates | None = None) -> None:
        self.database_url = database_url
        self._limited = limited or Rates(is_on=False)
        self._clock = clock or SystemClock()
        self._port = 0
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""
        lay_empty(database_url)
        self.database = Database(database_url, erasures_of(database_url))
        self.database.migrate()

    def invite(self, hub: str = HUB, name: str | None = None) -> str:
        """A code for a new ambassador of a hub, which is added if it is not there."""
        now = self._clock.now()
        with self.database.writing() as connection:
            try:
                return accounts.invite(connection, hub, 1, now, name=name)[0]
            except accounts.HubRefused:
                accounts.add_hub(connection, hub, now)
                return accounts.invite(connection, hub, 1, now, name=name)[0]

    def start(self) -> None:
        """Listen, on the same port as before."""
        assert self._thread is None, "it is running"
        ready = threading.Event()
        server = Server(
            self.database,
            port=self._port,
            clock=self._clock,
            limited=self._limited,
            ready=lambda _url: ready.set(),
        )
        self._thread = threading.Thread(target=server.serve_until_told, name="centre", daemon=True)
        self._thread.start()
        assert ready.wait(_PATIENCE), "the centre did not start"
        self._server, self.url = server, server.url
        self._port = int(server.url.rpartition(":")[2])

    def stop(self) -> None:
        """Stop listening; open connections are closed."""
        if self._thread is None or self._server is None:
            return
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive(), "the centre did not stop"
        self._thread = self._server = None


class ElsewhereCentre:
    """Someone's centre, named by the environment."""

    def __init__(self, url: str, codes: list[str]) -> None:
        self.url = url.rstrip("/")
        self._codes = codes

    def invite(self) -> str:
        """The next of the codes that were given."""
        assert self._codes, "OMI_CENTRAL_CODES has too few codes for these tests"
        return self._codes.pop()


@contextmanager
def running_centre(
    database_url: str, clock: Clock | None = None, limited: Rates | None = None
) -> Iterator[Centre]:
    """Our centre on a database (`sqlite:///…` or `postgresql+psycopg://…`), until the block ends."""
    centre = Centre(database_url, clock, limited)
    try:
        centre.start()
        yield centre
    finally:
        centre.stop()
        centre.database.close()


_elsewhere: list[ElsewhereCentre] = []


@contextmanager
def any_centre(database_url: str) -> Iterator[AnyCentre]:
    """The centre that the contract is tested on: that of `OMI_CENTRAL_URL`, else ours."""
    url = os.environ.get("OMI_CENTRAL_URL")
    if url is None:
        with running_centre(database_url) as centre:
            yield centre
        return
    if not _elsewhere:
        codes = [code for code in os.environ.get("OMI_CENTRAL_CODES", "").split(",") if code]
        _elsewhere.append(ElsewhereCentre(url, codes))
    yield _elsewhere[0]
