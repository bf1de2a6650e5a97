"""A centre, a cable to it, and laptops of one account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from omi_desktop.central import accounts
from omi_desktop.central.database import Database
from omi_desktop.central.identity import identify_centre
from omi_desktop.central.tables import log
from omi_desktop.domain.clock import SystemClock
from omi_desktop.sync import pace
from omi_desktop.sync.tokens import Tokens
from tests.kit.centre import Centre, running_centre
from tests.kit.laptop import HUB, Cable, Laptop
from tests.kit.machine import Machine

MakeLaptop = Callable[..., Laptop]
MakeMachine = Callable[..., Machine]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A centre's database, empty but for a hub."""
    made = Database(f"sqlite:///{tmp_path / 'central.db'}")
    made.migrate()
    with made.writing() as connection:
        identify_centre(connection, SystemClock().now())
        accounts.add_hub(connection, HUB, SystemClock().now())
    yield made
    made.close()


@pytest.fixture
def cable(database: Database) -> Cable:
    """The network to it."""
    return Cable(database, SystemClock())


@pytest.fixture
def make_laptop(tmp_path: Path, cable: Cable) -> Iterator[MakeLaptop]:
    """Laptops by name; `like` makes one more of the same account, `signed_in=False` one without a code."""
    made: list[Laptop] = []

    def make(name: str, *, like: Laptop | None = None, signed_in: bool = True) -> Laptop:
        laptop = Laptop(tmp_path / name, SystemClock(), name)
        made.append(laptop)
        if signed_in:
            sign_in(laptop, cable, like)
        return laptop

    yield make
    for laptop in made:
        laptop.close()


def sign_in(laptop: Laptop, cable: Cable, like: Laptop | None = None) -> None:
    """Invite a laptop and let it in."""
    now = SystemClock().now()
    with cable.database.writing() as connection:
        if like and like.owner:
            code = accounts.invite_next_device(connection, like.owner.account_id, now)[0]
        else:
            code = accounts.invite(connection, HUB, 1, now)[0]
    laptop.sign_in(cable, code)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre that can be called, on SQLite."""
    with running_centre(f"sqlite:///{tmp_path / 'central.db'}") as made:
        yield made


@pytest.fixture
def make_machine(tmp_path: Path, centre: Centre) -> Iterator[MakeMachine]:
    """Laptops by name that call the centre, or another address."""
    made: list[Machine] = []

    def make(
        name: str = "work", *, address: str = "", tokens: Tokens | None = None, is_offline: bool = False
    ) -> Machine:
        made.append(Machine(tmp_path / name, address or centre.url, tokens, is_offline=is_offline))
        return made[-1]

    yield make
    for machine in made:
        machine.close()


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures are tried again at once."""
    monkeypatch.setattr(pace, "FIRST_RETRY", 0.05)
    monkeypatch.setattr(pace, "LAST_RETRY", 0.2)


def logged(centre: Centre) -> list[str]:
    """The ids of the revisions that a centre holds."""
    with centre.database.reading() as connection:
        return list(connection.execute(select(log.c.rev_id)).scalars())
