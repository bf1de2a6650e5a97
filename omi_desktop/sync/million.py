"""The programme's total as OMI online last told it, kept with its date for when there is no network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omi_desktop.domain.clock import from_stamp, stamp
from omi_desktop.domain.errors import SyncProblem
from omi_desktop.domain.online import Million
from omi_desktop.store import notes
from omi_desktop.store.file import Store

if TYPE_CHECKING:
    from omi_desktop.sync.client import Client

_KEPT = "million"


class Total:
    """The total, as last known."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.known: Million | None = self._kept()

    def renew(self, client: Client, year: int) -> bool:
        """Ask for the total of a year; whether it is another. A failure leaves the last known one, with its date."""
        try:
            found = client.totals(year)
        except SyncProblem:
            return False
        million = Million(found.year, found.low, found.high, from_stamp(found.as_of))
        if million == self.known:
            return False
        kept = {
            "year": million.year,
            "low": million.low,
            "high": million.high,
            "as_of": stamp(million.as_of),
        }
        with self._store.write() as connection:
            notes.put_preference(connection, _KEPT, kept)
        self.known = million
        return True

    def _kept(self) -> Million | None:
        with self._store.read() as connection:
            kept: Any = notes.preferences(connection).get(_KEPT)
        try:
            return replace(Million(**kept), as_of=from_stamp(kept["as_of"]))
        # None yet, or changed by a failing disk: it is asked for again.
        except (TypeError, KeyError, ValueError):
            return None
