"""Who this centre is: an id and an Ed25519 key, made once and kept in the database."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from omi_desktop.central import audit
from omi_desktop.central.audit import Action
from omi_desktop.central.tables import centre
from omi_desktop.domain.clock import stamp
from omi_desktop.domain.revision import new_id
from omi_desktop.wire.pack_keys import statement


@dataclass(frozen=True, slots=True)
class Identity:
    """What laptops know a centre by. `centre_key` is the public key, base64."""

    centre_id: str
    centre_key: str


def identify_centre(connection: Connection, now: datetime) -> Identity:
    """Read who this centre is, or make it in a database that is new."""
    who = select(centre.c.centre_id, centre.c.signing_key)
    if connection.execute(who).one_or_none() is None:
        key = Ed25519PrivateKey.generate().private_bytes_raw()
        made = {"id": 1, "centre_id": new_id(), "signing_key": key, "made_at": stamp(now)}
        # Another process of a new centre may be doing the same; the first one stays.
        with suppress(IntegrityError), connection.begin_nested():
            connection.execute(insert(centre).values(made))
            subject = f"centre:{made['centre_id']}"
            audit.append(connection, Action.CENTRE_MADE, actor=audit.CENTRE, subject=subject, now=now)
    row = connection.execute(who).one()
    public = Ed25519PrivateKey.from_private_bytes(row.signing_key).public_key().public_bytes_raw()
    return Identity(row.centre_id, base64.b64encode(public).decode())


def vouch_for(connection: Connection, key: str) -> str:
    """This centre's word, base64, that content packs signed with a public key are its own."""
    raw = connection.execute(select(centre.c.signing_key)).scalar_one()
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(raw).sign(statement(key))).decode()
