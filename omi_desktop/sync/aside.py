"""Work on a thread of its own while this one does something else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_Found = TypeVar("_Found")


class Aside(Generic[_Found]):
    """One piece of work under way beside its maker. Nothing waits for it at the program's end."""

    def __init__(self, work: Callable[[], _Found]) -> None:
        self._work = work
        self._found: list[_Found] = []
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._do, name="aside", daemon=True)
        self._thread.start()

    def result(self) -> _Found:
        """Wait for what it finds. Raises what the work raised."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._found[0]

    def _do(self) -> None:
        try:
            self._found.append(self._work())
        except BaseException as error:  # noqa: BLE001 (raised again by `result`)
            self._failure = error
