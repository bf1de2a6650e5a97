"""A laptop whose syncing runs by itself, over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import Clock, SystemClock
from omi_desktop.services.desk import Desk
from omi_desktop.store import accounts
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.pace import Timekeeper
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens, Tokens

PATIENCE = 15.0


class Machine:
    """A profile, the services on it, and its syncing, which waits until it is started."""

    def __init__(
        self,
        profile: Path,
        address: str,
        tokens: Tokens | None = None,
        clock: Clock | None = None,
        *,
        is_offline: bool = False,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        changes, clock = Changes(), clock or SystemClock()
        self.tokens = tokens or MemoryTokens()
        self.desk = Desk.open(profile, clock=clock, changes=changes, app="omi-desktop/test")
        self.syncing = Syncing(
            self.desk.store,
            tokens=self.tokens,
            clock=clock,
            changes=changes,
            address=address,
            is_offline=is_offline,
            timekeeper=timekeeper,
        )

    @property
    def owner(self) -> Owner:
        """The account that is signed in."""
        with self.desk.store.read() as connection:
            account = accounts.current(connection)
        assert account, "nobody is signed in"
        return account.owner

    @property
    def token_name(self) -> str:
        """Under which name the sign-in is kept; with `/carry` after it the key for sync files."""
        return "/".join(self.owner)

    def close(self) -> None:
        """End the program."""
        self.syncing.stop(wait=10)
        self.desk.close()


def eventually(claim: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not claim():
        assert time.monotonic() < until, "it did not happen"
        pause.wait(0.02)
