"""Rig 5: the centre dies, forgets, and is swapped, under laptops that use it.

The real centre as a process on SQLite or PostgreSQL, and the real engine over the real HTTP client. After each fault
the laptops sync until nothing moves. Then every save is at the centre exactly once, the chain holds, what a laptop
calls synced is there, all laptops of an account hold the same, and the total is that of the union of the laptops.
"""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import ClassVar, Self

import psycopg
from sqlalchemy import delete, make_url, update

from omi_desktop.central import accounts as central_accounts
from omi_desktop.central.database import Database
from omi_desktop.central.tables import account as account_table
from omi_desktop.central.tables import centre as centre_table
from omi_desktop.central.tables import leaf, log, visit
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import OtherCentre, SignedOut
from omi_desktop.domain.revision import ROOT, new_id
from omi_desktop.store import accounts
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.client import Client
from tests.faults.centre_world import HUB, PATIENCE, World, use
from tests.faults.rig import Broken, Rig
from tests.kit.centre_process import CentreNursery
from tests.kit.laptop import Laptop
from tests.kit.postgres import fresh_database, restart_server


def killed_before_the_answer(world: World) -> None:
    """Between COMMIT and the answer's first byte: the laptop never hears that all of it was kept."""
    laptop = world.chance.choice(world.laptops)
    world.work(laptop, world.chance.randrange(1, 5))

    def die() -> bool:
        world.kill()
        return False

    world.door.at_answer = die
    world.try_sync(laptop)
    if world.process is not None:
        raise Broken("the centre was not killed")
    world.check_synced()
    world.start()


def killed_after_the_answer(world: World) -> None:
    """As soon as the answer is out: what it says was kept is kept."""
    laptop = world.chance.choice(world.laptops)
    world.work(laptop, world.chance.randrange(1, 5))

    def die() -> bool:
        world.kill()
        return True

    world.door.at_answer = die
    world.try_sync(laptop)
    world.check_synced()
    world.start()


def killed_at_any_moment(world: World) -> None:
    """While all laptops record and sync, three times over. The seed draws the moment; the machine what it meets."""
    for _ in range(3):
        end = threading.Event()

        def live(laptop: Laptop, end: threading.Event = end) -> None:
            while not end.is_set():
                world.work(laptop)
                world.try_sync(laptop)

        threads = [threading.Thread(target=live, args=(laptop,)) for laptop in world.laptops]
        for thread in threads:
            thread.start()
        time.sleep(world.chance.random() * 0.25)
        world.kill()
        end.set()
        for thread in threads:
            thread.join(PATIENCE)
        world.check_synced()
        world.start()


def restored_from_a_backup(world: World) -> None:
    """An old copy of the database serves again, and another laptop has used it before the first comes back."""
    first, other = world.chance.sample(world.laptops[:2], 2)
    world.settle()
    with world.copied() as copy:
        for laptop in (first, world.laptops[2]):
            world.work(laptop, world.chance.randrange(1, 5))
            world.sync(laptop)
        if world.chance.random() < 0.5:
            world.sync(other)
        world.kill()
        old, world.url = world.url, copy
        world.start()
        world.work(other, world.chance.randrange(1, 8))
        world.sync(other)
        if world.chance.random() < 0.5:
            world.work(first)
        world.settle()
        world.check()
        world.kill()
    world.url = old
    # The newer one is back, as if the restore had been a mistake: it lacks what was saved meanwhile.
    world.start()


def emptied(world: World) -> None:
    """The centre knows its accounts and nothing else. No laptop deletes anything because of that."""
    world.work(world.chance.choice(world.laptops))
    with closing(Database(world.url)) as database, database.writing() as connection:
        for table in (visit, leaf, log):
            connection.execute(delete(table))
        connection.execute(update(account_table).values(n=0, h=ROOT))


def replaced_by_a_new_centre(world: World) -> None:
    """Another centre answers there that knows nobody. Nothing is given to it, not even after signing in to it."""
    world.kill()
    with ExitStack() as stack:
        if world.is_sqlite:
            stranger = f"sqlite:///{world.folder / 'stranger.db'}"
        else:
            stranger = stack.enter_context(fresh_database())
        own, world.url = world.url, stranger
        world.start()
        with closing(Database(stranger)) as database, database.writing() as connection:
            now = SystemClock().now()
            central_accounts.add_hub(connection, HUB, now)
            (code,) = central_accounts.invite(connection, HUB, 1, now)
        for laptop in world.laptops:
            world.work(laptop)
            with suppress(SignedOut):
                world.sync(laptop)
                raise Broken(f"{laptop.name} synced with a stranger")
        laptop = world.chance.choice(world.laptops)
        with laptop.store.read() as connection:
            before = accounts.current(connection)
        with closing(Client(world.door.url)) as client:
            made = client.enrol(code, "New")
            assert before is not None
            use(laptop, Owner(made.centre_id, made.account.id), world.door.url, made.centre_key)
            laptop.engine.run(client, made.token)
        if world.entries():
            raise Broken("what belongs to another centre was given to a stranger")
        use(laptop, before.owner, world.door.url, before.centre_key)
        world.kill()
        world.url = own
    world.start()


def replaced_by_one_with_another_id(world: World) -> None:
    """A copy that lets everyone in and calls itself something else: laptops stop and ask, and it takes nothing."""
    world.settle()
    with world.copied() as copy:
        with closing(Database(copy)) as database, database.writing() as connection:
            connection.execute(update(centre_table).values(centre_id=new_id()))
        world.kill()
        own, world.url = world.url, copy
        before = world.entries()
        world.start()
        for laptop in world.laptops:
            world.work(laptop)
            held = laptop.held()
            with suppress(OtherCentre):
                world.sync(laptop)
                raise Broken(f"{laptop.name} did not notice that it speaks to another")
            if laptop.held() != held:
                raise Broken(f"{laptop.name} took a stranger's answer for its own centre's")
        if world.entries() != before:
            raise Broken("what belongs to another centre was given to a stranger")
        world.kill()
        world.url = own
    world.start()


def backend_ended_mid_transaction(world: World) -> None:
    """PostgreSQL ends the session in which a push is half written: after its log entries, before their leaves."""
    laptop = world.chance.choice(world.laptops)
    world.work(laptop, world.chance.randrange(1, 5))
    held_up = world.chance.choice(["leaf", "account"])
    with _administration(world.url) as holder, _administration(world.url) as other:
        with holder.transaction():
            holder.execute(f"LOCK TABLE {held_up} IN EXCLUSIVE MODE")
            thread = threading.Thread(target=world.try_sync, args=(laptop,))
            thread.start()
            waiting = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
            )
            until = time.monotonic() + PATIENCE
            while not other.execute(waiting).fetchall():
                if time.monotonic() > until:
                    raise Broken("no transaction was found to end")
                time.sleep(0.002)
        thread.join(PATIENCE)
    world.check_synced()


def backends_ended_at_any_moment(world: World) -> None:
    """All sessions of the centre are ended again and again while laptops sync."""
    end = threading.Event()

    def live(laptop: Laptop) -> None:
        while not end.is_set():
            world.work(laptop)
            world.try_sync(laptop)

    threads = [threading.Thread(target=live, args=(laptop,)) for laptop in world.laptops]
    for thread in threads:
        thread.start()
    with _administration(world.url) as other:
        for _ in range(10):
            time.sleep(world.chance.random() * 0.05)
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                # Not what PostgreSQL clears up with by itself: nobody but a superuser may end that.
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
    end.set()
    for thread in threads:
        thread.join(PATIENCE)
    world.check_synced()


def database_server_restarted(world: World) -> None:
    """PostgreSQL stops and starts again under a centre that goes on."""
    end = threading.Event()

    def live(laptop: Laptop) -> None:
        while not end.is_set():
            world.work(laptop)
            world.try_sync(laptop)

    thread = threading.Thread(target=live, args=(world.chance.choice(world.laptops),))
    thread.start()
    try:
        restart_server()
    finally:
        end.set()
        thread.join(PATIENCE)
    world.check_synced()


@contextmanager
def _administration(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(plain, autocommit=True)) as connection:
        yield connection


Scenario = Callable[[World], None]
ANYWHERE: tuple[Scenario, ...] = (
    killed_before_the_answer,
    killed_after_the_answer,
    killed_at_any_moment,
    restored_from_a_backup,
    emptied,
    replaced_by_a_new_centre,
    replaced_by_one_with_another_id,
)
ON_POSTGRESQL: tuple[Scenario, ...] = (
    backend_ended_mid_transaction,
    backends_ended_at_any_moment,
    database_server_restarted,
)
CASES: tuple[tuple[str, Scenario], ...] = (
    *(("sqlite", scenario) for scenario in ANYWHERE),
    *(("postgresql", scenario) for scenario in (*ANYWHERE, *ON_POSTGRESQL)),
)


class CentreRig(Rig):
    """Faults of the centre."""

    name = "centre"
    what = (
        "The centre killed between COMMIT and answer and at any moment, its database's sessions ended, restored from "
        "an old backup, emptied, replaced by another: every save is there once, and nothing went to a stranger"
    )
    unit = "faults"
    short = len(CASES)

    world_kind: ClassVar[type[World]] = World
    nursery_module: ClassVar[str] = "tests.kit.centre_process"

    def __enter__(self) -> Self:
        """Start the process whose children are centres."""
        self._nursery = CentreNursery(self.nursery_module)
        return self

    def __exit__(self, *_error: object) -> None:
        """End it."""
        self._nursery.close()

    def trial(self, seed: int) -> Mapping[str, int]:
        """One fault, and the laptops after it."""
        database, scenario = CASES[seed % len(CASES)]
        self.run(seed, database, scenario)
        return {"faults": 1, f"on {database}": 1}

    def run(self, seed: int, database: str, scenario: Scenario) -> None:
        """One scenario on one kind of database. Raises Broken."""
        folder = self.folder / f"trial-{seed}"
        folder.mkdir()
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            url = f"sqlite:///{folder / 'central.db'}"
            if database == "postgresql":
                url = stack.enter_context(fresh_database())
            world = self.world_kind(folder, self._nursery, url, random.Random(f"centre {seed}"))
            stack.callback(world.close)
            world.start()
            world.populate()
            scenario(world)
            world.settle()
            world.check()
