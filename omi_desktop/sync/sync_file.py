"""Sync files on this laptop: written from what waits, read where they are one's own, else relayed unread."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from omi_desktop.domain.errors import OtherCentre, SyncFileProblem
from omi_desktop.domain.online import TakenIn
from omi_desktop.domain.revision import BadRevision, Revision
from omi_desktop.store import erasures, revisions
from omi_desktop.store.file import Store
from omi_desktop.store.revisions import Owner
from omi_desktop.sync.client import CarryRefused
from omi_desktop.wire import sync_file
from omi_desktop.wire.messages import CarryAnswer
from omi_desktop.wire.sync_file import BadSyncFile, SyncFile

_AT_ONCE = 500


class Carries(Protocol):
    """What relaying needs of the network: one call, which raises SyncProblem when there is no certain answer."""

    def carry(self, token: str, account_id: str, sealed: str) -> CarryAnswer:
        """`POST /v1/carry`."""
        ...


def write(store: Store, owner: Owner, carry_key: str, path: Path, today: str) -> int:
    """Write what an owner still has to send, over a file that is there: all of it or nothing. How many records.

    Raises SyncFileProblem, also when nothing waits.
    """
    records: set[str] = set()
    data = sync_file.write(*owner, key_of(carry_key), _unsent(store, owner, today, records))
    if not records:
        raise SyncFileProblem("Nothing waits to be sent", hint="Everything you saved is in OMI online.")
    if len(data) > sync_file.FILE_BYTES:
        raise SyncFileProblem(
            "Too much waits for one sync file", hint="Connect this laptop once; ask your hub if it can't be."
        )
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise SyncFileProblem(
            "The sync file could not be written",
            hint="Check that the stick is in, is not full and can be written, or choose another folder.",
        ) from error
    return len(records)


def read(path: Path) -> SyncFile:
    """A file as anyone can read it. Raises SyncFileProblem."""
    try:
        with path.open("rb") as file:
            data = file.read(sync_file.FILE_BYTES + 1)
    except OSError as error:
        raise SyncFileProblem("This file can't be read") from error
    try:
        found = sync_file.read(data)
    except BadSyncFile as error:
        raise SyncFileProblem(
            "This is not a sync file, or it is damaged",
            hint="Choose the file again, or have it sent once more.",
        ) from error
    if not found.pieces:
        raise SyncFileProblem(
            "There is nothing in this sync file", hint="Have it written and sent once more."
        )
    return found


def take_in(store: Store, owner: Owner, carry_key: str, found: SyncFile) -> TakenIn:
    """Add what one's own file holds and is not here: as saved, not as synced. Raises SyncFileProblem, NotSaved."""
    key = key_of(carry_key)
    new = known = refused = 0
    is_whole = found.is_whole
    for piece in found.pieces:
        try:
            objects = json.loads(sync_file.unseal(*owner, key, piece))
        except (BadSyncFile, ValueError, RecursionError):
            is_whole = False
            continue
        versions = []
        for each in objects if isinstance(objects, list) else []:
            try:
                versions.append(Revision.from_object(each))
            except BadRevision:
                refused += 1
        added, here = _add(store, owner, versions)
        new, known, refused = new + added, known + here, refused + len(versions) - added - here
    if not is_whole:
        raise _damaged(new + known)
    return TakenIn(is_own=True, new=new, known=known, refused=refused)


def relay(carries: Carries, token: str, centre_id: str, found: SyncFile) -> TakenIn:
    """Hand someone's file to OMI online unread. Asking again after a failure does no harm.

    Raises SyncFileProblem, SyncProblem.
    """
    new = known = refused = unopened = 0
    for piece in found.pieces:
        try:
            answer = carries.carry(token, found.account_id, piece)
        except CarryRefused:
            unopened += 1
            continue
        if answer.centre_id != centre_id:
            raise OtherCentre
        new, known, refused = new + answer.taken, known + answer.known, refused + answer.refused
    if unopened == len(found.pieces):
        raise SyncFileProblem(
            "OMI online can't open this sync file",
            hint="It is damaged, or of an account that is no more. Have it written and sent once more.",
        )
    if unopened or not found.is_whole:
        raise _damaged(new + known)
    return TakenIn(is_own=False, new=new, known=known, refused=refused)


def key_of(carry_key: str) -> bytes:
    """The key as it came with the sign-in (base64). Raises SyncFileProblem."""
    try:
        key = base64.b64decode(carry_key, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise SyncFileProblem(
            "The key for sync files can't be read", hint="Sign in with a new code from your hub."
        )
    return key


def _unsent(store: Store, owner: Owner, today: str, records: set[str]) -> Iterator[bytes]:
    """The canonical bytes of what waits, a part at a time; their records are put down."""
    after = (0, "")
    while True:
        with store.read() as connection:
            part = revisions.unsent(connection, owner, after=after, limit=_AT_ONCE, today=today)
        records.update(Revision.from_canonical(each.canonical).record_id for each in part)
        if not part:
            return
        yield from (each.canonical for each in part)
        after = (part[-1].depth, part[-1].rev_id)


def _add(store: Store, owner: Owner, versions: Sequence[Revision]) -> tuple[int, int]:
    """Add the versions that are not here; how many were new and how many known. Those of records that were erased here,
    or whose id another version has here, are left out."""
    new = known = 0
    with store.write() as connection:
        here = revisions.shas(connection, [each.rev_id for each in versions])
        gone = {
            each.record_id for each in erasures.all_of(connection, owner) if each.decision == erasures.ERASED
        }
        for each in versions:
            if each.record_id in gone:
                continue
            if each.rev_id in here:
                known += here[each.rev_id] == each.sha
                continue
            revisions.add(connection, each, owner)
            here[each.rev_id] = each.sha
            erasures.note(connection, owner, [each])
            new += 1
    return new, known


def _damaged(count: int) -> SyncFileProblem:
    return SyncFileProblem(
        "Part of this sync file is damaged",
        detail=f"{count:,} saved versions in it could be read and are safe. The others are where they were.",
        hint="Have the file written and sent once more.",
    )
