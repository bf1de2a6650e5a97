"""How faults reach a person: what happened, what it means for their data, what to do next.

An OmiError is told inline (`widgets.notice.Notice.tell`) or, where there is no place for that, by a dialog. Anything
else is our bug and opens one crash window with a report to copy, which holds no personal text.
"""

from __future__ import annotations

import logging
import sys
import threading
from functools import cache
from types import TracebackType

from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtWidgets import QApplication, QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.trace import describe

log = logging.getLogger(__name__)


def tell(error: OmiError, owner: QObject | None = None) -> None:
    """Show an OmiError in a dialog over the owner's window. Does not wait for it."""
    from omi_desktop.ui.dialogs.problem import ProblemDialog  # noqa: PLC0415 -- only when needed

    window = owner.window() if isinstance(owner, QWidget) else QApplication.activeWindow()
    ProblemDialog(error, window).open()


def crash(error: BaseException) -> None:
    """Log an unexpected exception and show the crash window; further ones join the same report. Any thread."""
    log.error("Unexpected fault\n%s", describe(error))
    app = QApplication.instance()
    if isinstance(app, QApplication):
        if QThread.currentThread() is app.thread():
            _show(error)
        else:
            _relay().crashed.emit(error)


def install() -> None:
    """From now on an exception that leaves a slot, an event handler or a thread reaches the person.

    Called on the UI thread.
    """
    _relay()
    sys.excepthook = _on_exception
    threading.excepthook = lambda args: crash(args.exc_value) if args.exc_value is not None else None


class _Relay(QObject):
    """Lives on the UI thread, for faults of other threads."""

    crashed = Signal(object)


@cache
def _relay() -> _Relay:
    relay = _Relay()
    app = QApplication.instance()
    if app is not None:
        relay.moveToThread(app.thread())
    relay.crashed.connect(_show)
    return relay


def _show(error: BaseException) -> None:
    from omi_desktop.ui.dialogs.crash import CrashWindow  # noqa: PLC0415 -- only when needed

    CrashWindow.report(error)


def _on_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, OmiError):
        log.warning("%s", kind.__name__)
        tell(error)
    elif isinstance(error, Exception):
        crash(error.with_traceback(trace))
    else:
        sys.__excepthook__(kind, error, trace)
