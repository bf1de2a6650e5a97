"""Making content packs: from files to an unsigned pack, from that to a signed one, and the keys to sign with."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from omi_desktop.wire import pack_zip
from omi_desktop.wire.pack import Manifest, is_name, listed, read_manifest, write_manifest
from omi_desktop.wire.pack_faults import BadPack, PackFault
from omi_desktop.wire.pack_keys import KEY_FORMAT, Signature, Succession, statement, write_signature
from omi_desktop.wire.pack_zip import FILE_BYTES, FILES, MANIFEST, PACK_BYTES, SIGNATURE


class BadKey(ValueError):
    """A text that is no key for packs."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and how it came to follow earlier ones. Its text form is a secret; its `repr` shows nothing."""

    _private: Ed25519PrivateKey
    successions: tuple[Succession, ...] = ()

    @classmethod
    def make(cls, after: SigningKey | None = None) -> SigningKey:
        """A new key; with `after`, one that laptops which trust that other one will trust by its word."""
        made = cls(Ed25519PrivateKey.generate())
        if after is None:
            return made
        word = Succession(after.public, made.public, after.sign(statement(made.public)))
        return cls(made._private, (*after.successions, word))

    @property
    def public(self) -> str:
        """The public key, base64."""
        return base64.b64encode(self._private.public_key().public_bytes_raw()).decode()

    def sign(self, data: bytes) -> str:
        """The signature over data, base64."""
        return base64.b64encode(self._private.sign(data)).decode()

    def to_text(self) -> str:
        """What is kept in a key file."""
        written = {
            "format": KEY_FORMAT,
            "private": base64.b64encode(self._private.private_bytes_raw()).decode(),
            "successions": [[step.old, step.new, step.signature] for step in self.successions],
        }
        return json.dumps(written, indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str) -> SigningKey:
        """The key that `to_text` wrote. Raises BadKey."""
        try:
            found: Any = json.loads(text)
            raw = base64.b64decode(found["private"], validate=True)
            steps = tuple(Succession(*step) for step in found["successions"])
            is_ours = found["format"] == KEY_FORMAT
            made = cls(Ed25519PrivateKey.from_private_bytes(raw), steps)
        except (ValueError, TypeError, KeyError, RecursionError):
            # Without its cause: that has the text in it.
            raise BadKey("this is no key for packs") from None
        if not is_ours:
            raise BadKey("this is no key for packs")
        return made


def make(files: Mapping[str, bytes], facts: Manifest) -> bytes:
    """An unsigned pack of these files: `facts` says the rest of its manifest. Raises BadPack."""
    for name, data in files.items():
        if not is_name(name):
            raise BadPack(PackFault.NAME_UNKNOWN, name)
        if len(data) > FILE_BYTES:
            raise BadPack(PackFault.FILE_TOO_LARGE, name)
    if len(files) > FILES - 2:
        raise BadPack(PackFault.TOO_MANY_FILES)
    manifest = write_manifest(replace(facts, files=listed(files)))
    read_manifest(manifest)
    return _bounded(pack_zip.write({MANIFEST: manifest, **files}))


def sign(data: bytes, key: SigningKey) -> bytes:
    """The pack, signed, over any signature that it had. Raises BadPack."""
    files = pack_zip.read(data)
    if MANIFEST not in files:
        raise BadPack(PackFault.NO_MANIFEST)
    read_manifest(files[MANIFEST])
    word = Signature(key.public, key.sign(files[MANIFEST]), key.successions)
    return _bounded(pack_zip.write({**files, SIGNATURE: write_signature(word)}))


def _bounded(data: bytes) -> bytes:
    if len(data) > PACK_BYTES:
        raise BadPack(PackFault.TOO_LARGE)
    return data
