"""Erasing for good: what the person asks for here, and what they asked for on another laptop."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from omi_desktop.domain import session
from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import from_stamp
from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.faults import ERASED_AT_ONCE
from omi_desktop.domain.revision import Kind, Revision
from omi_desktop.services import drafts
from omi_desktop.services.records import RecordGone, Records
from omi_desktop.services.tally import Tally
from omi_desktop.store import accounts, backups, erasures, replacement, revisions, salvage
from omi_desktop.store.revisions import Owner

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure asked for elsewhere that waits for this laptop's person. `what` says which session it is of, as known
    here; `device` where it was asked for, empty if that is not known. `asked_at` is UTC-aware."""

    record_id: str
    what: str
    asked_at: datetime
    device: str


class Erasures:
    """Erasure of records of the current account. What is erased is gone from this laptop's file, from OMI online once
    it has synced, and from each other laptop once its person confirms."""

    def __init__(self, records: Records, tally: Tally, changes: Changes) -> None:
        self._records = records
        self._tally = tally
        self._changes = changes

    def waiting(self) -> list[Erasure]:
        """What was asked for elsewhere and is still here, undecided; the newest first."""
        found = []
        with self._records.store.read() as connection:
            account = accounts.current(connection)
            asked = erasures.all_of(connection, account.owner) if account else []
            for each in asked:
                held = revisions.leaves_of_record(connection, each.record_id) if not each.decision else []
                is_here = any(leaf.revision.kind != Kind.ERASURE for leaf in held)
                if is_here and account and held[0].owner == account.owner:
                    asking = revisions.get(connection, each.rev_id)
                    is_known = asking is not None and asking.revision.kind == Kind.ERASURE
                    found.append(
                        Erasure(
                            record_id=each.record_id,
                            what=_what(held[0].revision),
                            asked_at=from_stamp(each.asked_at),
                            device=asking.revision.device if asking and is_known else "",
                        )
                    )
        return found

    def confirm(self, record_ids: Sequence[str]) -> None:
        """Erase here what was asked for elsewhere. Raises NotSaved, RecordGone."""
        with self._scrubbing(record_ids) as connection:
            owner = _owner_asked(connection, record_ids)
            erasures.decide(connection, owner, record_ids, erasures.ERASED)
            _scrub(connection, owner, record_ids)
        self._gone(record_ids)

    def keep(self, record_ids: Sequence[str]) -> None:
        """Keep here, and here only, what was asked to be erased elsewhere. It may still be confirmed later.

        Raises NotSaved, RecordGone.
        """
        with self._records.store.write() as connection:
            owner = _owner_asked(connection, record_ids)
            erasures.decide(connection, owner, record_ids, erasures.KEPT)
        self._changes.announce(Change(Topic.RECORDS))

    def erase(self, record_ids: Sequence[str]) -> None:
        """Ask for the erasure of records everywhere, and erase them here at once: one transaction.

        What never had an account was never sent anywhere, and is erased here. Raises NotSaved, RecordGone.
        """
        asking: list[Revision] = []
        with self._scrubbing(record_ids) as connection:
            account = accounts.current(connection)
            owner = account.owner if account else None
            owned, unowned = _parted(
                connection, owner, record_ids, sees_unowned=not (account and account.leaves_unowned)
            )
            if owner and owned:
                for start in range(0, len(owned), ERASED_AT_ONCE):
                    part = owned[start : start + ERASED_AT_ONCE]
                    asking.append(self._records.compose_first(Kind.ERASURE, {"records": part}))
                for each in asking:
                    revisions.add(connection, each, owner, is_new=True)
                erasures.note(connection, owner, asking)
                erasures.decide(connection, owner, owned, erasures.ERASED)
                _scrub(connection, owner, owned)
            if unowned:
                _scrub(connection, None, unowned)
        self._gone(record_ids)

    def finish(self) -> None:
        """Rebuild the file if something was erased since it was last rebuilt: pages that SQLite has moved things away
        from may hold what was there. The safety copies lose it too. Where there is no room for that, it is tried
        again at the next start."""
        store = self._records.store
        with store.read() as connection:
            due = erasures.due(connection)
        if not due:
            return
        try:
            with store.copying:
                store.rebuild()
                backups.scrub(store.path, due, _keys_of(due))
                replacement.forget_leftovers(store.path)
                for damaged in replacement.put_aside(store.path):
                    salvage.redact(damaged, due)
                with store.write() as connection:
                    erasures.put_due(connection, set(erasures.due(connection)) - set(due))
        except (OmiError, OSError):
            log.warning("The file or its copies could not be rebuilt after an erasure")

    @contextmanager
    def _scrubbing(self, record_ids: Sequence[str]) -> Iterator[Connection]:
        """The transaction of an erasure. What is counted in the classroom goes too, written or not."""
        keys = [*record_ids, *_keys_of(record_ids)]
        with self._tally.ending(*keys), self._records.store.write() as connection:
            yield connection

    def _gone(self, record_ids: Sequence[str]) -> None:
        self._records.forget(record_ids)
        self.finish()
        self._changes.announce(Change(Topic.RECORDS))
        self._changes.announce(Change(Topic.DRAFTS))


def _owner_asked(connection: Connection, record_ids: Sequence[str]) -> Owner:
    """The current account, if the erasure of each of these was asked for in it."""
    account = accounts.current(connection)
    if account is None or not set(record_ids) <= erasures.record_ids(connection, account.owner):
        raise RecordGone
    return account.owner


def _parted(
    connection: Connection, owner: Owner | None, record_ids: Sequence[str], *, sees_unowned: bool
) -> tuple[list[str], list[str]]:
    """Which of these records are the owner's and which nobody's. Raises RecordGone if one is neither."""
    owned, unowned = [], []
    for record_id in record_ids:
        held = revisions.leaves_of_record(connection, record_id)
        if held and held[0].revision.kind == Kind.ERASURE:
            raise RecordGone
        if held and held[0].owner is not None and held[0].owner == owner:
            owned.append(record_id)
        elif held and held[0].owner is None and sees_unowned:
            unowned.append(record_id)
        else:
            raise RecordGone
    return owned, unowned


def _scrub(connection: Connection, owner: Owner | None, record_ids: Sequence[str]) -> None:
    erasures.scrub(connection, owner, record_ids, _keys_of(record_ids))


def _keys_of(record_ids: Sequence[str]) -> list[str]:
    """The keys of the drafts, and of the tallies, that may hold something of these records."""
    return [
        key(record_id)
        for record_id in record_ids
        for key in (drafts.correction_of, drafts.edit_of_plan, drafts.record_of_plan)
    ]


def _what(head: Revision) -> str:
    """`Tue 24 Nov 2026, Ashby Academy`, as far as it is said."""
    if head.kind == Kind.PLAN:
        details: session.Details | session.PlanDetails = session.read_plan(head.body)
    else:
        details = session.read(head.body)
    day = [shown_date(details.day)] if details.day else []
    return (
        ", ".join([*day, *(place.name for place in details.places if place.name)])
        or "A session without a date"
    )
