"""The leaves of every record, copied from the log as entries arrive, with what counting needs of their bodies."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, text

from omi_desktop.central.statements import Prepared, Steps
from omi_desktop.central.tables import leaf
from omi_desktop.central.visits import Visit
from omi_desktop.domain.counting import Leaf, leaf_of
from omi_desktop.domain.faults import DIFFERENT, NOT_SURE, SAME
from omi_desktop.domain.revision import Kind, Revision, State, heads_digest, is_id

_drop = Prepared(delete(leaf).where(leaf.c.account_id == bindparam("whose"), leaf.c.n == bindparam("at")))

_ids = Prepared(
    {
        dialect: text(f"SELECT {joined}(rev_id || record_id, '') FROM leaf WHERE account_id = :whose")  # noqa: S608
        for dialect, joined in {"sqlite": "group_concat", "postgresql": "string_agg"}.items()
    }
)
"""The ids of all leaves and of their records as one text, 32 letters each: ten thousand rows take ten times as long to
read. Nearly always each record has one leaf, which is its head."""


class Held(NamedTuple):
    """What the log has of a revision, but for its body."""

    rev_id: str
    record_id: str
    sha: str
    n: int
    parents: str


@lru_cache(maxsize=4096)
def place_hash(key: str) -> str:
    """A place's key at a fixed length, since what people type may be long."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def new_leaves(
    account_id: str, added: Sequence[tuple[int, Revision]], held: Sequence[Held]
) -> tuple[list[dict[str, Any]], Steps]:
    """The leaves among revisions that are about to be appended to an account's log, each with its `n`; and how those
    that they replace are taken out. `held`: what the log has of their parents, and of their records that names any."""
    named, older = _family(added, held)
    rows = [
        leaf_row(account_id, n, revision, read_leaf(revision))
        for n, revision in added
        if revision.rev_id not in named[revision.record_id]
    ]
    return rows, [(_drop, {"whose": account_id, "at": at}) for at in sorted(older)]


def read_leaf(revision: Revision) -> Leaf:
    """What counting needs of a revision; of another kind than a session it counts nobody."""
    if revision.kind == Kind.SESSION:
        return leaf_of(revision)
    return Leaf(revision.rev_id, revision.order, None, 0)


def digest_of_heads(connection: Connection, account_id: str) -> str:
    """The digest over the heads of all records of an account."""
    ((ids,),) = _ids.rows(connection, {"whose": account_id})
    starts = range(0, len(ids or ""), 64)
    heads: Iterable[str] = [ids[start : start + 32] for start in starts]
    if len({ids[start + 32 : start + 64] for start in starts}) < len(starts):
        heads = _heads_among_several(connection, account_id)
    return heads_digest(heads)


def _heads_among_several(connection: Connection, account_id: str) -> Iterable[str]:
    rows = connection.execute(
        select(leaf.c.record_id, leaf.c.withdrawn, leaf.c.depth, leaf.c.rev_id).where(
            leaf.c.account_id == account_id
        )
    )
    heads: dict[str, tuple[bool, int, str]] = {}
    for record_id, withdrawn, depth, rev_id in rows:
        order = (bool(withdrawn), depth, rev_id)
        if record_id not in heads or order > heads[record_id]:
            heads[record_id] = order
    return [rev_id for _, _, rev_id in heads.values()]


def _family(
    added: Sequence[tuple[int, Revision]], held: Sequence[Held]
) -> tuple[Mapping[str, set[str]], set[int]]:
    """By record, the ids that any revision of it names as parents; and where those stand that the log had already."""
    named: dict[str, set[str]] = defaultdict(set)
    for _, revision in added:
        named[revision.record_id].update(revision.parents)
    older = set()
    for one in held:
        if one.rev_id in named[one.record_id]:
            older.add(one.n)
        named[one.record_id].update(one.parents.split())
    return named, older


def visits_of(row: Mapping[str, Any]) -> list[Visit]:
    """Where a leaf that counts somebody was."""
    return [(row["day"], place) for place in row["places"].split()] if row["young"] else []


def leaf_row(account_id: str, n: int, revision: Revision, read: Leaf) -> dict[str, Any]:
    """The row of a leaf."""
    question, answer = answer_in(revision)
    return {
        "account_id": account_id,
        "n": n,
        "rev_id": revision.rev_id,
        "record_id": revision.record_id,
        "kind": revision.kind,
        "withdrawn": revision.state is State.WITHDRAWN,
        "depth": revision.depth,
        "day": read.day.isoformat() if read.day else None,
        "young": read.young,
        "group_code": read.group,
        "agreed": read.agreed,
        "start_minute": read.start_minute,
        "minutes": read.minutes,
        "question": question,
        "answer": answer,
        "places": " ".join(sorted(map(place_hash, read.place_keys))) if read.day and read.young else "",
    }


def answer_in(revision: Revision) -> tuple[str | None, str | None]:
    """The question that a revision answers, and how."""
    if revision.kind != Kind.GROUP_ANSWER or revision.state is State.WITHDRAWN:
        return None, None
    question, answer = revision.body.get("question"), revision.body.get("answer")
    if is_id(question) and answer in (SAME, DIFFERENT, NOT_SURE):
        return question, answer
    return None, None
