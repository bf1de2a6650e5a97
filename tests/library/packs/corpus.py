"""What hostile packs are made with, and where they are put down by name: why each must be refused, and its bytes."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace

from omi_desktop.wire import pack_zip
from omi_desktop.wire.pack import listed, write_manifest
from omi_desktop.wire.pack_faults import PackFault
from omi_desktop.wire.pack_keys import Signature, write_signature
from omi_desktop.wire.pack_making import SigningKey
from omi_desktop.wire.pack_zip import MANIFEST, SIGNATURE
from tests.kit.packs import FACTS, KEY, page, pages, signed_pack

CORPUS: dict[str, tuple[PackFault, Callable[[], bytes]]] = {}


def hostile(fault: PackFault) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    def put_down(make: Callable[[], bytes]) -> Callable[[], bytes]:
        CORPUS[make.__name__] = (fault, make)
        return make

    return put_down


def sealed(files: dict[str, bytes], key: SigningKey = KEY) -> dict[str, bytes]:
    """Files with a manifest and a signature, whatever their names are."""
    manifest = write_manifest(replace(FACTS, files=listed(files)))
    word = write_signature(Signature(key.public, key.sign(manifest)))
    return {MANIFEST: manifest, SIGNATURE: word, **files}


def with_manifest(manifest: bytes, files: dict[str, bytes] | None = None) -> bytes:
    """A pack with any manifest, truly signed."""
    word = write_signature(Signature(KEY.public, KEY.sign(manifest)))
    return pack_zip.write({MANIFEST: manifest, SIGNATURE: word, **(pages() if files is None else files)})


def named(*names: str) -> bytes:
    """A signed pack with more files, of these names."""
    return pack_zip.write(sealed(pages() | {name: page("handbook", "other") for name in names}))


def zipped(
    change: Callable[[zipfile.ZipInfo], None] = lambda _info: None, *, method: int = zipfile.ZIP_STORED
) -> bytes:
    """A signed pack as Python's zipfile writes it, each entry changed first."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in sealed(pages()).items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = 0o100644 << 16
            change(info)
            archive.writestr(info, data)
    return out.getvalue()


def patched(at: int, new: bytes, data: bytes | None = None) -> bytes:
    """A signed pack with some bytes replaced; negative from its end."""
    found = bytearray(data or signed_pack())
    begin = at if at >= 0 else len(found) + at
    found[begin : begin + len(new)] = new
    return bytes(found)


def first_listed(data: bytes) -> int:
    """Where the list of entries begins."""
    return int(struct.unpack("<I", data[-6:-2])[0])
