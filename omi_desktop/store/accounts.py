"""The accounts used on this laptop and how far each one's log has been read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Update, select, update
from sqlalchemy.dialects.sqlite import insert

from omi_desktop.domain.revision import ROOT
from omi_desktop.store.columns import account
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


_current = select(account).where(account.c.is_current)


def current(connection: Connection) -> Account | None:
    """The account that records are made for at present."""
    row = connection.execute(_current).first()
    return _read(row) if row else None


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
    connection.execute(_of(owner).values(cursor_n=n, cursor_h=h))


def set_success(connection: Connection, owner: Owner, moment: str, checked_on: str | None) -> None:
    """When everything was last synced, and the day of the last comparison if there was one."""
    connection.execute(_of(owner).values(last_success=moment))
    if checked_on:
        connection.execute(_of(owner).values(checked_on=checked_on))


def _of(owner: Owner) -> Update:
    return update(account).where(
        account.c.centre_id == owner.centre_id, account.c.account_id == owner.account_id
    )


def _read(row: Row[Any]) -> Account:
    return Account(
        owner=Owner(row.centre_id, row.account_id),
        name=row.name,
        hub=row.hub,
        url=row.url,
        centre_key=row.centre_key,
        cursor_n=row.cursor_n,
        cursor_h=row.cursor_h,
        last_success=row.last_success,
        checked_on=row.checked_on,
        leaves_unowned=bool(row.leaves_unowned),
    )
