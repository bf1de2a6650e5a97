"""Adding to a whole file what another file gives: the union of their revisions, and the newer of what stands beside.

Nothing is taken on trust that no sha covers. That a revision was read back is forgotten (its account reads the log
again from where the whole file had read it), and an owner counts only where the account is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, TableClause, and_, delete, func, insert, select, update

from omi_desktop.domain.clock import is_stamp
from omi_desktop.domain.revision import ROOT, Kind, is_id
from omi_desktop.store import erasures, margin, revisions
from omi_desktop.store.columns import account, attempt, draft, erasure, preference, question, revision, tally
from omi_desktop.store.revisions import Owner
from omi_desktop.store.salvage import Row, Salvaged


def count_sessions(connection: Connection) -> int:
    """How many session records a file holds, removed ones included, whoever they belong to."""
    count: int = connection.execute(
        select(func.count(func.distinct(revision.c.record_id))).where(revision.c.kind == Kind.SESSION)
    ).scalar_one()
    return count


def unite(connection: Connection, found: Salvaged) -> None:
    """Add what was found. The file that it is added to stays the one that is believed where both say something,
    but for what changes with use, of which the other file has the newer state wherever it could be read."""
    _unite_accounts(connection, found)
    _unite_erasures(connection, found)
    _unite_preferences(connection, found)
    _unite_revisions(connection, found)
    for table in margin.TABLES:
        margin.unite(connection, table, found.rows(table.name), is_newer=table.name not in found.torn)
    for table, moment in ((draft, "kept_at"), (tally, "pressed_at"), (question, "seen_at"), (attempt, "at")):
        _take_over(connection, table, found, moment)


def _unite_accounts(connection: Connection, found: Salvaged) -> None:
    """Accounts are added with nothing read yet; whose the laptop is at present is as the other file says, if it could
    be read. Every account compares with OMI online at its next sync."""
    known = set(_owners(connection))
    rows = [row for row in found.rows("account") if _is_account(row)]
    borne_out = [
        row for row in rows if _is_borne_out(Owner(row["centre_id"], row["account_id"]), known, found)
    ]
    is_whole = "account" not in found.torn and rows and rows == borne_out
    rows = borne_out
    if is_whole:
        connection.execute(update(account).values(is_current=0))
    has_current = not is_whole and _has_current(connection)
    for row in rows:
        owner = Owner(row["centre_id"], row["account_id"])
        names = {name: row[name] for name in ("name", "hub", "url", "centre_key", "leaves_unowned")}
        names["leaves_unowned"] = int(bool(names["leaves_unowned"]))
        is_current = row["is_current"] == 1 and not has_current
        has_current = has_current or is_current
        if owner not in known:
            new = names | owner._asdict() | {"cursor_n": 0, "cursor_h": ROOT, "is_current": int(is_current)}
            connection.execute(insert(account).values(new | {"last_success": row["last_success"]}))
        elif is_whole:
            connection.execute(
                update(account)
                .where(_is_owners(account, owner))
                .values(names | {"is_current": int(is_current)})
            )
    connection.execute(update(account).values(checked_on=None))


def _unite_revisions(connection: Connection, found: Salvaged) -> None:
    known = set(_owners(connection))
    only = next(iter(known)) if len(known) == 1 else None
    erased = set(
        connection.execute(select(erasure.c.record_id).where(erasure.c.decision == "erased")).scalars()
    )
    # A copy that could not be reached when it was erased holds it still. What was nobody's is not in the table of
    # erasures; that its copies are to lose it is put down.
    gone = erased | set(erasures.due(connection))
    connection.execute(delete(revision).where(revision.c.record_id.in_(gone)))
    here = {
        row.rev_id: row.centre_id is not None
        for row in connection.execute(select(revision.c.rev_id, revision.c.centre_id))
    }
    owners = {made.record_id: owner for made, owner in found.revisions.values() if owner in known}
    for made, owner in sorted(found.revisions.values(), key=lambda pair: (pair[0].depth, pair[0].rev_id)):
        if made.record_id in erased:
            continue
        # An owner that no account bears out was damaged: it is that of the record's other versions, else the
        # laptop's only account. What seems to be nobody's is asked about, as ever.
        likely = owners.get(made.record_id)
        whose = owner if owner in known else (likely or (only if owner is not None else None))
        if made.rev_id not in here:
            revisions.add(connection, made, whose)
        elif whose is not None and not here[made.rev_id]:
            connection.execute(
                update(revision)
                .where(revision.c.rev_id == made.rev_id)
                .values(centre_id=whose.centre_id, account_id=whose.account_id)
            )


def _unite_erasures(connection: Connection, found: Salvaged) -> None:
    """What was erased stays erased, also where the copy still says that it is kept."""
    here = {
        (row.centre_id, row.account_id, row.record_id): row.decision
        for row in connection.execute(select(erasure))
    }
    for row in found.rows("erasure"):
        key = (row["centre_id"], row["account_id"], row["record_id"])
        if not all(map(is_id, key)) or row["decision"] not in {None, "erased", "kept"}:
            continue
        if key not in here:
            connection.execute(insert(erasure).values(row))
        elif here[key] is None or row["decision"] == "erased":
            connection.execute(
                update(erasure)
                .where(_is_owners(erasure, Owner(*key[:2])), erasure.c.record_id == key[2])
                .values(decision=row["decision"])
            )


def _unite_preferences(connection: Connection, found: Salvaged) -> None:
    here = set(connection.execute(select(preference.c.name)).scalars())
    for row in found.rows("preference"):
        if not _is_json(row["value"]):
            continue
        if row["name"] not in here:
            connection.execute(insert(preference).values(row))
        elif "preference" not in found.torn:
            connection.execute(
                update(preference).where(preference.c.name == row["name"]).values(value=row["value"])
            )


def _take_over(connection: Connection, table: TableClause, found: Salvaged, moment: str) -> None:
    """Replace a table's rows by those of the other file. Where that could not be read to its end, what the whole file
    holds stays beside them, but only what is newer than every save: of what was typed or counted earlier nobody
    knows here whether it was saved meanwhile, and it must not be saved twice."""
    stale = delete(table)
    if table.name in found.torn:
        newest = connection.execute(select(func.max(revision.c.saved_at))).scalar_one() or ""
        stale = stale.where(table.c[moment] <= newest)
    connection.execute(stale)
    for row in found.rows(table.name):
        if table is not draft or (_is_json(row["form"]) and is_stamp(row["kept_at"])):
            connection.execute(insert(table).prefix_with("OR IGNORE").values(row))


def _owners(connection: Connection) -> Iterable[Owner]:
    return [
        Owner(row.centre_id, row.account_id)
        for row in connection.execute(select(account.c.centre_id, account.c.account_id))
    ]


def _has_current(connection: Connection) -> bool:
    return connection.execute(select(account.c.account_id).where(account.c.is_current)).first() is not None


def _is_owners(table: TableClause, owner: Owner) -> ColumnElement[bool]:
    return and_(table.c.centre_id == owner.centre_id, table.c.account_id == owner.account_id)


def _is_borne_out(owner: Owner, known: set[Owner], found: Salvaged) -> bool:
    """Whether an account of a damaged file is one: with a letter of its id changed it would hide every session."""
    owners = {whose for _, whose in found.revisions.values() if whose is not None}
    return not found.is_damaged or owner in known or owner in owners or not (known or owners)


def _is_account(row: Row) -> bool:
    texts = ("name", "hub", "url", "centre_key")
    return (
        is_id(row["centre_id"])
        and is_id(row["account_id"])
        and all(isinstance(row[name], str) for name in texts)
        and row["url"].startswith(("https://", "http://"))
    )


def _is_json(text: object) -> bool:
    try:
        json.loads(str(text))
    except ValueError:
        return False
    return isinstance(text, str)
