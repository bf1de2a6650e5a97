"""Revisions: what a save makes, and the chain in which OMI online keeps them.

A revision is immutable and is held as the object it was received as, unknown fields included, together with
its canonical bytes and their SHA-256. Laptops and the centre hold sets of revisions; syncing is set union.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from omi_desktop.domain import canonical
from omi_desktop.domain.clock import from_stamp, stamp

SIZE_LIMIT = 16 * 1024
"""Greatest canonical size of one revision, in bytes."""
PARENT_LIMIT = 16
DEPTH_CEILING = 1_000_000
ROOT = "0" * 64
"""h(0): the hash of an account's empty log."""
SCHEMA = 1
"""The greatest body schema this version counts and edits."""

_ID = re.compile(r"[0-9a-f]{32}")
_KIND = re.compile(r"[a-z_]{1,32}")
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DEVICE_LIMIT = 100
_APP_LIMIT = 100


class Kind(StrEnum):
    """Kinds of record that this version knows. Others are stored and relayed, never counted."""

    SESSION = "session"
    PLAN = "plan"
    PROFILE = "profile"
    GROUP_ANSWER = "group_answer"
    ERASURE = "erasure"


class State(StrEnum):
    """Live, or withdrawn: the tombstone of a removal, kept for ever."""

    LIVE = "live"
    WITHDRAWN = "withdrawn"


class BadRevision(ValueError):
    """An object that is no revision. `code` is `invalid` or `too_large`; `field` names the place."""

    def __init__(self, code: str, field: str, message: str) -> None:
        self.code = code
        self.field = field
        super().__init__(message)


_STATES = {state.value: state for state in State}


class Revision(NamedTuple):
    """One saved version of one record. `canonical` is the truth; the rest is read from it."""

    rev_id: str
    record_id: str
    kind: str
    parents: tuple[str, ...]
    depth: int
    state: State
    schema: int
    device: str
    saved_at: str
    body: Mapping[str, Any]
    canonical: bytes
    sha: str

    @classmethod
    def from_object(cls, found: object) -> Self:
        """Read a received object. Raises BadRevision naming the first field that is wrong."""
        if not isinstance(found, dict):
            raise BadRevision("invalid", "", "A revision is an object")
        for field, rule in _RULES.items():
            if field not in found:
                raise BadRevision("invalid", field, f"{field} is missing")
            if not rule(found[field]):
                raise BadRevision("invalid", field, f"{field} is not as it should be")
        try:
            data = canonical.encode(found)
        except canonical.NotCanonical as error:
            raise BadRevision("invalid", "", str(error)) from error
        if len(data) > SIZE_LIMIT:
            raise BadRevision("too_large", "", f"{len(data)} bytes; at most {SIZE_LIMIT} can be kept")
        if found["depth"] == 1 and found["parents"]:
            raise BadRevision("invalid", "depth", "depth is 1 more than the parents' greatest")
        if found["depth"] > 1 and not found["parents"]:
            raise BadRevision("invalid", "parents", "a first revision has depth 1")
        if found["rev_id"] in found["parents"]:
            raise BadRevision("invalid", "parents", "a revision cannot be its own parent")
        return cls.from_checked(found, data)

    @classmethod
    def from_checked(cls, found: dict[str, Any], data: bytes) -> Self:
        """Of an object that `from_object` would certainly take, and its canonical bytes."""
        return cls(
            rev_id=found["rev_id"],
            record_id=found["record_id"],
            kind=found["kind"],
            parents=tuple(found["parents"]),
            depth=found["depth"],
            state=_STATES[found["state"]],
            schema=found["schema"],
            device=found["device"],
            saved_at=found["saved_at"],
            body=found["body"],
            canonical=data,
            sha=hashlib.sha256(data).hexdigest(),
        )

    @classmethod
    def from_canonical(cls, data: bytes) -> Self:
        """Read back bytes that `canonical` of a checked revision held."""
        return cls.from_checked(canonical.decode(data), data)

    def to_object(self) -> dict[str, Any]:
        """The whole object, unknown fields included, as it goes over the wire."""
        found: dict[str, Any] = canonical.decode(self.canonical)
        return found

    @property
    def is_countable(self) -> bool:
        """False when the body follows a schema that this version would count wrongly."""
        return self.schema <= SCHEMA

    @property
    def order(self) -> tuple[bool, int, str]:
        """The head of a record is the leaf where this is greatest: a removal is never outrun by edits."""
        return (self.state is State.WITHDRAWN, self.depth, self.rev_id)


def new_id() -> str:
    """128 random bits as 32 hex digits."""
    return secrets.token_hex(16)


def compose(
    *,
    kind: Kind,
    body: Mapping[str, Any],
    parents: Sequence[Revision] = (),
    record_id: str | None = None,
    state: State = State.LIVE,
    app: str,
    device: str,
    now: datetime,
) -> Revision:
    """Make the next revision of a record, or the first without parents.

    It keeps the greatest schema of its parents. Of more parents than may be named, the head and the leaves next
    to it are. Raises BadRevision (`too_large` over 16 KiB).
    """
    if parents:
        record_id = parents[0].record_id
        parents = sorted(parents, key=lambda parent: parent.order, reverse=True)[:PARENT_LIMIT]
    found = {
        "rev_id": new_id(),
        "record_id": record_id or new_id(),
        "kind": kind.value,
        "parents": sorted(parent.rev_id for parent in parents),
        "depth": 1 + max((parent.depth for parent in parents), default=0),
        "state": state.value,
        "schema": max([SCHEMA, *(parent.schema for parent in parents)]),
        "app": app,
        "device": device[:_DEVICE_LIMIT],
        "saved_at": stamp(now),
        "salt": new_id(),
        "body": dict(body),
    }
    return Revision.from_object(found)


def chain(previous: str, rev_id: str, sha: str) -> str:
    """h(n) from h(n−1): SHA-256 over the three, hex-decoded."""
    return hashlib.sha256(bytes.fromhex(previous + rev_id + sha)).hexdigest()


def leaves(revisions: Iterable[Revision]) -> list[Revision]:
    """The revisions of one record that no other names as a parent, head first.

    Unknown parents are accepted: a revision may arrive before its ancestors.
    """
    found = list(revisions)
    named = {parent for revision in found for parent in revision.parents}
    return sorted((r for r in found if r.rev_id not in named), key=lambda r: r.order, reverse=True)


def is_conflict(record_leaves: Sequence[Revision]) -> bool:
    """Whether a person must be asked: several leaves that differ in state or body."""
    return any(not says_the_same(leaf, record_leaves[0]) for leaf in record_leaves[1:])


def says_the_same(one: Revision, other: Revision) -> bool:
    """Whether two revisions have the same state and body, told apart as JSON does: 1 is not true."""
    return one.state is other.state and canonical.encode(one.body) == canonical.encode(other.body)


def heads_digest(head_ids: Iterable[str]) -> str:
    """SHA-256 of the sorted head ids joined by newlines."""
    return hashlib.sha256("\n".join(sorted(head_ids)).encode()).hexdigest()


def is_id(value: object) -> bool:
    """Whether a value is 32 lower-case hex digits."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_whole(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _are_parents(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= PARENT_LIMIT
        and all(is_id(part) for part in value)
        and value == sorted(set(value))
    )


def _is_stamp(value: object) -> bool:
    # fromisoformat alone would take week dates and other spellings, more of them in later versions of Python.
    if not isinstance(value, str) or not _STAMP.fullmatch(value):
        return False
    try:
        from_stamp(value)
    except ValueError:
        return False
    return True


_RULES: Mapping[str, Callable[[Any], bool]] = {
    "rev_id": is_id,
    "record_id": is_id,
    "kind": lambda value: isinstance(value, str) and _KIND.fullmatch(value) is not None,
    "parents": _are_parents,
    "depth": lambda value: _is_whole(value, 1, DEPTH_CEILING),
    "state": lambda value: value in (State.LIVE.value, State.WITHDRAWN.value),
    "schema": lambda value: _is_whole(value, 1, 1_000_000),
    "app": lambda value: isinstance(value, str) and len(value) <= _APP_LIMIT,
    "device": lambda value: isinstance(value, str) and len(value) <= _DEVICE_LIMIT,
    "saved_at": _is_stamp,
    "salt": is_id,
    "body": lambda value: isinstance(value, dict),
}
