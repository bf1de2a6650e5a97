"""Stands in for the network: an `Online` whose state a test sets, and which remembers what was asked of it."""

from __future__ import annotations

from dataclasses import replace

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.errors import SyncProblem
from omi_desktop.domain.online import Enrolled, Link, Million, SyncState


class PlayedOnline:
    """`answer` is what the next code gets: an account, or an error."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._state = SyncState(Link.NO_CODE)
        self.total: Million | None = None
        self.answer: Enrolled | SyncProblem = Enrolled("Asha Patel", "Leicester hub", 0, is_token_kept=True)
        self.asked: list[str] = []

    def become(self, state: SyncState, *, silently: bool = False) -> None:
        """Take another state, announced as the engine does unless it is silent."""
        self._state = state
        if not silently:
            self._changes.announce(Change(Topic.SYNC))

    def learn(self, total: Million) -> None:
        """Hear of another total."""
        self.total = total
        self._changes.announce(Change(Topic.SYNC))

    def state(self) -> SyncState:
        return self._state

    def million(self) -> Million | None:
        return self.total

    def sync_now(self) -> None:
        self.asked.append("sync")

    def enrol(self, code: str, device: str) -> Enrolled:
        self.asked.append(f"enrol {code} {device}")
        if isinstance(self.answer, SyncProblem):
            raise self.answer
        self.become(
            SyncState(
                Link.IDLE,
                unowned=self.answer.unowned,
                account_name=self.answer.account_name,
                hub=self.answer.hub,
                is_token_kept=self.answer.is_token_kept,
            )
        )
        return self.answer

    def claim(self, is_mine: bool) -> int:
        self.asked.append(f"claim {is_mine}")
        count = self._state.unowned
        self.become(replace(self._state, unowned=0))
        return count

    def sign_out(self) -> None:
        self.asked.append("sign out")
        self.become(SyncState(Link.SIGNED_OUT))
