"""What a person writes beside a page of the Library. It never leaves this laptop."""

from __future__ import annotations

from typing import Final

from omi_desktop.domain.clock import Clock, stamp
from omi_desktop.store import margin
from omi_desktop.store.file import Store

LONGEST: Final = margin.LONGEST_NOTE
"""In characters."""


class PageNotes:
    """One plain text for each page, by its name, such as `career/solar-scientist`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def of(self, page: str) -> str:
        """The note of a page; empty where there is none."""
        with self._store.read() as connection:
            return margin.note_of(connection, page)

    def put(self, page: str, text: str) -> None:
        """Keep a note, of at most `LONGEST` characters; one of nothing but spaces goes. Raises NotSaved."""
        kept = text.replace("\0", "")[:LONGEST] if text.strip() else ""
        with self._store.write() as connection:
            margin.put_note(connection, page, kept, stamp(self._clock.now()))
