"""Choices of the person at this laptop: read once, kept in memory, written through."""

from __future__ import annotations

import threading
from typing import Any

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.store import notes
from omi_desktop.store.file import Store


class Preferences:
    """Named JSON values that never leave this laptop."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        with store.read() as connection:
            self._kept = notes.preferences(connection)

    def read_again(self) -> None:
        """Another file is in the place of the one that was read."""
        with self._writing, self._store.read() as connection:
            kept = notes.preferences(connection)
            with self._lock:
                self._kept = kept
        self._changes.announce(Change(Topic.PREFERENCES))

    def get(self, name: str, default: Any) -> Any:
        """The kept value, or the default. Never touches the disk."""
        with self._lock:
            return self._kept.get(name, default)

    def all(self) -> dict[str, Any]:
        """Every kept value by its name. Never touches the disk."""
        with self._lock:
            return dict(self._kept)

    def put(self, name: str, value: Any) -> None:
        """Keep a value. Raises NotSaved."""
        # `get` must never wait for the disk: it is called while a record is being saved.
        with self._writing:
            with self._store.write() as connection:
                notes.put_preference(connection, name, value)
            with self._lock:
                self._kept[name] = value
        self._changes.announce(Change(Topic.PREFERENCES))
