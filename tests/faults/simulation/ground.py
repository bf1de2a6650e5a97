"""What outlives a schedule: migrated files to copy, one database, one client. Nothing here is random."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.pool import QueuePool

from omi_desktop.central import accounts as central_accounts
from omi_desktop.central.database import Database
from omi_desktop.central.identity import identify_centre
from omi_desktop.store import accounts
from omi_desktop.store import file as store_file
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import FILE_NAME, Store
from omi_desktop.store.revisions import Owner
from tests.faults.simulation.chance import Chance, patched
from tests.faults.simulation.network import ADDRESS, Air, AirClient
from tests.kit.clock import SetClock

HUB = "Simulated hub"
MOST_PEOPLE, MOST_MACHINES = 3, 4


@dataclass
class Template:
    """A centre with so many people, and every machine's sign-in as each of them."""

    central: Path
    owners: list[Owner]
    tokens: dict[tuple[int, int], str] = field(default_factory=dict)
    """By person and machine."""
    carry_keys: list[str] = field(default_factory=list)
    """By person."""
    profiles: dict[int, Path] = field(default_factory=dict)
    """By person: the file of a laptop on which they have just signed in."""


class Ground:
    """The folder, the database and the client that one schedule after the other uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chance = Chance()
        self.clock = SetClock()
        self.empty_profile = folder / "empty.db"
        self._empty_central = folder / "empty-central.db"
        self.central_file = folder / "central.db"
        self._templates: dict[int, Template] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Make the files. Alembic is needed here, and never again."""
        # Compiling statements and opening connections would take most of a schedule's time: so one engine for each
        # path, whose readers are kept until the Store is closed.
        engines = (store_file, "_engine", cache(store_file._engine))
        self._stack.enter_context(patched((store_file, "NullPool", QueuePool), engines))
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.chance.rules():
            self.chance.sow("ground")
            Store.open(self.folder / "made").close()
            shutil.move(self.folder / "made" / FILE_NAME, self.empty_profile)
            made = Database(f"sqlite:///{self._empty_central}")
            made.migrate()
            with made.writing() as connection:
                identify_centre(connection, self.clock.now())
                central_accounts.add_hub(connection, HUB, self.clock.now())
            made.close()
        shutil.copyfile(self._empty_central, self.central_file)
        self.database = Database(f"sqlite:///{self.central_file}")
        self.beside = self._beside()
        self.air = Air(self.database, self.clock)
        self.client = AirClient(self.air)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what is open."""
        self.client.close()
        self.beside.close()
        self.database.close()
        self._stack.close()

    def template(self, people: int) -> Template:
        """The template for so many people, made once."""
        if people not in self._templates:
            with self.chance.rules():
                self.chance.sow(f"template {people}")
                self._templates[people] = self._make(people)
        return self._templates[people]

    def _make(self, people: int) -> Template:
        made = Template(self.folder / f"template-{people}.db", [])
        shutil.copyfile(self._empty_central, made.central)
        database = Database(f"sqlite:///{made.central}")
        now = self.clock.now()
        with database.writing() as connection:
            centre = identify_centre(connection, now)
            for person in range(people):
                code = central_accounts.invite(connection, HUB, 1, now)[0]
                for machine in range(MOST_MACHINES):
                    found = central_accounts.enrol(connection, code, f"Laptop {machine}", now)
                    made.tokens[person, machine] = found.token
                    code = central_accounts.invite_next_device(connection, found.account_id, now)[0]
                owner = Owner(centre.centre_id, found.account_id)
                made.owners.append(owner)
                made.carry_keys.append(found.carry_key)
                made.profiles[person] = self._profile(
                    f"profile-{people}-{person}",
                    Account(owner, found.account_name, found.hub, ADDRESS, centre.centre_key),
                )
        database.close()
        return made

    def _profile(self, name: str, account: Account) -> Path:
        folder = self.folder / name
        folder.mkdir()
        shutil.copyfile(self.empty_profile, folder / FILE_NAME)
        store = Store.open(folder)
        with store.write() as connection:
            accounts.use(connection, account)
        store.close()
        return folder / FILE_NAME

    def lay(self, central: Path) -> None:
        """Put a copy of a file in the place of the centre's database and start its process on it."""
        self.beside.close()
        self.database.close()
        shutil.copyfile(central, self.central_file)
        self.beside = self._beside()
        self.air.begin()

    def _beside(self) -> sqlite3.Connection:
        """The centre's database as another program would read it."""
        return sqlite3.connect(f"file:{self.central_file}?mode=ro", uri=True)
