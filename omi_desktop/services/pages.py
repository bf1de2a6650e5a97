"""New pages for the Library: looked for daily or when asked, or brought in a file; and what plans need of old ones.

Nothing here ever interrupts: what goes wrong with the daily look is shown in Settings, and tried again the next day.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock, from_stamp, is_stamp, stamp
from omi_desktop.domain.errors import LibraryProblem, OmiError
from omi_desktop.domain.online import Link
from omi_desktop.library.items import Page
from omi_desktop.library.packs import FOLDER, PACKS, InUse
from omi_desktop.services.kept import Kept, kept_page

if TYPE_CHECKING:
    from omi_desktop.domain.online import Online, PackOffer
    from omi_desktop.library.catalogue import Library
    from omi_desktop.services.desk import Desk
    from omi_desktop.wire.pack_keys import Signature

log = logging.getLogger(__name__)
_KEYS = "pack_keys"
_LOOKED_AT = "pages_looked_at"
_DAILY = timedelta(days=1)
_PAUSE = 2.0
"""Seconds between two looks at what changed."""


@dataclass(frozen=True, slots=True)
class PagesState:
    """Which pages are in use. `version` is None for those that came with the app; `expired_on` is a day that is past.

    `looked_at` is when OMI online was asked last; `problem` says for a person what was wrong then, or with the pages.
    """

    version: int | None
    made_on: date | None
    expired_on: date | None
    looked_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A pack that is in use now, made on that day: how many pages are new, changed and gone."""

    version: int
    made_on: date
    new: int
    changed: int
    gone: int


class Pages:
    """The pages of the Library over time. Calls marked *blocking* belong in `tasks.run`."""

    def __init__(
        self,
        desk: Desk,
        library: Library,
        online: Online,
        *,
        used: InUse,
        cache: Path,
        clock: Clock,
        changes: Changes,
        app: str,
    ) -> None:
        """`used` is what `library` shows; `cache` is the folder for indexes; `app` the version of the app."""
        self._desk = desk
        self._library = library
        self._online = online
        self._used = used
        self._cache = cache
        self._clock = clock
        self._changes = changes
        self._app = app
        self._profile = desk.store.path.parent
        self._kept = Kept(self._profile / FOLDER)
        self._installing = threading.Lock()
        self._tag = ""
        self._problem = ""
        self._due = threading.Event()
        self._is_stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._stop_listening = changes.listen(self._hear)

    def start(self) -> None:
        """Begin to look once a day, and to keep what plans need, on a thread of its own."""
        self._thread = threading.Thread(target=self._loop, name="pages", daemon=True)
        self._due.set()
        self._thread.start()

    def stop(self, wait: float = 2.0) -> None:
        """End that. What is being fetched is given `wait` seconds, and is looked for again the next day."""
        self._stop_listening()
        self._is_stopped.set()
        self._due.set()
        if self._thread is not None:
            self._thread.join(wait)

    def state(self) -> PagesState:
        """Which pages are in use. Cheap; any thread."""
        manifest = self._used.manifest
        expires = from_stamp(manifest.expires_at) if manifest else None
        looked_at = self._desk.preferences.get(_LOOKED_AT, None)
        return PagesState(
            version=manifest.version if manifest else None,
            made_on=from_stamp(manifest.made_at).date() if manifest else None,
            expired_on=expires.date() if expires and expires <= self._clock.now() else None,
            looked_at=from_stamp(looked_at) if is_stamp(looked_at) else None,
            problem=self._used.problem or self._problem,
        )

    def look(self) -> Taken | None:
        """Ask OMI online for newer pages and take them in; None when there are none. *Blocking*.

        Raises SyncProblem, LibraryProblem; nothing was changed then.
        """
        with self._installing:
            self._desk.preferences.put(_LOOKED_AT, stamp(self._clock.now()))
            try:
                taken = self._look()
            except OmiError as problem:
                self._problem = str(problem)
                raise
            self._problem = ""
            return taken

    def open_file(self, path: Path) -> Taken | None:
        """Take in the content pack in a file; None when it is in use already. *Blocking*.

        Raises LibraryProblem; nothing was changed then.
        """
        from omi_desktop.library.pack_words import PackRefused  # noqa: PLC0415
        from omi_desktop.library.packs import read_file  # noqa: PLC0415
        from omi_desktop.wire.pack_faults import PackFault  # noqa: PLC0415

        data = read_file(path)
        with self._installing:
            try:
                return self._take_in(data, {*self._shipped_keys(), *self._pinned().values()})
            except PackRefused as refusal:
                if refusal.fault is PackFault.KNOWN:
                    return None
                raise

    def page_of_plan(self, item_id: str, version: str) -> Page | None:
        """The page of an activity as a plan was made with it, if it is another today. *Blocking*."""
        text = self._kept.text(item_id, version)
        if text is None or text == self._text_in_use(item_id):
            return None
        days = [
            plan.details.day
            for plan in self._desk.plans.all()
            if plan.details.day and (item_id, version) in plan.details.resources
        ]
        return kept_page(text, min(days, default=None))

    def title(self, item_id: str) -> str:
        """What an activity is called, or was when a plan was made with it; its id if nobody knows. Cheap."""
        titles = {activity.id: activity.title for activity in self._library.activities()}
        return titles.get(item_id) or self._kept.title(item_id) or item_id

    def keep(self) -> None:
        """Keep each page that a plan was made with, as long as it is here in that version. *Blocking*.

        Raises OSError, OmiError.
        """
        wanted = {resource for plan in self._desk.plans.all() for resource in plan.details.resources}
        for activity in self._library.activities():
            if (activity.id, activity.checked_on.isoformat()) in wanted:
                self._kept.keep(self._used.root, activity)

    def _look(self) -> Taken | None:
        from omi_desktop.library.pack_words import PackRefused, refused  # noqa: PLC0415
        from omi_desktop.library.packs import refuse_manifest  # noqa: PLC0415
        from omi_desktop.wire.pack import read_manifest  # noqa: PLC0415
        from omi_desktop.wire.pack_faults import BadPack, PackFault  # noqa: PLC0415

        offer = self._online.newest_pack(self._tag)
        if offer is None:
            return None
        try:
            signature = self._check_offer(offer)
            manifest = read_manifest(offer.manifest)
        except BadPack as error:
            raise refused(error) from error
        try:
            refuse_manifest(manifest, self._seen(), self._app, self._clock)
        except PackRefused as refusal:
            if refusal.fault not in (PackFault.KNOWN, PackFault.ROLLBACK):
                raise
            self._tag = offer.tag
            return None
        taken = self._take_in(self._online.fetch_pack(offer, manifest.version), {signature.key})
        self._tag = offer.tag
        return taken

    def _take_in(self, data: bytes, trusted: set[str]) -> Taken:
        from omi_desktop.library.packs import open_pack  # noqa: PLC0415
        from omi_desktop.services.installing import install  # noqa: PLC0415 - cryptography, and seldom needed

        found = open_pack(data, trusted, self._seen(), self._app, self._clock)
        try:
            self.keep()
        except OSError as error:
            raise LibraryProblem(
                "The pages that your plans need could not be kept",
                detail="So the new pages were not taken. Nothing was changed.",
                hint="Check that the disk is not full, then try again.",
            ) from error
        before = _texts(self._used.root)
        after = {name: data for name, data in found.files.items() if name.endswith(".md")}
        used = install(self._profile, found, self._used, self._app)
        self._library.turn_to(used.root, cache_of(self._cache, used))
        self._used = used
        self._pin(found.signature)
        self._changes.announce(Change(Topic.LIBRARY))
        return Taken(
            version=found.manifest.version,
            made_on=from_stamp(found.manifest.made_at).date(),
            new=len(after.keys() - before.keys()),
            changed=sum(
                hashlib.sha256(after[name]).hexdigest() != before[name]
                for name in after.keys() & before.keys()
            ),
            gone=len(before.keys() - after.keys()),
        )

    def _check_offer(self, offer: PackOffer) -> Signature:
        """The signature of an offered manifest, by the key that this OMI online had the last time or one that follows
        it; the first time by one that OMI online vouches for with the key it gave when the code was used. Raises
        BadPack."""
        from omi_desktop.wire.pack import check_signature  # noqa: PLC0415
        from omi_desktop.wire.pack_keys import read_signature, statement, verifies  # noqa: PLC0415

        pinned = self._pinned()
        trusted = set(self._shipped_keys())
        if offer.centre_id in pinned:
            trusted.add(pinned[offer.centre_id])
        else:
            key = read_signature(offer.signature).key
            if verifies(offer.centre_key, offer.endorsement, statement(key)):
                trusted.add(key)
        found = check_signature(offer.manifest, offer.signature, trusted)
        self._desk.preferences.put(_KEYS, {**pinned, offer.centre_id: found.key})
        return found

    def _pin(self, signature: Signature) -> None:
        """Wherever the key that signed follows one that is pinned, it takes its place."""
        pinned = self._pinned()
        following = {
            centre: signature.key if signature.is_trusted({key}) else key for centre, key in pinned.items()
        }
        if following != pinned:
            self._desk.preferences.put(_KEYS, following)

    def _pinned(self) -> dict[str, str]:
        """Whose packs are trusted, by the id of the OMI online that vouched for them."""
        kept: Any = self._desk.preferences.get(_KEYS, None)
        if not isinstance(kept, dict):
            return {}
        return {centre: key for centre, key in kept.items() if isinstance(key, str)}

    def _seen(self) -> dict[str, int]:
        """The newest version of each pack that was in use; one that is damaged may come again."""
        from omi_desktop.library.packs import Pointer, read_pointer  # noqa: PLC0415

        pointer = read_pointer(self._profile / FOLDER) or Pointer()
        damaged = pointer.packs[0].folder if pointer.packs and self._used.problem else ""
        return {name: version - (f"{name}-{version}" == damaged) for name, version in pointer.seen.items()}

    @staticmethod
    def _shipped_keys() -> tuple[str, ...]:
        from omi_desktop.wire.pack_keys import TRUSTED  # noqa: PLC0415

        return tuple(key for _key_id, key in TRUSTED)

    def _text_in_use(self, item_id: str) -> str | None:
        from omi_desktop.services.kept import CONTENT  # noqa: PLC0415

        known = {activity.id for activity in self._library.activities()}
        if item_id not in known:
            return None
        try:
            return (self._used.root / CONTENT / f"{item_id}.md").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def _hear(self, change: Change) -> None:
        if change.topic in (Topic.RECORDS, Topic.SYNC):
            self._due.set()

    def _loop(self) -> None:
        while True:
            self._due.wait()
            if self._is_stopped.is_set():
                return
            self._due.clear()
            self.step()
            self._is_stopped.wait(_PAUSE)

    def step(self) -> None:
        """Keep what plans need, and look for newer pages if that is due. For the thread."""
        try:
            self.keep()
            if self._is_due():
                self.look()
        except (OmiError, OSError) as problem:
            log.warning("new pages were not taken in: %s", type(problem).__name__)

    def _is_due(self) -> bool:
        if self._online.state().link is not Link.IDLE:
            return False
        looked_at = self.state().looked_at
        # A clock that was set back must not stop it for years.
        return looked_at is None or not timedelta() <= self._clock.now() - looked_at < _DAILY


def cache_of(cache: Path, used: InUse) -> Path:
    """Where the index of the pages in use is kept: apart for each pack, for the one before may still be read."""
    return cache / PACKS / used.folder if used.folder else cache


def _texts(root: Path) -> dict[str, str]:
    """The pages under a root: their SHA-256 by name."""
    from omi_desktop.library.read import content_files  # noqa: PLC0415

    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for _kind, path in content_files(root)
    }
