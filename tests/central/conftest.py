"""A real centre for each test, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central.laptop import HandClock, Laptop
from tests.kit.centre import Centre, running_centre
from tests.kit.postgres import fresh_database


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'central.db'}"
    else:
        with fresh_database() as url:
            yield url


@pytest.fixture
def clock() -> HandClock:
    """The centre's clock."""
    return HandClock()


@pytest.fixture
def centre(database_url: str, clock: HandClock) -> Iterator[Centre]:
    """A running centre."""
    with running_centre(database_url, clock) as found:
        yield found


@pytest.fixture
def laptop(centre: Centre) -> Laptop:
    """A laptop of a new ambassador."""
    return Laptop.enrol(centre.url, centre.invite())
