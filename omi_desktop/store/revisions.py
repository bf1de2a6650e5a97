"""Reading and adding revisions. A revision is never changed; what is known about its syncing is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from omi_desktop.domain.errors import FileDamaged
from omi_desktop.domain.revision import Kind, Revision
from omi_desktop.store.columns import erasure, parent, revision
from omi_desktop.store.driver import Prepared, driver_of


class Owner(NamedTuple):
    """The account that a revision belongs to. What one account recorded is never sent as another."""

    centre_id: str
    account_id: str


@dataclass(frozen=True, slots=True)
class Held:
    """A revision with what this laptop knows about its syncing."""

    revision: Revision
    owner: Owner | None
    n: int | None
    rejected_code: str | None = None
    rejected_field: str | None = None
    rejected_message: str | None = None

    @property
    def is_synced(self) -> bool:
        """Whether it has been read back from OMI online."""
        return self.n is not None


def is_of(owner: Owner | None) -> ColumnElement[bool]:
    """The condition that a revision is this owner's, or nobody's."""
    c = revision.c
    if owner is None:
        return c.centre_id.is_(None)
    return and_(c.centre_id == owner.centre_id, c.account_id == owner.account_id)


def is_sent(owner: Owner) -> ColumnElement[bool]:
    """The condition that a revision is of a record that syncs: those whose erasure was asked for do not any more.
    What asks for an erasure does in any case."""
    c = erasure.c
    asked = select(c.record_id).where(c.centre_id == owner.centre_id, c.account_id == owner.account_id)
    return or_(revision.c.record_id.not_in(asked), revision.c.kind == Kind.ERASURE.value)


_known = select(revision.c.rev_id).where(revision.c.rev_id == bindparam("known"))
_family = parent.join(revision, revision.c.rev_id == parent.c.rev_id)
_named = (
    select(parent.c.rev_id)
    .select_from(_family)
    .where(parent.c.parent_id == bindparam("named"), revision.c.record_id == bindparam("within"))
    .limit(1)
)
_shas = select(revision.c.rev_id, revision.c.sha).where(
    revision.c.rev_id.in_(select(text("value")).select_from(func.json_each(bindparam("ids"))))
)
_held = select(
    revision.c.canonical,
    revision.c.sha,
    revision.c.centre_id,
    revision.c.account_id,
    revision.c.n,
    revision.c.rejected_code,
    revision.c.rejected_field,
    revision.c.rejected_message,
)
_leaves = _held.where(revision.c.record_id == bindparam("whole"), revision.c.is_leaf)
# The driver gets the values as they are: SQLAlchemy's look at each of them takes longer than the insert.
_ADD = """
INSERT INTO revision
 (rev_id, record_id, kind, state, depth, saved_at, canonical, sha, is_leaf, centre_id, account_id, n)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_add_parent = insert(parent)
_unleaf = (
    update(revision)
    .where(
        revision.c.rev_id == bindparam("grown"),
        revision.c.record_id == bindparam("within"),
        revision.c.is_leaf,
    )
    .values(is_leaf=0)
)
_LEAF_KEYS = """
SELECT rev_id, sha, record_id, centre_id, account_id, n, rejected_code, rejected_field, rejected_message
FROM revision WHERE kind = ? AND is_leaf AND (centre_id = ? AND account_id = ? OR centre_id IS NULL AND ?)
"""
_SET_READ_BACK = """
UPDATE revision SET n = ?, centre_id = ?, account_id = ?,
 rejected_code = NULL, rejected_field = NULL, rejected_message = NULL, rejected_on = NULL
WHERE rev_id = ? AND (centre_id IS NULL OR account_id = ?)
"""


def add(
    connection: Connection,
    found: Revision,
    owner: Owner | None,
    n: int | None = None,
    *,
    is_new: bool = False,
) -> None:
    """Add one revision that is not here yet. It takes the place of the parents it names in its own record, and of
    no other record's. `is_new` says that it was made just now, so that none can name it yet."""
    family = {"named": found.rev_id, "within": found.record_id}
    has_child = not is_new and connection.execute(_named, family).first() is not None
    driver_of(connection).execute(_ADD, _row(found, owner, n, is_leaf=not has_child))
    if found.parents:
        connection.execute(_add_parent, [{"rev_id": found.rev_id, "parent_id": p} for p in found.parents])
        connection.execute(_unleaf, [{"grown": p, "within": found.record_id} for p in found.parents])


def add_all(connection: Connection, found: Sequence[tuple[Revision, int]], owner: Owner) -> None:
    """Add revisions read back at their places in the owner's log, none of which is here yet."""
    if not found:
        return
    ids = [r.rev_id for r, _ in found]
    grown = {(r.record_id, p) for r, _ in found for p in r.parents}
    named = {
        (row.record_id, row.parent_id)
        for part in _parts(ids)
        for row in connection.execute(
            select(revision.c.record_id, parent.c.parent_id)
            .select_from(_family)
            .where(parent.c.parent_id.in_(part))
        )
    }
    inner = named | grown
    driver_of(connection).executemany(
        _ADD, [_row(r, owner, n, is_leaf=(r.record_id, r.rev_id) not in inner) for r, n in found]
    )
    links = [{"rev_id": r.rev_id, "parent_id": p} for r, _ in found for p in r.parents]
    if links:
        connection.execute(_add_parent, links)
        connection.execute(_unleaf, [{"within": record_id, "grown": p} for record_id, p in sorted(grown)])


def shas(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """The sha of each of these revisions that is here."""
    return dict(tuple(row) for row in connection.execute(_shas, {"ids": json.dumps(ids)}).all())


def set_read_back(connection: Connection, places: Iterable[tuple[str, int]], owner: Owner) -> int:
    """Note that these came back from an owner's log: each revision id with its place. Only now are they synced.
    How many of them are here.

    One that was nobody's here is the owner's, since it is in their log.
    """
    rows = [(n, *owner, rev_id, owner.account_id) for rev_id, n in places]
    return driver_of(connection).executemany(_SET_READ_BACK, rows).rowcount if rows else 0


def forget_read_back(connection: Connection, owner: Owner) -> None:
    """The log of this owner is no longer the one that was read: nothing counts as synced until it returns."""
    connection.execute(update(revision).where(is_of(owner)).values(n=None))


class Outgoing(NamedTuple):
    """What is sent of a revision, and where it stands in the order of sending."""

    rev_id: str
    sha: str
    depth: int
    canonical: bytes


def unsent(
    connection: Connection, owner: Owner, *, after: tuple[int, str], limit: int, today: str
) -> list[Outgoing]:
    """What waits to be sent for an owner, in order of (depth, rev_id), after the last one sent in this run.

    Rejected ones wait for a correction; those that OMI online was too old to judge are tried again daily. Raises
    FileDamaged rather than send what nobody saved.
    """
    depth, rev_id = after
    given = {"depth": depth, "last": rev_id, "today": today, "most": limit}
    return [Outgoing(*row) for row in _unsent(owner).rows(connection, given)]


@lru_cache(maxsize=8)
def _unsent(owner: Owner) -> Prepared:
    c = revision.c
    is_due = and_(c.rejected_code == "schema_unknown", c.rejected_on != bindparam("today"))
    return Prepared(
        select(c.rev_id, c.sha, c.depth, c.canonical)
        .where(
            c.n.is_(None),
            is_of(owner),
            is_sent(owner),
            # Not "or": only in this form SQLite begins where the last batch ended.
            tuple_(c.depth, c.rev_id) > tuple_(bindparam("depth"), bindparam("last")),
            or_(c.rejected_code.is_(None), is_due),
        )
        .order_by(c.depth, c.rev_id)
        .limit(bindparam("most"))
    )


def reject(connection: Connection, rev_id: str, *, code: str, field: str, message: str, today: str) -> None:
    """Note why OMI online does not take a revision."""
    connection.execute(
        update(revision)
        .where(revision.c.rev_id == rev_id, revision.c.n.is_(None))
        .values(rejected_code=code, rejected_field=field, rejected_message=message, rejected_on=today)
    )


def replace(connection: Connection, old: str, new: Revision, owner: Owner | None) -> None:
    """Keep a revision under a new id, when OMI online holds another under the old one."""
    connection.execute(delete(revision).where(revision.c.rev_id == old))
    add(connection, new, owner)


def take_back(connection: Connection, made: Revision) -> None:
    """Delete a revision of which its person was told that it is not saved; its parents are leaves again unless another
    revision names them."""
    connection.execute(delete(revision).where(revision.c.rev_id == made.rev_id))
    for name in made.parents:
        if connection.execute(_named, {"named": name, "within": made.record_id}).first() is None:
            connection.execute(
                update(revision)
                .where(revision.c.rev_id == name, revision.c.record_id == made.record_id)
                .values(is_leaf=1)
            )


def get(connection: Connection, rev_id: str) -> Held | None:
    """One revision by its id."""
    row = connection.execute(_held.where(revision.c.rev_id == rev_id)).first()
    return _read(row) if row else None


def of_record(connection: Connection, record_id: str) -> list[Held]:
    """Every revision of a record, shallowest first."""
    rows = connection.execute(
        _held.where(revision.c.record_id == record_id).order_by(revision.c.depth, revision.c.rev_id)
    )
    return [_read(row) for row in rows]


def leaves_of_record(connection: Connection, record_id: str) -> list[Held]:
    """The leaves of a record, head first."""
    rows = connection.execute(_leaves, {"whole": record_id})
    return sorted((_read(row) for row in rows), key=lambda held: held.revision.order, reverse=True)


class LeafKey(NamedTuple):
    """What lists are made from before any body is read."""

    rev_id: str
    sha: str
    record_id: str
    owner: Owner | None
    n: int | None
    rejected_code: str | None
    rejected_field: str | None
    rejected_message: str | None


def leaf_keys(connection: Connection, kind: str, owner: Owner | None, *, with_unowned: bool) -> list[LeafKey]:
    """The leaves of all records of one kind that an account may see: its own, and perhaps those of nobody."""
    rows = driver_of(connection).execute(_LEAF_KEYS, (kind, *(owner or (None, None)), with_unowned))
    return [
        LeafKey(rev_id, sha, record_id, _owner(centre, account), *rest)
        for rev_id, sha, record_id, centre, account, *rest in rows
    ]


def canonicals(connection: Connection, ids: Sequence[str]) -> dict[str, bytes]:
    """The canonical bytes of these revisions."""
    return {
        row.rev_id: row.canonical
        for part in _parts(ids)
        for row in connection.execute(
            select(revision.c.rev_id, revision.c.canonical).where(revision.c.rev_id.in_(part))
        )
    }


def synced_heads(connection: Connection, owner: Owner, up_to: int) -> list[str]:
    """The head of every record among the revisions read back at places 1 to `up_to` of the owner's log."""
    rows = _read_back(owner).rows(connection, {"up_to": up_to})
    named = set(_named_by_read_back(owner).rows(connection, {"up_to": up_to}))
    heads: dict[str, tuple[bool, int, str]] = {}
    for rev_id, record_id, state, depth in rows:
        if named and (record_id, rev_id) in named:
            continue
        order = (state == "withdrawn", depth, rev_id)
        if record_id not in heads or order > heads[record_id]:
            heads[record_id] = order
    return [order[2] for order in heads.values()]


@lru_cache(maxsize=8)
def _read_back(owner: Owner) -> Prepared:
    c = revision.c
    found = select(c.rev_id, c.record_id, c.state, c.depth)
    return Prepared(found.where(is_of(owner), is_sent(owner), c.n <= bindparam("up_to")))


@lru_cache(maxsize=8)
def _named_by_read_back(owner: Owner) -> Prepared:
    """By record and id, what these name as parents."""
    c = revision.c
    found = select(c.record_id, parent.c.parent_id).select_from(_family)
    return Prepared(found.where(is_of(owner), is_sent(owner), c.n <= bindparam("up_to")))


def claim(connection: Connection, owner: Owner) -> int:
    """Make the records of nobody this owner's; how many records."""
    count: int = connection.execute(
        select(func.count(func.distinct(revision.c.record_id))).where(revision.c.centre_id.is_(None))
    ).scalar_one()
    connection.execute(
        update(revision)
        .where(revision.c.centre_id.is_(None))
        .values(centre_id=owner.centre_id, account_id=owner.account_id)
    )
    return count


def _row(found: Revision, owner: Owner | None, n: int | None, *, is_leaf: bool) -> tuple[object, ...]:
    return (
        found.rev_id,
        found.record_id,
        found.kind,
        found.state.value,
        found.depth,
        found.saved_at,
        found.canonical,
        found.sha,
        int(is_leaf),
        *(owner or (None, None)),
        n,
    )


def _read(row: Any) -> Held:
    values: Mapping[str, Any] = row._mapping  # noqa: SLF001
    return Held(
        revision=whole(values["canonical"], values["sha"]),
        owner=_owner(values["centre_id"], values["account_id"]),
        n=values["n"],
        rejected_code=values["rejected_code"],
        rejected_field=values["rejected_field"],
        rejected_message=values["rejected_message"],
    )


def whole(canonical: bytes, sha: str) -> Revision:
    """The revision that these bytes hold. Raises FileDamaged when they are not the ones that were saved."""
    if hashlib.sha256(canonical).hexdigest() != sha:
        raise FileDamaged
    return Revision.from_canonical(canonical)


def _owner(centre_id: str | None, account_id: str | None) -> Owner | None:
    return Owner(centre_id, account_id) if centre_id and account_id else None


def _parts(ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
