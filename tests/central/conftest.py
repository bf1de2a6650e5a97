"""A real centre on both databases. One stands for all tests and is emptied before each; some need their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete

from omi_desktop.central.tables import metadata
from tests.central.laptop import HandClock, Laptop
from tests.kit.centre import Centre, running_centre
from tests.kit.postgres import fresh_database

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))
_CLOCK = HandClock()


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a new database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'central.db'}"
    else:
        with fresh_database() as url:
            yield url


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    with empty_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def clock() -> HandClock:
    """The clock of all centres here, at noon on 24 November 2026."""
    _CLOCK.reset()
    return _CLOCK


@pytest.fixture(scope="session", params=KINDS)
def standing_centre(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Centre]:
    """A running centre; ask for `centre`, which is empty."""
    folder = tmp_path_factory.mktemp("standing")
    with empty_database(request.param, folder) as url, running_centre(url, _CLOCK) as found:
        yield found


@pytest.fixture
def centre(standing_centre: Centre, clock: HandClock) -> Centre:
    """A running centre with nobody in it."""
    with standing_centre.database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name not in ("centre", "audit"):  # The audit log only grows.
                connection.execute(delete(table))
    return standing_centre


@pytest.fixture
def laptop(centre: Centre) -> Laptop:
    """A laptop of a new ambassador."""
    return Laptop.enrol(centre.url, centre.invite())


@pytest.fixture
def own_centre(database_url: str, clock: HandClock) -> Iterator[Centre]:
    """A running centre that the test may stop or break."""
    with running_centre(database_url, clock) as found:
        yield found


@pytest.fixture
def own_laptop(own_centre: Centre) -> Laptop:
    """A laptop of `own_centre`."""
    return Laptop.enrol(own_centre.url, own_centre.invite())
