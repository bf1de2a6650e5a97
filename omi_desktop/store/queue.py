"""What waits to be read back, or for its person: counts for the sync line, and what a laptop tells of itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from omi_desktop.domain.revision import Kind, is_conflict
from omi_desktop.store.columns import revision
from omi_desktop.store.driver import Prepared
from omi_desktop.store.revisions import Owner, is_of, is_sent, leaves_of_record


def holding(connection: Connection, owner: Owner) -> tuple[int, str | None]:
    """How many records of an owner wait to be read back, and when the oldest of what waits was saved."""
    ((count, oldest),) = _waits(owner).rows(connection, {})
    return count, oldest


@lru_cache(maxsize=8)
def _waits(owner: Owner | None) -> Prepared:
    c = revision.c
    mine = and_(is_of(owner), is_sent(owner)) if owner else is_of(None)
    found = select(func.count(func.distinct(c.record_id)), func.min(c.saved_at))
    return Prepared(found.where(c.n.is_(None), mine, c.rejected_code.is_(None)))


class Waiting(NamedTuple):
    """Numbers of records, for the sync line."""

    waiting: int
    unowned: int
    rejected: int
    conflicts: int
    oldest: str | None


def waiting(connection: Connection, owner: Owner | None) -> Waiting:
    """How many records wait to be read back, wait for an owner, were refused, or have several leaves."""
    refused, several, unowned = _unsettled(owner)
    ((n_waiting, oldest),) = _waits(owner).rows(connection, {})
    ((n_rejected,),) = refused.rows(connection, {})
    ((n_unowned,),) = unowned.rows(connection, {}) if owner else ((0,),)
    candidates = [record_id for (record_id,) in several.rows(connection, {})]
    return Waiting(n_waiting, n_unowned, n_rejected, _conflicts(connection, candidates), oldest)


@lru_cache(maxsize=8)
def _unsettled(owner: Owner | None) -> tuple[Prepared, Prepared, Prepared]:
    """What counts the records that were refused, finds those with several leaves, and counts nobody's."""
    c = revision.c
    unowned = c.centre_id.is_(None)
    mine = and_(is_of(owner), is_sent(owner)) if owner else unowned
    records = select(func.count(func.distinct(c.record_id)))
    # Not `is_leaf` alone: SQLite would go through all leaves, when it is the few unsynced that matter.
    refused = records.where(mine, c.n.is_(None), c.rejected_code.is_not(None), c.is_leaf == 1)
    # An index holds the records' ids alone, so that the many with one version are passed over without being read.
    several = select(c.record_id).where(c.is_leaf).group_by(c.record_id).having(func.count() > 1)
    # Answers that differ show as the question, open again.
    is_shown = and_(mine, c.is_leaf, c.kind != Kind.GROUP_ANSWER.value)
    split = select(c.record_id).where(c.record_id.in_(several), is_shown).group_by(c.record_id)
    # What is nobody's was never read back; saying so lets the index of the unsynced find it.
    found = refused, split.having(func.count() > 1), records.where(c.n.is_(None), unowned)
    return Prepared(found[0]), Prepared(found[1]), Prepared(found[2])


def _conflicts(connection: Connection, record_ids: Iterable[str]) -> int:
    return sum(
        is_conflict([held.revision for held in leaves_of_record(connection, record_id)])
        for record_id in record_ids
    )
