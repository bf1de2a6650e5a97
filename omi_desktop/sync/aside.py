"""Work on a thread of its own while this one waits for something else."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Aside:
    """One piece of work under way beside its maker, who goes on once the work has come as far as it must first.

    `work` is given what to call at that point. If it fails before, making this raises its error.
    """

    def __init__(self, work: Callable[[Callable[[], None]], None]) -> None:
        self._work = work
        self._has_begun = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._do, name="aside")
        self._thread.start()
        self._has_begun.wait()
        self._raise_failure()

    def settle(self) -> None:
        """Wait until it is done. Raises what the work raised."""
        self._thread.join()
        self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _do(self) -> None:
        try:
            self._work(self._has_begun.set)
        except BaseException as error:  # noqa: BLE001 (raised again by `settle`)
            self._failure = error
        finally:
            self._has_begun.set()
