"""Syncing by itself: the loop that drains the queue, and what the window may ask of it.

At start, on a change, every five minutes, and again soon after a failure, with jitter. It never opens a window
of its own; its state is one frozen value.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock, from_stamp, uk_today
from omi_desktop.domain.errors import (
    Misunderstood,
    OmiError,
    OtherCentre,
    SignedOut,
    SyncFileProblem,
    SyncProblem,
)
from omi_desktop.domain.online import (
    Attempt,
    Enrolled,
    Link,
    Million,
    NextCode,
    PackOffer,
    SyncState,
    TakenIn,
)
from omi_desktop.store import accounts, attempts, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import Store
from omi_desktop.store.revisions import Owner
from omi_desktop.sync import standing
from omi_desktop.sync.aside import Aside
from omi_desktop.sync.last_client import LastClient
from omi_desktop.sync.million import Total
from omi_desktop.sync.pace import AFTER_CHANGE, AT_START, Pace, RealTime, Timekeeper
from omi_desktop.sync.sign_ins import SignIns
from omi_desktop.sync.tokens import Tokens

if TYPE_CHECKING:
    from pathlib import Path

    from omi_desktop.sync.client import Client
    from omi_desktop.sync.engine import Engine, Report
    from omi_desktop.sync.routes import Routes


class OurFault(SyncProblem):
    """A fault of the program ended a run. The crash window tells of it; the next run is tried all the same."""

    code = "our_fault"
    title = "A fault of the app stopped syncing"
    retry = False


class SwitchedOff(SyncProblem):
    """The network is not used in this run (`--offline`)."""

    code = "switched_off"
    title = "You are working offline"
    hint = "Start the app without “--offline” to use OMI online."
    retry = False


class Syncing:
    """Keeps the laptop and OMI online the same. Implements `domain.online.Online`.

    `address` is where new codes are used unless the code names an address ("CODE@https://…"). Records and the
    sign-in only ever go to the address where the account's code was used.
    """

    def __init__(
        self,
        store: Store,
        *,
        tokens: Tokens,
        clock: Clock,
        changes: Changes,
        address: str | None = None,
        is_offline: bool = False,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        self._store = store
        self._sign_ins = SignIns(store, tokens, address)
        self._clock = clock
        self._changes = changes
        self._is_offline = is_offline
        self._running = threading.Lock()
        self._changing = threading.Lock()
        self._pace = Pace(timekeeper or RealTime())
        self._is_asked = False  # the person wants a try, whatever stands against it
        self._sign_in = 0  # grows with every code used and every signing out
        self._routes: Routes | None = None
        self._clients = LastClient(self._client)
        self._thread: threading.Thread | None = None
        self._state_lock = threading.Lock()
        self._problem: SyncProblem | None = None
        self._is_syncing = False
        self._runner: int | None = None  # the thread of the run that is under way
        self._total = Total(store)
        self._state = SyncState()
        self._look()
        self._stop_listening = changes.listen(self._on_change)

    def start(self) -> None:
        """Begin to drain the queue in a thread of its own."""
        if self._is_offline or self._thread is not None:
            return
        self._pace.after(AT_START)
        self._thread = threading.Thread(target=self._loop, name="sync", daemon=True)
        self._thread.start()

    def stop(self, wait: float = 2.0) -> None:
        """End the loop. A request under way is given `wait` seconds and then left to itself: its answer does not
        count."""
        self._stop_listening()
        self._pace.stop()
        if self._thread is not None:
            self._thread.join(wait)
        self._clients.close()

    def state(self) -> SyncState:
        """The present state."""
        with self._state_lock:
            return self._state

    def million(self) -> Million | None:
        """The programme's total as last known."""
        return self._total.known

    def sync_now(self) -> None:
        """Run as soon as possible, even if the sign-in had ended when it was last tried."""
        self._is_asked = True
        self._pace.within(0)

    def enrol(self, code: str, device: str) -> Enrolled:
        """Use a code from the hub or another laptop; blocking. Raises CodeRefused, SyncProblem, NotSaved."""
        enrolled = self._sign_ins.enrol(code, device, self._client)
        self._begin_anew()
        return enrolled

    def go_back(self) -> None:
        """Back to the account that the last code of this run took the place of; blocking. The sign-in to the other is
        forgotten unless something was recorded in it. Raises SyncProblem when there is none to go back to."""
        self._sign_ins.go_back()
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Another account is current: what came of earlier tries says nothing about it."""
        with self._changing:
            self._sign_in += 1
            self._problem = None
        self._announce()
        self._changes.announce(Change(Topic.RECORDS))
        self._pace.begin_anew()

    def claim(self, is_mine: bool) -> int:
        """Answer "Are these sessions yours?"; blocking. How many became this account's."""
        with self._store.write() as connection:
            account = accounts.current(connection)
            if account is None:
                return 0
            if is_mine:
                count = revisions.claim(connection, account.owner)
            else:
                accounts.leave_unowned(connection, account.owner)
                count = 0
        self._changes.announce(Change(Topic.RECORDS))
        return count

    def sign_out(self) -> None:
        """Forget the sign-in; blocking. Deletes no record: they come back when the same person signs in."""
        self._sign_ins.leave()
        with self._changing:
            self._sign_in += 1
            self._problem = None
        self._announce()
        self._changes.announce(Change(Topic.RECORDS))

    def run_once(self) -> Report:
        """One run now, on this thread. Raises SyncProblem."""
        from omi_desktop.sync.engine import Engine  # noqa: PLC0415 - see `_client`

        with self._running:
            began = time.monotonic()
            engine = Engine(self._store, clock=self._clock, changes=self._changes, begin=Aside)
            try:
                account, token = self._sign_ins.current()
                with self._clients.lent(account.url) as client:
                    if isinstance(self._problem, OtherCentre):  # Nothing is sent before ours answers again.
                        _ask_who(client, account.owner)
                    report = self._run(engine, client, token, account.owner)
                    self._keep_attempt(engine.report, began)
                    if self._total.renew(client, uk_today(self._clock).year):
                        self._changes.announce(Change(Topic.SYNC))
            except SyncProblem as problem:
                self._keep_attempt(engine.report, began, problem)
                raise
        return report

    def _run(self, engine: Engine, client: Client, token: str, owner: Owner) -> Report:
        try:
            return engine.run(client, token, owner)
        except SignedOut:
            # The word of another that was put in the place of ours is no reason to ask for a new code.
            _ask_who(client, owner)
            return engine.run(client, token, owner)

    def _keep_attempt(self, report: Report, began: float, problem: SyncProblem | None = None) -> None:
        """Put down what came of a try, for the person and their hub. Not being able to is no reason to stop."""
        made = Attempt(
            at=self._clock.now(),
            code=problem.code if problem else "ok",
            title=problem.title if problem else "Synced",
            sent=report.sent,
            read_back=report.read_back,
            received=report.received,
            rejected=report.rejected,
            seconds=round(time.monotonic() - began, 2),
        )
        with suppress(OmiError), self._store.write() as connection:
            attempts.add(connection, made)

    def attempts(self) -> list[Attempt]:
        """What came of the last tries, the newest first; blocking."""
        with self._store.read() as connection:
            return attempts.newest(connection)

    def code_for_next_laptop(self) -> NextCode:
        """A code, good for a quarter of an hour, that enrols another laptop of the same person; blocking.

        Raises SyncProblem.
        """
        account, token = self._sign_ins.current()
        with closing(self._client(account.url)) as client:
            made = client.code_for_next_laptop(token)
        try:
            return NextCode(f"{made.code}@{account.url}", from_stamp(made.expires_at))
        except ValueError as error:
            raise Misunderstood from error

    def newest_pack(self, known: str = "") -> PackOffer | None:
        """The newest content pack; None when there is none, or `known` is its tag; blocking. Raises SyncProblem."""
        from omi_desktop.sync import packs  # noqa: PLC0415 - see `_client`

        account, token = self._sign_ins.current()
        with closing(self._client(account.url)) as client:
            return packs.newest(client, token, account, known)

    def fetch_pack(self, offer: PackOffer, version: int) -> bytes:
        """The pack that was offered, which is of this version; blocking. Raises SyncProblem."""
        from omi_desktop.sync import packs  # noqa: PLC0415 - see `_client`

        account, token = self._sign_ins.current()
        with closing(self._client(account.url)) as client:
            return packs.fetch(client, token, offer, version)

    def write_sync_file(self, path: Path) -> int:
        """Write what the current account still has to send; blocking. How many records.

        Raises SyncFileProblem, SyncProblem. No network is needed.
        """
        from omi_desktop.sync import sync_file  # noqa: PLC0415 - see `_client`

        account = self._sign_ins.account()
        if account is None:
            raise SyncFileProblem(
                "A sync file needs a code first",
                hint="Add a code from your hub: it says whose sessions these are. Then send the file.",
            )
        key = self._sign_ins.carry_key(account.owner)
        if key is None:
            raise SyncFileProblem(
                "The key for sync files is not on this laptop",
                hint="Ask your hub for a new code for your own account, and type it in Settings.",
            )
        return sync_file.write(self._store, account.owner, key, path, uk_today(self._clock).isoformat())

    def take_in_sync_file(self, path: Path) -> TakenIn:
        """Read one's own sync file, or hand on someone else's unread; blocking. Raises SyncFileProblem, SyncProblem."""
        from omi_desktop.sync import sync_file  # noqa: PLC0415 - see `_client`

        found = sync_file.read(path)
        account = self._sign_ins.account()
        if account is None:
            raise SyncFileProblem(
                "Taking in a sync file needs a code first", hint="Add a code from your hub in Settings."
            )
        if found.centre_id != account.owner.centre_id:
            raise SyncFileProblem(
                "This sync file belongs to another OMI online",
                hint="Give it to someone whose laptop uses the same address as the laptop it comes from.",
            )
        if found.account_id == account.owner.account_id:
            key = self._sign_ins.carry_key(account.owner)
            if key is not None:
                try:
                    return sync_file.take_in(self._store, account.owner, key, found)
                finally:  # A damaged file has brought something too.
                    self._changes.announce(Change(Topic.RECORDS))
        _, token = self._sign_ins.current()
        with closing(self._client(account.url)) as client:
            taken = sync_file.relay(client, token, account.owner.centre_id, found)
        self._pace.within(0)
        return taken

    def _client(self, url: str) -> Client:
        if self._is_offline:
            raise SwitchedOff
        # It brings requests and pydantic, 0.1 s and 15 MB: nothing on screen waits for them, and without a code
        # they are never needed.
        from omi_desktop.sync.client import Client  # noqa: PLC0415
        from omi_desktop.sync.routes import Routes  # noqa: PLC0415

        if self._routes is None:
            self._routes = Routes()
        return Client(url, self._routes)

    def _loop(self) -> None:
        while self.step():
            pass

    def step(self) -> bool:
        """Wait until a try is due, and make it. False once syncing was stopped. For the loop's thread."""
        if not self._pace.wait():
            return False
        self._attempt()
        return True

    def _attempt(self) -> None:
        """One run, its outcome in the state, and when the next is due.

        The outcome of a run that began before a code was used, or before signing out, says nothing about now.
        """
        is_asked, self._is_asked = self._is_asked, False
        if self.state().link is Link.NO_CODE or (isinstance(self._problem, SignedOut) and not is_asked):
            return
        sign_in, self._is_syncing = self._sign_in, True
        self._announce()
        self._runner = threading.get_ident()
        problem = self._outcome()
        self._runner = None
        with self._changing:
            self._is_syncing = False
            is_about_now = sign_in == self._sign_in
            if is_about_now:
                self._problem = problem
        self._announce()
        if not is_about_now:
            return
        if problem is None:
            self._pace.succeeded(is_all_sent=not self.state().waiting)
        else:
            self._pace.failed(problem)

    def _outcome(self) -> SyncProblem | None:
        """What went wrong in one run, if anything did."""
        try:
            self.run_once()
        except SyncProblem as problem:
            return problem
        except OmiError as problem:
            # Our own file could not be read or written: the person sees that where they save.
            return SyncProblem(problem.title, hint=problem.hint)
        except Exception as fault:  # noqa: BLE001 - reported like that of any thread, but this one must go on
            threading.excepthook(
                threading.ExceptHookArgs(
                    (type(fault), fault, fault.__traceback__, threading.current_thread())
                )
            )
            return OurFault()
        return None

    def _on_change(self, change: Change) -> None:
        # What a run of ours changes is looked at once, when it ends: a first sync changes something fifty times.
        if change.topic is Topic.RECORDS and threading.get_ident() != self._runner:
            self._announce()
            if self.state().waiting and not self._pace.is_failing and not self._is_syncing:
                self._pace.within(AFTER_CHANGE)

    def _announce(self) -> None:
        if self._look():
            self._changes.announce(Change(Topic.SYNC))

    def _look(self) -> bool:
        """Read the state anew; whether it changed."""
        with self._state_lock:
            before = self._state
            try:
                account, found = standing.look(self._store)
            except OmiError:
                return False
            self._state = replace(
                found,
                link=self._link(account),
                problem=self._problem,
                is_token_kept=self._sign_ins.is_kept,
            )
            return self._state != before

    def _link(self, account: Account | None) -> Link:
        if account is None:
            return Link.NO_CODE
        if self._is_offline:
            return Link.OFFLINE
        if isinstance(self._problem, SignedOut):
            return Link.SIGNED_OUT
        if self._is_syncing:
            return Link.SYNCING
        return Link.TROUBLE if self._problem else Link.IDLE


def _ask_who(client: Client, owner: Owner) -> None:
    """Be sure that it is our OMI online that answers. Raises OtherCentre, SyncProblem."""
    if client.health().centre_id != owner.centre_id:
        raise OtherCentre
