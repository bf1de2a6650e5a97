"""Full-text search over the library: every word must match, the last one as far as it is typed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection

from omi_desktop.library.index import words
from omi_desktop.library.items import KINDS, Hit, Kind

WORD_LIMIT = 12
LETTER_LIMIT = 40
_COMPLETION_LIMIT = 60

_SELECT = """
SELECT kind, id, title, summary, snippet(entry, 3, char(2), char(3), '…', 20), -rank
FROM entry WHERE entry MATCH ?1 {kinds} ORDER BY rank LIMIT ?2
"""
_EVERYWHERE = _SELECT.format(kinds="")
_IN_KINDS = _SELECT.format(kinds="AND kind IN (?3, ?4, ?5)")
_COMPLETIONS = "SELECT word FROM word WHERE word >= ?1 AND word < ?1 || char(0x10ffff) LIMIT ?2"


class Search:
    """Searches one index; any thread may ask. `lock` is held while the connection is in use."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.Lock) -> None:
        self._connection = connection
        self._lock = lock

    def search(self, query: str, kinds: Collection[Kind] | None = None, limit: int = 30) -> list[Hit]:
        """The best hits first; nothing for a query without a letter or digit.

        Any text is a valid query. When no item has all the words, items that have some of them are found.
        Raises sqlite3.DatabaseError when the index is damaged.
        """
        asked = words(query[: WORD_LIMIT * LETTER_LIMIT * 4])[:WORD_LIMIT]
        if not asked or limit < 1 or (kinds is not None and not kinds):
            return []
        quoted = [f'"{word[:LETTER_LIMIT]}"' for word in asked]
        first = " ".join(quoted[:-1])
        with self._lock:
            if hits := self._ask(f"{first} {quoted[-1]}*", kinds, limit):
                return hits
            # The index holds stems: "activities" as "activ", which "activit*" misses. So finish the word, then stem.
            rows = self._connection.execute(
                _COMPLETIONS, (asked[-1][:LETTER_LIMIT], _COMPLETION_LIMIT)
            ).fetchall()
            if rows:
                finished = " OR ".join(f'"{word}"' for (word,) in rows)
                if hits := self._ask(f"{first} {'AND' if first else ''} ({finished})", kinds, limit):
                    return hits
                quoted[-1] = finished
            return self._ask(" OR ".join(quoted), kinds, limit) if len(quoted) > 1 else []

    def _ask(self, match: str, kinds: Collection[Kind] | None, limit: int) -> list[Hit]:
        if kinds is None:
            rows = self._connection.execute(_EVERYWHERE, (match, limit))
        else:
            chosen = [kind if kind in kinds else "" for kind in KINDS]
            rows = self._connection.execute(_IN_KINDS, (match, limit, *chosen))
        return list(map(Hit._make, rows))
