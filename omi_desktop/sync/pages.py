"""One page of the log: checked against what was asked, and taken in.

A page counts only where its places follow on from our cursor and its hashes chain to the answer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from omi_desktop.domain.clock import Clock, stamp, uk_today
from omi_desktop.domain.errors import Misunderstood
from omi_desktop.domain.revision import BadRevision, Revision, chain, new_id
from omi_desktop.store import accounts, erasures, questions, refusals, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.questions import Asked
from omi_desktop.store.revisions import Outgoing, Owner
from omi_desktop.sync.calls import Call
from omi_desktop.wire.messages import Cursor, Pulled, Rejected, SyncAnswer
from omi_desktop.wire.problems import Rejection


class Page(NamedTuple):
    """An answer that was found good, and what it answers. `account` has the cursor from which it goes on."""

    account: Account
    push: Sequence[Outgoing]
    answer: SyncAnswer
    pulled: Sequence[tuple[Pulled, Revision | None]]

    @property
    def cursor(self) -> Cursor:
        """Where the next page begins."""
        return self.answer.cursor or Cursor(n=self.account.cursor_n, h=self.account.cursor_h)

    @property
    def is_echo(self) -> bool:
        """Whether it says no more than that what was sent has come back."""
        answer = self.answer
        return not (answer.rejected or answer.more or answer.digest is not None) and all(
            theirs is None and not entry.erased for entry, theirs in self.pulled
        )


class Taken(NamedTuple):
    """How many revisions of a page were new here, and how many came back."""

    received: int
    read_back: int


def verified(account: Account, call: Call, answer: SyncAnswer) -> list[tuple[Pulled, Revision | None]]:
    """The page's entries, each with its revision unless we sent it in this very request.

    Raises Misunderstood unless places follow on, hashes chain from our cursor to the answer's, and every
    revision has the sha that is chained. One that was erased comes without.
    """
    n, h = account.cursor_n, account.cursor_h
    if answer.more and not answer.pull:  # It would be asked for again and again.
        raise Misunderstood
    if _is_as_sent(call, answer, n):
        return [(entry, None) for entry in answer.pull]
    sent = {revision.rev_id: revision.sha for revision in call.push}
    found: list[tuple[Pulled, Revision | None]] = []
    seen: set[str] = set()
    for entry in answer.pull:
        n, h = n + 1, chain(h, entry.rev_id, entry.sha)
        theirs = None
        if entry.revision is not None and not entry.erased:
            try:
                theirs = Revision.from_object(entry.revision)
            except BadRevision as error:
                raise Misunderstood from error
            if (theirs.rev_id, theirs.sha) != (entry.rev_id, entry.sha):
                raise Misunderstood
        elif not entry.erased and sent.get(entry.rev_id) != entry.sha:
            raise Misunderstood
        if entry.n != n or entry.rev_id in seen:
            raise Misunderstood
        seen.add(entry.rev_id)
        found.append((entry, theirs))
    if answer.cursor is None or (answer.cursor.n, answer.cursor.h) != (n, h):
        raise Misunderstood
    return found


def _is_as_sent(call: Call, answer: SyncAnswer, n: int) -> bool:
    """Whether exactly what was pushed came back, in its order: then the chain is the one that was reckoned for it."""
    return (
        answer.cursor == call.end
        and len(answer.pull) == len(call.push)
        and all(
            entry.revision is None
            and not entry.erased
            and (entry.n, entry.rev_id, entry.sha) == (n + place, ours.rev_id, ours.sha)
            for place, (entry, ours) in enumerate(zip(answer.pull, call.push, strict=True), 1)
        )
    )


def take_in(connection: Connection, page: Page, clock: Clock) -> Taken:
    """Add what came, note what came back and what was refused, move the cursor. For one transaction."""
    answer, owner = page.answer, page.account.owner
    new, back = _parted(connection, page)
    revisions.add_all(connection, new, owner)
    n_back = revisions.set_read_back(connection, back, owner)
    _note_erasures(connection, page, clock)
    # One that was asked about before the erasure of its session arrived would keep its place here.
    if not answer.more and not erasures.is_on_its_way(connection, owner):
        questions.replace_all(connection, owner, _asked(answer), stamp(clock.now()))
    for refusal in answer.rejected:
        _reject(connection, refusal, page.push, uk_today(clock).isoformat())
    refused = [revisions.get(connection, each.rev_id) for each in answer.rejected if each.rev_id]
    for record_id in dict.fromkeys(
        each.revision.record_id for each in refused if each and each.rejected_code
    ):
        refusals.say_again(connection, record_id)
    accounts.set_cursor(connection, owner, page.cursor.n, page.cursor.h)
    return Taken(len(new), n_back)


def _parted(connection: Connection, page: Page) -> tuple[list[tuple[Revision, int]], list[tuple[str, int]]]:
    """What of a page is new here, and what came back, each with its place."""
    if page.is_echo:  # All of it was read from this file, and what is gone since won't be found.
        return [], [(entry.rev_id, entry.n) for entry, _ in page.pulled]
    here = revisions.shas(connection, [entry.rev_id for entry, _ in page.pulled])
    for entry, theirs in page.pulled:
        if here.get(entry.rev_id, entry.sha) != entry.sha and (theirs is not None or entry.erased):
            give_way(connection, entry.rev_id)
            del here[entry.rev_id]
    new = [(theirs, entry.n) for entry, theirs in page.pulled if entry.rev_id not in here and theirs]
    back = [(entry.rev_id, entry.n) for entry, _ in page.pulled if entry.rev_id in here]
    return without_erased(connection, page.account.owner, new), back


def _note_erasures(connection: Connection, page: Page, clock: Clock) -> None:
    """What OMI online let go is neither sent nor compared from now on. It stays here until the person confirms.

    An erasure that we asked for ourselves was noted when it was saved.
    """
    owner = page.account.owner
    erasures.note(connection, owner, [theirs for _, theirs in page.pulled if theirs is not None])
    gone = [entry.rev_id for entry, _ in page.pulled if entry.erased]
    if gone:
        erasures.note_gone(connection, owner, gone, stamp(clock.now()))


def _reject(connection: Connection, refusal: Rejected, push: Sequence[Outgoing], today: str) -> None:
    sent = next((revision for revision in push if revision.rev_id == refusal.rev_id), None)
    if sent is None:
        return
    if refusal.code is not Rejection.ID_REUSE:
        revisions.reject(
            connection,
            sent.rev_id,
            code=refusal.code.value,
            field=refusal.field,
            message=refusal.message,
            today=today,
        )
        return
    held = revisions.get(connection, sent.rev_id)
    if held is not None and held.revision.sha == sent.sha and not held.is_synced:
        give_way(connection, sent.rev_id)


def give_way(connection: Connection, rev_id: str) -> None:
    """OMI online holds another revision under this id: theirs keeps it, ours is copied under a new one, and so is what
    was saved on top of ours and has not come back, or it would be taken for a version of theirs."""
    held = revisions.get(connection, rev_id)
    if held is None:
        return
    renamed: dict[str, str] = {}
    for each in revisions.of_record(connection, held.revision.record_id):
        found = each.revision
        if found.rev_id == rev_id or (not each.is_synced and not renamed.keys().isdisjoint(found.parents)):
            renamed[found.rev_id] = new_id()
            parents = sorted(renamed.get(name, name) for name in found.parents)
            again = found.to_object() | {"rev_id": renamed[found.rev_id], "parents": parents}
            revisions.replace(connection, found.rev_id, Revision.from_object(again), each.owner)


def without_erased(
    connection: Connection, owner: Owner, new: Sequence[tuple[Revision, int]]
) -> list[tuple[Revision, int]]:
    """What was erased on this laptop does not come back, whatever an OMI online restored from long ago sends."""
    if not new:
        return []
    gone = {each.record_id for each in erasures.all_of(connection, owner) if each.decision == erasures.ERASED}
    return [each for each in new if each[0].record_id not in gone]


def _asked(answer: SyncAnswer) -> list[Asked]:
    """The questions that can be shown: a date or time that can't be read is no reason to refuse the page."""
    asked = (
        Asked(each.id, each.my_group, each.other_group, each.date, each.start, each.place)
        for each in answer.questions
    )
    return list(filter(questions.is_readable, asked))
