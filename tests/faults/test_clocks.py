"""The teeth of the rig of clocks: programs that believe their clock are caught."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from omi_desktop.domain import faults, revision
from omi_desktop.domain.revision import Revision
from omi_desktop.services import records
from omi_desktop.store import revisions
from tests.faults.clocks import WRONG, Clocks
from tests.faults.rig import Broken
from tests.faults.simulation.chance import patched

PATIENCE = 6 * len(WRONG)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Clocks]:
    """The rig, entered."""
    with Clocks(tmp_path) as made:
        yield made


def test_the_same_totals_under_a_few_wrong_clocks(rig: Clocks) -> None:
    for seed in range(len(WRONG)):
        rig.trial(seed)


def future_refused() -> AbstractContextManager[None]:
    """Whatever is after today by the clock is refused, in whatever year that clock lives."""
    return patched((faults, "FIRST_RELEASE", date.min))


def dated_by_the_clock() -> AbstractContextManager[None]:
    """A session is dated by the clock, whatever day was typed."""
    real = revision.compose

    def compose(**given: Any) -> Revision:
        day = given["now"].date().isoformat()
        if given["body"].get("date"):
            given["body"] = {**given["body"], "date": day}
        return real(**given)

    return patched((records, "compose", compose))


def unsent_after_today() -> AbstractContextManager[None]:
    """Only what was saved before now by the clock is sent."""
    real = revisions.unsent

    def unsent(connection: Any, owner: Any, *, today: str, **rest: Any) -> Any:
        found = real(connection, owner, today=today, **rest)
        held = {each.rev_id: revisions.get(connection, each.rev_id) for each in found}
        return [each for each in found if (h := held[each.rev_id]) and h.revision.saved_at[:10] <= today]

    return patched((revisions, "unsent", unsent))


@pytest.mark.slow
@pytest.mark.parametrize("plant", [future_refused, dated_by_the_clock, unsent_after_today])
def test_a_program_that_believes_its_clock_is_caught(
    plant: Callable[[], AbstractContextManager[None]], rig: Clocks
) -> None:
    with plant():
        assert any(is_broken(rig, seed) for seed in range(PATIENCE))


def is_broken(rig: Clocks, seed: int) -> bool:
    """Whether a promise breaks in this life."""
    try:
        rig.trial(seed)
    except Broken:
        return True
    return False
