"""The leaves of every record, copied from the log as entries arrive, with what counting needs of their bodies."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from omi_desktop.central.database import among, insert_all
from omi_desktop.central.tables import leaf, leaf_place, log
from omi_desktop.domain.counting import Leaf, leaf_of
from omi_desktop.domain.faults import DIFFERENT, NOT_SURE, SAME
from omi_desktop.domain.revision import Kind, Revision, State, heads_digest, is_id

_relatives = select(log.c.record_id, log.c.rev_id, log.c.parents).where(
    log.c.account_id == bindparam("whose"), among(log.c.record_id, "records")
)


def place_hash(key: str) -> str:
    """A place's key at a fixed length, since what people type may be long."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def add_leaves(connection: Connection, account_id: str, added: Sequence[Revision]) -> None:
    """Take up revisions that were just appended to the log of an account, whose row is locked."""
    named, older = _family(connection, account_id, added)
    outdated = [rev_id for revision in added for rev_id in revision.parents if rev_id in older]
    if outdated:
        for table in (leaf, leaf_place):
            here = (table.c.account_id == account_id, table.c.rev_id == bindparam("outdated"))
            connection.execute(delete(table).where(*here), [{"outdated": rev_id} for rev_id in outdated])
    rows, places = [], []
    for revision in added:
        if revision.rev_id in named[revision.record_id]:
            continue
        read = read_leaf(revision)
        rows.append(leaf_row(account_id, revision, read))
        places += place_rows(account_id, read)
    insert_all(connection, leaf, rows)
    insert_all(connection, leaf_place, places)


def read_leaf(revision: Revision) -> Leaf:
    """What counting needs of a revision; of another kind than a session it counts nobody."""
    if revision.kind == Kind.SESSION:
        return leaf_of(revision)
    return Leaf(revision.rev_id, revision.order, None, 0)


def digest_of_heads(connection: Connection, account_id: str) -> str:
    """The digest over the heads of all records of an account."""
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
    return heads_digest(rev_id for _, _, rev_id in heads.values())


def _family(
    connection: Connection, account_id: str, added: Sequence[Revision]
) -> tuple[Mapping[str, set[str]], set[str]]:
    """By record, the ids that any revision of it names as parents; and those in the log already."""
    named: dict[str, set[str]] = defaultdict(set)
    for revision in added:
        named[revision.record_id].update(revision.parents)
    mine = {revision.rev_id for revision in added}
    older = set()
    rows = connection.execute(_relatives, {"whose": account_id, "records": sorted(named)})
    for record_id, rev_id, parents in rows:
        if rev_id in mine:
            continue
        if rev_id in named[record_id]:
            older.add(rev_id)
        named[record_id].update(parents.split())
    return named, older


def place_rows(account_id: str, read: Leaf) -> list[dict[str, Any]]:
    """Where a leaf that counts somebody was."""
    if not (read.day and read.young):
        return []
    day = read.day.isoformat()
    return [
        {"account_id": account_id, "rev_id": read.rev_id, "place": place_hash(key), "day": day}
        for key in read.place_keys
    ]


def leaf_row(account_id: str, revision: Revision, read: Leaf) -> dict[str, Any]:
    """The row of a leaf."""
    question, answer = _answer(revision)
    return {
        "account_id": account_id,
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
    }


def _answer(revision: Revision) -> tuple[str | None, str | None]:
    if revision.kind != Kind.GROUP_ANSWER or revision.state is State.WITHDRAWN:
        return None, None
    question, answer = revision.body.get("question"), revision.body.get("answer")
    if is_id(question) and answer in (SAME, DIFFERENT, NOT_SURE):
        return question, answer
    return None, None
