"""The order in which one laptop's calls came.

A laptop has two syncs under way at once, the second of which goes on from where the first will end. They are worked on
at the same time, and the second waits only where it looks at the log: if it came there first, it would be told that its
history has changed. Which of two calls to different processes came first nobody knows; then the laptop asks again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turn:
    """One call's place behind the one that came before it."""

    def __init__(self, before: threading.Event | None) -> None:
        self._before = before
        self.is_over = threading.Event()

    @property
    def is_first(self) -> bool:
        """Whether none that came before is under way."""
        return self._before is None or self._before.is_set()

    def wait(self) -> None:
        """Until the call before is over."""
        if self._before is not None:
            self._before.wait()
            self._before = None


class Turns:
    """The last call of each laptop that is under way. To be asked in the order in which calls came, by one thread."""

    def __init__(self) -> None:
        self._last: dict[str, threading.Event] = {}

    @contextmanager
    def line_up(self, name: str) -> Iterator[Turn]:
        """A turn behind those of the same name, over when the block ends or somebody says so before."""
        turn = Turn(self._last.get(name))
        self._last[name] = turn.is_over
        try:
            yield turn
        finally:
            turn.is_over.set()
            if self._last.get(name) is turn.is_over:
                del self._last[name]
