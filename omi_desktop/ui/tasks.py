"""The one way off the UI thread: a plain function in, a frozen value back on the UI thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QThreadPool, Signal

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui import show_error


@dataclass(frozen=True, slots=True)
class _Outcome:
    owner: QObject
    done: Callable[[Any], object]
    failed: Callable[[OmiError], object] | None
    value: object
    error: Exception | None


class _Post(QObject):
    """Lives on the UI thread; a signal from a worker thread arrives there through the event queue."""

    arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.arrived.connect(self._deliver)
        app = QCoreApplication.instance()
        if app is not None:
            self.moveToThread(app.thread())

    def _deliver(self, outcome: _Outcome) -> None:
        if not shiboken6.isValid(outcome.owner):
            return
        if outcome.error is None:
            outcome.done(outcome.value)
        elif not isinstance(outcome.error, OmiError):
            show_error.crash(outcome.error)
        elif outcome.failed is not None:
            outcome.failed(outcome.error)
        else:
            show_error.tell(outcome.error, outcome.owner)


@cache
def _post() -> _Post:
    return _Post()


Value = TypeVar("Value")


def run(
    work: Callable[[], Value],
    *,
    owner: QObject,
    done: Callable[[Value], object],
    failed: Callable[[OmiError], object] | None = None,
) -> None:
    """Run `work` on a worker thread and hand its value to `done` on the UI thread.

    An OmiError goes to `failed`, or to a dialog without one; any other exception is our bug and opens the
    crash window. Nothing is delivered once `owner` has been deleted. `work` takes and returns frozen values
    and touches no widget. Call it on the UI thread.
    """
    post = _post()

    def job() -> None:
        value: Value | None = None
        error: Exception | None = None
        try:
            value = work()
        except Exception as fault:  # noqa: BLE001 -- every fault is shown to the person, none is swallowed
            error = fault
        post.arrived.emit(_Outcome(owner, done, failed, value, error))

    QThreadPool.globalInstance().start(job)


def finish(milliseconds: int = 5000) -> bool:
    """Wait for running work, when the app closes. False if some was still running."""
    return QThreadPool.globalInstance().waitForDone(milliseconds)
