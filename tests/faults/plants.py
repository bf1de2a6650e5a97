"""Faults to plant in a child, and the settings that lose records: the rigs must see every one of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from omi_desktop.domain.errors import NotSaved
from omi_desktop.domain.revision import Kind
from omi_desktop.services.certainty import Certainty
from omi_desktop.services.records import Records, RecordView, Standing, Superseded
from omi_desktop.services.tally import Tally
from omi_desktop.store import accounts, backups, file, migrate, notes, recovery, revisions, tally
from omi_desktop.store.file import VERSION, Store
from omi_desktop.sync import engine

NOTHING = Superseded()


def acknowledge_before_commit() -> None:
    """A save returns at once, and is written before whatever comes next."""
    write, read = Store.write, Store.read
    late: list[Callable[[], None]] = []

    def save_first(
        self: Records, kind: Kind, body: Mapping[str, Any], *, gone: Superseded = NOTHING
    ) -> RecordView:
        made = self._compose(kind, body, is_new=True)

        def do() -> None:
            with write(self.store) as connection:
                self._add(connection, made, accounts.current_owner(connection), gone, [])

        late.append(do)
        return RecordView(made.record_id, made, (made,), Standing.SAVED)

    def first(use: Callable[[Store], Any]) -> Callable[[Store], Any]:
        @contextmanager
        def used(self: Store) -> Iterator[Connection]:
            while late:
                late.pop(0)()
            with use(self) as connection:
                yield connection

        return used

    Records.save_first = save_first  # type: ignore[method-assign]
    Store.write = first(write)  # type: ignore[method-assign, assignment]
    Store.read = first(read)  # type: ignore[method-assign, assignment]


def let_go_later() -> None:
    """The session is one transaction; its draft and its tally go in another."""
    save = Records.save_first

    def save_first(
        self: Records, kind: Kind, body: Mapping[str, Any], *, gone: Superseded = NOTHING
    ) -> RecordView:
        view = save(self, kind, body)
        _let_go(self, gone)
        return view

    Records.save_first = save_first  # type: ignore[method-assign]


def let_go_first() -> None:
    """The draft and the tally go in a transaction before the one that saves."""
    save = Records.save_first

    def save_first(
        self: Records, kind: Kind, body: Mapping[str, Any], *, gone: Superseded = NOTHING
    ) -> RecordView:
        _let_go(self, gone)
        return save(self, kind, body)

    Records.save_first = save_first  # type: ignore[method-assign]


def _let_go(self: Records, gone: Superseded) -> None:
    if gone.draft:
        with self.store.write() as connection:
            notes.discard_draft(connection, gone.draft)
    if gone.tally:
        with self.store.write() as connection:
            tally.forget(connection, gone.tally)


def say_durable_at_once() -> None:
    """A tally says that its presses are durable before they are."""
    Tally.flush = lambda _: None  # type: ignore[method-assign, assignment]


def name_a_copy_at_once() -> None:
    """A copy has its name from the beginning, and isn't synced before it counts."""

    def make(file: Path, at: datetime, reason: backups.Reason) -> backups.Backup:
        folder = backups.folder_of(file)
        folder.mkdir(exist_ok=True)
        path = backups._free_name(folder, at, VERSION, reason)
        backups._copy(file, path)
        made = backups.Backup.at(path)
        assert made is not None
        return made

    backups.make = make


def restore_in_place() -> None:
    """A copy that is brought back is written over the file."""

    def bring_back(store: Store, backup: backups.Backup) -> int:
        store._drop_writer()
        store.path.write_bytes(backup.path.read_bytes())
        return 0

    recovery.bring_back = bring_back


def version_before_tables() -> None:
    """A migration notes its version before it has made the tables."""
    whole = migrate.migrate

    def migrated(engine: Engine, version: int, application_id: int) -> None:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(f"PRAGMA application_id={application_id}")
            connection.exec_driver_sql(f"PRAGMA user_version={version}")
        whole(engine, version, application_id)

    migrate.migrate = migrated


def cursor_before_revisions() -> None:
    """A sync moves its cursor in a transaction before the one that takes in what came."""
    whole = engine.Engine._apply

    def apply(self: engine.Engine, run: Any, call: Any, answer: Any) -> None:
        before, owner = run.account, run.account.owner
        with self._store.write() as connection:
            accounts.set_cursor(connection, owner, answer.cursor.n, answer.cursor.h)
        with self._store.write() as connection:
            accounts.set_cursor(connection, owner, before.cursor_n, before.cursor_h)
        whole(self, run, call, answer)

    engine.Engine._apply = apply  # type: ignore[method-assign]


def synced_when_sent() -> None:
    """What was sent counts as synced before any answer."""
    whole = engine.Engine._pack_next

    def pack_next(self: engine.Engine, run: Any) -> None:
        whole(self, run)
        for call in run.calls._waiting:
            n = call.request.cursor.n
            places = [(revision.rev_id, n + place) for place, revision in enumerate(call.push, 1)]
            with self._store.write() as connection:
                revisions.set_read_back(connection, places, run.account.owner)

    engine.Engine._pack_next = pack_next  # type: ignore[method-assign]


def _run_with(journal: str, synchronous: str) -> None:
    """The same program with other settings, which it would refuse if it were asked."""

    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout=5000")
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")

    file._set_up = set_up


def believe_the_disk() -> None:
    """A commit that is said to have failed is taken to have failed."""
    Certainty._is_kept_after_all = lambda *_: False  # type: ignore[method-assign]


def swallow_a_refusal() -> None:
    """A save that the disk refused is shown as saved."""
    write = Store.write

    @contextmanager
    def swallowing(self: Store) -> Iterator[Connection]:
        with suppress(NotSaved), write(self) as connection:
            yield connection

    Store.write = swallowing  # type: ignore[method-assign]


def press_anew() -> None:
    """A press that is written again, since nobody knows whether it was, is a new press."""
    add = tally.add

    def anew(connection: Connection, presses: Sequence[tally.Press]) -> None:
        newest = max((press.id for press in tally.presses(connection)), default=0)
        add(connection, [press._replace(id=newest + n) for n, press in enumerate(presses, 1)])

    tally.add = anew


def forget_what_failed() -> None:
    """Presses that could not be written are let go."""
    commit = Tally._commit

    def forgetting(self: Tally) -> None:
        commit(self)
        if self._problem is not None:
            self._unwritten = []

    Tally._commit = forgetting  # type: ignore[method-assign]


PLANTS: Mapping[str, Callable[[], None]] = {
    "acknowledge before commit": acknowledge_before_commit,
    "let go later": let_go_later,
    "let go first": let_go_first,
    "say durable at once": say_durable_at_once,
    "name a copy at once": name_a_copy_at_once,
    "restore in place": restore_in_place,
    "version before tables": version_before_tables,
    "cursor before revisions": cursor_before_revisions,
    "synced when sent": synced_when_sent,
    "believe the disk": believe_the_disk,
    "swallow a refusal": swallow_a_refusal,
    "press anew": press_anew,
    "forget what failed": forget_what_failed,
    "no journal": partial(_run_with, "OFF", "EXTRA"),
    "never synced to the disk": partial(_run_with, "TRUNCATE", "OFF"),
    "no-op": lambda: None,
    "WAL/NORMAL": partial(_run_with, "WAL", "NORMAL"),
    "DELETE/FULL": partial(_run_with, "DELETE", "FULL"),
}
