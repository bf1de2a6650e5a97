"""Laptops for the tests of syncing: the real services, store and engine, over a network that a test can cut.

`Cable` calls the centre's own code without a socket, byte for byte what HTTP would carry inside gzip. It is the
one stand-in here, and it stands for the network.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from omi_desktop.central import accounts as central_accounts
from omi_desktop.central.database import Database
from omi_desktop.central.identity import identify_centre
from omi_desktop.central.ingest import answer_sync
from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import Clock
from omi_desktop.domain.errors import Unreachable
from omi_desktop.services.desk import Desk
from omi_desktop.store import accounts
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import FILE_NAME, Store
from omi_desktop.store.revisions import Owner
from omi_desktop.store.tables import revision as revision_table
from omi_desktop.sync.aside import Aside
from omi_desktop.sync.engine import Engine, Report
from omi_desktop.sync.packing import sync_body
from omi_desktop.wire.messages import SyncAnswer, SyncRequest

HUB = "Test hub"


class Cable:
    """The network between one laptop and the centre. `fate` decides about each call: "ok", "request_lost" (the
    centre never hears it), "answer_lost" (it acts, and the laptop never hears)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.fate: Callable[[], str] = lambda: "ok"
        self.calls = 0
        self._clock = clock
        self._one_by_one = threading.Lock()

    def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        """One call. The centre hears of the next one when it has answered this."""
        with self._one_by_one:
            return self._sync(token, request, push)

    def _sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        self.calls += 1
        fate = self.fate()
        if fate == "request_lost":
            raise Unreachable
        now = self._clock.now()
        with self.database.reading() as connection:
            centre_id = identify_centre(connection, now).centre_id
            speaker = central_accounts.device_of(connection, token)
        answer = answer_sync(self.database, centre_id, speaker, sync_body(request, push), now)
        if fate == "answer_lost":
            raise Unreachable
        return SyncAnswer.model_validate(json.loads(answer))


class Laptop:
    """One laptop of one account: a profile, the services on it, and the engine."""

    def __init__(self, profile: Path, clock: Clock, name: str) -> None:
        self.profile = profile
        self.name = name
        self._clock = clock
        self.token = ""
        self.owner: Owner | None = None
        self.open()

    def open(self) -> None:
        """Start the program on the profile as it is on the disk."""
        changes = Changes()
        self.desk = Desk.open(self.profile, clock=self._clock, changes=changes, app="omi-desktop/test")
        self.engine = Engine(self.desk.store, clock=self._clock, changes=changes, begin=Aside)

    def close(self) -> None:
        """End the program."""
        self.desk.close()

    @property
    def store(self) -> Store:
        """The file of the profile."""
        return self.desk.store

    def sign_in(self, cable: Cable, code: str) -> None:
        """Use a code."""
        now = self._clock.now()
        with cable.database.writing() as connection:
            made = central_accounts.enrol(connection, code, self.name, now)
            centre = identify_centre(connection, now)
        self.token = made.token
        self.owner = Owner(centre.centre_id, made.account_id)
        with self.store.write() as connection:
            account = Account(
                self.owner, made.account_name, made.hub, "https://omi.invalid", centre.centre_key
            )
            accounts.use(connection, account)

    def sync(self, cable: Cable) -> Report:
        """One run of the engine. Raises SyncProblem."""
        return self.engine.run(cable, self.token)

    def held(self) -> dict[str, int | None]:
        """Every revision here, with its place in the log when it was read back."""
        c = revision_table.c
        with self.store.read() as connection:
            rows = connection.execute(revision_table.select().with_only_columns(c.rev_id, c.n))
            return {row.rev_id: row.n for row in rows}

    def back_up(self, to: Path) -> None:
        """Copy the file, as a backup of the whole disk would."""
        self.close()
        shutil.copyfile(self.profile / FILE_NAME, to)
        self.open()

    def restore(self, backup: Path) -> None:
        """Put an old copy of the file in the place of the present one."""
        self.close()
        shutil.copyfile(backup, self.profile / FILE_NAME)
        self.open()
