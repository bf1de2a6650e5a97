"""The client of the last run, kept with its connections for one that follows soon: to connect takes longer than to send
an evening's sessions, and one save is often followed by the next."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from omi_desktop.sync.client import Client

KEPT_SECONDS = 30.0
"""So short that a laptop seldom has changed its network. The service keeps an idle connection for twice as long."""


class Kept(NamedTuple):
    """A client, and when it was last used: while a laptop sleeps only the second clock goes on."""

    url: str
    client: Client
    steady: float
    wall: float

    def is_fresh(self) -> bool:
        return time.monotonic() - self.steady < KEPT_SECONDS and 0 <= time.time() - self.wall < KEPT_SECONDS


class LastClient:
    """Lends clients, and keeps the one that came back last. Safe to use from many threads."""

    def __init__(self, make: Callable[[str], Client]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._kept: Kept | None = None
        self._is_closed = False

    @contextmanager
    def lent(self, url: str) -> Iterator[Client]:
        """A client for this address. It is kept if all went well; after any failure nothing of it is used again."""
        client = self._take(url) or self._make(url)
        try:
            yield client
        except BaseException:
            client.close()
            raise
        self._exchange(Kept(url, client, time.monotonic(), time.time()))

    def close(self) -> None:
        """Keep none any more."""
        self._is_closed = True
        self._exchange(None)

    def _take(self, url: str) -> Client | None:
        with self._lock:
            kept = self._kept
            if kept is not None and kept.url == url and kept.is_fresh():
                self._kept = None
                return kept.client
        self._exchange(None)
        return None

    def _exchange(self, new: Kept | None) -> None:
        """Keep this one, and let go of the one before; or of this one too, after the end."""
        with self._lock:
            before, self._kept = self._kept, None if self._is_closed else new
        for each in (before, new if self._is_closed else None):
            if each is not None:
                each.client.close()
