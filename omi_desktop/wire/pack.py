"""The content pack: handbook, resources and careers as the text files they are, listed in a signed manifest.

    manifest.json                  who, which version, until when, and every file with its size and SHA-256
    manifest.sig                   Ed25519 over the exact bytes of the manifest (`pack_keys`)
    handbook/<id>.md  resources/activities/<id>.md  resources/careers/<id>.md  resources/diagrams/<id>.svg

Nothing of a pack means anything before `open_pack` returns. Whether it is newer than what is in use, expired, or for a
newer app, and whether each page can be shown, is for whoever takes it in (`library/packs.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from omi_desktop.domain.clock import from_stamp, stamp
from omi_desktop.wire import pack_zip
from omi_desktop.wire.pack_faults import BadPack, PackFault
from omi_desktop.wire.pack_keys import Signature, read_signature, verifies
from omi_desktop.wire.pack_zip import MANIFEST, SIGNATURE

FORMAT = 1
MEDIA_TYPE = "application/zip"
MANIFEST_BYTES = 512 * 1024
"""A longer manifest is not read."""
VERSION_LIMIT = 2**31 - 1
FOLDERS = ("handbook", "resources/activities", "resources/careers", "resources/diagrams")

_ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_NAME = re.compile(
    rf"(?:handbook/{_ID}|resources/(?:activities|careers)/{_ID})\.md|resources/diagrams/{_ID}\.svg"
)
_NAME_LENGTH = 120
_PACK_ID = re.compile(rf"(?=.{{1,40}}$){_ID}")
_APP = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")
_SHA = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a pack. `size` is in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says of itself. `version` only goes up; moments are UTC text; `app` is the oldest app that can read
    it."""

    pack_id: str
    version: int
    made_at: str
    expires_at: str
    app: str
    files: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that is whole, signed, and signed by someone trusted. `files` are its pages and pictures by name."""

    manifest: Manifest
    manifest_bytes: bytes
    signature: Signature
    signature_bytes: bytes
    files: Mapping[str, bytes]


def is_name(name: str) -> bool:
    """Whether a file of this name belongs into a pack."""
    if len(name) > _NAME_LENGTH or not _NAME.fullmatch(name):
        return False
    try:
        pack_zip.refuse_name(name)
    except BadPack:
        return False
    return True


def listed(files: Mapping[str, bytes]) -> tuple[Listed, ...]:
    """The files as a manifest lists them."""
    return tuple(
        Listed(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in sorted(files.items())
    )


def write_manifest(found: Manifest) -> bytes:
    """The bytes that are signed: the same for the same manifest."""
    written = {
        "format": FORMAT,
        "id": found.pack_id,
        "version": found.version,
        "made_at": found.made_at,
        "expires_at": found.expires_at,
        "app": found.app,
        "files": [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in found.files],
    }
    return (json.dumps(written, indent=1) + "\n").encode("ascii")


def read_manifest(data: bytes) -> Manifest:
    """What a manifest says. Raises BadPack."""
    if len(data) > MANIFEST_BYTES:
        raise BadPack(PackFault.BAD_MANIFEST)
    try:
        found: Any = json.loads(data)
        is_newer = type(found["format"]) is int and found["format"] > FORMAT
        made = None if is_newer else _manifest(found)
        is_as_written = made is not None and _is_sound(made) and write_manifest(made) == data
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        raise BadPack(PackFault.BAD_MANIFEST) from error
    if is_newer:
        raise BadPack(PackFault.FORMAT_TOO_NEW)
    if made is None or not is_as_written:
        raise BadPack(PackFault.BAD_MANIFEST)
    return made


def open_pack(data: bytes, trusted: Collection[str]) -> Pack:
    """The pack in these bytes. Raises BadPack unless it is whole, plain and signed by one of the `trusted` keys
    (base64), or one that follows them by their word."""
    files = pack_zip.read(data)
    manifest_bytes, signature_bytes = files.pop(MANIFEST, None), files.pop(SIGNATURE, None)
    if manifest_bytes is None:
        raise BadPack(PackFault.NO_MANIFEST)
    if signature_bytes is None:
        raise BadPack(PackFault.NO_SIGNATURE)
    signature = check_signature(manifest_bytes, signature_bytes, trusted)
    manifest = read_manifest(manifest_bytes)
    _refuse_other_files(manifest, files)
    return Pack(manifest, manifest_bytes, signature, signature_bytes, files)


def check_signature(manifest: bytes, signature: bytes, trusted: Collection[str]) -> Signature:
    """The signature of a manifest. Raises BadPack unless it holds and its key is trusted."""
    found = read_signature(signature)
    if not verifies(found.key, found.signature, manifest):
        raise BadPack(PackFault.BAD_SIGNATURE)
    if not found.is_trusted(trusted):
        raise BadPack(PackFault.UNKNOWN_KEY)
    return found


def app_version(text: str) -> tuple[int, ...]:
    """`0.1.0` as numbers that can be compared."""
    return tuple(int(part) for part in text.split("."))


def _manifest(found: Any) -> Manifest:
    files = tuple(Listed(one["name"], one["size"], one["sha256"]) for one in found["files"])
    moments = found["made_at"], found["expires_at"]
    return Manifest(found["id"], found["version"], *moments, found["app"], files)


def _is_sound(found: Manifest) -> bool:
    names = [one.name for one in found.files]
    return (
        bool(_PACK_ID.fullmatch(found.pack_id))
        and type(found.version) is int
        and 1 <= found.version <= VERSION_LIMIT
        and stamp(from_stamp(found.made_at)) == found.made_at
        and stamp(from_stamp(found.expires_at)) == found.expires_at
        and found.made_at < found.expires_at
        and bool(_APP.fullmatch(found.app))
        and names == sorted(set(names))
        and all(
            type(one.size) is int and one.size >= 0 and bool(_SHA.fullmatch(one.sha256))
            for one in found.files
        )
    )


def _refuse_other_files(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    for name in files:
        if not is_name(name):
            is_case = name != name.casefold()
            raise BadPack(PackFault.NAME_CASE if is_case else PackFault.NAME_UNKNOWN, name)
    if {one.name for one in manifest.files} != set(files):
        raise BadPack(PackFault.FILES_DIFFER)
    for expected, found in zip(manifest.files, listed(files), strict=True):
        if expected != found:
            raise BadPack(PackFault.ALTERED, expected.name)
