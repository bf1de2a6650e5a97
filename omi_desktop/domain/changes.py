"""Data changed: who writes says what, who shows reads again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from omi_desktop.domain.trace import describe

log = logging.getLogger(__name__)


class Topic(StrEnum):
    """What kind of thing changed; a listener reads again what it shows."""

    RECORDS = "records"
    DRAFTS = "drafts"
    TALLY = "tally"
    PREFERENCES = "preferences"
    PERSON = "person"
    SYNC = "sync"
    BACKUPS = "backups"
    LIBRARY = "library"
    FAVOURITES = "favourites"


@dataclass(frozen=True, slots=True)
class Change:
    """One announcement. `record_id` is set when a single record changed."""

    topic: Topic
    record_id: str | None = None


class Changes:
    """Announces changes to all listeners, on the thread of the writer. Listeners must be quick."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Change], None]] = []
        self._lock = threading.Lock()

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` at every change; returns the function that stops it."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop

    def announce(self, change: Change) -> None:
        """Tell every listener. One that fails is our bug, and no reason to call what was written failed."""
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            try:
                listener(change)
            except Exception as error:  # noqa: BLE001 - whatever it raises
                log.error("A listener failed\n%s", describe(error))  # noqa: TRY400 - not what its message says
