"""Faults planted in the real code, one at a time: the simulator must see each of them, or it is blind.

Each is the draft of the protocol that somebody might have written. `plant` puts it in for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from omi_desktop.central import answers, appending, erasure, ingest, totals
from omi_desktop.central import leaves as central_leaves
from omi_desktop.central.judging import Judged, rejected
from omi_desktop.central.programme import in_calendar_year as real_records
from omi_desktop.central.tables import log
from omi_desktop.domain import counting
from omi_desktop.domain.counting import Range, leaf_of
from omi_desktop.domain.errors import NotOurs
from omi_desktop.domain.revision import Kind, Revision, State, new_id
from omi_desktop.store import accounts, erasures, revisions
from omi_desktop.store.columns import parent, revision
from omi_desktop.store.revisions import Outgoing, Owner
from omi_desktop.sync import client, pages, sync_file
from omi_desktop.sync.calls import Call
from omi_desktop.sync.engine import Engine
from omi_desktop.wire.messages import Cursor, SyncAnswer, SyncRequest
from omi_desktop.wire.problems import Rejection
from tests.faults.simulation.chance import patched


@dataclass(frozen=True)
class Mutant:
    """One planted fault. `meaning` says in one line what the mutated program believes."""

    name: str
    meaning: str
    plant: Callable[[], AbstractContextManager[None]]


MUTANTS: dict[str, Mutant] = {}


def _mutant(
    meaning: str,
) -> Callable[[Callable[[], AbstractContextManager[None]]], Callable[[], AbstractContextManager[None]]]:
    def register(
        plant: Callable[[], AbstractContextManager[None]],
    ) -> Callable[[], AbstractContextManager[None]]:
        name = plant.__name__.replace("_", " ")
        MUTANTS[name] = Mutant(name, meaning, plant)
        return plant

    return register


@_mutant("the centre adds to its total whenever a session arrives")
def count_on_receipt() -> AbstractContextManager[None]:
    counted = {"total": 0}
    real, start = ingest.sync, totals.Totals.__init__

    def sync(
        connection: Connection,
        eraser: Any,
        account_id: str,
        request: SyncRequest,
        judged: Sequence[Judged],
        **rest: Any,
    ) -> Any:
        for one in judged:
            if one.revision and one.fault is None and one.revision.kind == Kind.SESSION:
                counted["total"] += leaf_of(one.revision).young
        return real(connection, eraser, account_id, request, judged, **rest)

    return patched(
        (ingest, "sync", sync),
        (totals.Totals, "_range", lambda _self, _year: (Range(counted["total"], counted["total"]), 0)),
        (totals.Totals, "__init__", start),
    )


@_mutant("a cursor is a number: neither end looks at the hashes")
def no_chain() -> AbstractContextManager[None]:
    return patched(
        (ingest, "_is_in_log", lambda _c, _a, cursor, end: cursor.n <= end.n),
        (pages, "verified", _unverified),
    )


def _unverified(_account: Any, _push: Any, answer: SyncAnswer) -> list[Any]:
    return [
        (entry, Revision.from_object(entry.revision) if entry.revision else None) for entry in answer.pull
    ]


@_mutant("whatever answers 200 has taken what was sent")
def any_200_is_success() -> AbstractContextManager[None]:
    real = client.Client.sync
    asked: dict[str, str] = {}
    learn = Engine._check_envelope

    def sync(self: Any, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        try:
            answer = real(self, token, request, push)
        except NotOurs:
            if "centre" not in asked:
                raise
            return SyncAnswer(
                nonce=request.nonce, centre_id=asked["centre"], status="ok", cursor=request.cursor
            )
        asked["centre"] = answer.centre_id
        return answer

    return patched(
        (client.Client, "sync", sync), (Engine, "_check_envelope", learn), (Engine, "_apply", _trusting)
    )


_apply = Engine._apply


def _trusting(self: Any, run: Any, call: Call, answer: SyncAnswer) -> None:
    """Apply, and take what was sent and not refused as synced."""
    _apply(self, run, call, answer)
    refused = {refusal.rev_id for refusal in answer.rejected}
    with self._store.write() as connection:
        for place, sent in enumerate(call.push, 1):
            if sent.rev_id not in refused:
                connection.execute(
                    update(revision)
                    .where(revision.c.rev_id == sent.rev_id, revision.c.n.is_(None))
                    .values(n=run.account.cursor_n + place)
                )


@_mutant("what was sent and not refused is synced")
def trust_stored() -> AbstractContextManager[None]:
    return patched((Engine, "_apply", _trusting))


@_mutant("the centre forgets after a while which ids it has, and takes a repeat for a new record")
def keys_expire() -> AbstractContextManager[None]:
    real = appending._append

    def append(
        connection: Connection,
        eraser: Any,
        account_id: str,
        end: Any,
        new: Sequence[Revision],
        **rest: Any,
    ) -> Any:
        ids = [one.rev_id for one in new]
        known = set(
            connection.execute(
                select(log.c.rev_id).where(log.c.account_id == account_id, log.c.rev_id.in_(ids))
            ).scalars()
        )
        made = [
            Revision.from_object(one.to_object() | {"rev_id": new_id(), "record_id": new_id()})
            if one.rev_id in known
            else one
            for one in new
        ]
        return real(connection, eraser, account_id, end, made, **rest)

    return patched((appending, "_known", lambda *_: {}), (appending, "_append", append))


@_mutant("what was sent is deleted, since the centre has it")
def delete_after_send() -> AbstractContextManager[None]:
    def apply(self: Any, run: Any, call: Call, answer: SyncAnswer) -> None:
        _apply(self, run, call, answer)
        refused = {refusal.rev_id for refusal in answer.rejected}
        with self._store.write() as connection:
            gone = [sent.rev_id for sent in call.push if sent.rev_id not in refused]
            connection.execute(delete(revision).where(revision.c.rev_id.in_(gone)))

    return patched((Engine, "_apply", apply))


@_mutant("an answer counts whenever it comes, and for whoever is signed in by then")
def late_answers_accepted() -> AbstractContextManager[None]:
    def apply(self: Any, run: Any, call: Call, answer: SyncAnswer) -> None:
        with self._store.read() as connection:
            account = accounts.current(connection)
        if account is not None:
            run.account = account
        _apply(self, run, call, answer)

    return patched(
        (Engine, "_check_envelope", lambda *_: None),
        (pages, "verified", _unverified),
        (Engine, "_apply", apply),
    )


@_mutant("of several versions the one saved last by the clock stands")
def edits_ordered_by_clock() -> AbstractContextManager[None]:
    def order(self: Revision) -> tuple[Any, ...]:
        return (self.saved_at, self.depth, self.rev_id)

    return patched((Revision, "order", property(order)))


@_mutant("the longest history stands, removed or not")
def head_by_depth_before_removal() -> AbstractContextManager[None]:
    def order(self: Revision) -> tuple[Any, ...]:
        return (self.depth, self.state is State.WITHDRAWN, self.rev_id)

    return patched((Revision, "order", property(order)))


@_mutant("the cursor is moved first, and what came is taken in afterwards")
def cursor_before_union() -> AbstractContextManager[None]:
    real = pages.verified
    verified: list[Any] = []

    def apply(self: Any, run: Any, call: Call, answer: SyncAnswer) -> None:
        verified[:] = [real(run.account, call, answer)]
        cursor = answer.cursor or Cursor(n=run.account.cursor_n, h=run.account.cursor_h)
        with self._store.write() as connection:
            accounts.set_cursor(connection, run.account.owner, cursor.n, cursor.h)
        run.account = replace(run.account, cursor_n=cursor.n, cursor_h=cursor.h)
        _apply(self, run, call, answer)

    return patched((Engine, "_apply", apply), (pages, "verified", lambda *_: verified.pop()))


@_mutant("what goes ahead of an answer will come back as that did")
def synced_ahead() -> AbstractContextManager[None]:
    real = Engine._pack_next

    def pack_next(self: Any, run: Any) -> None:
        real(self, run)
        for call in run.calls._waiting:
            if call.is_ahead:
                places = [
                    (each.rev_id, call.request.cursor.n + place) for place, each in enumerate(call.push, 1)
                ]
                with self._store.write() as connection:
                    revisions.set_read_back(connection, places, run.account.owner)

    return patched((Engine, "_pack_next", pack_next))


@_mutant("a call that went ahead counts, wherever the one before it led")
def ahead_without_a_look() -> AbstractContextManager[None]:
    real = Engine._exchange

    def exchange(self: Any, run: Any) -> bool:
        for call in run.calls._waiting:
            call.is_ahead = False
        return real(self, run)

    return patched((Engine, "_exchange", exchange))


@_mutant("a revision that is pulled does not take its parents' place")
def leaves_not_kept() -> AbstractContextManager[None]:
    real = revisions.add_all

    def add_all(connection: Connection, found: Sequence[tuple[Revision, int]], owner: Owner) -> None:
        named = {p for r, _ in found for p in r.parents}
        before = connection.execute(
            select(revision.c.rev_id).where(revision.c.rev_id.in_(named), revision.c.is_leaf)
        ).scalars()
        kept = list(before)
        real(connection, found, owner)
        connection.execute(update(revision).where(revision.c.rev_id.in_(kept)).values(is_leaf=1))

    return patched((revisions, "add_all", add_all))


@_mutant("the daily comparison includes what was refused")
def digest_of_everything() -> AbstractContextManager[None]:
    def synced_heads(connection: Connection, owner: Owner, _up_to: int) -> list[str]:
        named = select(parent.c.parent_id)
        rows = connection.execute(
            select(revision.c.rev_id).where(
                revision.c.account_id == owner.account_id, revision.c.rev_id.not_in(named)
            )
        )
        return list(rows.scalars())

    return patched((revisions, "synced_heads", synced_heads))


@_mutant("where the centre has another revision under an id, ours is dropped")
def give_way_drops_ours() -> AbstractContextManager[None]:
    def give_way(connection: Connection, rev_id: str) -> None:
        connection.execute(delete(revision).where(revision.c.rev_id == rev_id))

    return patched((pages, "give_way", give_way))


def _unsent(owned: Callable[[Owner], Any]) -> Callable[..., list[Outgoing]]:
    def unsent(
        connection: Connection, owner: Owner, *, after: tuple[int, str], limit: int, today: str
    ) -> list[Outgoing]:
        c = revision.c
        depth, rev_id = after
        rows = connection.execute(
            select(c.rev_id, c.sha, c.depth, c.canonical)
            .where(
                c.n.is_(None),
                owned(owner),
                or_(c.depth > depth, and_(c.depth == depth, c.rev_id > rev_id)),
                or_(
                    c.rejected_code.is_(None),
                    and_(c.rejected_code == "schema_unknown", c.rejected_on != today),
                ),
            )
            .order_by(c.depth, c.rev_id)
            .limit(limit)
        )
        return [Outgoing(*row) for row in rows]

    return unsent


@_mutant("what nobody owns is sent for whoever is signed in")
def unowned_sent() -> AbstractContextManager[None]:
    c = revision.c
    return patched(
        (
            revisions,
            "unsent",
            _unsent(lambda o: or_(c.account_id.is_(None), c.account_id == o.account_id)),
        )
    )


@_mutant("everything that waits on a laptop is sent for whoever is signed in")
def others_sent() -> AbstractContextManager[None]:
    return patched((revisions, "unsent", _unsent(lambda _o: revision.c.account_id.is_not(None))))


@_mutant("two accounts at one place at one time met the same young people")
def questions_merged_silently() -> AbstractContextManager[None]:
    def answered(questions: Any, _answers: Any) -> Any:
        return counting._Parted(list(questions), [])

    return patched((counting, "_answered", answered))


@_mutant("what was synced once is never sent again")
def synced_once_is_enough() -> AbstractContextManager[None]:
    def forget(connection: Connection, owner: Owner) -> None:
        connection.execute(
            update(revision)
            .where(revision.c.account_id == owner.account_id, revision.c.n.is_not(None))
            .values(n=None, rejected_code="synced_before")
        )

    return patched((revisions, "forget_read_back", forget))


@_mutant("what the centre does not have any more is deleted")
def mirror_of_the_centre() -> AbstractContextManager[None]:
    def forget(connection: Connection, owner: Owner) -> None:
        connection.execute(
            delete(revision).where(revision.c.account_id == owner.account_id, revision.c.n.is_not(None))
        )

    return patched((revisions, "forget_read_back", forget))


@_mutant("a changed history only moves the cursor back: what was synced stays synced")
def synced_for_ever() -> AbstractContextManager[None]:
    return patched((revisions, "forget_read_back", lambda *_: None))


@_mutant("a refused revision is deleted")
def refused_is_deleted() -> AbstractContextManager[None]:
    def reject(connection: Connection, rev_id: str, **_rest: Any) -> None:
        connection.execute(delete(revision).where(revision.c.rev_id == rev_id))

    return patched((revisions, "reject", reject))


@_mutant("a revision whose parents are unknown is refused")
def unknown_parents_refused() -> AbstractContextManager[None]:
    real = appending.take

    def take(
        connection: Connection,
        eraser: Any,
        account_id: str,
        end: Any,
        judged: Sequence[Judged],
        found: Any,
        **rest: Any,
    ) -> Any:
        held = set(
            connection.execute(select(log.c.rev_id).where(log.c.account_id == account_id)).scalars()
        ) | {one.revision.rev_id for one in judged if one.revision}
        fine = [
            one
            if one.revision is None or one.fault or held.issuperset(one.revision.parents)
            else one._replace(
                fault=rejected(one.revision.rev_id, Rejection.INVALID, "parents", "unknown"),
            )
            for one in judged
        ]
        return real(connection, eraser, account_id, end, fine, found, **rest)

    return patched((ingest, "take", take))


@_mutant("the centre counts only the head of each record, whatever is undecided")
def heads_only() -> AbstractContextManager[None]:
    def in_calendar_year(*given: Any) -> Any:
        return [replace(record, leaves=record.leaves[:1]) for record in real_records(*given)]

    return patched((totals, "in_calendar_year", in_calendar_year))


@_mutant("a joint session counts once for each ambassador")
def groups_not_joined() -> AbstractContextManager[None]:
    def group_key(_leaf: Any, record_id: str) -> str:
        return record_id

    return patched((counting, "group_key", group_key))


@_mutant("an edit settles whatever else is open")
def edit_swallows_conflicts() -> AbstractContextManager[None]:
    from omi_desktop.services import records

    return patched((records, "_continued", lambda leaves: leaves))


@_mutant("signing out clears the laptop")
def sign_out_clears() -> AbstractContextManager[None]:
    def leave(connection: Connection) -> None:
        connection.execute(delete(revision))
        accounts_left(connection)

    accounts_left = accounts.leave
    return patched((accounts, "leave", leave))


@_mutant("a page ends where the log ends")
def pages_skip() -> AbstractContextManager[None]:
    real = answers.page

    def page(answer: Any, entries: Any, pushed: Any, cursor: Any) -> Any:
        found = real(answer, entries, pushed, cursor)
        return replace(found, pull=found.pull[:1]) if len(found.pull) > 1 else found

    return patched((ingest, "page", page), (pages, "verified", _unverified))


@_mutant("the centre keeps a parent as a leaf beside its child")
def centre_leaves_stale() -> AbstractContextManager[None]:
    real = central_leaves._family

    def family(added: Any, held: Any) -> Any:
        named, _older = real(added, held)
        return named, set()

    return patched((central_leaves, "_family", family))


@_mutant("an erasure takes the versions that the centre has, and says nothing of those to come")
def erasure_by_revision() -> AbstractContextManager[None]:
    real = erasure.erased_among

    def erased_among(connection: Connection, eraser: Any, account_id: str, new: Sequence[Revision]) -> Any:
        real(connection, eraser, account_id, new)
        return frozenset()

    return patched((appending, "erased_among", erased_among))


@_mutant("a restored centre serves what its backup has, whatever was erased since")
def erasures_not_replayed() -> AbstractContextManager[None]:
    return patched((erasure, "replay", lambda *_: 0))


@_mutant("each start of the centre adds the fall of the total anew")
def adjustment_doubled() -> AbstractContextManager[None]:
    return patched(
        (erasure, "_unseen", lambda _connection, lines: list(lines)), (erasure, "insert", _lenient)
    )


def _lenient(table: Any) -> Any:
    return sqlite_insert(table).on_conflict_do_nothing()


@_mutant("what another laptop had erased is erased here too, unasked")
def erased_unasked() -> AbstractContextManager[None]:
    real = erasures.note

    def note(connection: Connection, owner: Owner, asking: Any) -> None:
        found = list(asking)
        real(connection, owner, found)
        records = [record for each in found for record in erasures.records_of(each)]
        erasures.scrub(connection, owner, records, [])

    return patched((erasures, "note", note))


@_mutant("what was erased here is taken in again when a restored centre sends it")
def erased_comes_back() -> AbstractContextManager[None]:
    return patched(
        (pages, "without_erased", lambda _connection, _owner, new: list(new)),
        (erasure, "replay", lambda *_: 0),
    )


@_mutant("the laptop compares what it knows to be erased all the same")
def erased_is_compared() -> AbstractContextManager[None]:
    everything = revision.c.rev_id.is_not(None)
    return patched(
        (revisions, "is_sent", lambda _owner: everything),
        # Put together anew, with that.
        (revisions, "_read_back", revisions._read_back.__wrapped__),
        (revisions, "_named_by_read_back", revisions._named_by_read_back.__wrapped__),
    )


@_mutant("what comes in a sync file is synced: the centre will have had it")
def file_is_synced() -> AbstractContextManager[None]:
    real = sync_file._add

    def add(store: Any, owner: Owner, versions: Sequence[Revision]) -> tuple[int, int]:
        found = real(store, owner, versions)
        with store.write() as connection:
            connection.execute(
                update(revision)
                .where(revision.c.rev_id.in_([each.rev_id for each in versions]), revision.c.n.is_(None))
                .values(n=1)
            )
        return found

    return patched((sync_file, "_add", add))


@_mutant("what was written to a sync file is sent, and need not be sent again")
def written_is_sent() -> AbstractContextManager[None]:
    real = sync_file._unsent

    def unsent(store: Any, owner: Owner, today: str, records: set[str]) -> list[bytes]:
        found = list(real(store, owner, today, records))
        with store.write() as connection:
            connection.execute(
                update(revision).where(revision.c.canonical.in_(found)).values(rejected_code="carried")
            )
        return found

    return patched((sync_file, "_unsent", unsent))
