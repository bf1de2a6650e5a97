"""Content packs that laptops fetch: published by the operator, kept in the database so that every process serves them.

The private key that signs packs is never here. What is here is the centre's own key, which vouches for it (`identity`).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from omi_desktop.central import audit
from omi_desktop.central.audit import OPERATOR, Action
from omi_desktop.central.identity import identify_centre, vouch_for
from omi_desktop.central.refusal import Refusal
from omi_desktop.central.tables import pack
from omi_desktop.domain.clock import from_stamp, stamp
from omi_desktop.wire.messages import PackAnswer
from omi_desktop.wire.pack import Manifest, open_pack
from omi_desktop.wire.pack_faults import BadPack
from omi_desktop.wire.pack_keys import read_signature
from omi_desktop.wire.pack_zip import SIGNATURE, read
from omi_desktop.wire.problems import Code

KEPT = 3
"""The newest so many stay, so that a laptop in the middle of fetching one gets it whole."""


class _Newest(NamedTuple):
    version: int
    pack_id: str
    key: str
    manifest: bytes
    signature: bytes
    endorsement: str
    sha256: str
    size: int


class PackNotPublished(Exception):
    """A pack that cannot be published; the message says why, for the operator."""


def publish(connection: Connection, data: bytes, now: datetime) -> Manifest:
    """Let laptops fetch a pack from now on; its manifest. Raises PackNotPublished.

    The first pack settles its id and its key. Each later one is newer, and signed by the same key or one that follows
    it by its word: laptops would refuse any other.
    """
    identify_centre(connection, now)
    newest = _newest(connection)
    try:
        key = newest.key if newest else read_signature(read(data).get(SIGNATURE, b"")).key
        found = open_pack(data, {key})
    except BadPack as error:
        raise PackNotPublished(f"Not published: {error}") from error
    manifest = found.manifest
    if newest and newest.pack_id != manifest.pack_id:
        raise PackNotPublished(
            f"Not published: packs here are called {newest.pack_id}, not {manifest.pack_id}"
        )
    if newest and newest.version >= manifest.version:
        raise PackNotPublished(
            f"Not published: version {newest.version} is here already, and versions only go up"
        )
    if from_stamp(manifest.expires_at) <= now:
        raise PackNotPublished(f"Not published: it expired at {manifest.expires_at}")
    connection.execute(
        insert(pack).values(
            version=manifest.version,
            pack_id=manifest.pack_id,
            made_at=manifest.made_at,
            expires_at=manifest.expires_at,
            published_at=stamp(now),
            key=found.signature.key,
            manifest=found.manifest_bytes,
            signature=found.signature_bytes,
            endorsement=vouch_for(connection, found.signature.key),
            sha256=hashlib.sha256(data).hexdigest(),
            data=data,
        )
    )
    last = select(pack.c.version).order_by(pack.c.version.desc()).offset(KEPT - 1).limit(1).scalar_subquery()
    connection.execute(delete(pack).where(pack.c.version < last))
    audit.append(
        connection,
        Action.PACK_PUBLISHED,
        actor=OPERATOR,
        subject=f"pack:{manifest.pack_id}",
        detail={"version": manifest.version},
        now=now,
    )
    return manifest


def published(connection: Connection) -> list[tuple[str, int, str, str, str, str, int]]:
    """The packs that are kept, newest first: id, version, made, expires, published, key, bytes."""
    c = pack.c
    size = func.length(c.data)
    query = select(c.pack_id, c.version, c.made_at, c.expires_at, c.published_at, c.key, size)
    return [tuple(row) for row in connection.execute(query.order_by(c.version.desc()))]


def offer(connection: Connection, centre_id: str) -> PackAnswer:
    """The newest pack, as laptops ask for it. Raises Refusal (`no_pack`)."""
    newest = _newest(connection)
    if newest is None:
        raise Refusal(Code.NO_PACK)
    return PackAnswer(
        centre_id=centre_id,
        manifest=newest.manifest.decode("ascii"),
        signature=newest.signature.decode("ascii"),
        endorsement=newest.endorsement,
        size=newest.size,
        sha256=newest.sha256,
    )


def whole(connection: Connection, version: int) -> tuple[str, bytes]:
    """The SHA-256 and the bytes of a pack. Raises Refusal (`no_pack`)."""
    found = connection.execute(
        select(pack.c.sha256, pack.c.data).where(pack.c.version == version)
    ).one_or_none()
    if found is None:
        raise Refusal(Code.NO_PACK)
    return found.sha256, found.data


def _newest(connection: Connection) -> _Newest | None:
    c = pack.c
    size = func.length(c.data).label("size")
    query = select(c.version, c.pack_id, c.key, c.manifest, c.signature, c.endorsement, c.sha256, size)
    row = connection.execute(query.order_by(c.version.desc()).limit(1)).one_or_none()
    return _Newest(*row) if row else None
