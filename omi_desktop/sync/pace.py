"""When the next try to sync is due: soon after a save, again after a failure with growing pauses, never much later.

What must hold: once the service answers again, what waits has gone within two minutes. A pause of at most a minute, and
a call that ends within `client.CALL_SECONDS` whatever answers it, leave room for the run itself.
"""

from __future__ import annotations

import random
import threading
import time
from typing import Protocol

from omi_desktop.domain.errors import Busy, OtherCentre, SyncProblem

EVERY = 300.0
"""Seconds between runs when nothing happens."""
FIRST_RETRY, LAST_RETRY = 2.0, 60.0
"""Seconds before the first retry, and at most between retries."""
LONGEST_ASKED = 600.0
"""Seconds that OMI online itself may ask us to wait. What a proxy or a portal asks for counts up to `LAST_RETRY`."""
AT_START = 0.3
"""Seconds before the first run, so that the first page is read before it."""
AFTER_CHANGE = 0.3
"""Seconds after a save, so that saves close together go together."""


class Timekeeper(Protocol):
    """What passes the time. Real time unless a test has it otherwise."""

    def now(self) -> float:
        """Seconds since any moment, never going back."""
        ...

    def wait(self, wake: threading.Condition, seconds: float) -> None:
        """Wait so long, or until woken. The condition is held."""
        ...


class RealTime:
    """Seconds as they pass."""

    def now(self) -> float:
        """Seconds since any moment."""
        return time.monotonic()

    def wait(self, wake: threading.Condition, seconds: float) -> None:
        """Wait so long, or until woken."""
        wake.wait(seconds)


class Pace:
    """When the next try is due. Safe to use from any thread."""

    def __init__(self, timekeeper: Timekeeper) -> None:
        self._time = timekeeper
        self._wake = threading.Condition()
        self._due = timekeeper.now()
        self._is_stopping = False
        self._failures = 0

    @property
    def is_failing(self) -> bool:
        """Whether the last try failed: a save is then no reason to try at once."""
        return self._failures > 0

    def within(self, seconds: float) -> None:
        """A try is due in so many seconds at the latest."""
        self._set(seconds, is_earlier_only=True)

    def after(self, seconds: float) -> None:
        """A try is due in so many seconds, and no earlier."""
        self._set(seconds, is_earlier_only=False)

    def begin_anew(self) -> None:
        """What failed before says nothing about now: try at once."""
        self._failures = 0
        self.within(0)

    def succeeded(self, *, is_all_sent: bool) -> None:
        """A try went well. Where something waits all the same, the next is due soon, and later each time."""
        if is_all_sent:
            self._failures = 0
        else:
            self._failed(None)

    def failed(self, problem: SyncProblem) -> None:
        """A try failed: the next is due after a pause, doubling with jitter, and no shorter than the service asked.

        What needs a person is left for the regular run; not so another OMI online, since a network may have led us
        astray.
        """
        if not (problem.retry or isinstance(problem, OtherCentre)):
            self._failures += 1
            return
        self._failed(problem.retry_after if isinstance(problem, Busy) else None)

    def wait(self) -> bool:
        """Wait until a try is due. False when there is to be none any more."""
        with self._wake:
            while not self._is_stopping and (left := self._due - self._time.now()) > 0:
                self._time.wait(self._wake, left)
            self._due = self._time.now() + EVERY
            return not self._is_stopping

    def stop(self) -> None:
        """No try is due any more."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()

    def _failed(self, asked: float | None) -> None:
        self._failures += 1
        longest = min(LAST_RETRY, FIRST_RETRY * 2 ** min(self._failures - 1, 10))
        pause = random.uniform(longest / 2, longest)  # noqa: S311 - spreads laptops out, keeps no secret
        self._set(max(pause, min(asked or 0, LONGEST_ASKED)), is_earlier_only=False)

    def _set(self, seconds: float, *, is_earlier_only: bool) -> None:
        with self._wake:
            due = self._time.now() + seconds
            if not is_earlier_only or due < self._due:
                self._due = due
                self._wake.notify_all()
