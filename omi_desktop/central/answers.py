"""What a sync answers: a page of the log, and what goes with it. Revisions go out as they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import orjson

from omi_desktop.domain.revision import ROOT
from omi_desktop.wire import limits
from omi_desktop.wire.messages import QuestionAsked, Rejected

_TAIL_ROOM = 200
"""Bytes by which the cursor and the digest may grow after the page was measured."""


class Position(NamedTuple):
    """A place in an account's log."""

    n: int
    h: str


START = Position(0, ROOT)


class Entry(NamedTuple):
    """One log entry on its way out; `h` is the chain's hash there. Without `canonical` it is erased."""

    n: int
    rev_id: str
    sha: str
    h: str
    canonical: bytes | None

    def encode(self, *, with_revision: bool) -> bytes:
        """JSON, with the revision exactly as it is kept."""
        head = f'{{"n":{self.n},"rev_id":"{self.rev_id}","sha":"{self.sha}"'.encode()
        if self.canonical is None:
            return head + b',"erased":true}'
        return head + (b',"revision":' + self.canonical + b"}" if with_revision else b"}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call found; `encode` makes the JSON. `pull` is rendered already, since its size decides its end."""

    nonce: str
    centre_id: str
    is_history_changed: bool = False
    rejected: Sequence[Rejected] = ()
    pull: Sequence[bytes] = ()
    cursor: Position = START
    more: bool = False
    digest: str | None = None
    questions: Sequence[QuestionAsked] = ()

    def encode(self) -> bytes:
        """The answer's JSON."""
        head: dict[str, object] = {"nonce": self.nonce, "centre_id": self.centre_id}
        if self.is_history_changed:
            return _json(head | {"status": "history_changed"})
        tail = {
            "cursor": self.cursor._asdict(),
            "more": self.more,
            "digest": self.digest,
            "questions": [question.model_dump() for question in self.questions],
        }
        rejected = b",".join([one.model_dump_json().encode() for one in self.rejected])
        pull = b",".join(self.pull)
        start, end = _json(head | {"status": "ok"})[:-1], _json(tail)[1:]
        return start + b',"rejected":[' + rejected + b'],"pull":[' + pull + b"]," + end


def page(answer: Answer, entries: Sequence[Entry], pushed: set[tuple[str, str]], cursor: Position) -> Answer:
    """As many entries as the answer has room for, and one in any case."""
    room = limits.ANSWER_BYTES - len(replace(answer, cursor=cursor).encode()) - _TAIL_ROOM
    pull: list[bytes] = []
    for entry in entries:
        part = entry.encode(with_revision=(entry.rev_id, entry.sha) not in pushed)
        room -= len(part) + 1
        if room < 0 and pull:
            break
        pull.append(part)
        cursor = Position(entry.n, entry.h)
    return replace(answer, pull=pull, cursor=cursor)


def _json(found: Mapping[str, object]) -> bytes:
    return orjson.dumps(found)
