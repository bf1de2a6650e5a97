"""One simulated laptop: the real file, services and engine, which may crash at any edge of a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import Clock
from omi_desktop.domain.errors import SignedOut
from omi_desktop.services.desk import Desk
from omi_desktop.store.file import FILE_NAME, Store
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.client import Client
from omi_desktop.sync.engine import Engine, Report
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens
from tests.faults.simulation.ahead import FileLock, Sent, Work
from tests.faults.simulation.chance import Chance, Crash
from tests.faults.simulation.network import ADDRESS, AirClient


class Skewed:
    """A clock that is wrong by a constant."""

    def __init__(self, true: Clock, by: timedelta) -> None:
        self._true = true
        self.by = by

    def now(self) -> datetime:
        """What this laptop takes for the present moment."""
        return self._true.now() + self.by


class FragileStore(Store):
    """The real file. `fuse` counts the edges of transactions that it lives through: before and after each commit."""

    fuse: int | None = None

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.lock = FileLock()
        vars(self)["_lock"] = self.lock

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As the real one, up to the crash."""
        with super().write() as connection:
            yield connection
            self._burn()
        self._burn()

    def _burn(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.fuse = None
                raise Crash


class Row(NamedTuple):
    """One revision as the file has it."""

    rev_id: str
    sha: str
    n: int | None
    account_id: str | None
    rejected_code: str | None
    canonical: bytes


class _Syncing(Syncing):
    """The real service, without its thread, over the simulated network."""

    over: AirClient

    def _client(self, url: str) -> Client:
        assert url == ADDRESS
        return self.over


class Machine:
    """A laptop. `user` is the person who sits at it; `tokens` are its keyring, which outlives crashes."""

    def __init__(self, name: str, profile: Path, clock: Skewed, client: AirClient, chance: Chance) -> None:
        self._chance = chance
        self.name = name
        self.profile = profile
        self.clock = clock
        self.tokens = MemoryTokens()
        self.user = ""
        self._client = client
        self._sent: list[Sent] = []
        self.open()

    @property
    def file(self) -> Path:
        """The ambassador's file."""
        return self.profile / FILE_NAME

    @property
    def store(self) -> FragileStore:
        """The open file."""
        return self._store

    def open(self) -> None:
        """Start the program on the profile as it is on the disk."""
        self._store = FragileStore.open(self.profile)
        self.changes = Changes()
        self.desk = Desk(self._store, clock=self.clock, changes=self.changes, app="omi-desktop/simulated")
        # Copies of the file are made on a thread of their own; they are the affair of the rig of damage.
        self.desk.backups.close()
        self._service: _Syncing | None = None
        self.engine = Engine(self._store, clock=self.clock, changes=self.changes, begin=self._begin)
        # Beside the program, as another one would read the file.
        self._beside = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)

    def _begin(self, work: Work) -> Sent:
        """Let a call go: the centre hears of half of them at once, of the others when their answer is waited for."""
        made = Sent(work)
        if self._chance.threads.random() < 0.5:
            self._client.air.seen.add("under way")
            self._store.lock.soon(made)
        else:
            self._client.air.seen.add("under way, late")
            self._sent.append(made)
        return made

    def _end_calls(self) -> None:
        """Of those that nobody waited for some arrive after all."""
        for sent in self._sent:
            if self._chance.threads.random() < 0.5:
                sent.arrive()
        self._sent.clear()

    def close(self) -> None:
        """End the program."""
        self._beside.close()
        self.desk.close()

    def restart(self) -> None:
        """End it and start it again."""
        self.close()
        self.open()

    def owner(self) -> Owner | None:
        """Whose account is signed in, by the file."""
        row = self._beside.execute("select centre_id, account_id from account where is_current").fetchone()
        return Owner(*row) if row else None

    def token(self, owner: Owner) -> str | None:
        """The secret of an account's sign-in here."""
        return self.tokens.get(f"{owner.centre_id}/{owner.account_id}")

    def keep_token(self, owner: Owner, token: str, carry_key: str) -> None:
        """Put a sign-in into the keyring."""
        self.tokens.put(f"{owner.centre_id}/{owner.account_id}", token)
        self.tokens.put(f"{owner.centre_id}/{owner.account_id}/carry", carry_key)

    def run(self) -> Report:
        """One run for whoever is signed in. Raises SyncProblem."""
        owner = self.owner()
        token = self.token(owner) if owner else None
        if owner is None or token is None:
            raise SignedOut
        self._client.air.expect_an_end()
        try:
            return self.engine.run(self._client, token, owner)
        finally:
            self._end_calls()

    @property
    def service(self) -> Syncing:
        """The service behind the Sync page, for codes and signing out; it does not listen or loop."""
        if self._service is None:
            self._service = _Syncing(
                self._store, tokens=self.tokens, clock=self.clock, changes=self.changes, address=ADDRESS
            )
            self._service.over = self._client
            self._service.stop()
        return self._service

    def rows(self) -> list[Row]:
        """Every revision in the file."""
        found = self._beside.execute(
            "select rev_id, sha, n, account_id, rejected_code, canonical from revision"
        )
        return [Row(*row) for row in found.fetchall()]

    def cursors(self) -> dict[str, tuple[int, str]]:
        """By account, how far its log has been read."""
        found = self._beside.execute("select account_id, cursor_n, cursor_h from account")
        return {row[0]: (row[1], row[2]) for row in found.fetchall()}

    def parted(self) -> set[tuple[str, str]]:
        """By account and id, the records whose erasure is known here."""
        return set(self._beside.execute("select account_id, record_id from erasure").fetchall())
