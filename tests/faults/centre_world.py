"""A centre as a process, laptops that use it, and everything that must hold between them at rest."""

from __future__ import annotations

import random
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar, NamedTuple

from sqlalchemy import make_url, select

from omi_desktop.central import accounts as central_accounts
from omi_desktop.central.database import Database
from omi_desktop.central.tables import account as account_table
from omi_desktop.central.tables import log
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.counting import count_programme, in_year, record_of
from omi_desktop.domain.errors import SyncProblem
from omi_desktop.domain.revision import ROOT, Revision, chain, new_id
from omi_desktop.store import accounts, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.client import Client
from omi_desktop.sync.engine import Report
from tests.faults.rig import Broken
from tests.kit.bodies import ASHBY, details
from tests.kit.centre_process import CentreNursery, CentreProcess
from tests.kit.laptop import Laptop
from tests.kit.postgres import copy_database

HUB = "Leicester"
YEAR = 2025
_ROUNDS = 12
PATIENCE = 20.0


class Door:
    """What laptops connect to: passes bytes on to the centre, wherever it is just then. `at_answer` is called once,
    when the first byte of an answer comes: the transaction it tells of has committed. It says whether to pass it on."""

    def __init__(self) -> None:
        self.port = 0
        self.at_answer: Callable[[], bool] | None = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="door", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for source, sink, is_answer in ((near, far, False), (far, near, True)):
                work = threading.Thread(target=self._pass, args=(source, sink, is_answer), daemon=True)
                work.start()

    def _pass(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 20):
                with self._lock:
                    act, self.at_answer = (self.at_answer, None) if is_answer else (None, self.at_answer)
                if act is not None and not act():
                    break
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


class World:
    """One centre, and laptops of two ambassadors, one of whom has two. `saved` is the rig's own list of what was
    shown as saved: by account, the ids of the revisions."""

    laptop_kind: ClassVar[type[Laptop]] = Laptop

    def __init__(
        self, folder: Path, nursery: CentreNursery, database_url: str, chance: random.Random
    ) -> None:
        self.folder = folder
        self.chance = chance
        self.url = database_url
        self.is_sqlite = database_url.startswith("sqlite")
        self.door = Door()
        self.saved: dict[str, set[str]] = {}
        self.laptops: list[Laptop] = []
        self._nursery = nursery
        self._clock = SystemClock()
        self.process: CentreProcess | None = None

    def start(self) -> None:
        """Start the centre on its database, where it was."""
        self.process = self._nursery.serve(self.url, port=self.door.port, log=self.folder / "centre.log")
        self.door.port = self.process.port

    def kill(self) -> None:
        """End the centre suddenly."""
        if self.process is not None:
            self.process.kill()
        self.process = None

    def close(self) -> None:
        """Let everything go."""
        self.kill()
        self.door.close()
        for laptop in self.laptops:
            laptop.close()

    def populate(self) -> None:
        """Sign three laptops in and give them a past."""
        with closing(Database(self.url)) as database, database.writing() as connection:
            central_accounts.add_hub(connection, HUB, self._clock.now())
            codes = central_accounts.invite(connection, HUB, 2, self._clock.now())
        for name, code in (("Work", codes[0]), ("Home", None), ("Other", codes[1])):
            self.laptops.append(self._sign_in(name, code))
        for laptop in self.laptops:
            self.work(laptop, self.chance.randrange(1, 6))
            self.sync(laptop)

    def _sign_in(self, name: str, code: str | None) -> Laptop:
        laptop = self.laptop_kind(self.folder / name, self._clock, name)
        with closing(Client(self.door.url)) as client:
            if code is None:
                code = client.code_for_next_laptop(self.laptops[0].token).code
            made = client.enrol(code, name)
        laptop.token = made.token
        laptop.owner = Owner(made.centre_id, made.account.id)
        use(laptop, laptop.owner, self.door.url, made.centre_key)
        self.saved.setdefault(made.account.id, set())
        return laptop

    def work(self, laptop: Laptop, times: int = 1) -> None:
        """Record, correct and remove."""
        assert laptop.owner is not None
        for _ in range(times):
            mine = [view for view in laptop.desk.sessions.all() if not view.record.is_conflict]
            what = self.chance.random()
            count = self.chance.randrange(1, 40)
            if not mine or what < 0.6:
                day = date(YEAR, 1, 1) + timedelta(self.chance.randrange(300))
                # A place of its own: nobody is asked whether it was the same young people.
                place = replace(ASHBY, name=f"School {new_id()}")
                view = laptop.desk.sessions.save(details(count, day=day, places=(place,)))
            elif what < 0.85:
                old = self.chance.choice(mine)
                line = replace(old.details.young_people[0], count=count)
                view = laptop.desk.sessions.correct(old.record_id, replace(old.details, young_people=(line,)))
            else:
                view = laptop.desk.sessions.remove(self.chance.choice(mine).record_id)
            self.saved[laptop.owner.account_id].add(view.record.head.rev_id)

    def sync(self, laptop: Laptop) -> Report:
        """One run. Raises SyncProblem."""
        with closing(Client(self.door.url)) as client:
            return laptop.engine.run(client, laptop.token, laptop.owner)

    def try_sync(self, laptop: Laptop) -> None:
        """One run, which may fail."""
        with suppress(SyncProblem):
            self.sync(laptop)

    def settle(self) -> None:
        """Sync all laptops until nothing moves. Raises Broken."""
        trouble: list[str] = []
        for _ in range(_ROUNDS):
            moved = False
            trouble = []
            for laptop in self.laptops:
                try:
                    report = self.sync(laptop)
                except SyncProblem as problem:
                    trouble.append(f"{laptop.name}: {problem!r}")
                else:
                    moved = moved or bool(report.sent or report.received or report.read_back)
            if not (moved or trouble):
                return
        raise Broken(f"the laptops never came to rest {trouble}")

    def check_synced(self) -> None:
        """What a laptop calls synced is in the log, even before it syncs again. Raises Broken."""
        entries = self.entries()
        for laptop in self.laptops:
            assert laptop.owner is not None
            here = {entry.rev_id for entry in entries.get(laptop.owner.account_id, [])}
            early = {rev_id for rev_id, n in laptop.held().items() if n is not None} - here
            if early:
                raise Broken(f"{laptop.name} calls {len(early)} synced that the centre never kept")

    def check(self) -> None:
        """Every invariant, at rest. Raises Broken."""
        entries = self.entries()
        for account_id, saved in self.saved.items():
            ids = [entry.rev_id for entry in entries.get(account_id, [])]
            if len(ids) != len(set(ids)):
                raise Broken("a revision is in the log twice")
            if lost := saved - set(ids):
                raise Broken(f"{len(lost)} of {len(saved)} saves are not at the centre")
            if strange := set(ids) - saved:
                raise Broken(f"{len(strange)} at the centre that nobody saved")
        union: dict[tuple[str, str], dict[str, Revision]] = {}
        for laptop in self.laptops:
            assert laptop.owner is not None
            account_id = laptop.owner.account_id
            theirs = {entry.rev_id: entry.n for entry in entries.get(account_id, [])}
            if laptop.held() != theirs:
                raise Broken(f"{laptop.name} holds something else than the centre")
            with laptop.store.read() as connection:
                found = revisions.canonicals(connection, sorted(theirs))
            for data in found.values():
                revision = Revision.from_canonical(data)
                union.setdefault((account_id, revision.record_id), {})[revision.rev_id] = revision
        records = [record_of(account_id, members.values()) for (account_id, _), members in union.items()]
        expected = count_programme([record for record in records if record], {}, in_year(YEAR)).range
        with closing(Client(self.door.url)) as client:
            told = client.totals(YEAR)
        if (told.low, told.high) != expected:
            raise Broken(f"the centre says {told.low} to {told.high}, the laptops {expected}")

    def entries(self) -> dict[str, list[Entry]]:
        """The log by account, as it is in the database, its chain checked. Raises Broken."""
        found: dict[str, list[Entry]] = {}
        with closing(Database(self.url)) as database, database.reading() as connection:
            columns = (log.c.account_id, log.c.n, log.c.rev_id, log.c.sha, log.c.h)
            for row in connection.execute(select(*columns).order_by(log.c.account_id, log.c.n)):
                mine = found.setdefault(row.account_id, [])
                n, h = (mine[-1].n, mine[-1].h) if mine else (0, ROOT)
                if (row.n, row.h) != (n + 1, chain(h, row.rev_id, row.sha)):
                    raise Broken(f"the chain breaks at {row.n}")
                mine.append(Entry(row.n, row.rev_id, row.h))
            ends = connection.execute(select(account_table.c.id, account_table.c.n, account_table.c.h))
            for account_id, n, h in ends:
                last = found[account_id][-1] if account_id in found else Entry(0, "", ROOT)
                if (n, h) != (last.n, last.h):
                    raise Broken("an account's end is not that of its log")
        return found

    @contextmanager
    def copied(self) -> Iterator[str]:
        """The URL of a copy of the database as it is now. The centre must be dead or at rest."""
        if not self.is_sqlite:
            with copy_database(self.url) as url:
                yield url
            return
        here = Path(make_url(self.url).database or "")
        there = here.with_name(f"copy-{new_id()}.db")
        shutil.copyfile(here, there)
        yield f"sqlite:///{there}"


class Entry(NamedTuple):
    """One entry of a log."""

    n: int
    rev_id: str
    h: str


def use(laptop: Laptop, owner: Owner, url: str, centre_key: str) -> None:
    """Make an account the current one of a laptop."""
    with laptop.store.write() as connection:
        accounts.use(connection, Account(owner, laptop.name, HUB, url, centre_key))
