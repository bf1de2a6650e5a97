"""Judging pushed objects, each alone and without the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from omi_desktop.central.common_sessions import read_common
from omi_desktop.central.refusal import Refusal
from omi_desktop.domain.faults import faults
from omi_desktop.domain.revision import SCHEMA, BadRevision, Kind, Revision, State, is_id
from omi_desktop.wire import limits
from omi_desktop.wire.messages import Rejected
from omi_desktop.wire.problems import Code, Rejection

_TEXT_LIMIT = 300
"""Characters of a rejection's message, and of its field."""


class Judged(NamedTuple):
    """One pushed object. A revision with a `fault` is still known by its id and sha, if it was taken before."""

    revision: Revision | None
    fault: Rejected | None


def judge(push: Sequence[object], latest: date) -> list[Judged]:
    """Judge each object of a push. `latest` is the last day on which a delivered session is not in the future.

    Raises Refusal (`too_large`) when there are too many, or too much of them.
    """
    if len(push) > limits.PUSH_COUNT:
        raise Refusal(Code.TOO_LARGE, f"More than {limits.PUSH_COUNT} revisions in one push")
    judged = [_judge_one(found, latest) for found in push]
    size = sum(len(one.revision.canonical) for one in judged if one.revision)
    if size > limits.PUSH_BYTES:
        raise Refusal(Code.TOO_LARGE, f"The push has {size} canonical bytes; at most {limits.PUSH_BYTES}")
    return judged


def rejected(rev_id: str | None, code: Rejection, field: str, message: str) -> Rejected:
    """Why one revision is not taken, cut so that two hundred of them leave room in an answer."""
    return Rejected(rev_id=rev_id, code=code, field=field[:_TEXT_LIMIT], message=message[:_TEXT_LIMIT])


def _judge_one(found: object, latest: date) -> Judged:
    if common := read_common(found, latest):
        return Judged(common, None)
    try:
        revision = Revision.from_object(found)
    except BadRevision as error:
        return Judged(None, rejected(_rev_id(found), Rejection(error.code), error.field, str(error)))
    return Judged(revision, _fault(revision, latest))


def _fault(revision: Revision, latest: date) -> Rejected | None:
    if not revision.is_countable:
        message = f"Schema {revision.schema} is not known here yet; {SCHEMA} is"
        return rejected(revision.rev_id, Rejection.SCHEMA_UNKNOWN, "schema", message)
    if revision.state is State.WITHDRAWN:
        # A removal keeps the body of what it removes, and must arrive whatever is wrong with that.
        return None
    if fault := next(iter(faults(revision.body, today=latest, kind=revision.kind, is_canonical=True)), None):
        return rejected(revision.rev_id, Rejection.INVALID, fault.field, fault.message)
    if revision.kind == Kind.ERASURE and revision.record_id in revision.body["records"]:
        return rejected(revision.rev_id, Rejection.INVALID, "records", "An erasure can't erase itself")
    return None


def _rev_id(found: object) -> str | None:
    if isinstance(found, Mapping):
        value: Any = found.get("rev_id")
        return value if is_id(value) else None
    return None
