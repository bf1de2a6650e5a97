"""Small choices kept off the UI thread, one after another: of several made quickly the last is the one that stays."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui import tasks


class Keeping:
    """`keep` as often as you like; `failed` is told of an error."""

    def __init__(self, owner: QObject, failed: Callable[[OmiError], object]) -> None:
        self._owner = owner
        self._failed = failed
        self._lock = threading.Lock()
        self._due: dict[str, Callable[[], object]] = {}
        self._is_under_way = False

    def keep(self, name: str, work: Callable[[], object]) -> None:
        """Do this, in place of what is still to be done under the same name."""
        with self._lock:
            self._due[name] = work
            is_under_way, self._is_under_way = self._is_under_way, True
        if not is_under_way:
            tasks.run(self._keep_all, owner=self._owner, done=lambda _none: None, failed=self._failed)

    def _keep_all(self) -> None:
        """On one thread until nothing is due, so that the end of the program waits for the last of it."""
        problem: OmiError | None = None
        while (work := self._take()) is not None:
            try:
                work()
            except OmiError as error:
                problem = error
        if problem is not None:
            raise problem

    def _take(self) -> Callable[[], object] | None:
        with self._lock:
            if not self._due:
                self._is_under_way = False
                return None
            return self._due.pop(next(iter(self._due)))
