"""Calls that go ahead, without chance in threads: there are none. When the centre hears of each is the schedule's.

One is heard at once, or as soon as the file is free; or only when its answer is waited for, so that the one after it
may come first; or, if the program ends before, perhaps never.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from omi_desktop.wire.messages import SyncAnswer

Work = Callable[[], SyncAnswer]


class Sent:
    """A call under way. As `omi_desktop.sync.aside.Aside` otherwise."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._found: SyncAnswer | None = None
        self._failure: BaseException | None = None
        self._is_over = False

    def arrive(self) -> None:
        """Let the centre hear of it, if it has not."""
        if self._is_over:
            return
        self._is_over = True
        try:
            self._found = self._work()
        except BaseException as error:  # noqa: BLE001 (raised again by `result`)
            self._failure = error

    def result(self) -> SyncAnswer:
        """Its answer. Raises what the call raised."""
        self.arrive()
        if self._failure is not None:
            raise self._failure
        assert self._found is not None
        return self._found


class FileLock:
    """The lock of a laptop's file. While it is held nothing is heard: what else happens meanwhile may want the file."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._when_free: list[Sent] = []

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        self._lock.release()
        self.let_arrive()

    def soon(self, sent: Sent) -> None:
        """Let the centre hear of a call as soon as the file is free."""
        self._when_free.append(sent)
        self.let_arrive()

    def let_arrive(self) -> None:
        """What waited for the file arrives, if it is free."""
        while self._when_free and not self._depth:
            self._when_free.pop(0).arrive()
