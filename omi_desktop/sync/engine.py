"""One run of the sync protocol: push what waits, pull what is new, call nothing synced before it was read back.

The contract is the sync document; the rules that are easiest to get wrong are named where they stand.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock, stamp, uk_today
from omi_desktop.domain.errors import Misunderstood, OtherCentre, SignedOut, SyncProblem
from omi_desktop.domain.revision import ROOT, BadRevision, Revision, chain, heads_digest, new_id
from omi_desktop.store import accounts, erasures, questions, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import Store
from omi_desktop.store.questions import Asked
from omi_desktop.store.revisions import Outgoing, Owner
from omi_desktop.sync.aside import Aside
from omi_desktop.sync.client import TooMuch
from omi_desktop.wire import limits
from omi_desktop.wire.messages import (
    Cursor,
    Holding,
    Pulled,
    Rejected,
    SyncAnswer,
    SyncRequest,
)
from omi_desktop.wire.problems import Rejection

_SKIPPED_AT_MOST = 3
"""Revisions passed over in one run before the service is taken to refuse everything."""


class HistoryKeepsChanging(SyncProblem):
    """OMI online forgot what it had twice in one run: wait before sending everything again."""

    code = "history_keeps_changing"
    title = "OMI online is being restored"


class Differs(SyncProblem):
    """The daily comparison differs even after everything was read again."""

    code = "differs"
    title = "OMI online counts something differently"
    hint = "Tell your hub; they can compare both sides."
    retry = False


class Asks(Protocol):
    """What a run needs of the network: one call, which raises SyncProblem when there is no certain answer."""

    def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        """`POST /v1/sync`; `push` holds canonical bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did. Numbers of revisions; `requests` counts calls."""

    requests: int = 0
    sent: int = 0
    read_back: int = 0
    received: int = 0
    rejected: int = 0


class _Page(NamedTuple):
    """An answer that was found good, and what it answers. `account` has the cursor from which it goes on; `is_last`:
    nothing was left to send after `push`."""

    account: Account
    push: Sequence[Outgoing]
    is_last: bool
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


@dataclass(slots=True)
class _Run:
    """The state of one run. `sent_up_to` is the (depth, rev_id) of the last revision sent in it; `ahead` is what
    follows it, read while the file was open for something else; `page` is what is written to the file while the next
    request is under way; `problem` is what the run ends with where the service could not read one alone, and that one
    was passed over."""

    account: Account
    holding: Holding
    is_check_due: bool
    sent_up_to: tuple[int, str] = (0, "")
    ahead: list[Outgoing] | None = None
    page: _Page | None = None
    is_last: bool = False
    is_success_noted: bool = False
    batch_limit: int = limits.PUSH_COUNT
    pulls_only: bool = False
    has_restarted: bool = False
    is_compared: bool = False
    skipped: int = 0
    problem: SyncProblem | None = None
    report: Report = field(default_factory=Report)


class Engine:
    """Runs the protocol for the current account, over whatever asks OMI online. One run at a time.

    With `is_overlapping` the file is written on another thread while OMI online works on the next request, where a
    page says only that what was sent has come back. The pages are still written one by one, in their order.
    """

    def __init__(self, store: Store, *, clock: Clock, changes: Changes, is_overlapping: bool = False) -> None:
        self._is_overlapping = is_overlapping
        self._store = store
        self._clock = clock
        self._changes = changes
        self._run: _Run | None = None

    @property
    def report(self) -> Report:
        """What the last run did, up to where it failed if it did."""
        return self._run.report if self._run else Report()

    def run(self, asks: Asks, token: str, owner: Owner | None = None) -> Report:
        """Sync until nothing waits and nothing is new. Raises SyncProblem; what was read back stays read back.

        `owner` is whose sign-in the token is: nothing is sent once another account has become current.
        """
        with self._store.read() as connection:
            account = accounts.current(connection)
            if account is None:
                raise SignedOut
            if owner is not None and account.owner != owner:
                raise SyncProblem
            unsent, oldest = revisions.holding(connection, account.owner)
            holding = Holding(unsent=unsent, oldest=oldest[:10] if oldest else None)
            run = self._run = _Run(account, holding, is_check_due=account.checked_on != self._today())
            self._read_ahead(connection, run)
        while not self._exchange(run, asks, token):
            pass
        if run.problem is not None:
            raise run.problem
        if not run.is_success_noted:
            with self._store.write() as connection:
                self._note_success(connection, run)
        self._changes.announce(Change(Topic.SYNC))
        return run.report

    def _exchange(self, run: _Run, asks: Asks, token: str) -> bool:
        """One request and what follows from its answer; True when the run is done."""
        push, is_last = self._to_push(run)
        run.is_last = is_last
        if run.report.requests and not push and not run.pulls_only:
            return True
        request = SyncRequest(
            nonce=secrets.token_hex(16),
            centre_id=run.account.owner.centre_id,
            cursor=Cursor(n=run.account.cursor_n, h=run.account.cursor_h),
            check=run.is_check_due and not run.is_compared and is_last and not self._still_erases(run),
            holding=run.holding,
        )
        try:
            with self._writing_meanwhile(run):
                answer = asks.sync(token, request, [revision.canonical for revision in push])
        except TooMuch as problem:
            run.ahead = None
            if len(push) > 1:
                run.batch_limit = len(push) // 2
            elif push and run.skipped < _SKIPPED_AT_MOST:
                run.sent_up_to, run.batch_limit = (push[0].depth, push[0].rev_id), limits.PUSH_COUNT
                run.skipped, run.problem = run.skipped + 1, problem
            else:
                raise
            return False
        run.report = replace(run.report, requests=run.report.requests + 1, sent=run.report.sent + len(push))
        self._check_envelope(run, request, answer)
        if answer.status == "history_changed":
            self._restart(run)
            return False
        if push:
            run.sent_up_to = (push[-1].depth, push[-1].rev_id)
        self._apply(run, push, answer)
        was_pulling, run.pulls_only = run.pulls_only, answer.more
        if answer.digest is not None and not answer.more and not self._compare(run, answer.digest):
            return False
        return is_last and not was_pulling and not answer.more

    def _still_erases(self, run: _Run) -> bool:
        """Whether an erasure waits behind the pages that are being read: until it has arrived, the two sides do not
        compare the same records."""
        if not run.pulls_only:
            return False
        with self._store.read() as connection:
            return erasures.is_on_its_way(connection, run.account.owner)

    def _to_push(self, run: _Run) -> tuple[list[Outgoing], bool]:
        """The next revisions to send, and whether none is left after them. Pages after the first carry none."""
        if run.pulls_only:
            return [], True
        if run.ahead is None:
            with self._store.read() as connection:
                self._read_ahead(connection, run)
        found = run.ahead or []
        push: list[Outgoing] = []
        size = 0
        for revision in found[: run.batch_limit]:
            size += len(revision.canonical)
            if push and size > limits.PUSH_BYTES:
                break
            push.append(revision)
        run.ahead = found[len(push) :] or None
        return push, run.ahead is None

    def _read_ahead(self, connection: Connection, run: _Run) -> None:
        """Fill `ahead` up to two batches, and one more that tells whether anything follows them."""
        ahead = run.ahead or []
        found = revisions.unsent(
            connection,
            run.account.owner,
            after=(ahead[-1].depth, ahead[-1].rev_id) if ahead else run.sent_up_to,
            limit=2 * run.batch_limit + 1 - len(ahead),
            today=self._today(),
        )
        run.ahead = ahead + found

    def _note_success(self, connection: Connection, run: _Run) -> None:
        checked = self._today() if run.is_compared else None
        accounts.set_success(connection, run.account.owner, stamp(self._clock.now()), checked)

    def _check_envelope(self, run: _Run, request: SyncRequest, answer: SyncAnswer) -> None:
        if answer.nonce != request.nonce:
            raise Misunderstood
        if answer.centre_id != run.account.owner.centre_id:
            raise OtherCentre

    def _restart(self, run: _Run) -> None:
        """The log is not the one we read: nothing counts as synced, read all of it, then send what is missing.

        Nothing is deleted here because a centre looks empty.
        """
        if run.has_restarted:
            raise HistoryKeepsChanging
        run.has_restarted = True
        run.pulls_only = True
        run.sent_up_to, run.ahead = (0, ""), None
        with self._store.write() as connection:
            revisions.forget_read_back(connection, run.account.owner)
            accounts.set_cursor(connection, run.account.owner, 0, ROOT)
        run.account = replace(run.account, cursor_n=0, cursor_h=ROOT)
        self._changes.announce(Change(Topic.RECORDS))

    def _apply(self, run: _Run, push: Sequence[Outgoing], answer: SyncAnswer) -> None:
        """Check the chain, and write the page to the file, at once or while the next request is under way."""
        page = _Page(run.account, push, run.is_last, answer, _verified(run.account, push, answer))
        if self._is_overlapping and page.is_echo and run.ahead and not run.pulls_only:
            run.page = page
        else:
            run.ahead = None  # Read again: what came may have changed what is to be sent.
            self._write(run, page)
            self._announce(page)
        run.account = replace(run.account, cursor_n=page.cursor.n, cursor_h=page.cursor.h)

    @contextmanager
    def _writing_meanwhile(self, run: _Run) -> Iterator[None]:
        """Write the page before on another thread while the block asks for the next.

        The block begins once the file is locked and the account was found to be current still, and no sooner; when it
        ends, the page is written. If it can't be, that is raised, whatever became of the block.
        """
        page, run.page = run.page, None
        if page is None:
            yield
            return
        aside = Aside(partial(self._write, run, page))
        try:
            yield
        finally:
            aside.settle()
            self._announce(page)

    def _write(self, run: _Run, page: _Page, when_begun: Callable[[], None] = lambda: None) -> None:
        """Take in what came, note what came back and what was refused, move the cursor: one transaction."""
        answer, pulled = page.answer, page.pulled
        owner = page.account.owner
        with self._store.write() as connection:
            account = accounts.current(connection)
            if account is None or account.owner != owner or account.cursor_h != page.account.cursor_h:
                raise SyncProblem  # Signed out, or read on by another run, while the answer was under way.
            when_begun()
            new, back = self._parted(connection, page)
            revisions.add_all(connection, new, owner)
            n_back = revisions.set_read_back(connection, back, owner)
            self._note_erasures(connection, owner, pulled)
            # One that was asked about before the erasure of its session arrived would keep its place here.
            if not answer.more and not erasures.is_on_its_way(connection, owner):
                questions.replace_all(connection, owner, _asked(answer), stamp(self._clock.now()))
            for refusal in answer.rejected:
                self._reject(connection, refusal, page.push)
            accounts.set_cursor(connection, owner, page.cursor.n, page.cursor.h)
            # Not the page's own: the request after it may be the last, and then nothing follows that one.
            if not run.is_last:
                self._read_ahead(connection, run)
            # Most runs end with this answer, and then one commit is enough for all that they note.
            is_end = page.is_last and not (run.pulls_only or answer.more or answer.digest or run.problem)
            if is_end:
                self._note_success(connection, run)
        run.is_success_noted = is_end
        run.report = replace(
            run.report,
            received=run.report.received + len(new),
            read_back=run.report.read_back + n_back,
            rejected=run.report.rejected + len(answer.rejected),
        )

    def _parted(
        self, connection: Connection, page: _Page
    ) -> tuple[list[tuple[Revision, int]], list[tuple[str, int]]]:
        """What of a page is new here, and what came back, each with its place."""
        if page.is_echo:  # All of it was read from this file, and what is gone since won't be found.
            return [], [(entry.rev_id, entry.n) for entry, _ in page.pulled]
        here = revisions.shas(connection, [entry.rev_id for entry, _ in page.pulled])
        for entry, theirs in page.pulled:
            if here.get(entry.rev_id, entry.sha) != entry.sha and (theirs is not None or entry.erased):
                self._give_way(connection, entry.rev_id)
                del here[entry.rev_id]
        new = [(theirs, entry.n) for entry, theirs in page.pulled if entry.rev_id not in here and theirs]
        back = [(entry.rev_id, entry.n) for entry, _ in page.pulled if entry.rev_id in here]
        return _without_erased(connection, page.account.owner, new), back

    def _announce(self, page: _Page) -> None:
        if page.pulled or page.answer.rejected:
            self._changes.announce(Change(Topic.RECORDS))

    def _note_erasures(
        self, connection: Connection, owner: Owner, pulled: Sequence[tuple[Pulled, Revision | None]]
    ) -> None:
        """What OMI online let go is neither sent nor compared from now on. It stays here until the person confirms.

        An erasure that we asked for ourselves was noted when it was saved.
        """
        erasures.note(connection, owner, [theirs for _, theirs in pulled if theirs is not None])
        gone = [entry.rev_id for entry, _ in pulled if entry.erased]
        if gone:
            erasures.note_gone(connection, owner, gone, stamp(self._clock.now()))

    def _reject(self, connection: Connection, refusal: Rejected, push: Sequence[Outgoing]) -> None:
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
                today=self._today(),
            )
        elif revisions.shas(connection, [sent.rev_id]).get(sent.rev_id) == sent.sha:
            self._give_way(connection, sent.rev_id)

    def _give_way(self, connection: Connection, rev_id: str) -> None:
        """OMI online holds another revision under this id: theirs keeps it, ours is copied under a new one."""
        held = revisions.get(connection, rev_id)
        if held is None:
            return
        ours = Revision.from_object(held.revision.to_object() | {"rev_id": new_id()})
        revisions.replace(connection, rev_id, ours, held.owner)

    def _compare(self, run: _Run, digest: str) -> bool:
        """The daily comparison. False sends the run back to the root, once; a second difference is reported."""
        with self._store.read() as connection:
            heads = revisions.synced_heads(connection, run.account.owner, run.account.cursor_n)
        if heads_digest(heads) == digest:
            run.is_compared = True
            return True
        if run.has_restarted:
            raise Differs
        self._restart(run)
        return False

    def _today(self) -> str:
        return uk_today(self._clock).isoformat()


def _verified(
    account: Account, push: Sequence[Outgoing], answer: SyncAnswer
) -> list[tuple[Pulled, Revision | None]]:
    """The page's entries, each with its revision unless we sent it in this very request.

    Raises Misunderstood unless places follow on, hashes chain from our cursor to the answer's, and every
    revision has the sha that is chained. One that was erased comes without.
    """
    sent = {revision.rev_id: revision.sha for revision in push}
    n, h = account.cursor_n, account.cursor_h
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
    if answer.more and not answer.pull:
        raise Misunderstood
    return found


def _without_erased(
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
