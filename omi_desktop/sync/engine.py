"""One run of the sync protocol: push what waits, pull what is new, call nothing synced before it was read back.

The contract is the sync document; the rules that are easiest to get wrong are named where they stand.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock, stamp, uk_today
from omi_desktop.domain.errors import Misunderstood, OtherCentre, SignedOut, SyncProblem
from omi_desktop.domain.revision import ROOT, heads_digest
from omi_desktop.store import accounts, erasures, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import Store
from omi_desktop.store.revisions import Outgoing, Owner
from omi_desktop.sync import pages
from omi_desktop.sync.client import TooMuch
from omi_desktop.sync.packing import Parcel
from omi_desktop.sync.pages import Page
from omi_desktop.wire import limits
from omi_desktop.wire.messages import Cursor, Holding, SyncAnswer, SyncRequest

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


class Beside(Protocol):
    """Work that was begun beside what its maker does next."""

    def settle(self) -> None:
        """Wait until it is done. Raises what the work raised."""
        ...


Begin = Callable[[Callable[[Callable[[], None]], None]], Beside]
"""Begins some work, which is given what to call once it has come as far as it must before its maker goes on."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did. Numbers of revisions; `requests` counts calls."""

    requests: int = 0
    sent: int = 0
    read_back: int = 0
    received: int = 0
    rejected: int = 0


@dataclass(slots=True)
class _Run:
    """The state of one run. `sent_up_to` is the (depth, rev_id) of the last revision sent in it; `ahead` is what
    follows it, read while the file was open for something else; `page` is what is written to the file while the next
    request is under way, and `parcel` what is packed then; `problem` is what the run ends with where the service could
    not read one alone, and that one was passed over."""

    account: Account
    holding: Holding
    is_check_due: bool
    sent_up_to: tuple[int, str] = (0, "")
    ahead: list[Outgoing] | None = None
    page: Page | None = None
    parcel: Parcel | None = None
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

    Where a page says only that what was sent has come back, `beside` begins to write it while OMI online works on the
    next request; without one every page is written first. The pages are written one by one, in their order.
    """

    def __init__(self, store: Store, *, clock: Clock, changes: Changes, beside: Begin | None = None) -> None:
        self._beside = beside
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
                answer = asks.sync(token, request, self._parcel(run, push))
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
        push = _batch(found, run.batch_limit)
        run.ahead = found[len(push) :] or None
        return push, run.ahead is None

    def _parcel(self, run: _Run, push: Sequence[Outgoing]) -> Parcel:
        """The push, packed already if that is what was expected to be sent next."""
        made, ready, run.parcel = _packable(push), run.parcel, None
        return ready if ready == made else made

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
        page = Page(run.account, push, run.is_last, answer, pages.verified(run.account, push, answer))
        if self._beside and page.is_echo and run.ahead and not run.pulls_only:
            run.page = page
        else:
            run.ahead = None  # Read again: what came may have changed what is to be sent.
            self._write(run, page)
            self._announce(page)
        run.account = replace(run.account, cursor_n=page.cursor.n, cursor_h=page.cursor.h)

    @contextmanager
    def _writing_meanwhile(self, run: _Run) -> Iterator[None]:
        """Write the page before, and pack what is sent next, beside the block that asks.

        The block begins once the file is locked and the account was found to be current still, and no sooner; when it
        ends, the page is written. If it can't be, that is raised, whatever became of the block.
        """
        page, run.page = run.page, None
        if page is None or self._beside is None:
            yield
            return
        written = self._beside(partial(self._write_and_pack, run, page))
        try:
            yield
        finally:
            written.settle()
            self._announce(page)

    def _write_and_pack(self, run: _Run, page: Page, when_begun: Callable[[], None]) -> None:
        self._write(run, page, when_begun)
        if run.ahead:
            run.parcel = _packable(_batch(run.ahead, run.batch_limit))
            run.parcel.begin()

    def _write(self, run: _Run, page: Page, when_begun: Callable[[], None] = lambda: None) -> None:
        """Take in a page: one transaction."""
        answer, owner = page.answer, page.account.owner
        with self._store.write() as connection:
            account = accounts.current(connection)
            if account is None or account.owner != owner or account.cursor_h != page.account.cursor_h:
                raise SyncProblem  # Signed out, or read on by another run, while the answer was under way.
            when_begun()
            taken = pages.take_in(connection, page, self._clock)
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
            received=run.report.received + taken.received,
            read_back=run.report.read_back + taken.read_back,
            rejected=run.report.rejected + len(answer.rejected),
        )

    def _announce(self, page: Page) -> None:
        if page.pulled or page.answer.rejected:
            self._changes.announce(Change(Topic.RECORDS))

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


def _batch(found: Sequence[Outgoing], most: int) -> list[Outgoing]:
    """The first of these that one request may carry: at least one."""
    push: list[Outgoing] = []
    size = 0
    for revision in found[:most]:
        size += len(revision.canonical)
        if push and size > limits.PUSH_BYTES:
            break
        push.append(revision)
    return push


def _packable(push: Sequence[Outgoing]) -> Parcel:
    return Parcel(revision.canonical for revision in push)
