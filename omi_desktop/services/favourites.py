"""Pages of the Library that a person keeps at hand: read once, kept in memory, written through."""

from __future__ import annotations

import threading

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock, stamp
from omi_desktop.store import margin
from omi_desktop.store.file import Store


class Favourites:
    """Pages by name, such as `handbook/first-visit`. They never leave this laptop."""

    def __init__(self, store: Store, clock: Clock, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._changes = changes
        self._lock = threading.RLock()
        with store.read() as connection:
            self._pages = tuple(margin.favourites(connection))

    def read_again(self) -> None:
        """Another file is in the place of the one that was read."""
        with self._lock, self._store.read() as connection:
            self._pages = tuple(margin.favourites(connection))
        self._changes.announce(Change(Topic.FAVOURITES))

    def all(self) -> tuple[str, ...]:
        """The favourites, the newest first. Never touches the disk."""
        return self._pages

    def toggle(self, page: str) -> None:
        """Keep a page at hand that was not, or the other way round. Raises NotSaved."""
        with self._lock:
            self.put(page, is_favourite=page not in self._pages)

    def put(self, page: str, *, is_favourite: bool) -> None:
        """Keep a page at hand, or no longer. Raises NotSaved."""
        with self._lock:
            with self._store.write() as connection:
                if is_favourite:
                    margin.add_favourite(connection, page, stamp(self._clock.now()))
                else:
                    margin.drop_favourite(connection, page)
            others = tuple(other for other in self._pages if other != page)
            is_new = page not in self._pages
            if not is_favourite:
                self._pages = others
            elif is_new:
                self._pages = (page, *others)
        self._changes.announce(Change(Topic.FAVOURITES))
