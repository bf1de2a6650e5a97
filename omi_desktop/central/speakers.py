"""Who spoke with which token, so that a sync need not ask the database before its own transaction.

It lets nobody in: every sync looks again, inside its transaction, whether the laptop may speak. So a sign-in that has
ended, through whichever process, is refused at once; and whoever has none never waits for a turn to write.
"""

from __future__ import annotations

from omi_desktop.central.accounts import Device, device_of, secret_hash
from omi_desktop.central.database import Database

_MOST = 10_000


class Speakers:
    """The laptops that called this process, by the hash of their token. Safe to use from many threads."""

    def __init__(self, database: Database, most: int = _MOST) -> None:
        """Beyond `most` it starts afresh."""
        self._database = database
        self._most = most
        self._known: dict[str, Device] = {}
        self._slow: set[str] = set()

    def of(self, token: str) -> Device:
        """Who speaks, or who spoke last with this token. Raises Refusal (`unauthorised`, `account_erased`)."""
        name = secret_hash(token)
        found = self._known.get(name)
        if found is None:
            with self._database.glancing() as connection:
                found = device_of(connection, token)
            if len(self._known) >= self._most:
                self._known, self._slow = {}, set()
            self._known[name] = found
        return found

    def is_quick(self, token: str) -> bool:
        """Whether its next sync can be begun beside others: who speaks is known, and it needed no thread before."""
        name = secret_hash(token)
        return name in self._known and name not in self._slow

    def remember_as_slow(self, token: str) -> None:
        """Its sync needed a thread, and so may those that follow: whoever met another account has questions."""
        self._slow.add(secret_hash(token))

    def forget(self, token: str) -> None:
        """What was known of a token does not hold any more."""
        name = secret_hash(token)
        self._known.pop(name, None)
        self._slow.discard(name)
