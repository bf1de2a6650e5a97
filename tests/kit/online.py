"""Stands in for the network: an `Online` whose state a test sets, and which remembers what was asked of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.errors import OmiError, SyncProblem
from omi_desktop.domain.online import (
    Attempt,
    Enrolled,
    Link,
    Million,
    NextCode,
    PackOffer,
    SyncState,
    TakenIn,
)


class PlayedOnline:
    """`answer` is what the next code gets: an account, or an error. `written` and `taken_in` are what comes of a sync
    file."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._state = SyncState(Link.NO_CODE)
        self.total: Million | None = None
        self.answer: Enrolled | SyncProblem = Enrolled("Asha Patel", "Leicester hub", 0, is_token_kept=True)
        self.tries: list[Attempt] = []
        self.next_code: NextCode | SyncProblem = NextCode(
            "7GQ2-9XKM-4TBD-W3NA@https://omi.invalid", datetime(2026, 11, 25, 18, 17, tzinfo=UTC)
        )
        self.written: int | OmiError = 3
        self.taken_in: TakenIn | OmiError = TakenIn(is_own=True, new=3, known=0)
        self.offer: PackOffer | SyncProblem | None = None
        self.pack: bytes | SyncProblem = b""
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

    def go_back(self) -> None:
        self.asked.append("go back")
        self.become(SyncState(Link.SIGNED_OUT, account_name=self._state.others_name))

    def attempts(self) -> list[Attempt]:
        return self.tries

    def code_for_next_laptop(self) -> NextCode:
        self.asked.append("next code")
        if isinstance(self.next_code, SyncProblem):
            raise self.next_code
        return self.next_code

    def newest_pack(self, known: str = "") -> PackOffer | None:
        self.asked.append("newest pack")
        if isinstance(self.offer, SyncProblem):
            raise self.offer
        return self.offer if self.offer is None or self.offer.tag != known else None

    def fetch_pack(self, offer: PackOffer, version: int) -> bytes:
        self.asked.append(f"pack {version}")
        if isinstance(self.pack, SyncProblem):
            raise self.pack
        return self.pack

    def write_sync_file(self, path: Path) -> int:
        self.asked.append(f"write {path.name}")
        if isinstance(self.written, OmiError):
            raise self.written
        return self.written

    def take_in_sync_file(self, path: Path) -> TakenIn:
        self.asked.append(f"take in {path.name}")
        if isinstance(self.taken_in, OmiError):
            raise self.taken_in
        return self.taken_in
