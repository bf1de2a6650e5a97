"""A page that is written beside the next request, without chance in the threads: one of the two goes on at a time.

How far the writer gets before the request begins is the schedule's. A late one stands in the middle of its transaction
while the request is under way; it goes on when the answer has come, when somebody else wants the file, or never, if the
program ends meanwhile.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from tests.faults.simulation.chance import Crash

Work = Callable[[Callable[[], None]], None]


class Handed:
    """Work on a thread that runs only while its maker waits for it. As `omi_desktop.sync.aside.Aside` otherwise."""

    def __init__(self, work: Work, *, is_late: bool) -> None:
        self._work = work
        self._is_late = is_late
        self._is_crashing = False
        self._is_over = False
        self._failure: BaseException | None = None
        self._ours, self._its = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._do, name="handed")
        self._thread.start()
        self._ours.acquire()
        self._raise_failure()

    def go_on(self) -> None:
        """Let it come to its end, unless it is the work itself that asks."""
        if self._is_over or threading.current_thread() is self._thread:
            return
        self._its.release()
        self._ours.acquire()

    def settle(self) -> None:
        """Wait until it is done, or let it end where it stands if the program does. Raises what it raised."""
        self._is_crashing = isinstance(sys.exc_info()[1], Crash)
        self.go_on()
        self._thread.join()
        self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _do(self) -> None:
        try:
            self._work(self._begun)
        except BaseException as error:  # noqa: BLE001 (raised again by its maker)
            self._failure = error
        finally:
            self._is_over = True
            self._ours.release()

    def _begun(self) -> None:
        if self._is_late:
            self._ours.release()
            self._its.acquire()
            if self._is_crashing:
                raise Crash


class SharedLock:
    """The lock of a file: whoever else wants it lets a writer that stands come to its end first."""

    def __init__(self) -> None:
        self.writer: Handed | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        if self.writer is not None:
            self.writer.go_on()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
