"""The rig of disks catches a program that believes a bad disk, hides its refusals, or counts presses twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.bad_disk import SYNCS, WRITES, Disk, Fault
from tests.faults.rig import Broken

pytestmark = pytest.mark.slow

LAST_SYNC = Fault("every last sync of a commit fails", f"inject={SYNCS}:error=EIO:when=5..200+5")
NO_WRITES = Fault("no write works", f"inject={WRITES}:error=ENOSPC:when=1..60")


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """Its profiles are made once."""
    with Disk(tmp_path_factory.mktemp("disk")) as made:
        yield made


def test_the_program_holds_where_the_mutants_below_do_not(rig: Disk) -> None:
    for fault in (LAST_SYNC, NO_WRITES):
        assert rig.live(3, fault)["refusals"] > 0


def test_a_full_disk_and_a_slow_one_hold(rig: Disk) -> None:
    assert rig.live(1, Fault("a full disk", is_full=True))["faults"] == 1
    assert (
        rig.live(2, Fault("a slow disk", f"inject={SYNCS}:delay_enter=15000"), is_old=True)["refusals"] == 0
    )


@pytest.mark.parametrize(
    ("plant", "fault", "seen"),
    [
        ("believe the disk", LAST_SYNC, "refused and there all the same"),
        ("swallow a refusal", NO_WRITES, "acknowledged and not there|record_gone"),
        ("press anew", LAST_SYNC, "pressed instead of"),
        ("forget what failed", NO_WRITES, "pressed instead of"),
    ],
)
def test_a_program_that_takes_less_care_is_caught(rig: Disk, plant: str, fault: Fault, seen: str) -> None:
    def live() -> None:
        for seed in range(1, 13):
            rig.live(seed, fault, plant=plant)

    with pytest.raises(Broken, match=seen):
        live()
