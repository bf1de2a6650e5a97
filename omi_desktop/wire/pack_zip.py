"""The ZIP file of a content pack, written one way only and read no other way.

Files are stored, not compressed: what a pack says it holds is what it holds, and nothing can swell. Times are fixed and
entries sorted, so that the same files are the same bytes. The reader knows the format by heart instead of trusting a
library to be strict, and at the end writes what it read: any byte that differs refuses the pack.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from collections.abc import Mapping

from omi_desktop.wire.pack_faults import BadPack, PackFault

PACK_BYTES = 32 * 1024 * 1024
"""A longer pack is not read."""
FILE_BYTES = 1024 * 1024
"""A longer file is not read."""
FILES = 3000
"""Entries, the manifest and its signature included."""
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES = 20
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_STORED = 0
_VERSION = 20
_MADE_BY = (3 << 8) | _VERSION  # Unix, for the rights below
_RIGHTS = (stat.S_IFREG | 0o644) << 16
_DOS_FOLDER = 0x10
_ENCRYPTED = 0x2041  # ordinary, strong, or the list of entries itself
_NO_TIME, _FIRST_DAY = 0, 0x21  # 1 January 1980, the first that a ZIP file knows
_DRIVE = re.compile(r"[A-Za-z]:")
_PORTS = tuple(f"{name}{number}" for name in ("com", "lpt") for number in range(10))
_RESERVED = frozenset(("con", "prn", "aux", "nul", "conin$", "conout$", "clock$", *_PORTS))


def write(files: Mapping[str, bytes]) -> bytes:
    """The ZIP file of these files: the manifest first, its signature second, the others by name."""
    parts: list[bytes] = []
    listed: list[bytes] = []
    position = 0
    for name in sorted(files, key=lambda name: (name != MANIFEST, name != SIGNATURE, name)):
        data, raw = files[name], name.encode("ascii")
        facts = (0, _STORED, _NO_TIME, _FIRST_DAY, zlib.crc32(data), len(data), len(data), len(raw), 0)
        header = _LOCAL.pack(_LOCAL_MARK, _VERSION, *facts) + raw
        listed.append(
            _CENTRAL.pack(_CENTRAL_MARK, _MADE_BY, _VERSION, *facts, 0, 0, 0, _RIGHTS, position) + raw
        )
        parts += (header, data)
        position += len(header) + len(data)
    listing = b"".join(listed)
    end = _END.pack(_END_MARK, 0, 0, len(files), len(files), len(listing), position, 0)
    return b"".join((*parts, listing, end))


def read(data: bytes) -> dict[str, bytes]:
    """The files of a pack by name. Raises BadPack. What they mean, and whether anyone signed them, is not looked at."""
    if len(data) > PACK_BYTES:
        raise BadPack(PackFault.TOO_LARGE)
    if not data.startswith(_LOCAL_MARK):
        raise BadPack(PackFault.NOT_A_ZIP)
    count, begin, end = _listing(data)
    files: dict[str, bytes] = {}
    folded: set[str] = set()
    at, position = begin, 0
    for _ in range(count):
        if at + _CENTRAL.size > end or data[at : at + 4] != _CENTRAL_MARK:
            raise BadPack(PackFault.DAMAGED)
        entry = _CENTRAL.unpack_from(data, at)
        names = data[at + _CENTRAL.size : end]
        at += _CENTRAL.size + sum(entry[10:13])
        if at > end:
            raise BadPack(PackFault.DAMAGED)
        raw = names[: entry[10]]
        _judge(entry, raw, names[entry[10] : entry[10] + entry[11]])
        name = raw.decode("ascii")
        if name.casefold() in folded:
            raise BadPack(PackFault.DUPLICATE, name)
        folded.add(name.casefold())
        files[name], position = _file(data, entry, raw, position, begin)
    if at != end or position != begin:
        raise BadPack(PackFault.HIDDEN_DATA)
    if write(files) != data:
        raise BadPack(PackFault.NOT_PLAIN)
    return files


def refuse_name(name: str) -> None:
    """Raise BadPack for a name that could do harm as a path on any system."""
    if "\\" in name:
        raise BadPack(PackFault.NAME_BACKSLASH, name)
    if name.startswith("/") or _DRIVE.match(name):
        raise BadPack(PackFault.NAME_ABSOLUTE, name)
    if name.endswith("/"):
        raise BadPack(PackFault.FOLDER, name)
    for part in name.split("/"):
        if part in ("", ".", ".."):
            raise BadPack(PackFault.NAME_TRAVERSAL, name)
        if part.split(".")[0].strip().casefold() in _RESERVED:
            raise BadPack(PackFault.NAME_RESERVED, name)


def _listing(data: bytes) -> tuple[int, int, int]:
    """How many entries are listed, and where their list begins and ends."""
    at = len(data) - _END.size
    if data[at : at + 4] != _END_MARK:
        raise BadPack(_without_end(data))
    _mark, disk, first_disk, here, count, size, begin, comment = _END.unpack_from(data, at)
    is_full = _FULL_16 in (here, count) or _FULL_32 in (size, begin)
    if is_full or data[:at][-_ZIP64_LOCATOR_BYTES:].startswith(_ZIP64_LOCATOR):
        raise BadPack(PackFault.ZIP64)
    if disk or first_disk or here != count:
        raise BadPack(PackFault.SEVERAL_DISKS)
    if comment:
        raise BadPack(PackFault.TRUNCATED)
    if count > FILES:
        raise BadPack(PackFault.TOO_MANY_FILES)
    return count, begin, at


def _without_end(data: bytes) -> PackFault:
    """Why a ZIP file does not end as one without a comment does."""
    found = data.rfind(_END_MARK)
    if found < 0 or found + _END.size > len(data):
        return PackFault.TRUNCATED
    comment = _END.unpack_from(data, found)[7]
    if comment > len(data) - found - _END.size:
        return PackFault.TRUNCATED
    return PackFault.COMMENT if comment else PackFault.TRAILING_DATA


def _judge(entry: tuple[int, ...], raw: bytes, extra: bytes) -> None:
    """Raise BadPack for an entry that is not a plain small file with a harmless name."""
    _mark, _by, _needs, flags, method, _time, _day, _crc, packed, size, *_lengths, comment, disk = entry[:14]
    rights = entry[15]
    if not raw.isascii():
        raise BadPack(PackFault.NAME_NOT_ASCII)
    name = raw.decode("ascii")
    if _FULL_32 in (packed, size, entry[16]) or extra.startswith(b"\x01\x00"):
        raise BadPack(PackFault.ZIP64, name)
    if flags & _ENCRYPTED:
        raise BadPack(PackFault.ENCRYPTED, name)
    if method != _STORED:
        raise BadPack(PackFault.COMPRESSED, name)
    if extra:
        raise BadPack(PackFault.EXTRA_FIELDS, name)
    if comment:
        raise BadPack(PackFault.COMMENT, name)
    if disk:
        raise BadPack(PackFault.SEVERAL_DISKS, name)
    if stat.S_IFMT(rights >> 16) == stat.S_IFDIR or rights & _DOS_FOLDER:
        raise BadPack(PackFault.FOLDER, name)
    if stat.S_IFMT(rights >> 16) not in (0, stat.S_IFREG):
        raise BadPack(PackFault.LINK, name)
    if packed != size:
        raise BadPack(PackFault.HEADER_MISMATCH, name)
    if size > FILE_BYTES:
        raise BadPack(PackFault.FILE_TOO_LARGE, name)
    refuse_name(name)


def _file(data: bytes, entry: tuple[int, ...], raw: bytes, position: int, limit: int) -> tuple[bytes, int]:
    """The data of an entry, which begins where the one before ended; and where it ends."""
    name, begin = raw.decode("ascii"), position + _LOCAL.size + len(raw)
    end = begin + entry[9]
    if entry[16] != position or end > limit:
        raise BadPack(PackFault.HIDDEN_DATA, name)
    local = _LOCAL.unpack_from(data, position)
    # From the version that is needed to the lengths of name and extra fields, both say the same.
    if local[0] != _LOCAL_MARK or local[1:] != entry[2:12] or data[begin - len(raw) : begin] != raw:
        raise BadPack(PackFault.HEADER_MISMATCH, name)
    found = data[begin:end]
    if zlib.crc32(found) != entry[7]:
        raise BadPack(PackFault.DAMAGED, name)
    return found, end
