"""Hubs, codes, accounts and the devices that may speak for them."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select, update

from omi_desktop.central import audit
from omi_desktop.central.audit import OPERATOR, Action
from omi_desktop.central.refusal import Refusal, account_erased, unauthorised
from omi_desktop.central.tables import account, code, device, hub
from omi_desktop.domain import join_code
from omi_desktop.domain.clock import stamp
from omi_desktop.domain.revision import ROOT, new_id
from omi_desktop.wire import limits
from omi_desktop.wire.problems import Code

INVITATION_DAYS = timedelta(days=30)
NEXT_DEVICE_MINUTES = timedelta(minutes=15)
_HUB_NAME_LENGTH = 100
_speaker = (
    select(
        device.c.id,
        device.c.account_id,
        device.c.unsent,
        device.c.oldest,
        device.c.revoked_at,
        account.c.erased_at,
    )
    .join(account, account.c.id == device.c.account_id)
    .where(device.c.token_hash == bindparam("hash"))
)
"""Put together once, since every call begins with it."""


class HubRefused(Exception):
    """A hub that cannot be added or is not there; the message says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Device:
    """A signed-in laptop. `unsent` and `oldest` are what it last said was waiting."""

    id: str
    account_id: str
    unsent: int | None
    oldest: str | None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a new device is told once. The keys are base64."""

    token: str
    carry_key: str
    account_id: str
    account_name: str
    hub: str


def add_hub(connection: Connection, name: str, now: datetime) -> str:
    """Add a hub; its id. Raises HubRefused."""
    name = " ".join(name.split())
    if not 0 < len(name) <= _HUB_NAME_LENGTH:
        raise HubRefused(f"A hub's name has 1 to {_HUB_NAME_LENGTH} characters")
    if _hub_id(connection, name) is not None:
        raise HubRefused(f"There is a hub {name} already")
    hub_id = new_id()
    connection.execute(insert(hub).values(id=hub_id, name=name, added_at=stamp(now)))
    audit.append(connection, Action.HUB_ADDED, actor=OPERATOR, subject=f"hub:{hub_id}", now=now)
    return hub_id


def invite(
    connection: Connection, hub_name: str, count: int, now: datetime, *, name: str | None = None
) -> list[str]:
    """Codes for new ambassadors of a hub; each works once within 30 days. Raises HubRefused.

    `name` is what the account will be called; without it the hub's ambassadors are numbered.
    """
    hub_id = _hub_id(connection, " ".join(hub_name.split()))
    if hub_id is None:
        raise HubRefused(f"There is no hub {hub_name}: add it with `omi-central hub add`")
    codes = [_make_code(connection, hub_id, None, name, now + INVITATION_DAYS) for _ in range(count)]
    _note_codes(connection, count, actor=OPERATOR, subject=f"hub:{hub_id}", now=now)
    return codes


def invite_next_device(connection: Connection, account_id: str, now: datetime) -> tuple[str, datetime]:
    """A code for another laptop of an account, and the moment until which it works."""
    hub_id = connection.execute(select(account.c.hub_id).where(account.c.id == account_id)).scalar_one()
    expires_at = now + NEXT_DEVICE_MINUTES
    made = _make_code(connection, hub_id, account_id, None, expires_at)
    _note_codes(connection, 1, actor=f"account:{account_id}", subject=f"account:{account_id}", now=now)
    return made, expires_at


def invite_again(connection: Connection, device_id: str, now: datetime) -> str | None:
    """A code for the ambassador of a device, whose sign-in may have ended; None if there is none, or it was erased.

    With a code for a new ambassador what still waits on their laptop would stay there.
    """
    found = connection.execute(
        select(account.c.id, account.c.hub_id)
        .join(device, device.c.account_id == account.c.id)
        .where(device.c.id == device_id, account.c.erased_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    made = _make_code(connection, found.hub_id, found.id, None, now + INVITATION_DAYS)
    _note_codes(connection, 1, actor=OPERATOR, subject=f"account:{found.id}", now=now)
    return made


def enrol(connection: Connection, typed: str, device_name: str, now: datetime) -> Enrolment:
    """Use up a code and let a device in. Raises Refusal (`code_refused`), the same for every reason."""
    code_hash = secret_hash(join_code.normalise(typed))
    used = connection.execute(
        update(code)
        .where(
            code.c.code_hash == code_hash,
            code.c.used_at.is_(None),
            code.c.expires_at > stamp(now),
        )
        .values(used_at=stamp(now))
        .returning(code.c.hub_id, code.c.account_id, code.c.name)
    ).one_or_none()
    if used is None:
        raise Refusal(Code.CODE_REFUSED)
    account_id = used.account_id or _add_account(connection, used.hub_id, used.name, now)
    if used.name is not None:
        # The account has it now, and what erases the account must not have to look for it here.
        connection.execute(update(code).where(code.c.code_hash == code_hash).values(name=None))
    token = secrets.token_urlsafe(32)
    device_id = new_id()
    connection.execute(
        insert(device).values(
            id=device_id,
            account_id=account_id,
            name=device_name.strip() or "Laptop",
            token_hash=secret_hash(token),
            added_at=stamp(now),
        )
    )
    found = connection.execute(
        select(account.c.name, account.c.carry_key, account.c.erased_at, hub.c.name.label("hub"))
        .join(hub, hub.c.id == account.c.hub_id)
        .where(account.c.id == account_id)
    ).one()
    if found.erased_at is not None:
        # Erased in the meantime: what was written above comes to nothing.
        raise Refusal(Code.CODE_REFUSED)
    subject = f"account:{account_id}"
    audit.append(connection, Action.DEVICE_ENROLLED, actor=f"device:{device_id}", subject=subject, now=now)
    return Enrolment(token, base64.b64encode(found.carry_key).decode(), account_id, found.name, found.hub)


def device_of(connection: Connection, token: str) -> Device:
    """Who speaks. Raises Refusal (`unauthorised`, `account_erased`)."""
    row = connection.execute(_speaker, {"hash": secret_hash(token)}).one_or_none()
    if row is None or (row.revoked_at is not None and row.erased_at is None):
        raise unauthorised()
    if row.erased_at is not None:
        raise account_erased()
    return Device(row.id, row.account_id, row.unsent, row.oldest)


def listed(connection: Connection) -> list[tuple[str, str, str, str, int, str | None]]:
    """All accounts for the operator: id, hub, name, since when, entries in the log, and when it was erased."""
    rows = connection.execute(
        select(
            account.c.id,
            hub.c.name.label("hub"),
            account.c.name,
            account.c.added_at,
            account.c.n,
            account.c.erased_at,
        )
        .join(hub, hub.c.id == account.c.hub_id)
        .order_by(hub.c.name, account.c.name, account.c.id)
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


def devices(connection: Connection) -> list[tuple[str, str, str, str, str | None]]:
    """All devices for the operator: id, hub, account, device, and when it was revoked."""
    rows = connection.execute(
        select(device.c.id, hub.c.name, account.c.name, device.c.name, device.c.revoked_at)
        .join(account, account.c.id == device.c.account_id)
        .join(hub, hub.c.id == account.c.hub_id)
        .order_by(hub.c.name, account.c.name, device.c.added_at, device.c.id)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def revoke(connection: Connection, device_id: str, now: datetime) -> bool:
    """End one device's sign-in. Its records stay; whether there was one to end."""
    done = connection.execute(
        update(device)
        .where(device.c.id == device_id, device.c.revoked_at.is_(None))
        .values(revoked_at=stamp(now))
    )
    if done.rowcount != 1:
        return False
    audit.append(connection, Action.DEVICE_REVOKED, actor=OPERATOR, subject=f"device:{device_id}", now=now)
    return True


def _hub_id(connection: Connection, name: str) -> str | None:
    found: str | None = connection.execute(select(hub.c.id).where(hub.c.name == name)).scalar_one_or_none()
    return found


def _add_account(connection: Connection, hub_id: str, name: str | None, now: datetime) -> str:
    account_id = new_id()
    if name is None:
        others = select(func.count()).select_from(account).where(account.c.hub_id == hub_id)
        name = f"Ambassador {connection.execute(others).scalar_one() + 1}"
    connection.execute(
        insert(account).values(
            id=account_id,
            hub_id=hub_id,
            name=name,
            carry_key=secrets.token_bytes(32),
            n=0,
            h=ROOT,
            added_at=stamp(now),
        )
    )
    return account_id


def _make_code(
    connection: Connection, hub_id: str, account_id: str | None, name: str | None, expires_at: datetime
) -> str:
    made = "".join(secrets.choice(join_code.ALPHABET) for _ in range(limits.CODE_LENGTH))
    connection.execute(
        insert(code).values(
            code_hash=secret_hash(made),
            hub_id=hub_id,
            account_id=account_id,
            name=name,
            expires_at=stamp(expires_at),
        )
    )
    return made


def _note_codes(connection: Connection, count: int, *, actor: str, subject: str, now: datetime) -> None:
    audit.append(
        connection, Action.CODES_MADE, actor=actor, subject=subject, detail={"codes": count}, now=now
    )


def secret_hash(secret: str) -> str:
    """How codes and tokens are kept: they have 80 and 256 random bits, so that one plain SHA-256 hides them."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
