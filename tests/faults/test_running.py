"""What runs the rigs, with a rig that breaks in every way."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import ClassVar

from tests.faults.rig import Broken, Rig
from tests.faults.running import run_rig


class Odd(Rig):
    """Trial 2 goes on without end, trial 5 breaks a promise, trial 6 ends its process."""

    name = "odd"
    what = "nothing"
    unit = "trials"
    short = 9
    patience: ClassVar[float] = 1.0

    def trial(self, seed: int) -> Mapping[str, int]:
        """One trial."""
        if seed == 2:
            time.sleep(60)
        if seed == 5:
            raise Broken("as planted")
        if seed == 6:
            os._exit(3)
        return {self.unit: 1}


def test_a_trial_that_does_not_end_and_a_process_that_does_are_failures_with_their_seeds() -> None:
    found = run_rig(Odd, count=9, seconds=None, seed=1, jobs=3)
    assert sorted(found.failures) == [
        (2, "its process ended with 1; with 1 if it took too long"),
        (6, "its process ended with 3; with 1 if it took too long"),
    ]
    assert found.counts["trials"] == 3


def test_a_broken_promise_does_not_end_the_run() -> None:
    found = run_rig(Odd, count=3, seconds=None, seed=3, jobs=1)
    (failure,) = found.failures
    assert failure[0] == 5
    assert failure[1].rstrip().endswith("as planted")
    assert found.trials == 3
    assert found.counts["trials"] == 2
