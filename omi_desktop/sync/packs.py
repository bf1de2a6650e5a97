"""Content packs from OMI online: what it offers, and the bytes. Whether one is taken in is not decided here."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from omi_desktop.domain.errors import NotOurs, OtherCentre
from omi_desktop.domain.online import PackOffer
from omi_desktop.sync.client import NoPack
from omi_desktop.wire.pack_zip import PACK_BYTES

if TYPE_CHECKING:
    from omi_desktop.store.accounts import Account
    from omi_desktop.sync.client import Client


def newest(client: Client, token: str, account: Account, known: str) -> PackOffer | None:
    """The newest pack that an account's OMI online has; None when it has none, or `known` is its tag.

    Raises OtherCentre, SyncProblem.
    """
    try:
        found = client.newest_pack(token, known)
    except NoPack:
        return None
    if found is None:
        return None
    answer, tag = found
    if answer.centre_id != account.owner.centre_id:
        raise OtherCentre
    return PackOffer(
        tag=tag,
        centre_id=answer.centre_id,
        centre_key=account.centre_key,
        manifest=answer.manifest.encode(),
        signature=answer.signature.encode(),
        endorsement=answer.endorsement,
        size=answer.size,
        sha256=answer.sha256,
    )


def fetch(client: Client, token: str, offer: PackOffer, version: int) -> bytes:
    """The pack that was offered. Raises NotOurs for any other bytes, and SyncProblem."""
    if offer.size > PACK_BYTES:
        raise NotOurs
    data = client.pack(token, version, offer.size)
    if hashlib.sha256(data).hexdigest() != offer.sha256:
        raise NotOurs
    return data
