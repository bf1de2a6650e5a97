"""The ambassador's desk: every service over one open file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock
from omi_desktop.domain.stages import Nation
from omi_desktop.services.drafts import Drafts
from omi_desktop.services.erasures import Erasures
from omi_desktop.services.places import Places
from omi_desktop.services.plans import Plans
from omi_desktop.services.preferences import Preferences
from omi_desktop.services.questions import Questions
from omi_desktop.services.records import Records
from omi_desktop.services.sessions import Sessions
from omi_desktop.services.today import Today, look_at_today
from omi_desktop.store.file import Store


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
        self.drafts = Drafts(store, clock, changes)
        records = Records(store, clock=clock, changes=changes, app=app, device=self.device)
        self.plans = Plans(records)
        self.sessions = Sessions(records, self.plans)
        self.places = Places(self.sessions, self.plans)
        self.questions = Questions(records)
        self.erasures = Erasures(records, changes)

    @classmethod
    def open(cls, profile: Path, *, clock: Clock, changes: Changes, app: str) -> Self:
        """Open the file of a profile. Raises FileProblem."""
        desk = cls(Store.open(profile), clock=clock, changes=changes, app=app)
        desk.erasures.finish()
        return desk

    def person(self) -> Person | None:
        """Who uses this laptop; None before the first start is done."""
        kept = self.preferences.get("person", None)
        if not isinstance(kept, dict):
            return None
        return Person(kept["name"], Nation(kept["nation"]), kept.get("employer", ""))

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

    def close(self) -> None:
        """Let go of the file."""
        self.store.close()
