"""ZIP files that are not what they seem."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from omi_desktop.wire import pack_zip
from omi_desktop.wire.pack_faults import PackFault
from tests.kit.packs import pages, signed_pack
from tests.library.packs.corpus import first_listed, hostile, named, patched, sealed, zipped


@hostile(PackFault.NOT_A_ZIP)
def no_zip() -> bytes:
    return b"%PDF-1.7 and more"


@hostile(PackFault.NOT_A_ZIP)
def nothing() -> bytes:
    return b""


@hostile(PackFault.NOT_A_ZIP)
def something_before_it() -> bytes:
    return b"#!/bin/sh\n" + signed_pack()


@hostile(PackFault.NOT_A_ZIP)
def no_entries() -> bytes:
    return pack_zip.write({})


@hostile(PackFault.TOO_LARGE)
def a_byte_too_large() -> bytes:
    return signed_pack() + bytes(pack_zip.PACK_BYTES)


@hostile(PackFault.TRUNCATED)
def cut_in_half() -> bytes:
    return signed_pack()[:900]


@hostile(PackFault.TRUNCATED)
def cut_before_its_last_byte() -> bytes:
    return signed_pack()[:-1]


@hostile(PackFault.TRUNCATED)
def a_comment_that_is_not_there() -> bytes:
    return patched(-2, b"\x05\x00")


@hostile(PackFault.TRAILING_DATA)
def trailing_data() -> bytes:
    return signed_pack() + b"MZ program"


@hostile(PackFault.COMMENT)
def a_comment() -> bytes:
    return patched(-2, b"\x05\x00") + b"hello"


@hostile(PackFault.COMMENT)
def a_comment_of_an_entry() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.comment = b"hello"

    return zipped(change)


@hostile(PackFault.HIDDEN_DATA)
def two_packs_in_one() -> bytes:
    return signed_pack(9) + signed_pack(8)


@hostile(PackFault.ZIP64)
def a_count_of_zip64() -> bytes:
    return patched(-14, b"\xff\xff\xff\xff")


@hostile(PackFault.ZIP64)
def an_offset_of_zip64() -> bytes:
    return patched(-6, b"\xff\xff\xff\xff")


@hostile(PackFault.ZIP64)
def a_locator_of_zip64() -> bytes:
    data = signed_pack()
    return data[:-22] + struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1) + data[-22:]


@hostile(PackFault.ZIP64)
def a_size_of_zip64() -> bytes:
    data = signed_pack()
    return patched(first_listed(data) + 20, b"\xff\xff\xff\xff", data)


@hostile(PackFault.ZIP64)
def an_extra_field_of_zip64() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.extra = struct.pack("<HHQQ", 1, 16, 5, 5)

    return zipped(change)


@hostile(PackFault.SEVERAL_DISKS)
def one_of_several_disks() -> bytes:
    return patched(-18, b"\x01\x00")


@hostile(PackFault.SEVERAL_DISKS)
def an_entry_on_another_disk() -> bytes:
    data = signed_pack()
    return patched(first_listed(data) + 34, b"\x01\x00", data)


@hostile(PackFault.TOO_MANY_FILES)
def too_many_files() -> bytes:
    files = {f"handbook/p{number}.md": b"" for number in range(pack_zip.FILES)}
    return pack_zip.write(sealed(files))


@hostile(PackFault.FILE_TOO_LARGE)
def too_large_a_file() -> bytes:
    return pack_zip.write(sealed(pages() | {"handbook/long.md": bytes(pack_zip.FILE_BYTES + 1)}))


@hostile(PackFault.ENCRYPTED)
def encrypted() -> bytes:
    data = signed_pack()
    return patched(first_listed(data) + 8, b"\x01\x00", patched(6, b"\x01\x00", data))


@hostile(PackFault.COMPRESSED)
def a_bomb() -> bytes:
    """A gigabyte of zeros, said to be a page, in a megabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    name = b"handbook/bomb.md"
    facts = (20, 0, 8, 0, 0x21, 0, len(packed), 1 << 30, len(name), 0)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *facts) + name + packed
    listing = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 788, *facts, 0, 0, 0, 0, 0) + name
    return local + listing + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(listing), len(local), 0)


@hostile(PackFault.COMPRESSED)
def ordinary_compression() -> bytes:
    return zipped(method=zipfile.ZIP_DEFLATED)


@hostile(PackFault.EXTRA_FIELDS)
def extra_fields() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.extra = struct.pack("<HHI", 0x7075, 4, 0)

    return zipped(change)


@hostile(PackFault.LINK)
def a_link() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = 0o120777 << 16

    return zipped(change)


@hostile(PackFault.LINK)
def a_device() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = 0o020666 << 16

    return zipped(change)


@hostile(PackFault.FOLDER)
def a_folder() -> bytes:
    return named("handbook/new/")


@hostile(PackFault.FOLDER)
def a_folder_by_its_rights() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = 0o040755 << 16

    return zipped(change)


@hostile(PackFault.DUPLICATE)
def the_same_name_twice() -> bytes:
    return _doubled("handbook/first-visit.md")


@hostile(PackFault.DUPLICATE)
def the_same_name_in_capitals() -> bytes:
    return named("handbook/First-Visit.md")


def _doubled(name: str) -> bytes:
    """An entry more of a name that is there, at the end."""
    data = signed_pack()
    begin, count = first_listed(data), struct.unpack("<H", data[-14:-12])[0]
    raw, body = name.encode(), b"other"
    facts = (20, 0, 0, 0, 0x21, zlib.crc32(body), len(body), len(body), len(raw), 0)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *facts) + raw + body
    one = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 788, *facts, 0, 0, 0, 0o100644 << 16, begin) + raw
    listing = data[begin:-22] + one
    end = (0, 0, count + 1, count + 1, len(listing), begin + len(local), 0)
    return data[:begin] + local + listing + struct.pack("<4sHHHHIIH", b"PK\x05\x06", *end)


@hostile(PackFault.HEADER_MISMATCH)
def another_name_before_the_data() -> bytes:
    data = signed_pack()
    at = data.rindex(b"handbook/first-visit.md", 0, first_listed(data))
    return patched(at, b"handbook/../../../../et", data)


@hostile(PackFault.HEADER_MISMATCH)
def another_size_before_the_data() -> bytes:
    return patched(22, b"\x01\x00\x00\x00")


@hostile(PackFault.HEADER_MISMATCH)
def two_sizes_of_a_stored_file() -> bytes:
    data = signed_pack()
    return patched(first_listed(data) + 20, b"\x01\x00\x00\x00", data)


@hostile(PackFault.HEADER_MISMATCH)
def two_sizes_of_a_stored_file_in_both_places() -> bytes:
    """As a file that swells, which a stored one can't."""
    data = signed_pack()
    return patched(first_listed(data) + 20, b"\x01\x00\x00\x00", patched(18, b"\x01\x00\x00\x00", data))


@hostile(PackFault.HIDDEN_DATA)
def data_between_entries() -> bytes:
    data = signed_pack()
    begin = first_listed(data)
    return data[:begin] + b"hidden" + data[begin:-6] + struct.pack("<I", begin + 6) + data[-2:]


@hostile(PackFault.HIDDEN_DATA)
def overlapping_entries() -> bytes:
    data = signed_pack()
    second = data.index(b"PK\x01\x02", first_listed(data) + 4)
    return patched(second + 42, b"\x00\x00\x00\x00", data)


@hostile(PackFault.DAMAGED)
def a_damaged_file() -> bytes:
    data = signed_pack()
    return patched(data.index(b"Some words"), b"Some swords", data)


@hostile(PackFault.DAMAGED)
def fewer_entries_than_listed() -> bytes:
    data = signed_pack()
    count = struct.unpack("<H", data[-14:-12])[0] + 1
    return patched(-14, struct.pack("<HH", count, count), data)


@hostile(PackFault.DAMAGED)
def a_name_longer_than_the_list() -> bytes:
    data = signed_pack()
    last = data.rindex(b"PK\x01\x02")
    return patched(last + 28, b"\xff\x00", data)


@hostile(PackFault.HIDDEN_DATA)
def more_entries_than_counted() -> bytes:
    data = signed_pack()
    count = struct.unpack("<H", data[-14:-12])[0] - 1
    return patched(-14, struct.pack("<HH", count, count), data)


@hostile(PackFault.NOT_PLAIN)
def another_time() -> bytes:
    data = signed_pack()
    return patched(first_listed(data) + 12, b"\x01\x02", patched(10, b"\x01\x02", data))


@hostile(PackFault.NOT_PLAIN)
def another_order() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in reversed(sealed(pages()).items()):
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()
