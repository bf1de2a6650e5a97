"""Keeps what is typed within two seconds, off the UI thread and in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from omi_desktop.domain.errors import OmiError
from omi_desktop.services.drafts import Drafts
from omi_desktop.ui import tasks

QUIET_MS: Final = 800
"""A pause in typing that is long enough to write in."""
LATEST_MS: Final = 1500
"""The longest that anything typed waits; the write itself has the rest of the two seconds."""

Form = dict[str, Any]
_Value = TypeVar("_Value")


class DraftKeeper(QObject):
    """Keeps one form's draft under one key. `form` is asked for what to keep, on the UI thread.

    `untouched` is the form before anyone typed: while it is like that there is no draft.
    """

    kept = Signal()
    failed = Signal(OmiError)

    def __init__(
        self, drafts: Drafts, key: str, form: Callable[[], Form], untouched: Form, owner: QObject
    ) -> None:
        super().__init__(owner)
        self.key = key
        self._drafts = drafts
        self._form = form
        self._untouched = untouched
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._next: list[Form | None] = []
        self._has_draft = False
        self._is_ending = False
        self._quiet = self._timer(QUIET_MS)
        self._latest = self._timer(LATEST_MS)

    def had_draft(self) -> None:
        """The form was opened from a kept draft."""
        self._has_draft = True

    @property
    def is_touched(self) -> bool:
        """Whether the form holds anything that a person put there."""
        return self._form() != self._untouched

    def changed(self) -> None:
        """Something in the form changed. While the work of `last` runs, that is no draft: once it is done, a draft of
        what was saved would be saved again."""
        if self._is_ending:
            return
        self._quiet.start()
        if not self._latest.isActive():
            self._latest.start()

    def flush(self) -> None:
        """Keep at once what is still to be kept: the page is being left."""
        if self._quiet.isActive() or self._latest.isActive():
            self._keep()

    def start_again(self) -> None:
        """Let the draft go."""
        self._stop()
        self._put(None)

    def last(self, work: Callable[[], _Value]) -> Callable[[], _Value]:
        """Work that takes the draft's place, such as saving: nothing is kept after it, and a write under way
        is over before it starts. Call `resume` when it failed."""
        self._stop()
        self._is_ending = True
        with self._lock:
            self._next.clear()

        def in_turn() -> _Value:
            try:
                with self._writing:
                    return work()
            finally:
                self._is_ending = False

        return in_turn

    def resume(self) -> None:
        """The work of `last` failed: what is in the form needs keeping again."""
        self.changed()

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(self._keep)
        return timer

    def _stop(self) -> None:
        self._quiet.stop()
        self._latest.stop()

    def _keep(self) -> None:
        self._stop()
        if self.is_touched:
            self._put(self._form())
        elif self._has_draft:
            self._put(None)

    def _put(self, form: Form | None) -> None:
        """The newest form waits in `_next`; every job writes the newest there is, so order can't turn round."""
        self._has_draft = form is not None
        with self._lock:
            self._next[:] = [form]
        tasks.run(self._write, owner=self, done=self._on_written, failed=self.failed.emit)

    def _write(self) -> bool:
        with self._writing:
            with self._lock:
                if not self._next:
                    return False
                form = self._next.pop()
            if form is None:
                self._drafts.discard(self.key)
            else:
                self._drafts.keep(self.key, form)
            return form is not None

    def _on_written(self, was_kept: bool) -> None:
        if was_kept:
            self.kept.emit()
