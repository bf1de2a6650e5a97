"""Drafts: what is typed in a form is kept within two seconds, without a button, until it is saved or let go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock, from_stamp, stamp
from omi_desktop.store import notes
from omi_desktop.store.file import Store

NEW_RECORD = "record/new"
NEW_PLAN = "plan/new"


def record_of_plan(plan_id: str) -> str:
    """The key of the draft that records a planned session."""
    return f"record/plan/{plan_id}"


def correction_of(record_id: str) -> str:
    """The key of the draft that corrects a session."""
    return f"record/{record_id}"


def edit_of_plan(plan_id: str) -> str:
    """The key of the draft that changes a plan."""
    return f"plan/{plan_id}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form held, as the form itself wrote it, and when it was kept."""

    key: str
    form: dict[str, Any]
    kept_at: datetime


class Drafts:
    """Kept forms by key. They never sync."""

    def __init__(self, store: Store, clock: Clock, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._changes = changes

    def keep(self, key: str, form: dict[str, Any]) -> None:
        """Keep a form durably. Raises NotSaved."""
        with self._store.write() as connection:
            notes.keep_draft(connection, key, form, stamp(self._clock.now()))
        self._changes.announce(Change(Topic.DRAFTS))

    def get(self, key: str) -> Draft | None:
        """The kept form, if there is one."""
        with self._store.read() as connection:
            found = notes.get_draft(connection, key)
        return Draft(key, found[0], from_stamp(found[1])) if found else None

    def keys(self) -> list[str]:
        """The keys of all drafts, the newest first."""
        with self._store.read() as connection:
            return [key for key, _ in notes.drafts(connection)]

    def discard(self, key: str) -> None:
        """Let a draft go."""
        with self._store.write() as connection:
            notes.discard_draft(connection, key)
        self._changes.announce(Change(Topic.DRAFTS))
