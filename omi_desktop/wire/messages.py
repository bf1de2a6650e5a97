"""The messages of each call, as the sync contract lays them out.

Unknown fields in an envelope are ignored by both ends, so that a newer peer can add one; known fields are read
strictly (no "1" for 1). A revision travels as the raw object: it is judged by the domain, one by one, and its
unknown fields belong to it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from omi_desktop.domain.revision import ROOT
from omi_desktop.wire.limits import DEVICE_NAME_LENGTH, PROTOCOL, REQUEST_BYTES
from omi_desktop.wire.problems import Rejection

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""128 bits as lower-case hex."""
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 as lower-case hex."""
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Message(BaseModel):
    """What all messages share: frozen, strict, and deaf to fields of a later version."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Cursor(Message):
    """A place in an account's log: entry `n` and the chain's hash there. The root is n 0 and 64 zeros."""

    n: Count
    h: Hash


ROOT_CURSOR = Cursor(n=0, h=ROOT)


class Holding(Message):
    """What still waits on the laptop, so that a hub can see what has not arrived. `oldest` is a session's date."""

    unsent: Count
    oldest: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None


class SyncRequest(Message):
    """`POST /v1/sync`. `push` holds raw revisions, in order of (depth, rev_id); later pages push nothing.

    `centre_id` is whom the laptop believes to speak to: another centre takes nothing and says who it is.
    """

    nonce: Id
    protocol: int = PROTOCOL
    centre_id: Id | None = None
    cursor: Cursor
    push: list[Any] = Field(default_factory=list)
    check: bool = False
    holding: Holding | None = None


class Rejected(Message):
    """One pushed revision that was not taken. `rev_id` is None only when the object had none that can be read.

    `field` is a path in the body such as `places.0.name`, or a field of the revision; empty when it is about all.
    """

    rev_id: str | None
    code: Rejection = Field(strict=False)
    field: str = ""
    message: str = ""


class Pulled(Message):
    """One log entry. `revision` is left out only where this very request pushed the same id and sha, or where it was
    erased: then `erased` is true, its record is in no head, digest or count, and its id and sha still chain."""

    n: Count
    rev_id: Id
    sha: Hash
    revision: dict[str, Any] | None = None
    erased: bool = False


class QuestionAsked(Message):
    """Perhaps the same young people as another account's. `id` is what a `group_answer` names; `place` is for
    people, as this account wrote it."""

    id: Id
    my_group: Id
    other_group: Id
    date: str
    start: str | None
    place: str


class SyncAnswer(Message):
    """The answer to a sync. With `history_changed` only the first three fields are there.

    `questions` are complete when `more` is false and empty before. `digest` is there only when it was asked for
    and `more` is false.
    """

    nonce: Id
    centre_id: Id
    status: Literal["ok", "history_changed"]
    rejected: list[Rejected] = Field(default_factory=list)
    pull: list[Pulled] = Field(default_factory=list)
    cursor: Cursor | None = None
    more: bool = False
    digest: Hash | None = None
    questions: list[QuestionAsked] = Field(default_factory=list)


class DeviceRequest(Message):
    """`POST /v1/devices`: a code from the hub or from one's other laptop, and what to call this one."""

    code: Annotated[str, StringConstraints(max_length=64)]
    device: Annotated[str, StringConstraints(max_length=DEVICE_NAME_LENGTH, pattern=r"^[^\x00]*$")]


class AccountInfo(Message):
    """Whose records these are."""

    id: Id
    name: str
    hub: str


class DeviceAnswer(Message):
    """A new device's token, shown this once. `centre_key` (Ed25519 public) and `carry_key` (256 bit) are base64."""

    token: str
    centre_id: Id
    centre_key: str
    carry_key: str
    account: AccountInfo


class CodeAnswer(Message):
    """`POST /v1/devices/code`: a code for one's next laptop, and until when (UTC) it works."""

    code: str
    expires_at: str


class CarryRequest(Message):
    """`POST /v1/carry`: one sealed piece of a sync file, relayed for the account it is of."""

    account_id: Id
    sealed: Annotated[str, StringConstraints(max_length=2 * REQUEST_BYTES)]


class CarryAnswer(Message):
    """What became of a relayed piece. `taken` are new, `known` were there already, `refused` were not taken. The
    account's own laptop learns more when it syncs; who relays learns no more than these numbers."""

    centre_id: Id
    taken: Count
    known: Count
    refused: Count


class PackAnswer(Message):
    """`GET /v1/packs/newest`: the newest content pack, before it is fetched from `GET /v1/packs/{version}`.

    `manifest` and `signature` are the texts of the two files in it, `endorsement` (base64) is what the centre's own key
    says of the key that signed it, `size` (bytes) and `sha256` are those of the whole pack. The answer's ETag is told
    back in `If-None-Match`, and as long as nothing newer was published the answer is 304 without a body.
    """

    centre_id: Id
    manifest: str
    signature: str
    endorsement: str
    size: Count
    sha256: Hash


class TotalsAnswer(Message):
    """`GET /v1/totals?year=`: the programme's interactions in one calendar year. `as_of` is a UTC moment.

    `adjustments` says by how much `low` fell because people erased what they had recorded, all erasures together.
    Neither `low` nor `high` contains it: the sessions happened, and nothing is kept any more that could show it.
    """

    year: int
    low: int
    high: int
    adjustments: int
    as_of: str
    rules: str


class Cell(Message):
    """One part of a total. `low` is None where it is too small to be told, or nothing."""

    name: str
    low: int | None


class BreakdownAnswer(Message):
    """`GET /v1/totals/breakdown?year=&by=`: the low end of a total in parts, each rounded down to whole `rounded_to`.
    `as_of` is the moment of this edition, None before the first."""

    year: int
    by: str
    cells: list[Cell]
    rounded_to: int
    as_of: str | None
    rules: str


class Health(Message):
    """`GET /healthz`."""

    status: Literal["ok"]
    centre_id: Id
    protocol: int


class ProblemDocument(Message):
    """Any error, as RFC 9457 lays it out. An older laptop may meet a `code` that it does not know."""

    type: str = "about:blank"
    title: str = ""
    status: int
    detail: str = ""
    code: str
