"""What the window may know and ask about syncing: one frozen state and one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from omi_desktop.domain.errors import SyncProblem


class Link(StrEnum):
    """How this laptop stands to OMI online at this moment."""

    STARTING = "starting"  # the file is not read yet: nothing is known
    NO_CODE = "no_code"  # never enrolled
    IDLE = "idle"  # nothing under way; the last try, if any, succeeded
    SYNCING = "syncing"
    OFFLINE = "offline"  # switched off for this run (--offline)
    TROUBLE = "trouble"  # the last try failed: `problem` says how
    SIGNED_OUT = "signed_out"  # enrolled once; needs a new code before anything is sent


@dataclass(frozen=True, slots=True)
class SyncState:
    """Everything the sync line shows. Times are UTC-aware.

    `waiting`: saved revisions' records not yet read back from OMI online (sessions and plans).
    `needs_you`: records that wait for the person's decision.
    `unowned`: sessions recorded before the first code, not yet claimed or left.
    `others_waiting`: records of other accounts of this laptop, not shown, that wait until their person signs in again;
    `others_name` is that person's, if it is one.
    """

    link: Link = Link.STARTING
    waiting: int = 0
    needs_you: int = 0
    unowned: int = 0
    last_success: datetime | None = None
    problem: SyncProblem | None = None
    account_name: str | None = None
    hub: str | None = None
    is_token_kept: bool = True  # False: no keyring; the sign-in lasts for this run only
    others_waiting: int = 0
    others_name: str | None = None

    @property
    def is_all_well(self) -> bool:
        """True only when everything saved has been read back and nothing is wrong."""
        return (
            self.link is Link.IDLE
            and not (self.waiting or self.needs_you or self.unowned)
            and self.last_success is not None
            and self.problem is None
        )


@dataclass(frozen=True, slots=True)
class Million:
    """The programme's published total for one calendar year and when it was last known."""

    year: int
    low: int
    high: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The answer to a code. `unowned`: sessions recorded earlier that the app must ask about.

    `others_waiting`: records that another account of this laptop left waiting and that are hidden from now on, as in
    `SyncState`. Where the code was meant for that very person, the app must say so and offer `go_back`.
    """

    account_name: str
    hub: str
    unowned: int
    is_token_kept: bool
    others_waiting: int = 0
    others_name: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sync, for a person or their hub to read. `at` is UTC-aware; `code` is `ok` or a SyncProblem's code.

    `sent`, `read_back`, `received` and `rejected` are numbers of revisions.
    """

    at: datetime
    code: str
    title: str
    sent: int = 0
    read_back: int = 0
    received: int = 0
    rejected: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class NextCode:
    """A code for one's next laptop, with the address after an @, as Settings takes it; and until when it works."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a sync file: read here because it is one's own, or relayed unread for someone else.

    `new` and `known` are numbers of saved versions; `refused` those that were not taken.
    """

    is_own: bool
    new: int
    known: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class PackOffer:
    """The newest content pack that OMI online has. `manifest` and `signature` are what is in it under these names,
    `endorsement` is what OMI online's own key `centre_key` says of the key that signed it (both base64). `tag` names
    this very pack."""

    tag: str
    centre_id: str
    centre_key: str
    manifest: bytes
    signature: bytes
    endorsement: str
    size: int
    sha256: str


class Online(Protocol):
    """What the window asks of syncing. Calls marked *blocking* belong in `tasks.run`."""

    def state(self) -> SyncState:
        """The present state. Cheap; any thread."""
        ...

    def million(self) -> Million | None:
        """The programme's total as last known, or None if it never was. Cheap; any thread."""
        ...

    def sync_now(self) -> None:
        """Ask for a run as soon as possible; returns at once, the outcome shows in `state`."""
        ...

    def enrol(self, code: str, device: str) -> Enrolled:
        """Use a code from the hub or another laptop. *Blocking*. Raises CodeRefused, SyncProblem."""
        ...

    def claim(self, is_mine: bool) -> int:
        """Answer "Are these sessions yours?": own them, or leave them unsent. *Blocking*. How many."""
        ...

    def sign_out(self) -> None:
        """Forget the sign-in. Deletes no record. *Blocking*."""
        ...

    def go_back(self) -> None:
        """Undo a change of account: back to the one that the last code of this run took the place of. *Blocking*.

        Raises SyncProblem when there is none.
        """
        ...

    def attempts(self) -> list[Attempt]:
        """What came of the last tries to sync, the newest first. *Blocking*."""
        ...

    def code_for_next_laptop(self) -> NextCode:
        """A code that enrols another laptop of the same person. *Blocking*. Raises SyncProblem."""
        ...

    def newest_pack(self, known: str = "") -> PackOffer | None:
        """The newest content pack, not fetched yet; None when there is none, or `known` is its tag. *Blocking*.

        Raises SyncProblem.
        """
        ...

    def fetch_pack(self, offer: PackOffer, version: int) -> bytes:
        """The pack of that version, as large as it was said to be. *Blocking*. Raises SyncProblem."""
        ...

    def write_sync_file(self, path: Path) -> int:
        """Write what waits to a sealed file, over one that is there. *Blocking*. How many records.

        Raises SyncFileProblem, SyncProblem.
        """
        ...

    def take_in_sync_file(self, path: Path) -> TakenIn:
        """Read one's own sync file, or relay someone else's unread. *Blocking*. Raises SyncFileProblem, SyncProblem."""
        ...
