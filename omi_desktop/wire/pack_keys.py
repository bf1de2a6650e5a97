"""Who may make content packs: Ed25519 keys, signatures, and how one key hands over to the next.

A signature is over the exact bytes of a manifest. A key is trusted because the app ships with it (`TRUSTED`), or
because a centre that the laptop is signed in to vouched for it (`packs.md` beside this file says why). A key hands over
to its successor by a signature over `statement(successor)`; the same statement, signed by a centre's own key, vouches.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from omi_desktop.wire.pack_faults import BadPack, PackFault

TRUSTED: tuple[tuple[str, str], ...] = ()
"""(key id, public key in base64) of whoever makes packs for all users of this build of the app. None are made so far:
each operator's key reaches the laptops through their centre."""

KEY_FORMAT = "omi-pack-key/1"
_FORMAT = "omi-pack-signature/1"
_SUCCESSIONS = 16
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64
_LONGEST = 16 * 1024


@dataclass(frozen=True, slots=True)
class Succession:
    """The word of a key that another follows it. All in base64."""

    old: str
    new: str
    signature: str

    def holds(self) -> bool:
        """Whether the old key signed it."""
        return verifies(self.old, self.signature, statement(self.new))


@dataclass(frozen=True, slots=True)
class Signature:
    """What `manifest.sig` says: the public key, the signature, and how that key came to follow earlier ones."""

    key: str
    signature: str
    successions: tuple[Succession, ...] = ()

    def is_trusted(self, trusted: Collection[str]) -> bool:
        """Whether its key is one of these, or follows one of them by their word."""
        known = set(trusted)
        for step in self.successions:
            if step.old in known and step.holds():
                known.add(step.new)
        return self.key in known


def key_id(key: str) -> str:
    """A short name of a public key (base64): sixteen hex digits."""
    return hashlib.sha256(base64.b64decode(key)).hexdigest()[:16]


def statement(key: str) -> bytes:
    """What is signed to say that this public key may make packs. No manifest begins like this."""
    return f"{KEY_FORMAT} {key}".encode()


def verifies(key: str, signature: str, data: bytes) -> bool:
    """Whether a public key's signature over data holds; both in base64, and False if they are no such things."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - seldom needed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        raw_key, raw_signature = _raw(key, _KEY_BYTES), _raw(signature, _SIGNATURE_BYTES)
        Ed25519PublicKey.from_public_bytes(raw_key).verify(raw_signature, data)
    except (ValueError, InvalidSignature):
        return False
    return True


def write_signature(found: Signature) -> bytes:
    """The text of `manifest.sig`."""
    written = {
        "format": _FORMAT,
        "key_id": key_id(found.key),
        "key": found.key,
        "signature": found.signature,
        "successions": [[step.old, step.new, step.signature] for step in found.successions],
    }
    return (json.dumps(written, indent=1) + "\n").encode()


def read_signature(data: bytes) -> Signature:
    """What a `manifest.sig` says; whether it holds is another question. Raises BadPack."""
    try:
        found: Any = json.loads(data) if len(data) <= _LONGEST else None
        steps = tuple(Succession(*step) for step in found["successions"])
        made = Signature(found["key"], found["signature"], steps)
        _raw(made.signature, _SIGNATURE_BYTES)
        for key in (made.key, *(key for step in steps for key in (step.old, step.new))):
            _raw(key, _KEY_BYTES)
        is_as_written = write_signature(made) == data and len(steps) <= _SUCCESSIONS
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadPack(PackFault.BAD_SIGNATURE) from error
    if not is_as_written:
        raise BadPack(PackFault.BAD_SIGNATURE)
    return made


def _raw(text: str, length: int) -> bytes:
    """The bytes of base64. Raises ValueError, TypeError."""
    if not isinstance(text, str):
        raise TypeError("not a text")
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(raw) != length or base64.b64encode(raw).decode() != text:
        raise ValueError("not of that length, or not written the usual way")
    return raw
