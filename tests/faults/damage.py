"""Rig 8, damage: a real profile is changed behind the program's back, then opened, read and synced as ever.

The truth is known: every revision that was saved, with its bytes. Whatever the damage, no number is ever shown that the
revisions at hand do not give, none is at hand that nobody saved, and every revision that still exists anywhere (in the
damaged file itself, in a good copy, at OMI online) is back after one sync. If any is missing, the person was told. The
damaged file is still there, byte for byte.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from omi_desktop.central.database import Database
from omi_desktop.central.tables import log
from omi_desktop.domain import session
from omi_desktop.domain.changes import Changes
from omi_desktop.domain.counting import Range, count_mine, record_of
from omi_desktop.domain.errors import FileDamaged, FileProblem, FileTooNew
from omi_desktop.domain.revision import Revision, State, leaves
from omi_desktop.services.desk import Desk
from omi_desktop.store import backups, file
from omi_desktop.store.file import APPLICATION_ID, FILE_NAME, VERSION
from omi_desktop.sync.engine import Engine
from tests.faults.rig import Broken, Rig
from tests.kit.bodies import details
from tests.kit.clock import SetClock
from tests.kit.ids import seeded_ids
from tests.kit.laptop import HUB, Cable, Laptop

PAGE = 4096
LIMIT = 60.0
"""Seconds within which everything must be back."""
SESSIONS = 24
_CHECKED_AT_START = file.CHECKED_AT_START


@dataclass(frozen=True)
class Profile:
    """A profile as it was before the damage. `saved` holds the canonical bytes of every revision by its id."""

    folder: Path
    central: Path
    token: str
    saved: Mapping[str, bytes]

    @property
    def file(self) -> Path:
        """The ambassador's file."""
        return self.folder / FILE_NAME


class Damage(Rig):
    """Changes a profile in one seeded place."""

    name: ClassVar[str] = "damage"
    what: ClassVar[str] = (
        "A bit, a page, the end or all of a real profile is changed: noticed or harmless, never a wrong count, "
        "everything back within a minute, the damaged file kept"
    )
    unit: ClassVar[str] = "damages"
    short: ClassVar[int] = 200

    profiles: Mapping[str, Profile]

    def __enter__(self) -> Self:
        """Make the profiles once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with seeded_ids("damage"):
            self.profiles = {
                name: _made(self.folder / name, name)
                for name in ("synced", "waiting", "unsigned", "uncopied")
            }
        return self

    def trial(self, seed: int) -> Mapping[str, int]:
        """One damage to one profile."""
        chance = random.Random(seed)
        made = self.profiles[chance.choice(sorted(self.profiles))]
        name = chance.choice(sorted(KINDS))
        folder = self.folder / f"trial-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made.folder, folder / "profile")
        shutil.copyfile(made.central, folder / "central.db")
        here = Profile(folder / "profile", folder / "central.db", made.token, made.saved)
        try:
            KINDS[name](here.file, chance)
            if name in REFUSED:
                _check_refused(here, REFUSED[name])
                return {"damages": 1, "refused": 1}
            # Larger files are only read through in the background, once the window is there.
            is_large = chance.random() < 0.3
            file.CHECKED_AT_START = 0 if is_large else _CHECKED_AT_START
            with seeded_ids(seed):
                counts = _check_recovered(here, is_large=is_large)
        except Broken as error:
            raise Broken(f"{name} in a {made.folder.parent.name} profile: {error}") from error
        shutil.rmtree(folder)
        return {"damages": 1, **counts}


def _made(folder: Path, name: str) -> Profile:
    """A profile with sessions, corrections, removals and copies: all of it synced, some of it waiting, without an
    account, or without any copy."""
    clock = SetClock()
    folder.mkdir()
    central = Database(f"sqlite:///{folder / 'central.db'}")
    central.migrate()
    cable = Cable(central, clock)
    laptop = Laptop(folder / "profile", clock, "Laptop")
    if name != "unsigned":
        from omi_desktop.central import accounts

        with central.writing() as connection:
            accounts.add_hub(connection, HUB, clock.now())
            (code,) = accounts.invite(connection, HUB, 1, clock.now())
        laptop.sign_in(cable, code)
    for number in range(SESSIONS):
        clock.forward(hours=5)
        # Some are longer than a page.
        more = tuple(
            (f"activity-{each:03}-{'x' * 40}", "1.0.0") for each in range(60 if number % 7 == 3 else 0)
        )
        saved = laptop.desk.sessions.save(details(10 + number, resources=more))
        if number % 3 == 1:
            laptop.desk.sessions.correct(saved.record_id, details(40 + number))
        if number % 5 == 2:
            laptop.desk.sessions.remove(saved.record_id)
        laptop.desk.backups.wait()
        if name == "synced" or (name in {"waiting", "uncopied"} and number < SESSIONS - 6):
            laptop.sync(cable)
    laptop.desk.drafts.keep("record/new", {"typed": "28"})
    laptop.desk.tally.press("plan/1", "y8")
    laptop.close()
    with closing(sqlite3.connect(laptop.profile / FILE_NAME)) as raw:
        saved_bytes = dict(raw.execute("SELECT rev_id, canonical FROM revision"))
    if name == "uncopied":
        shutil.rmtree(laptop.profile / backups.FOLDER)
    central.close()
    return Profile(laptop.profile, folder / "central.db", laptop.token, saved_bytes)


def _check_refused(here: Profile, problem: type[FileProblem]) -> None:
    before = here.file.read_bytes()
    try:
        _open(here).close()
    except FileDamaged as error:
        raise Broken("what is not ours to mend was taken for damage") from error
    except problem:
        pass
    else:
        raise Broken("it was opened")
    if here.file.read_bytes() != before or list(here.folder.glob("*damaged*")):
        raise Broken("it was touched")


def _check_recovered(here: Profile, *, is_large: bool) -> Mapping[str, int]:
    damaged = here.file.read_bytes() if here.file.exists() else b""
    # A journal that makes sense is rolled back by SQLite, whatever the program thinks of the file.
    is_rolled_back = here.file.with_name(f"{FILE_NAME}-journal").stat().st_size > 0 or not damaged
    left = _left(here, damaged)
    started = time.monotonic()
    desk = _open(here)
    try:
        if not is_large:
            _check_shown(here, desk)
        # What the window does in the background after a start, and what a save of the day does.
        with contextlib.suppress(FileDamaged):
            desk.backups.examine()
            desk.backups.make()
        desk.mended()
        is_signed_in = _sync(here, desk)
        took = time.monotonic() - started
        held = _check_shown(here, desk)
        told = desk.recovered()
    finally:
        desk.close()
    gone = {rev_id for rev_id, where in left.items() if "centre" not in where or is_signed_in}
    if missing := {rev_id for rev_id in gone if left[rev_id]} - held:
        raise Broken(f"{len(missing)} that still existed did not come back: {[left[m] for m in missing]}")
    if held != here.saved.keys() and told is None:
        raise Broken("something is missing and nobody was told")
    if took > LIMIT:
        raise Broken(f"it took {took:.0f} seconds")
    if told is not None and damaged and not (here.folder / told.kept_as).exists():
        raise Broken("the damaged file is gone")
    if told is not None and not is_rolled_back and (here.folder / told.kept_as).read_bytes() != damaged:
        raise Broken("the damaged file is not as it was")
    return {"recovered": int(told is not None), "harmless": int(told is None)}


def _left(here: Profile, damaged: bytes) -> Mapping[str, set[str]]:
    """For every revision, where it still exists whole."""
    where: dict[str, set[str]] = {rev_id: set() for rev_id in here.saved}
    for rev_id, canonical in here.saved.items():
        sha = Revision.from_canonical(canonical).sha.encode()
        if canonical + sha in damaged:
            where[rev_id].add("file")
    for backup in backups.all_of(here.file):
        with closing(sqlite3.connect(backup.path)) as raw:
            for (rev_id,) in raw.execute("SELECT rev_id FROM revision"):
                where[rev_id].add("copy")
        break  # only the newest: what is in older ones is in it too
    with closing(sqlite3.connect(here.central)) as raw:
        for (rev_id,) in raw.execute("SELECT rev_id FROM log"):
            where[rev_id].add("centre")
    return where


def _check_shown(here: Profile, desk: Desk) -> set[str]:
    """What is shown is what the revisions at hand give, and each of them was saved; their ids."""
    try:
        shown = {view.record_id: view.details.total for view in desk.sessions.all()}
        counted = desk.sessions.count(lambda _: True)
        with desk.store.read() as connection:
            rows = connection.exec_driver_sql("SELECT rev_id, canonical FROM revision").all()
            held: dict[str, bytes] = {row.rev_id: row.canonical for row in rows}
    except FileDamaged:
        # Noticed while it was read: mended now, and read again as the window does when it hears of it.
        desk.mended()
        return _check_shown(here, desk)
    if invented := [rev_id for rev_id, canonical in held.items() if here.saved.get(rev_id) != canonical]:
        raise Broken(f"{len(invented)} revisions that nobody saved")
    expected, range_ = _truth(held.values())
    if (shown, counted) != (expected, range_):
        raise Broken(f"shown {counted}, of {len(shown)} sessions, instead of {range_}, of {len(expected)}")
    return set(held)


def _truth(held: Iterable[bytes]) -> tuple[dict[str, int], Range]:
    by_record: dict[str, list[Revision]] = {}
    for canonical in held:
        found = Revision.from_canonical(canonical)
        by_record.setdefault(found.record_id, []).append(found)
    records = [record for each in by_record.values() if (record := record_of("", each)) is not None]
    heads = [leaves(each)[0] for each in by_record.values()]
    live = {head.record_id: session.read(head.body).total for head in heads if head.state is State.LIVE}
    return live, count_mine(records)


def _sync(here: Profile, desk: Desk) -> bool:
    """Sync once, if the sign-in is there; afterwards OMI online holds nothing that nobody saved."""
    central = Database(f"sqlite:///{here.central}")
    try:
        told = desk.recovered()
        if not here.token or (told is not None and not told.is_signed_in):
            return False
        engine = Engine(desk.store, clock=desk.clock, changes=desk.changes)
        engine.run(Cable(central, desk.clock), here.token)
        with central.reading() as connection:
            rows = connection.execute(log.select().with_only_columns(log.c.rev_id, log.c.canonical)).all()
        if any(here.saved.get(row.rev_id) != row.canonical for row in rows):
            raise Broken("something that nobody saved was sent")
        with desk.store.read() as connection:
            # What seems to be nobody's, since the damage took its owner, waits for the person's word.
            owned = "SELECT rev_id FROM revision WHERE centre_id IS NOT NULL"
            held = connection.exec_driver_sql(owned).scalars().all()
        if unsent := set(held) - {row.rev_id for row in rows}:
            raise Broken(f"{len(unsent)} were never sent, though everything is said to be synced")
    finally:
        central.close()
    return True


def _open(here: Profile) -> Desk:
    clock = SetClock()
    clock.forward(days=9)
    return Desk.open(here.folder, clock=clock, changes=Changes(), app="omi-desktop/test")


def _change(path: Path, change: Callable[[bytearray], None]) -> None:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


def _bit(path: Path, chance: random.Random) -> None:
    def flip(data: bytearray) -> None:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)

    _change(path, flip)


def _header_bit(path: Path, chance: random.Random) -> None:
    def flip(data: bytearray) -> None:
        data[chance.randrange(100)] ^= 1 << chance.randrange(8)

    _change(path, flip)


def _bytes(path: Path, chance: random.Random) -> None:
    def scatter(data: bytearray) -> None:
        start = chance.randrange(len(data))
        for at in range(start, min(len(data), start + chance.randrange(1, 600))):
            data[at] = chance.randrange(256)

    _change(path, scatter)


def _zero_page(path: Path, chance: random.Random) -> None:
    def zero(data: bytearray) -> None:
        at = chance.randrange(len(data) // PAGE) * PAGE
        data[at : at + PAGE] = bytes(PAGE)

    _change(path, zero)


def _other_page(path: Path, chance: random.Random) -> None:
    def swap(data: bytearray) -> None:
        one, other = (chance.randrange(len(data) // PAGE) * PAGE for _ in range(2))
        data[one : one + PAGE] = data[other : other + PAGE]

    _change(path, swap)


def _old_page(path: Path, chance: random.Random) -> None:
    """A page as it was when a copy was made: a write that the disk lost."""
    copies = sorted((path.parent / backups.FOLDER).glob("*.db"))
    if not copies:
        _zero_page(path, chance)
        return
    old = copies[-1].read_bytes()

    def bring_back(data: bytearray) -> None:
        at = chance.randrange(len(old) // PAGE) * PAGE
        data[at : at + PAGE] = old[at : at + PAGE]

    _change(path, bring_back)


def _cut(path: Path, chance: random.Random) -> None:
    _change(path, lambda data: data.__delitem__(slice(chance.randrange(len(data)), None)))


def _appended(path: Path, chance: random.Random) -> None:
    _change(path, lambda data: data.extend(chance.randbytes(chance.randrange(1, 3 * PAGE))))


def _zeros(path: Path, chance: random.Random) -> None:
    _change(path, lambda data: data.__setitem__(slice(None), bytes(len(data))))


def _gone(path: Path, chance: random.Random) -> None:
    if (path.parent / backups.FOLDER).exists():
        path.unlink()
    else:
        _cut(path, chance)


def _garbage_journal(path: Path, chance: random.Random) -> None:
    path.with_name(f"{path.name}-journal").write_bytes(chance.randbytes(chance.randrange(1, 4 * PAGE)))


def _torn_journal(path: Path, chance: random.Random) -> None:
    """The program died in the middle of a save, and the journal that would take it back was damaged since."""
    journal = path.with_name(f"{path.name}-journal")
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode=TRUNCATE")
        raw.execute("PRAGMA cache_size=1")
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("DELETE FROM revision WHERE rowid % 3 = 1")
        raw.execute("CREATE TABLE filler (a)")
        raw.executemany("INSERT INTO filler VALUES (zeroblob(?))", [(3000,)] * 40)
        half, saved = path.read_bytes(), bytearray(journal.read_bytes())
        raw.execute("ROLLBACK")
    saved[chance.randrange(len(saved))] ^= 1 << chance.randrange(8)
    path.write_bytes(half)
    journal.write_bytes(saved)


def _foreign(path: Path, chance: random.Random) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE notes (text)")
        raw.execute("INSERT INTO notes VALUES (?)", (chance.randbytes(2000),))
        raw.commit()


def _newer(path: Path, chance: random.Random) -> None:
    newer = VERSION + chance.randrange(1, 9)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE something_new (a)")
        raw.execute("UPDATE alembic_version SET version_num = ?", (f"{newer:04}",))
        raw.execute(f"PRAGMA user_version={newer}")
        raw.execute(f"PRAGMA application_id={APPLICATION_ID}")
        raw.commit()


KINDS: Mapping[str, Callable[[Path, random.Random], None]] = {
    "a bit": _bit,
    "a bit again": _bit,
    "a bit of the header": _header_bit,
    "some bytes": _bytes,
    "a page of zeros": _zero_page,
    "another page": _other_page,
    "an old page": _old_page,
    "a cut": _cut,
    "an appendix": _appended,
    "only zeros": _zeros,
    "no file": _gone,
    "a garbage journal": _garbage_journal,
    "a torn journal": _torn_journal,
    "a foreign file": _foreign,
    "a newer file": _newer,
}
REFUSED: Mapping[str, type[FileProblem]] = {"a foreign file": FileProblem, "a newer file": FileTooNew}
