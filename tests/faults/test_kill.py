"""The rig that kills sees what it must: each planted fault is caught, and what it says replays."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.kill import VARIANTS, Kill, Site, _at
from tests.faults.lives import SCENARIOS
from tests.faults.rig import Broken


def seeds_of_one_life(rig: Kill, name: str) -> range:
    """Seeds that sweep over every call of the first life of a scenario."""
    return range(0, VARIANTS * len(rig._sites_of(name, 0)), VARIANTS)


@pytest.mark.parametrize(
    ("plant", "scenario", "complaint"),
    [
        ("acknowledge before commit", "first", "acknowledged saves are lost"),
        ("let go later", "record", "drafts, choices or tallies differ"),
        ("let go first", "record", "drafts, choices or tallies differ"),
        ("let go first", "count", "drafts, choices or tallies differ"),
        ("name a copy at once", "look after", "is listed, and is not good"),
        ("restore in place", "bring back", "acknowledged saves are lost|recovered"),
        ("version before tables", "first", "does not open|recovered"),
        ("no journal", "recover", "recovered|does not open|lost|differ"),
    ],
)
def test_each_planted_fault_is_caught_and_its_seed_replays(
    plant: str, scenario: str, complaint: str, tmp_path: Path
) -> None:
    with Kill(tmp_path, plant=plant, scenarios=(scenario,)) as rig:
        seed = first_failure(rig, scenario)
        with pytest.raises(Broken, match=complaint):
            rig.trial(seed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plant", "scenario"),
    [("cursor before revisions", "sync"), ("synced when sent", "sync"), ("say durable at once", "count")],
)
def test_faults_beside_which_another_thread_writes_are_caught(
    plant: str, scenario: str, tmp_path: Path
) -> None:
    """What a second thread had done by the kill is not the seed's to say: caught, and not always replayed."""
    with Kill(tmp_path, plant=plant, scenarios=(scenario,)) as rig:
        first_failure(rig, scenario)


def first_failure(rig: Kill, scenario: str) -> int:
    """The first seed of the sweep over one life that sees a fault."""
    for seed in seeds_of_one_life(rig, scenario):
        try:
            rig.trial(seed)
        except Broken:
            return seed
    pytest.fail("every kill was survived, in spite of the planted fault")


def test_a_kill_falls_on_entry_to_the_call_that_was_chosen(tmp_path: Path) -> None:
    """Killed at its first call that makes the folder, the program has not made it; at the next call it has."""
    with Kill(tmp_path, scenarios=("first",)) as rig:
        for site, is_made in ((Site("mkdir", ".", 1), False), (Site("openat", "ambassador.db", 1), True)):
            prepared = rig._bench.prepare("first", "0")
            assert rig._bench.nursery.live(prepared.task, _at(site, prepared.profile))
            assert prepared.profile.exists() is is_made


def test_the_seeds_sweep_over_every_kind_of_call_of_every_scenario(tmp_path: Path) -> None:
    with Kill(tmp_path) as rig:
        kinds = Counter(site.name for name in SCENARIOS for site in rig._sites_of(name, 0))
    expected = {"openat", "pwrite64", "fdatasync", "ftruncate", "mkdir", "fcntl", "close", "pread64"}
    assert expected <= set(kinds), kinds
