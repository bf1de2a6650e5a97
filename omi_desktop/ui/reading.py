"""What a page shows, read off the UI thread: one read at a time, and once more if something changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui import tasks

Value = TypeVar("Value")


class Reading(Generic[Value]):
    """`ask` as often as you like: `show` receives the values in the order in which they were read."""

    def __init__(
        self,
        owner: QObject,
        read: Callable[[], Value],
        show: Callable[[Value], object],
        failed: Callable[[OmiError], object],
    ) -> None:
        self._owner = owner
        self._read = read
        self._show = show
        self._failed = failed
        self._is_under_way = False
        self._is_asked_again = False

    def ask(self) -> None:
        """Read, or read again after the read that is under way."""
        if self._is_under_way:
            self._is_asked_again = True
            return
        self._is_under_way = True
        tasks.run(self._read, owner=self._owner, done=self._on_read, failed=self._on_failed)

    def _on_read(self, value: Value) -> None:
        self._end()
        self._show(value)

    def _on_failed(self, error: OmiError) -> None:
        self._end()
        self._failed(error)

    def _end(self) -> None:
        self._is_under_way = False
        if self._is_asked_again:
            self._is_asked_again = False
            self.ask()
