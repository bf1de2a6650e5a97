"""Inside a started window: when what happened, and how much memory it took. The same for the limit and for ours."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

_SETTLE_MS = 1000
_STATUS = Path("/proc/self/status")


class Moments:
    """Moments of one start, in seconds since `started`: the parent's monotonic clock just before the process."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._found: dict[str, float] = {}

    def note(self, name: str) -> None:
        """It happened now; the first time counts."""
        self._found.setdefault(name, time.monotonic() - self._started)

    def report(self, close: Callable[[], object]) -> None:
        """After a rest, say everything with the memory in use, and close."""

        def say() -> None:
            sys.stdout.write(json.dumps({**self._found, **_memory()}) + "\n")
            sys.stdout.flush()
            close()

        QTimer.singleShot(_SETTLE_MS, say)


def press_tab(window: QWidget) -> None:
    """As if the Tab key was pressed: answered when the focus has moved."""
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        event = QKeyEvent(kind, Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.postEvent(window, event)


def _memory() -> dict[str, float]:
    """RSS in MB. Not PSS, which halves when somebody else on the machine has Qt open. Without Linux it is the peak."""
    if _STATUS.exists():
        lines = (line.split() for line in _STATUS.read_text().splitlines())
        return {"rss": next(int(words[1]) for words in lines if words[0] == "VmRSS:") / 1024}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"rss": peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)}
