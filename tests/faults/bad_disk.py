"""Rig 3, disk: the real program on a disk that is full, over its quota, read-only, slow, or that fails to sync.

A child process lives a seeded evening of saves, corrections, removals, presses, copies and syncs while the kernel
refuses it what a bad disk refuses, and tells of each acknowledgement at once; some start with a file that has to be
migrated. Then the disk is well and the same process goes on. What was acknowledged is there, what was refused is not,
nothing is half there, and every refusal was one that a person can be told of.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

import pytest

from omi_desktop.central import accounts as central_accounts
from omi_desktop.central.database import Database
from omi_desktop.domain.changes import Changes
from omi_desktop.services.desk import Desk
from omi_desktop.store import backups
from omi_desktop.store.file import FILE_NAME
from omi_desktop.store.recovery import Recovery
from tests.faults.rig import Broken, Rig
from tests.kit.bodies import details
from tests.kit.clock import SetClock
from tests.kit.laptop import HUB, Cable, Laptop

WRITES = "pwrite64,ftruncate"
SYNCS = "fsync,fdatasync"
REFUSED = {"not_saved", "file", "backup"}
"""What a person is told when a disk refuses."""
_PATIENCE = 300


@dataclass
class Heard:
    """What the child said. `young` is what each record counts (None: removed)."""

    young: dict[str, int | None] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    tally: int | None = None
    is_open: bool = False


@dataclass(frozen=True)
class Fault:
    """What is wrong with the disk: calls that `strace` fails or delays, or no room."""

    name: str
    inject: str | None = None
    limit: int | None = None
    is_full: bool = False


def fault_of(chance: random.Random) -> Fault:
    """One fault, by chance: a single call, a stretch of calls, or every so many-th one."""
    first = chance.randrange(1, 120)
    when = chance.choice(
        [f"{first}", f"{first}..{first + chance.randrange(1, 30)}", f"{first}+{chance.randrange(2, 40)}"]
    )
    if "+" in when:
        # Ends some time, as it must before the second half.
        when = f"{first}..{first + 200}+{when.partition('+')[2]}"
    match chance.choice(["full", "limit", "quota", "read-only", "sync", "sync", "sync", "slow"]):
        case "full":
            return Fault("a full disk", is_full=True)
        case "limit":
            return Fault("no room", limit=chance.randrange(0, 200_000))
        case "quota":
            return Fault("a quota", f"inject={WRITES}:error=EDQUOT:when={when}")
        case "read-only":
            return Fault("read-only", f"inject={WRITES}:error=EROFS:when={when}")
        case "sync":
            return Fault("a failed sync", f"inject={SYNCS}:error=EIO:when={when}")
        case _:
            return Fault("a slow disk", f"inject={SYNCS}:delay_enter=15000")


class Disk(Rig):
    """Runs the child on a bad disk."""

    name: ClassVar[str] = "disk"
    what: ClassVar[str] = (
        'The disk is full, over quota, read-only, slow, or fails to sync: "Not saved", nothing half saved, nothing '
        "counted twice by saving again, and the same process goes on once the disk is well"
    )
    unit: ClassVar[str] = "faults"
    short: ClassVar[int] = 8

    def __enter__(self) -> Self:
        """Make the profiles once."""
        if shutil.which("strace") is None:
            if os.environ.get("CI") == "true":
                raise RuntimeError("strace is needed for the disk rig")
            pytest.skip("strace is not installed")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._token, self._before = _made(self.folder / "made")
        return self

    def trial(self, seed: int) -> Mapping[str, int]:
        """One evening."""
        chance = random.Random(seed)
        return self.live(seed, fault_of(chance), is_old=chance.random() < 0.25)

    def live(self, seed: int, fault: Fault, *, is_old: bool = False, plant: str = "") -> Mapping[str, int]:
        """An evening with this fault; perhaps with a file of version 1, perhaps of a program that takes less care."""
        # A new one each time: a program that was ended may still hold the last.
        folder = Path(tempfile.mkdtemp(prefix=f"trial-{seed}-", dir=self.folder))
        with _disk(folder, is_small=fault.is_full) as (profile, filler):
            central = folder / "central.db"
            shutil.copyfile(self.folder / "made" / "central.db", central)
            shutil.copytree(self.folder / "made" / ("old" if is_old else "profile"), profile)
            if fault.is_full:
                _fill(filler, random.Random(seed).randrange(0, 300_000))
            try:
                heard = _run(profile, central, self._token, seed, fault, filler, plant)
                _check(profile, heard, self._before)
            except Broken as error:
                raise Broken(
                    f"{fault.name} ({fault.inject or fault.limit}), old file {is_old}: {error}"
                ) from error
        shutil.rmtree(folder, ignore_errors=True)
        return {"faults": 1, "refusals": sum(heard.refused.values()), "acknowledged": len(heard.young)}


def _made(folder: Path) -> tuple[str, dict[str, int | None]]:
    """A profile with an account and some sessions, as this version and as version 1 keeps it; its token, and what it
    counts."""
    clock = SetClock()
    folder.mkdir()
    central = Database(f"sqlite:///{folder / 'central.db'}")
    central.migrate()
    with central.writing() as connection:
        central_accounts.add_hub(connection, HUB, clock.now())
        (code,) = central_accounts.invite(connection, HUB, 1, clock.now())
    laptop = Laptop(folder / "profile", clock, "Laptop")
    cable = Cable(central, clock)
    laptop.sign_in(cable, code)
    for number in range(5):
        laptop.desk.sessions.save(details(10 + number))
    laptop.desk.backups.wait()
    laptop.sync(cable)
    before = {view.record_id: view.details.total for view in laptop.desk.sessions.all()}
    laptop.close()
    central.close()
    shutil.copytree(folder / "profile", folder / "old")
    with closing(sqlite3.connect(folder / "old" / FILE_NAME)) as raw:
        _back_to_version_1(raw)
    shutil.rmtree(folder / "old" / backups.FOLDER)
    return laptop.token, dict(before)


def _back_to_version_1(raw: sqlite3.Connection) -> None:
    """Undo migration 0002."""
    old = {"revision", "parent", "account", "draft", "preference", "alembic_version"}
    indexes = {
        "revision_by_record",
        "revision_by_leaf",
        "revision_unsynced",
        "parent_by_parent",
        "account_current",
    }
    rows = raw.execute("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    for kind, name in rows:
        if kind == "index" and name not in indexes:
            raw.execute(f"DROP INDEX {name}")
    for kind, name in rows:
        if kind == "table" and name not in old:
            raw.execute(f"DROP TABLE {name}")
    raw.execute("UPDATE alembic_version SET version_num = '0001'")
    raw.execute("PRAGMA user_version=1")
    raw.commit()


@contextmanager
def _disk(folder: Path, *, is_small: bool) -> Iterator[tuple[Path, Path]]:
    """A folder for the profile, on a small disk of its own where that was asked for and root may mount one; and the
    path of a file that fills it."""
    disk = folder / "disk"
    disk.mkdir(parents=True)
    is_mounted = (
        is_small
        and os.geteuid() == 0
        and _is_done("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk))
    )
    try:
        yield disk / "profile", disk / "filler"
    finally:
        if is_mounted:
            _is_done("umount", str(disk))


def _is_done(*words: str) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def _fill(filler: Path, left: int) -> None:
    """Leave so many bytes."""
    room = shutil.disk_usage(filler.parent).free
    if room < 4 * 1024 * 1024:
        filler.write_bytes(bytes(max(0, room - left)))


def _run(
    profile: Path, central: Path, token: str, seed: int, fault: Fault, filler: Path, plant: str
) -> Heard:
    words = [
        sys.executable,
        "-m",
        "tests.faults.bad_disk_child",
        str(profile),
        str(central),
        token,
        str(seed),
    ]
    words += [str(fault.limit)] if fault.limit is not None else []
    if fault.inject:
        calls = fault.inject.split(":")[0].removeprefix("inject=")
        names = (FILE_NAME, f"{FILE_NAME}-journal", "", backups.FOLDER, f"{backups.FOLDER}/ambassador.part")
        paths = [word for name in names for word in ("-P", str(profile / name))]
        tool = [
            "strace",
            "-f",
            "--seccomp-bpf",
            "-qq",
            "-o",
            os.devnull,
            "-e",
            f"trace={calls}",
            "-e",
            fault.inject,
        ]
        words = [*tool, *paths, *words]
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMI_PLANT": plant},
    ) as child:
        try:
            heard = _listen(child, filler)
            _, errors = child.communicate(timeout=_PATIENCE)
        finally:
            child.kill()
    if child.returncode:
        raise Broken(f"the program ended with {child.returncode}: {errors[-1500:]}")
    return heard


def _listen(child: subprocess.Popen[str], filler: Path) -> Heard:
    """Hear the child to its end; when it waits, the disk gets well."""
    assert child.stdin is not None
    assert child.stdout is not None
    heard = Heard()
    for line in child.stdout:
        told = json.loads(line)
        match told["does"]:
            case "counts":
                heard.young[told["record"]] = told["young"]
            case "refused":
                heard.refused[told["what"]] += 1
                if told["code"] not in REFUSED:
                    raise Broken(f"{told['what']} was refused as {told['code']}")
            case "waits":
                filler.unlink(missing_ok=True)
                child.stdin.write("go\n")
                child.stdin.flush()
            case "stuck":
                raise Broken(f"{told['what']} does not work again: {told['code']}")
            case "ends":
                heard.tally = told["tally"]
    return heard


def _check(profile: Path, heard: Heard, before: Mapping[str, int | None]) -> None:
    desk = Desk.open(profile, clock=SetClock(), changes=Changes(), app="omi-desktop/test")
    try:
        shown = {view.record_id: view.details.total for view in desk.sessions.all()}
        expected = {record: young for record, young in {**before, **heard.young}.items() if young is not None}
        if lost := {record: young for record, young in expected.items() if shown.get(record) != young}:
            raise Broken(
                f"acknowledged and not there: {sorted(lost.values())}, shown {sorted(shown.values())}"
            )
        if extra := set(shown) - set(expected):
            raise Broken(f"refused and there all the same: {sorted(shown[record] for record in extra)}")
        if desk.tally.counts("plan/1").get("y8", 0) != heard.tally:
            raise Broken(f"{desk.tally.counts('plan/1')} pressed instead of {heard.tally}")
        found: Recovery | None = desk.recovered()
        if found is not None:
            raise Broken("a bad disk damaged the file")
        with desk.store.read() as connection:
            waiting = connection.exec_driver_sql("SELECT count(*) FROM revision WHERE n IS NULL").scalar_one()
        if waiting:
            raise Broken(f"{waiting} are not synced though the last sync succeeded")
        for backup in desk.backups.all():
            if damage := backups.damage_of(backup.path):
                raise Broken(f"a copy that counts as good is not: {damage}")
    finally:
        desk.close()
