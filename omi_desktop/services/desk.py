"""The ambassador's desk: every service over one open file."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock
from omi_desktop.domain.errors import FileDamaged, OmiError
from omi_desktop.domain.stages import Nation
from omi_desktop.services.attachments import Attachments
from omi_desktop.services.backups import Backups
from omi_desktop.services.drafts import Drafts
from omi_desktop.services.erasures import Erasures
from omi_desktop.services.favourites import Favourites
from omi_desktop.services.page_notes import PageNotes
from omi_desktop.services.places import Places
from omi_desktop.services.plans import Plans
from omi_desktop.services.preferences import Preferences
from omi_desktop.services.questions import Questions
from omi_desktop.services.records import Records
from omi_desktop.services.sessions import Sessions
from omi_desktop.services.tally import Tally
from omi_desktop.services.ticks import Ticks
from omi_desktop.services.today import Today, look_at_today
from omi_desktop.store import recovery
from omi_desktop.store.file import FILE_NAME, Store
from omi_desktop.store.folder import FolderRisk, risk_of
from omi_desktop.store.recovery import Recovery

__all__ = ["Desk", "FolderRisk", "Person"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Person:
    """Who uses this laptop. The employer is printed on evidence for schools."""

    name: str
    nation: Nation
    employer: str = ""


class Desk:
    """Everything the window can do with the ambassador's file. Calls may come from any thread; each is short,
    and belongs in `tasks.run` all the same."""

    def __init__(self, store: Store, *, clock: Clock, changes: Changes, app: str) -> None:
        self.store = store
        self.clock = clock
        self.changes = changes
        self.preferences = Preferences(store, changes)
        self.ticks = Ticks(self.preferences)
        self.favourites = Favourites(store, clock, changes)
        self.page_notes = PageNotes(store, clock)
        self.attachments = Attachments(store, clock)
        self.drafts = Drafts(store, clock, changes)
        self.tally = Tally(store, clock, changes)
        self.backups = Backups(store, clock, changes, self._file_replaced)
        records = Records(store, clock=clock, changes=changes, app=app, device=self.device)
        self.plans = Plans(records)
        self.sessions = Sessions(records, self.plans, self.tally)
        self.places = Places(self.sessions, self.plans)
        self.questions = Questions(records)
        self.erasures = Erasures(records, self.tally, changes)
        self._mending = threading.Lock()
        self._menders: list[threading.Thread] = []
        store.when_damaged = self._mend_soon

    @classmethod
    def open(cls, profile: Path, *, clock: Clock, changes: Changes, app: str) -> Self:
        """Open the file of a profile. A damaged one is put aside and recovered first. Raises FileProblem."""
        try:
            return cls._open(profile, clock, changes, app)
        except FileDamaged:
            recovery.recover(profile / FILE_NAME, clock.now())
            return cls._open(profile, clock, changes, app)

    @classmethod
    def _open(cls, profile: Path, clock: Clock, changes: Changes, app: str) -> Self:
        store = Store.open(profile, clock)
        try:
            desk = cls(store, clock=clock, changes=changes, app=app)
            desk.erasures.finish()
            desk.attachments.tidy()
        except BaseException:
            store.close()
            raise
        return desk

    def person(self) -> Person | None:
        """Who uses this laptop; None before the first start is done."""
        kept = self.preferences.get("person", None)
        try:
            return Person(kept["name"], Nation(kept["nation"]), kept.get("employer", ""))
        except (TypeError, KeyError, ValueError):  # None, or changed by a failing disk: the person is asked.
            return None

    def save_person(self, person: Person) -> None:
        """Keep who uses this laptop."""
        kept = {"name": person.name, "nation": person.nation.value, "employer": person.employer}
        self.preferences.put("person", kept)
        self.changes.announce(Change(Topic.PERSON))

    def device(self) -> str:
        """What this laptop is called where versions from several laptops meet."""
        return str(self.preferences.get("device", "This laptop"))

    def today(self) -> Today:
        """What the Today page shows."""
        return look_at_today(self.sessions, self.clock)

    def folder_risk(self) -> FolderRisk | None:
        """Who else writes to the folder of the file, as far as can be told; None is well."""
        return risk_of(self.store.path.parent)

    def recovered(self) -> Recovery | None:
        """What was done about a damaged file, until the person was told."""
        return recovery.not_yet_told(self.preferences.all())

    def recovery_told(self) -> None:
        """The person has read it."""
        with self.store.write() as connection:
            recovery.told(connection)
        self.preferences.read_again()

    def mended(self) -> None:
        """Return when a file that was found damaged while it was open is mended, or could not be."""
        with self._mending:
            menders = list(self._menders)
        for mender in menders:
            mender.join()

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self.tally.close()
        self.backups.close()
        self.mended()
        self.attachments.tidy()
        self.store.close()

    def _mend_soon(self) -> None:
        """Whoever came upon the damage holds the file still: it is mended on a thread of its own, once."""
        with self._mending:
            if any(mender.is_alive() for mender in self._menders):
                return
            mender = threading.Thread(target=self._mend, name="mender")
            self._menders = [mender]
            mender.start()

    def _mend(self) -> None:
        try:
            recovery.recover_open(self.store, self.clock.now())
        except OmiError as problem:
            log.warning("The damaged file could not be recovered: %s", problem.title)
            return
        self._file_replaced()

    def _file_replaced(self) -> None:
        """Another file is in the place of the one that was read: whatever shows it reads again."""
        self.tally.file_replaced()
        self.preferences.read_again()
        self.favourites.read_again()
        for topic in (Topic.RECORDS, Topic.DRAFTS, Topic.PERSON, Topic.SYNC, Topic.BACKUPS):
            self.changes.announce(Change(topic))
