"""OMI online for lives: the real centre over HTTP, with an account for each."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from omi_desktop.central import accounts as central_accounts
from omi_desktop.central.identity import identify_centre
from omi_desktop.central.tables import log
from omi_desktop.domain.changes import Changes
from omi_desktop.domain.revision import ROOT
from omi_desktop.services.desk import Desk
from omi_desktop.store import accounts, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.engine import Engine
from omi_desktop.wire.messages import Cursor, SyncRequest
from tests.faults.lives import APP, Task
from tests.kit.bodies import details, hex_id, revision, session_body
from tests.kit.centre import HUB, Centre, running_centre
from tests.kit.clock import SetClock
from tests.kit.laptop import Cable

ACCOUNTS_AT_MOST = 12
"""After so many another centre takes over: all lives are at the same places at the same times, and the centre looks
at every pair of them."""
FROM_HOME = 5
CLOCK = SetClock()


@dataclass(frozen=True)
class Member:
    """An account at a centre, with the sign-in of its laptop at home."""

    centre: Centre
    owner: Owner
    token: str

    def log(self) -> list[tuple[str, str]]:
        """The ids and shas of its log, in order."""
        query = select(log.c.rev_id, log.c.sha).where(log.c.account_id == self.owner.account_id)
        with self.centre.database.reading() as connection:
            return [(row.rev_id, row.sha) for row in connection.execute(query.order_by(log.c.n))]

    def sign_in(self, profile: Path) -> None:
        """Make it current on a profile: some of the sessions there are synced, one waits, and the laptop at home
        has sent others meanwhile."""
        with closing(Desk.open(profile, clock=CLOCK, changes=Changes(), app=APP)) as desk:
            with desk.store.write() as connection:
                accounts.use(connection, Account(self.owner, "Asha Patel", HUB, self.centre.url, "key"))
                revisions.claim(connection, self.owner)
            self.settle(desk)
            desk.sessions.save(details(7))
        self.send_from_home()

    def send_from_home(self) -> None:
        """Sessions of another laptop reach the centre."""
        made = [
            revision(f"home {n}", record=f"home {n}", body=session_body(date=f"2026-10-0{n + 1}")).canonical
            for n in range(FROM_HOME)
        ]
        request = SyncRequest(nonce=hex_id("home"), cursor=Cursor(n=0, h=ROOT))
        Cable(self.centre.database, CLOCK).sync(self.token, request, made)

    def settle(self, desk: Desk) -> None:
        """Sync a profile to the end."""
        Engine(desk.store, clock=CLOCK, changes=Changes()).run(Cable(self.centre.database, CLOCK), self.token)

    def on(self, task: Task, *, with_code: bool) -> Task:
        """A task that may use this account, or a code for it."""
        if not with_code:
            return replace(task, url=self.centre.url, token=self.token, **self.owner._asdict())
        with self.centre.database.writing() as connection:
            code = central_accounts.invite_next_device(connection, self.owner.account_id, CLOCK.now())[0]
        return replace(task, url=self.centre.url, code=code)


class OmiOnline:
    """Real centres, one after the other, each on a SQLite file under `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = folder / "central.db"
        self._open = ExitStack()
        self._centre: Centre | None = None
        self._members = 0

    def close(self) -> None:
        """Stop the centre."""
        self._open.close()

    def member(self) -> Member:
        """A new account."""
        centre = self._running()
        code = centre.invite(HUB)
        with centre.database.writing() as connection:
            made = central_accounts.enrol(connection, code, "Home laptop", CLOCK.now())
            centre_id = identify_centre(connection, CLOCK.now()).centre_id
        return Member(centre, Owner(centre_id, made.account_id), made.token)

    def _running(self) -> Centre:
        if self._centre is None or self._members >= ACCOUNTS_AT_MOST:
            self._open.close()
            folder = Path(tempfile.mkdtemp(dir=self._folder))
            self._open.callback(shutil.rmtree, folder, ignore_errors=True)
            if self._empty.exists():
                shutil.copyfile(self._empty, folder / "central.db")
            self._centre = self._open.enter_context(
                running_centre(f"sqlite:///{folder / 'central.db'}", CLOCK)
            )
            if not self._empty.exists():
                shutil.copyfile(folder / "central.db", self._empty)
            self._members = 0
        self._members += 1
        return self._centre
