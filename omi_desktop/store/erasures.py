"""Erasure on this laptop: what was asked for, what the person decided, and how the bodies really go.

A record of which the erasure was asked is neither sent nor compared, whatever the person decides: OMI online has let it
go. Here it stays until its person confirms; then its rows are deleted, and the file is rebuilt so that no page of it
still holds them (`Store.rebuild`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from omi_desktop.domain.counting import group_key, leaf_of
from omi_desktop.domain.revision import Kind, Revision, State, is_id
from omi_desktop.store import notes
from omi_desktop.store.columns import draft, erasure, question, revision, tally
from omi_desktop.store.driver import driver_of
from omi_desktop.store.revisions import Owner, is_of

ERASED, KEPT = "erased", "kept"
_REBUILD_DUE = "rebuild_due"
_KEY = ["centre_id", "account_id", "record_id"]
_RECORDS = "SELECT record_id FROM erasure WHERE centre_id = ? AND account_id = ?"
_ON_ITS_WAY = """
SELECT 1 FROM revision WHERE record_id IN (SELECT record_id FROM revision WHERE kind = 'erasure' AND is_leaf)
 AND kind = 'erasure' AND n IS NULL AND rejected_code IS NULL AND centre_id = ? AND account_id = ? LIMIT 1
"""


class Asked(NamedTuple):
    """The erasure of one record: the revision that asks for it, when (UTC stamp), and what was decided here, if it
    was."""

    record_id: str
    rev_id: str
    asked_at: str
    decision: str | None


def records_of(asking: Revision) -> list[str]:
    """The records whose erasure a revision asks for. A removed one asks for nothing: it neither erases nor undoes."""
    is_asking = asking.kind == Kind.ERASURE and asking.state is State.LIVE
    found = asking.body.get("records") if is_asking else None
    return [each for each in found if is_id(each)] if isinstance(found, list) else []


def note(connection: Connection, owner: Owner, asking: Iterable[Revision]) -> None:
    """Note every erasure that these revisions ask for; what was decided stays decided."""
    rows = [
        _row(owner, record_id, each.rev_id, each.saved_at)
        for each in asking
        for record_id in records_of(each)
    ]
    if rows:
        renew = insert(erasure)
        renewed = {name: renew.excluded[name] for name in ("rev_id", "asked_at")}
        connection.execute(renew.on_conflict_do_update(index_elements=_KEY, set_=renewed), rows)


def note_gone(connection: Connection, owner: Owner, rev_ids: Sequence[str], now: str) -> None:
    """OMI online says that it let these revisions go. What asked for it may come later, or be lost there."""
    c = revision.c
    found = connection.execute(select(c.rev_id, c.record_id).where(c.rev_id.in_(rev_ids), is_of(owner)))
    rows = [_row(owner, row.record_id, row.rev_id, now) for row in found]
    if rows:
        connection.execute(insert(erasure).on_conflict_do_nothing(), rows)


def all_of(connection: Connection, owner: Owner) -> list[Asked]:
    """Every erasure known here, the newest first."""
    c = erasure.c
    rows = connection.execute(
        select(c.record_id, c.rev_id, c.asked_at, c.decision)
        .where(_is_of(owner))
        .order_by(c.asked_at.desc(), c.record_id)
    )
    return [Asked(*row) for row in rows]


def record_ids(connection: Connection, owner: Owner) -> frozenset[str]:
    """The records of an owner whose erasure was asked for."""
    return frozenset(record_id for (record_id,) in driver_of(connection).execute(_RECORDS, owner))


def is_on_its_way(connection: Connection, owner: Owner) -> bool:
    """Whether an erasure that was asked for here has not been read back yet, and was not refused."""
    # By the record, since an index holds the leaves of each kind: else all that waits would be read at every page.
    return driver_of(connection).execute(_ON_ITS_WAY, owner).fetchone() is not None


def find(connection: Connection, owner: Owner, record_id: str) -> Asked | None:
    """The erasure of one record, if it was asked for."""
    c = erasure.c
    row = connection.execute(
        select(c.record_id, c.rev_id, c.asked_at, c.decision).where(_is_of(owner), c.record_id == record_id)
    ).first()
    return Asked(*row) if row else None


def count_open(connection: Connection, owner: Owner) -> int:
    """How many records that are here wait for their person's word."""
    found: int = connection.execute(_open(owner)).scalar_one()
    return found


@lru_cache(maxsize=8)
def _open(owner: Owner) -> Select[Any]:
    waiting = select(erasure.c.record_id).where(_is_of(owner), erasure.c.decision.is_(None))
    return select(func.count(func.distinct(revision.c.record_id))).where(
        revision.c.record_id.in_(waiting), is_of(owner), revision.c.kind != Kind.ERASURE.value
    )


def decide(connection: Connection, owner: Owner, record_ids: Sequence[str], decision: str) -> None:
    """Keep the person's word. What is erased can't be kept any more."""
    c = erasure.c
    connection.execute(
        update(erasure)
        .where(_is_of(owner), c.record_id.in_(record_ids), or_(c.decision.is_(None), c.decision != ERASED))
        .values(decision=decision)
    )


def scrub(
    connection: Connection, owner: Owner | None, record_ids: Sequence[str], drafts: Sequence[str]
) -> None:
    """Delete every revision of these records of an owner, and what forms and the classroom kept of them under these
    keys, and the questions about them: a place stands in those. That the file is to be rebuilt is put down."""
    c = revision.c
    these = and_(c.record_id.in_(record_ids), is_of(owner), c.kind != Kind.ERASURE.value)
    groups = groups_of(connection.execute(select(c.canonical).where(these)).scalars())
    if owner:
        asked = and_(question.c.centre_id == owner.centre_id, question.c.account_id == owner.account_id)
        connection.execute(delete(question).where(asked, question.c.my_group.in_(groups)))
    connection.execute(delete(revision).where(these))
    connection.execute(delete(draft).where(draft.c.key.in_(drafts)))
    connection.execute(delete(tally).where(or_(tally.c.session.in_(record_ids), tally.c.session.in_(drafts))))
    put_due(connection, {*due(connection), *record_ids})


def groups_of(canonicals: Iterable[bytes]) -> set[str]:
    """The groups by which questions name what these revisions say."""
    found = set()
    for canonical in canonicals:
        with suppress(ValueError, LookupError, TypeError):  # Damaged, and about to go all the same.
            said = Revision.from_canonical(canonical)
            if said.kind == Kind.SESSION:
                found.add(group_key(leaf_of(said), said.record_id))
    return found


def due(connection: Connection) -> list[str]:
    """The records that were deleted since the file was last rebuilt, and may be in copies still."""
    kept = notes.preferences(connection).get(_REBUILD_DUE)
    return list(filter(is_id, kept)) if isinstance(kept, list) else []


def put_due(connection: Connection, record_ids: Iterable[str]) -> None:
    """These are the records for which the file and its copies wait to be rebuilt."""
    notes.put_preference(connection, _REBUILD_DUE, sorted(record_ids))


def _is_of(owner: Owner) -> ColumnElement[bool]:
    c = erasure.c
    return and_(c.centre_id == owner.centre_id, c.account_id == owner.account_id)


def _row(owner: Owner, record_id: str, rev_id: str, asked_at: str) -> dict[str, str]:
    return {
        "centre_id": owner.centre_id,
        "account_id": owner.account_id,
        "record_id": record_id,
        "rev_id": rev_id,
        "asked_at": asked_at,
    }
