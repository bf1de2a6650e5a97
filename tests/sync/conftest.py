"""A centre, a cable to it, and laptops of one account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omi_desktop.central import accounts
from omi_desktop.central.database import Database
from omi_desktop.central.identity import identify_centre
from omi_desktop.domain.clock import SystemClock
from tests.kit.laptop import HUB, Cable, Laptop

MakeLaptop = Callable[..., Laptop]


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
