"""Safety copies of the ambassador's file: one after each day's first save, one before each change of its form, and
whenever the person asks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import UK, Clock, uk_today
from omi_desktop.domain.errors import FileDamaged, OmiError
from omi_desktop.store import accounts, backups, contents, recovery
from omi_desktop.store.backups import Backup, Reason
from omi_desktop.store.file import Store
from omi_desktop.store.recovery import Recovery

__all__ = ["Backup", "Backups", "Preview", "Reason", "Recovery", "Restored"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preview:
    """What is in a copy: sessions that are not removed, and their young people as the form gave them. `newest` is the
    day of the last session. `missing_since` sessions of now are not in it and stay all the same; `would_return` are in
    it and not here. Of a copy that is not good nothing is known."""

    is_good: bool
    sessions: int = 0
    young_people: int = 0
    newest: date | None = None
    missing_since: int = 0
    would_return: int = 0


@dataclass(frozen=True, slots=True)
class Restored:
    """What bringing a copy back did: how many sessions returned, and the copy of the file as it was before."""

    returned: int
    before: Backup


class Backups:
    """The copies of the open file. The one of each day is made on a thread of its own, so that no save waits."""

    def __init__(self, store: Store, clock: Clock, changes: Changes, replaced: Callable[[], None]) -> None:
        self._store = store
        self._replaced = replaced
        self._clock = clock
        self._changes = changes
        self._problem: str | None = None
        self._thread: threading.Thread | None = None
        self._tried_on: date | None = None
        self._stop = changes.listen(self._hear)

    def all(self) -> list[Backup]:
        """Every copy, the newest first."""
        return backups.all_of(self._store.path)

    def make(self) -> Backup:
        """Make a copy now, as the person asked. Raises BackupProblem and FileDamaged."""
        return self._make(Reason.ASKED)

    def last_problem(self) -> str | None:
        """What it means for the person that the last copy could not be made, and what to do; None once one could."""
        return self._problem

    def preview(self, backup: Backup) -> Preview:
        """What is in a copy. It is read through first, so this takes a moment."""
        with self._store.read() as connection:
            account = accounts.current(connection)
            owner = account.owner if account else None
            here = contents.of(connection.connection.dbapi_connection, owner)  # type: ignore[arg-type]
        there = contents.of_copy(backup, owner)
        if there is None:
            return Preview(is_good=False)
        days = [day for day in there.days.values() if day is not None]
        return Preview(
            is_good=True,
            sessions=len(there.days),
            young_people=there.young_people,
            newest=max(days, default=None),
            missing_since=len(here.days.keys() - there.days.keys()),
            would_return=len(there.days.keys() - here.known),
        )

    def restore(self, backup: Backup) -> Restored:
        """Bring a copy back: every session in it is here again, and none that is here now is lost. The program goes
        on with it. Raises BackupProblem when no copy of the present file can be made first, or this one is not good;
        then nothing has changed."""
        before = self._make(Reason.BEFORE_RESTORE)
        returned = recovery.bring_back(self._store, backup)
        self._replaced()
        return Restored(returned, before)

    def examine(self) -> None:
        """Read through a file that was too large for that at the start. Damage is announced by the store."""
        with self._store.copying:
            if self._store.is_checked:
                return
            if (found := backups.examine(self._store.path)) is None:
                self._store.is_checked = True
                return
        log.warning("The file is damaged: %s", found)
        self._store.when_damaged()

    def wait(self) -> None:
        """Return when the copy that is being made, if there is one, is done."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def close(self) -> None:
        """Make no more copies of a day."""
        self._stop()
        self.wait()

    def _make(self, reason: Reason) -> Backup:
        with self._store.copying:
            try:
                made = backups.make(self._store.path, self._clock.now(), reason)
            except OmiError as problem:
                self._problem = f"{problem.detail} {problem.hint}".strip()
                if isinstance(problem, FileDamaged):
                    self._store.when_damaged()
                raise
            self._problem = None
            if reason is not Reason.BEFORE_RESTORE:
                # Nothing goes just before one is brought back: it might be that one.
                backups.thin(self._store.path, made)
        return made

    def _hear(self, change: Change) -> None:
        """After a save: the first one of a day is followed by a copy. One that fails is tried again after the next
        save, and is shown until then."""
        today = uk_today(self._clock)
        if change.topic is not Topic.RECORDS or change.record_id is None or self._tried_on == today:
            return
        self._tried_on = today
        if any(b.reason is Reason.DAY and b.made_at.astimezone(UK).date() == today for b in self.all()):
            return
        self._thread = threading.Thread(target=self._make_of_day, name="backup", daemon=False)
        self._thread.start()

    def _make_of_day(self) -> None:
        try:
            self._make(Reason.DAY)
        except OmiError as problem:
            # The save stands all the same; the person is told in Settings.
            log.warning("No copy could be made: %s", problem.title)
            self._tried_on = None
        self._changes.announce(Change(Topic.BACKUPS))
