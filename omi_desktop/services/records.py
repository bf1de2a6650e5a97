"""Saving: one durable transaction that adds a revision; only when it returns may a screen say "Saved".

Sessions and plans are both records; this module is what they share.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock, from_stamp, uk_today
from omi_desktop.domain.errors import OmiError, Refused
from omi_desktop.domain.faults import faults
from omi_desktop.domain.revision import (
    BadRevision,
    Kind,
    Revision,
    State,
    compose,
    is_conflict,
    says_the_same,
)
from omi_desktop.domain.session import Fault
from omi_desktop.services.certainty import Certainty
from omi_desktop.store import accounts, erasures, notes, refusals, revisions, tally
from omi_desktop.store.file import Store
from omi_desktop.store.revisions import Held, LeafKey, Owner


class Standing(StrEnum):
    """How a record stands: Saved → Synced, or Needs you."""

    SAVED = "saved"
    SYNCED = "synced"
    NEEDS_YOU = "needs_you"

    @property
    def label(self) -> str:
        """As written on screen."""
        return {"saved": "Saved", "synced": "Synced", "needs_you": "Needs you"}[self.value]


class RecordGone(OmiError):
    """A record that is not on this laptop, or belongs to another account."""

    code = "record_gone"
    title = "This session is not on this laptop"
    detail = "Nothing was changed."
    hint = "Open Sessions and choose it again."


class RecordRemoved(RecordGone):
    """A correction of a record that has been removed meanwhile, on another laptop perhaps."""

    code = "record_removed"
    title = "This session was removed meanwhile"
    detail = "What you typed is kept. A removed session stays removed unless you bring it back."
    hint = "Bring it back first, then correct it."


class RecordErased(RecordGone):
    """A record whose erasure was asked for: nothing said about it reaches OMI online any more."""

    code = "record_erased"
    title = "This session was erased from OMI online"
    detail = "It can't be changed any more, here or there. What you typed is kept."
    hint = "Record it as a new session if it should count after all."


class NewerRecord(OmiError):
    """A record that only a newer version of the app may change."""

    code = "newer_record"
    title = "This session was saved by a newer version of OMI Desktop"
    detail = "It is safe, and shown as it is."
    hint = "Update the app to correct it."


class ChangedSince(OmiError):
    """An answer that can't be taken back: the record has been saved again since."""

    code = "changed_since"
    title = "This session has been changed since"
    detail = "Nothing was changed now."
    hint = "Open it to see what it says."


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record as every device of the account shows it: its head, and how it stands.

    `is_erased`: its erasure was asked for, so that it is on this laptop only, until its person confirms or for good.
    """

    record_id: str
    head: Revision
    leaves: tuple[Revision, ...]
    standing: Standing
    rejected: Fault | None = None
    is_erased: bool = False

    @property
    def is_removed(self) -> bool:
        """Whether its head is a removal."""
        return self.head.state is State.WITHDRAWN

    @property
    def is_conflict(self) -> bool:
        """Whether several versions differ and the person must choose."""
        return not self.is_erased and is_conflict(self.leaves)

    @property
    def saved_at(self) -> datetime:
        """When the head was saved, by the clock of the laptop that saved it."""
        return from_stamp(self.head.saved_at)


class Superseded(NamedTuple):
    """What a save makes superfluous, by its key: the draft of its form, the tally that filled it. It goes in the
    transaction of the save, so that nothing is lost if that fails and nothing is there to be saved twice."""

    draft: str | None = None
    tally: str | None = None


_NOTHING = Superseded()


class Records:
    """Reads and writes of records of any kind, for the account that is current."""

    def __init__(
        self, store: Store, *, clock: Clock, changes: Changes, app: str, device: Callable[[], str]
    ) -> None:
        self.store = store
        self.clock = clock
        self.changes = changes
        self._app = app
        self._device = device
        self._parsed: dict[str, Revision] = {}  # by sha: whatever has this sha says the same for ever
        self._lock = threading.Lock()
        self._certainty = Certainty(store, self._withdrawn)

    def save_first(self, kind: Kind, body: Mapping[str, Any], *, gone: Superseded = _NOTHING) -> RecordView:
        """Save a new record and let go what it makes superfluous. Raises Refused with every fault, or NotSaved."""
        made = self._compose(kind, body, is_new=True)
        with self._certainty.saving() as (connection, added):
            self._add(connection, made, accounts.current_owner(connection), gone, added)
        self._saved(made)
        # Nobody else knows its id yet, so there is nothing to read that is not known here.
        return RecordView(made.record_id, made, (made,), Standing.SAVED)

    def save_known(
        self,
        kind: Kind,
        record_id: str,
        body: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        *,
        gone: Superseded = _NOTHING,
        settles: bool = False,
    ) -> Revision:
        """Save a record whose id is known beforehand. If another laptop has saved it already, this continues it,
        and brings it back if it was removed. One that `settles` takes the place of every version that differs."""
        with self._certainty.saving() as (connection, added):
            held = revisions.leaves_of_record(connection, record_id)
            if held:
                self._may_change(connection, held)
                made = self._follow(connection, added, held, body, gone=gone, settles=settles)
            else:
                owner = accounts.current_owner(connection)
                _refuse_erased(connection, owner, record_id)
                first = body({})
                made = self._compose(kind, first, record_id=record_id, is_new=True)
                self._add(connection, made, owner, gone, added)
        self._saved(made)
        return made

    def save_next(
        self,
        record_id: str,
        body: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        *,
        state: State = State.LIVE,
        gone: Superseded = _NOTHING,
    ) -> Revision:
        """Save the next version of a record; `body` makes it from the body of the head.

        Removing what is removed already changes nothing. Raises RecordGone (RecordRemoved for an edit of what is
        removed), NewerRecord, Refused with every fault, or NotSaved.
        """
        with self._certainty.saving() as (connection, added):
            held = revisions.leaves_of_record(connection, record_id)
            self._may_change(connection, held)
            head = held[0].revision
            if head.state is State.WITHDRAWN:
                if state is State.WITHDRAWN:
                    return head
                raise RecordRemoved
            made = self._follow(connection, added, held, body, state=state, gone=gone)
        self._saved(made)
        return made

    def settle(self, record_id: str, chosen: str) -> Revision:
        """Answer "28 or 31?": the chosen version's content becomes the one that all leaves lead to."""
        with self._certainty.saving() as (connection, added):
            held = revisions.leaves_of_record(connection, record_id)
            self._may_change(connection, held)
            parents = [each.revision for each in held]
            said = next((leaf for leaf in parents if leaf.rev_id == chosen), None)
            if said is None:
                raise RecordGone
            heads = {leaf.rev_id for leaf in parents}
            parents += refusals.left_standing(connection, record_id, heads)
            made = self._compose(Kind(said.kind), said.body, parents=parents, state=said.state)
            self._add(connection, made, held[0].owner, _NOTHING, added)
        self._saved(made)
        return made

    def ask_again(self, record_id: str) -> None:
        """Take back what `settle` answered: the versions stand beside each other again, as their laptops said them
        and when. Raises ChangedSince when the answer is no longer the last word."""
        with self._certainty.saving() as (connection, added):
            held = revisions.leaves_of_record(connection, record_id)
            self._may_change(connection, held)
            head = held[0].revision
            said: list[Revision] = []
            for found in refusals.followed_by(connection, head):
                if not any(says_the_same(found, other) for other in said):
                    said.append(found)
            if len(held) > 1 or len(said) < 2:
                raise ChangedSince
            for version in said:
                made = compose(
                    kind=Kind(head.kind),
                    body=version.body,
                    parents=(head,),
                    state=version.state,
                    app=self._app,
                    device=version.device,
                    now=from_stamp(version.saved_at),
                )
                self._add(connection, made, held[0].owner, _NOTHING, added)
        self.changes.announce(Change(Topic.RECORDS, record_id))

    def undo(self, record_id: str) -> Revision:
        """Take back the last save: the version before it comes back, or the record is removed if it was the first."""
        with self._certainty.saving() as (connection, added):
            held = revisions.leaves_of_record(connection, record_id)
            self._may_change(connection, held)
            head = held[0].revision
            before = refusals.followed_by(connection, head)
            if before:
                back = max(before, key=lambda r: r.order)
                body, state = back.body, back.state
            elif head.parents:
                raise RecordGone(
                    "The version before this one is not on this laptop yet", hint="Sync, then undo again."
                )
            else:
                body, state = head.body, State.WITHDRAWN
            made = self._follow(connection, added, held, lambda _: body, state=state, is_checked=True)
        self._saved(made)
        return made

    def view(self, record_id: str) -> RecordView | None:
        """One record, removed ones included; None if it is not here or belongs to another account."""
        with self.store.read() as connection:
            held = revisions.leaves_of_record(connection, record_id)
            is_seen = _may_see(connection, held)
            erased = _erased(connection)
        if not is_seen:
            return None
        keys = [
            LeafKey(
                h.revision.rev_id,
                h.revision.sha,
                record_id,
                h.owner,
                h.n,
                h.rejected_code,
                h.rejected_field,
                h.rejected_message,
            )
            for h in held
        ]
        return _view(record_id, keys, {h.revision.rev_id: h.revision for h in held}, erased)

    def versions(self, record_id: str) -> list[Revision]:
        """Every version of a record, the newest first; none of a record of another account."""
        with self.store.read() as connection:
            if not _may_see(connection, revisions.leaves_of_record(connection, record_id)):
                return []
            held = revisions.of_record(connection, record_id)
        return [
            h.revision
            for h in sorted(held, key=lambda h: (h.revision.depth, h.revision.saved_at), reverse=True)
        ]

    def views(self, kind: Kind) -> list[RecordView]:
        """All records of one kind that are not removed, in order of their ids."""
        return [view for view in self.all_views(kind) if not view.is_removed]

    def all_views(self, kind: Kind) -> list[RecordView]:
        """All records of one kind, removed ones included, in order of their ids: the same on all laptops. Bodies
        are read once and kept: revisions never change."""
        with self.store.read() as connection:
            account = accounts.current(connection)
            keys = revisions.leaf_keys(
                connection,
                kind,
                account.owner if account else None,
                with_unowned=not (account and account.leaves_unowned),
            )
            erased = _erased(connection)
            with self._lock:
                missing = {key.rev_id: key.sha for key in keys if key.sha not in self._parsed}
            found = revisions.canonicals(connection, list(missing))
            read = [revisions.whole(found[rev_id], sha) for rev_id, sha in missing.items()]
        with self._lock:
            self._parsed |= {revision.sha: revision for revision in read}
            parsed = {key.rev_id: self._parsed[key.sha] for key in keys}
        by_record: dict[str, list[LeafKey]] = {}
        for key in keys:
            by_record.setdefault(key.record_id, []).append(key)
        return [_view(record_id, leaves, parsed, erased) for record_id, leaves in sorted(by_record.items())]

    def compose_first(self, kind: Kind, body: Mapping[str, Any]) -> Revision:
        """The first version of a record, for a caller that adds it together with more. Raises Refused."""
        return self._compose(kind, body, is_new=True)

    def forget(self, record_ids: Collection[str]) -> None:
        """Let go of what is kept in memory of records that were erased."""
        with self._lock:
            self._parsed = {s: r for s, r in self._parsed.items() if r.record_id not in record_ids}

    def _may_change(self, connection: Connection, held: list[Held]) -> None:
        if not _may_see(connection, held):
            raise RecordGone
        _refuse_erased(connection, held[0].owner, held[0].revision.record_id)
        if any(not leaf.revision.is_countable for leaf in held):
            raise NewerRecord

    def _follow(
        self,
        connection: Connection,
        added: list[Revision],
        held: list[Held],
        body: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        *,
        state: State = State.LIVE,
        gone: Superseded = _NOTHING,
        is_checked: bool = False,
        settles: bool = False,
    ) -> Revision:
        """Add the version that follows the head. It is its owner's: what nobody has claimed stays unclaimed."""
        head = held[0].revision
        following = body(head.body)
        parents = [each.revision for each in (held if settles else _continued(held))]
        heads = {parent.rev_id for parent in parents}
        made = self._compose(
            Kind(head.kind),
            following,
            parents=[*parents, *refusals.left_standing(connection, head.record_id, heads)],
            state=state,
            is_new=state is State.LIVE and not is_checked,
        )
        self._add(connection, made, held[0].owner, gone, added)
        return made

    def _compose(
        self,
        kind: Kind,
        body: Mapping[str, Any],
        *,
        parents: Iterable[Revision] = (),
        record_id: str | None = None,
        state: State = State.LIVE,
        is_new: bool = False,
    ) -> Revision:
        """Make the revision. Raises Refused with every fault of a body that `is_new`, and for one too long to keep."""
        today = uk_today(self.clock)
        try:
            made = compose(
                kind=kind,
                body=body,
                parents=tuple(parents),
                record_id=record_id,
                state=state,
                app=self._app,
                device=self._device(),
                now=self.clock.now(),
            )
        except BadRevision as error:
            too_long = Fault(error.field, error.code, "This session is too long to keep: shorten the texts")
            raise Refused(faults(body, today=today, kind=kind) or [too_long]) from error
        if is_new and (found := faults(made.body, today=today, kind=kind, is_canonical=True)):
            raise Refused(found)
        return made

    def _add(
        self,
        connection: Connection,
        made: Revision,
        owner: Owner | None,
        gone: Superseded,
        added: list[Revision],
    ) -> None:
        revisions.add(connection, made, owner, is_new=True)
        added.append(made)
        if gone.draft:
            notes.discard_draft(connection, gone.draft)
        if gone.tally:
            tally.forget(connection, gone.tally)

    def _withdrawn(self, made: Revision) -> Revision:
        return self._compose(Kind(made.kind), made.body, parents=(made,), state=State.WITHDRAWN)

    def _saved(self, made: Revision) -> None:
        with self._lock:
            self._parsed[made.sha] = made
        self.changes.announce(Change(Topic.RECORDS, made.record_id))


def _may_see(connection: Connection, held: list[Held]) -> bool:
    """Whether a record is here and is the current account's, or nobody's and not said to be somebody else's."""
    if not held:
        return False
    account = accounts.current(connection)
    if held[0].owner is None:
        return not (account and account.leaves_unowned)
    return account is not None and held[0].owner == account.owner


def _refuse_erased(connection: Connection, owner: Owner | None, record_id: str) -> None:
    if owner is not None and erasures.find(connection, owner, record_id) is not None:
        raise RecordErased


def _erased(connection: Connection) -> frozenset[str]:
    """The current account's records whose erasure was asked for."""
    owner = accounts.current_owner(connection)
    return erasures.record_ids(connection, owner) if owner else frozenset()


def _continued(held: list[Held]) -> list[Held]:
    """What an edit names as parents: the head, with the leaves that say the same. Leaves that differ stay, and
    the person is asked about them."""
    return [leaf for leaf in held if says_the_same(leaf.revision, held[0].revision)]


def _view(
    record_id: str, keys: list[LeafKey], parsed: Mapping[str, Revision], erased: Collection[str]
) -> RecordView:
    found = sorted((parsed[key.rev_id] for key in keys), key=lambda r: r.order, reverse=True)
    if record_id in erased:
        return RecordView(record_id, found[0], tuple(found), Standing.SAVED, is_erased=True)
    refused = next((key for key in keys if key.rejected_code), None)
    if refused or is_conflict(found):
        standing = Standing.NEEDS_YOU
    elif all(key.n for key in keys):
        standing = Standing.SYNCED
    else:
        standing = Standing.SAVED
    rejected = (
        Fault(refused.rejected_field or "", refused.rejected_code or "", refused.rejected_message or "")
        if refused
        else None
    )
    return RecordView(record_id, found[0], tuple(found), standing, rejected)
