"""Who this centre is: an id and an Ed25519 key, made once and kept in the database."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from omi_desktop.central.tables import centre
from omi_desktop.domain.clock import stamp
from omi_desktop.domain.revision import new_id


@dataclass(frozen=True, slots=True)
class Identity:
    """What laptops know a centre by. `centre_key` is the public key, base64."""

    centre_id: str
    centre_key: str


def identify_centre(connection: Connection, now: datetime) -> Identity:
    """Read who this centre is, or make it in a database that is new."""
    row = connection.execute(select(centre.c.centre_id, centre.c.signing_key)).one_or_none()
    if row is None:
        centre_id, key = new_id(), Ed25519PrivateKey.generate()
        made = {
            "id": 1,
            "centre_id": centre_id,
            "signing_key": key.private_bytes_raw(),
            "made_at": stamp(now),
        }
        connection.execute(insert(centre).values(made))
    else:
        centre_id, key = row.centre_id, Ed25519PrivateKey.from_private_bytes(row.signing_key)
    return Identity(centre_id, base64.b64encode(key.public_key().public_bytes_raw()).decode())
