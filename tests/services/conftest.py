"""A desk over a real file, with a clock that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omi_desktop.domain.changes import Change, Changes
from omi_desktop.services.desk import Desk
from tests.kit.clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    """Tuesday 24 November 2026, noon."""
    return SetClock()


@pytest.fixture
def announced() -> list[Change]:
    """What the desk announced."""
    return []


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock, announced: list[Change]) -> Iterator[Desk]:
    """The desk of a new profile."""
    changes = Changes()
    changes.listen(announced.append)
    opened = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
    yield opened
    opened.close()
