"""One run of the sync protocol: push what waits, pull what is new, call nothing synced before it was read back.

The contract is the sync document; the rules that are easiest to get wrong are named where they stand.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock, stamp, uk_today
from omi_desktop.domain.errors import Busy, Misunderstood, OtherCentre, SignedOut, SyncProblem
from omi_desktop.domain.revision import ROOT, heads_digest
from omi_desktop.store import accounts, erasures, queue, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import Store
from omi_desktop.store.revisions import Outgoing, Owner
from omi_desktop.sync import pages
from omi_desktop.sync.calls import Asks, Begin, Call, Calls
from omi_desktop.sync.client import TooMuch
from omi_desktop.sync.packing import Parcel
from omi_desktop.sync.pages import Page
from omi_desktop.wire import limits
from omi_desktop.wire.messages import Cursor, Holding, SyncAnswer, SyncRequest

_SKIPPED_AT_MOST = 3
"""Revisions passed over in one run before the service is taken to refuse everything."""


_ANSWERS_AT_MOST = 10_000
"""In one run: two million revisions, read. What is left comes with the next, and a service that never ends is not asked
without a pause."""


class GoesOn(SyncProblem):
    """OMI online has more to say than belongs in one run, or never comes to an end."""

    code = "goes_on"
    title = "OMI online sends more than one sync takes in"
    hint = "What is left follows by itself."


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


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did. Numbers of revisions, those sent being those of calls that counted; `requests` counts all
    calls."""

    requests: int = 0
    sent: int = 0
    read_back: int = 0
    received: int = 0
    rejected: int = 0


@dataclass(slots=True)
class _Run:
    """The state of one run. `sent_up_to` is the (depth, rev_id) of the last revision in a call that was answered;
    `ahead` is what follows those of all calls, read while the file was open for something else, and `has_more` whether
    the file may hold more; `parcel` is what is packed of it for the next call. While `goes_ahead`, all that comes back
    is what was sent. `problem` is what the run ends with where the service could not read one revision alone, and that
    one was passed over."""

    account: Account
    holding: Holding
    is_check_due: bool
    calls: Calls
    sent_up_to: tuple[int, str] = (0, "")
    ahead: list[Outgoing] = field(default_factory=list)
    has_more: bool = True
    parcel: Parcel | None = None
    goes_ahead: bool = False
    is_success_noted: bool = False
    batch_limit: int = limits.PUSH_COUNT
    pulls_only: bool = False
    has_restarted: bool = False
    is_compared: bool = False
    skipped: int = 0
    problem: SyncProblem | None = None
    report: Report = field(default_factory=Report)

    @property
    def cursor(self) -> Cursor:
        """Up to where the log was read."""
        return Cursor(n=self.account.cursor_n, h=self.account.cursor_h)

    def read_anew(self) -> None:
        """What is to be sent may be other than was read; and what goes ahead would not come to anything."""
        self.ahead, self.has_more, self.parcel, self.goes_ahead = [], True, None, False


class Engine:
    """Runs the protocol for the current account, over whatever asks OMI online. One run at a time.

    Where more waits than one request can carry, `begin` lets the next go before the one under way is answered, so that
    neither end waits for the other; without it they go one at a time. Answers are taken in one by one, in the order of
    their requests, and one counts only if its request went on from where those before it led.
    """

    def __init__(self, store: Store, *, clock: Clock, changes: Changes, begin: Begin | None = None) -> None:
        self._begin = begin
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

        `owner` is whose sign-in the token is: nothing is sent once another account has become current. When this raises
        a call that went ahead may be under way still; nobody asks for its answer.
        """
        with self._store.read_as_writer() as connection:
            account = accounts.current(connection)
            if account is None:
                raise SignedOut
            if owner is not None and account.owner != owner:
                raise SyncProblem
            unsent, oldest = queue.holding(connection, account.owner)
            holding = Holding(unsent=unsent, oldest=oldest[:10] if oldest else None)
            is_check_due = account.checked_on != self._today()
            run = self._run = _Run(account, holding, is_check_due, Calls(asks, token, self._begin))
            self._read_ahead(connection, run)
        while not self._exchange(run):
            pass
        if run.problem is not None:
            raise run.problem
        if not run.is_success_noted:
            with self._store.write() as connection:
                self._note_success(connection, run)
        self._changes.announce(Change(Topic.SYNC))
        return run.report

    def _exchange(self, run: _Run) -> bool:
        """One answer and what follows from it; True when the run is done."""
        if run.report.requests >= _ANSWERS_AT_MOST:
            raise GoesOn
        if not run.calls:
            self._read_on(run)
            if run.report.requests and not run.ahead and not run.pulls_only:
                return True
            self._add_call(run)
        else:
            self._go_ahead(run)
        self._pack_next(run)
        call = run.calls.next()
        if call.is_ahead and not (run.goes_ahead and call.request.cursor == run.cursor):
            self._disregard(run, call)
            return False
        try:
            answer = call.answer()
        except TooMuch as problem:
            self._send_less(run, call.push, problem)
            return False
        run.report = replace(run.report, requests=run.report.requests + 1)
        self._check_envelope(run, call.request, answer)
        if answer.status == "history_changed":
            if call.is_ahead:  # It may only have come before the one that was to lead there.
                run.read_anew()
            else:
                self._restart(run)
            return False
        if call.push:
            run.sent_up_to = (call.push[-1].depth, call.push[-1].rev_id)
        self._apply(run, call, answer)
        was_pulling, run.pulls_only = run.pulls_only, answer.more
        if answer.digest is not None and not answer.more and not self._compare(run, answer.digest):
            return False
        return call.is_last and not was_pulling and not answer.more

    def _add_call(self, run: _Run) -> Call:
        """Prepare the next call. While an answer is continued, nothing is pushed."""
        push = [] if run.pulls_only else _batch(run.ahead, run.batch_limit)
        parcel, run.parcel = run.parcel, None
        if parcel is None or not push:
            parcel = _packable(push)
        run.ahead = run.ahead[len(push) :]
        is_last = run.pulls_only or not run.ahead
        request = SyncRequest(
            nonce=secrets.token_hex(16),
            centre_id=run.account.owner.centre_id,
            cursor=run.calls.last.end if run.calls.last else run.cursor,
            check=run.is_check_due and not run.is_compared and is_last and not self._still_erases(run),
            holding=run.holding,
        )
        return run.calls.add(request, push, parcel, is_last=is_last)

    def _go_ahead(self, run: _Run) -> None:
        """Let another call go before the one under way is answered, if more waits. Two are never begun at once, nor one
        before that which begins only when it is waited for, so that they arrive in their order."""
        if run.goes_ahead and run.ahead and not run.pulls_only and run.calls.has_room:
            run.calls.begin(self._add_call(run))

    def _pack_next(self, run: _Run) -> None:
        """While calls are under way, make the push ready that follows them."""
        if run.goes_ahead:
            self._read_on(run)
            if run.ahead and run.parcel is None:
                run.parcel = _packable(_batch(run.ahead, run.batch_limit))
                run.parcel.begin()

    def _disregard(self, run: _Run, call: Call) -> None:
        """The log did not go on as this call took for granted: wait until it is over, and send what it pushed again.

        Raises Busy: then the next call has to wait. Any other problem it would meet by itself.
        """
        try:
            call.answer()
        except Busy:
            raise
        except SyncProblem:
            pass
        else:
            run.report = replace(run.report, requests=run.report.requests + 1)
        run.read_anew()

    def _send_less(self, run: _Run, push: Sequence[Outgoing], problem: TooMuch) -> None:
        """Half as much at once; and what can't be read alone is passed over for now. Raises TooMuch."""
        run.read_anew()
        if len(push) > 1:
            run.batch_limit = len(push) // 2
        elif push and run.skipped < _SKIPPED_AT_MOST:
            run.sent_up_to, run.batch_limit = (push[0].depth, push[0].rev_id), limits.PUSH_COUNT
            run.skipped, run.problem = run.skipped + 1, problem
        else:
            raise problem

    def _still_erases(self, run: _Run) -> bool:
        """Whether an erasure waits behind the pages that are being read: until it has arrived, the two sides do not
        compare the same records."""
        if not run.pulls_only:
            return False
        with self._store.read() as connection:
            return erasures.is_on_its_way(connection, run.account.owner)

    def _read_on(self, run: _Run) -> None:
        """Have enough to send in the next call, and know whether anything follows it."""
        if run.has_more and len(run.ahead) <= run.batch_limit and not run.pulls_only:
            with self._store.read() as connection:
                self._read_ahead(connection, run)

    def _read_ahead(self, connection: Connection, run: _Run) -> None:
        """Fill `ahead` up to two batches, and one more that tells whether anything follows them."""
        room = 2 * run.batch_limit + 1 - len(run.ahead)
        if not run.has_more or room <= 0:
            return
        last = run.ahead[-1] if run.ahead else None
        found = revisions.unsent(
            connection,
            run.account.owner,
            after=(last.depth, last.rev_id) if last else run.sent_up_to,
            limit=room,
            today=self._today(),
        )
        run.ahead += found
        run.has_more = len(found) == room

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
        run.sent_up_to = (0, "")
        run.read_anew()
        with self._store.write() as connection:
            revisions.forget_read_back(connection, run.account.owner)
            accounts.set_cursor(connection, run.account.owner, 0, ROOT)
        run.account = replace(run.account, cursor_n=0, cursor_h=ROOT)
        self._changes.announce(Change(Topic.RECORDS))

    def _apply(self, run: _Run, call: Call, answer: SyncAnswer) -> None:
        """Check the chain, and take in the page: one transaction."""
        page = Page(run.account, call.push, answer, pages.verified(run.account, call, answer))
        run.account = replace(run.account, cursor_n=page.cursor.n, cursor_h=page.cursor.h)
        if is_foreseen := page.is_echo and page.cursor == call.end:
            run.goes_ahead = True
        else:
            run.read_anew()
        with self._store.write() as connection:
            account = accounts.current(connection)
            if (
                account is None
                or account.owner != page.account.owner
                or account.cursor_h != page.account.cursor_h
            ):
                raise SyncProblem  # Signed out, or read on by another run, while the answer was under way.
            self._go_ahead(run)
            taken = pages.take_in(connection, page, self._clock)
            if is_foreseen and not call.is_last:
                self._read_ahead(connection, run)
            # Most runs end with this answer, and then one commit is enough for all that they note.
            run.is_success_noted = call.is_last and not (
                run.pulls_only or answer.more or answer.digest or run.problem
            )
            if run.is_success_noted:
                self._note_success(connection, run)
        run.report = replace(
            run.report,
            sent=run.report.sent + len(call.push),
            received=run.report.received + taken.received,
            read_back=run.report.read_back + taken.read_back,
            rejected=run.report.rejected + len(answer.rejected),
        )
        if page.pulled or answer.rejected:
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
