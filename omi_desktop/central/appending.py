"""Taking what is new of a push into an account's log, with what is copied out of the log for counting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, update

from omi_desktop.central.answers import Entry, Position
from omi_desktop.central.database import REFUSED
from omi_desktop.central.erasure import Eraser, erased_among
from omi_desktop.central.judging import Judged, rejected
from omi_desktop.central.leaves import Held, new_leaves, visits_of
from omi_desktop.central.statements import Prepared, Row, Sought, Step, inserting, looking_up, together
from omi_desktop.central.tables import account, leaf, log
from omi_desktop.central.visits import adding, looking_for_days_met
from omi_desktop.domain.clock import stamp
from omi_desktop.domain.revision import Kind, Revision, chain
from omi_desktop.wire.messages import Rejected
from omi_desktop.wire.problems import Rejection

_held = looking_up(
    log, Held._fields, Sought("rev_id", "ids"), Sought("record_id", "records", where="parents <> ''")
)
_move_end = Prepared(
    update(account)
    .where(account.c.id == bindparam("whose"))
    .values(n=bindparam("end_n"), h=bindparam("end_h"))
)


def looking_for(account_id: str, judged: Sequence[Judged]) -> Step:
    """What the log has of these revisions, of those that they name as parents, and of these records that names any."""
    revisions = [one.revision for one in judged if one.revision]
    ids = [revision.rev_id for revision in revisions]
    ids += {parent for revision in revisions for parent in revision.parents}
    records = list({revision.record_id for revision in revisions})
    return _held, {"whose": account_id, "ids": ids, "records": records}


class Taken(NamedTuple):
    """What became of a push, and where the log ends now. `days_met` as of then, if they were asked for on the way."""

    rejected: list[Rejected]
    added: list[Entry]
    end: Position
    days_met: list[str] | None = None


def take(  # noqa: PLR0917 (as `ingest.sync`)
    connection: Connection,
    eraser: Eraser,
    account_id: str,
    end: Position,
    judged: Sequence[Judged],
    found: Sequence[Row],
    *,
    has_erased: bool,
    is_each_alone: bool,
) -> Taken:
    """Append what is new, in the order of the push; the account's row is locked. `found`: what `looking_for` found."""
    held = list(starmap(Held, found))
    known = _known(held)
    refused: list[Rejected] = []
    reused: set[str] = set()
    new = []
    for one in judged:
        if one.revision is None:
            if one.fault:
                refused.append(one.fault)
            continue
        sha = known.get(one.revision.rev_id)
        if sha is not None:
            if sha != one.revision.sha:
                message = "Another revision has this id"
                refused.append(rejected(one.revision.rev_id, Rejection.ID_REUSE, "rev_id", message))
                reused.add(one.revision.rev_id)
        elif not reused.isdisjoint(one.revision.parents):
            # It would become a version of what has the id here: an edit of ours could undo a removal of theirs.
            message = "The id of a parent is another revision's here"
            refused.append(rejected(one.revision.rev_id, Rejection.ID_REUSE, "parents", message))
            reused.add(one.revision.rev_id)
        elif one.fault:
            refused.append(one.fault)
        else:
            known[one.revision.rev_id] = one.revision.sha
            new.append(one.revision)
    if not new:
        return Taken(refused, [], end)
    has_erased = has_erased or any(revision.kind == Kind.ERASURE for revision in new)
    if is_each_alone:
        added: list[Entry] = []
        for revision in new:
            last = _end_of(added, end)
            (rows,) = together(connection, [looking_for(account_id, [Judged(revision, None)])])
            held = list(starmap(Held, rows))
            try:
                with connection.begin_nested():
                    entries, _ = _append(
                        connection, eraser, account_id, last, [revision], held=held, has_erased=has_erased
                    )
                    added += entries
            except REFUSED:
                refused.append(rejected(revision.rev_id, Rejection.INVALID, "", "This can't be kept here"))
        return Taken(refused, added, _end_of(added, end))
    added, days = _append(connection, eraser, account_id, end, new, held=held, has_erased=has_erased)
    return Taken(refused, added, _end_of(added, end), days)


def _known(held: Sequence[Held]) -> dict[str, str]:
    """The sha of each id that the log has."""
    return {one.rev_id: one.sha for one in held}


def _append(
    connection: Connection,
    eraser: Eraser,
    account_id: str,
    end: Position,
    new: Sequence[Revision],
    *,
    held: Sequence[Held],
    has_erased: bool,
) -> tuple[list[Entry], list[str]]:
    """The entries that were added, and the days on which the account has met another since."""
    erased = erased_among(connection, eraser, account_id, new) if has_erased else frozenset()
    received_at = stamp(eraser.now)
    entries, rows = [], []
    n, h = end
    for revision in new:
        n, h = n + 1, chain(h, revision.rev_id, revision.sha)
        canonical = None if revision.rev_id in erased else revision.canonical
        entries.append(Entry(n, revision.rev_id, revision.sha, h, canonical))
        rows.append(
            {
                "account_id": account_id,
                "n": n,
                "rev_id": revision.rev_id,
                "record_id": revision.record_id,
                "sha": revision.sha,
                "h": h,
                "kind": revision.kind,
                "parents": " ".join(revision.parents),
                "received_at": received_at,
                "canonical": canonical,
            }
        )
    kept = [(n, one) for n, one in enumerate(new, end.n + 1) if one.rev_id not in erased]
    leaves, replacing = new_leaves(account_id, kept, held)
    visits = [each for row in leaves for each in visits_of(row)]
    *_, days = together(
        connection,
        [
            *replacing,
            *inserting({log: rows, leaf: leaves}),
            *adding(connection, account_id, visits),
            (_move_end, {"whose": account_id, "end_n": n, "end_h": h}),
            looking_for_days_met(account_id),
        ],
    )
    return entries, [day for (day,) in days]


def _end_of(added: Sequence[Entry], end: Position) -> Position:
    return Position(added[-1].n, added[-1].h) if added else end
