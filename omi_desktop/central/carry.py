"""Sync files: one sealed piece, opened with its account's own key and taken in as if its owner had pushed it.

A laptop that relays a piece learns whether it was taken, in numbers, and nothing else: whatever is wrong with a piece,
and whether there is such an account at all, is one and the same answer.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from omi_desktop.central import audit
from omi_desktop.central.audit import Action
from omi_desktop.central.database import Database
from omi_desktop.central.envelope import read_list
from omi_desktop.central.erasure import Eraser
from omi_desktop.central.ingest import TakenIn, latest_day, take_in, writing_all
from omi_desktop.central.judging import judge
from omi_desktop.central.refusal import Refusal
from omi_desktop.central.tables import account
from omi_desktop.wire import sync_file
from omi_desktop.wire.problems import Code


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who brought a sync file: for the audit log."""

    actor: str
    action: Action


def by_device(device_id: str) -> Carrier:
    """A signed-in laptop, its own or another's, relays it."""
    return Carrier(f"device:{device_id}", Action.SYNC_FILE_CARRIED)


BY_OPERATOR = Carrier(audit.OPERATOR, Action.SYNC_FILE_TAKEN_IN)


def take_piece(
    database: Database, centre_id: str, account_id: str, sealed: str, *, carrier: Carrier, now: datetime
) -> TakenIn:
    """Open one piece and take in what it holds, committed when this returns. Raises Refusal (`carry_refused`)."""
    with database.reading(account_id) as connection:
        key = connection.execute(
            select(account.c.carry_key).where(account.c.id == account_id, account.c.erased_at.is_(None))
        ).scalar_one_or_none()
    try:
        # Without an account the same is done with a key that fits nothing, so that it takes as long.
        opened = sync_file.unseal(centre_id, account_id, key or secrets.token_bytes(32), sealed)
        judged = judge(read_list(opened), latest_day(now))

        def work(connection: Connection, *, is_each_alone: bool) -> TakenIn:
            eraser = Eraser(database.erasures, centre_id, now)
            found = take_in(connection, eraser, account_id, judged, is_each_alone=is_each_alone)
            if found.taken:
                audit.append(
                    connection,
                    carrier.action,
                    actor=carrier.actor,
                    subject=f"account:{account_id}",
                    detail=found._asdict(),
                    now=now,
                )
            return found

        return writing_all(database, account_id, work)
    except sync_file.BadSyncFile as error:
        raise Refusal(Code.CARRY_REFUSED) from error
    except Refusal as refusal:
        if refusal.code is Code.UNAVAILABLE:
            raise
        raise Refusal(Code.CARRY_REFUSED) from refusal
