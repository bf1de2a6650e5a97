"""The accounts used on this laptop and how far each one's log has been read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Update, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from omi_desktop.domain.clock import is_stamp
from omi_desktop.domain.revision import ROOT
from omi_desktop.store.columns import account, erasure, revision
from omi_desktop.store.driver import Prepared, driver_of
from omi_desktop.store.revisions import Owner


@dataclass(frozen=True, slots=True)
class Account:
    """One account of one OMI online. Dates and moments as kept: ISO text."""

    owner: Owner
    name: str
    hub: str
    url: str
    centre_key: str
    cursor_n: int = 0
    cursor_h: str = ROOT
    last_success: str | None = None
    checked_on: str | None = None
    leaves_unowned: bool = False


_CURRENT_OWNER = "SELECT centre_id, account_id FROM account WHERE is_current"
_CURRENT = """
SELECT centre_id, account_id, name, hub, url, centre_key, cursor_n, cursor_h, last_success, checked_on, leaves_unowned
FROM account WHERE is_current
"""
_named = update(account).where(
    account.c.centre_id == bindparam("centre"), account.c.account_id == bindparam("whose")
)
_set_cursor = Prepared(_named.values(cursor_n=bindparam("n"), cursor_h=bindparam("h")))
_set_success = Prepared(
    _named.values(
        last_success=bindparam("moment"), checked_on=func.coalesce(bindparam("day"), account.c.checked_on)
    )
)

_asked = select(erasure.c.record_id).where(
    erasure.c.centre_id == revision.c.centre_id, erasure.c.account_id == revision.c.account_id
)
_waits_for_others = (
    select(revision.c.centre_id, revision.c.account_id, func.count(func.distinct(revision.c.record_id)))
    .where(
        revision.c.n.is_(None),
        revision.c.centre_id.is_not(None),
        revision.c.rejected_code.is_(None),
        revision.c.record_id.not_in(_asked),
    )
    .group_by(revision.c.centre_id, revision.c.account_id)
)


def current(connection: Connection) -> Account | None:
    """The account that records are made for at present."""
    row = driver_of(connection).execute(_CURRENT).fetchone()
    if row is None:
        return None
    centre_id, account_id, name, hub, url, key, cursor_n, cursor_h, last_success, checked_on, leaves = row
    last = last_success if is_stamp(last_success) else None
    owner = Owner(centre_id, account_id)
    return Account(owner, name, hub, url, key, cursor_n, cursor_h, last, checked_on, bool(leaves))


def current_owner(connection: Connection) -> Owner | None:
    """Whose the records made at present are. Every save asks for it, and for no more."""
    row = driver_of(connection).execute(_CURRENT_OWNER).fetchone()
    return Owner(*row) if row else None


def use(connection: Connection, found: Account) -> None:
    """Make an account current. One that was used before keeps its cursor; its address and names are renewed."""
    leave(connection)
    row = {
        "centre_id": found.owner.centre_id,
        "account_id": found.owner.account_id,
        "name": found.name,
        "hub": found.hub,
        "url": found.url,
        "centre_key": found.centre_key,
        "is_current": 1,
        "leaves_unowned": 0,
    }
    connection.execute(
        insert(account)
        .values(row | {"cursor_n": found.cursor_n, "cursor_h": found.cursor_h})
        .on_conflict_do_update(index_elements=["centre_id", "account_id"], set_=row)
    )


def leave(connection: Connection) -> None:
    """No account is current any more; what was recorded stays with its account."""
    connection.execute(update(account).where(account.c.is_current).values(is_current=0))


def leave_unowned(connection: Connection, owner: Owner) -> None:
    """This account's person said that the records made before any code are somebody else's."""
    connection.execute(_of(owner).values(leaves_unowned=1))


def set_cursor(connection: Connection, owner: Owner, n: int, h: str) -> None:
    """How far the log has been read."""
    _set_cursor.run(connection, {"centre": owner.centre_id, "whose": owner.account_id, "n": n, "h": h})


def set_success(connection: Connection, owner: Owner, moment: str, checked_on: str | None) -> None:
    """When everything was last synced, and the day of the last comparison if there was one."""
    whose = {"centre": owner.centre_id, "whose": owner.account_id}
    _set_success.run(connection, whose | {"moment": moment, "day": checked_on})


def others_waiting(connection: Connection, owner: Owner | None) -> tuple[int, str | None]:
    """How many records of other accounts than this one wait here to be sent, and whose they are if it is one person."""
    rows = connection.execute(_waits_for_others)
    found = [(Owner(centre, name), count) for centre, name, count in rows]
    found = [(whose, count) for whose, count in found if whose != owner]
    if len(found) != 1:
        return sum(count for _, count in found), None
    whose, count = found[0]
    row = connection.execute(
        select(account.c.name).where(
            account.c.centre_id == whose.centre_id, account.c.account_id == whose.account_id
        )
    ).first()
    return count, row.name if row else None


def _of(owner: Owner) -> Update:
    return update(account).where(
        account.c.centre_id == owner.centre_id, account.c.account_id == owner.account_id
    )
