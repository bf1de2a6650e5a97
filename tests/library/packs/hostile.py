"""Packs that must be refused, each with the one reason: what they are made of, byte by byte where it needs to be.

`CORPUS` maps a name to (fault, bytes). Packs are signed with the trusted key wherever the fault is not about keys, so
that the guard under test is the only thing between them and the disk.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace

from omi_desktop.wire import pack_zip
from omi_desktop.wire.pack import listed, write_manifest
from omi_desktop.wire.pack_faults import PackFault
from omi_desktop.wire.pack_keys import Signature, write_signature
from omi_desktop.wire.pack_making import SigningKey
from omi_desktop.wire.pack_zip import MANIFEST, SIGNATURE
from tests.kit.packs import FACTS, KEY, STRANGER, SVG, page, pages, signed_pack

_CORPUS: dict[str, tuple[PackFault, Callable[[], bytes]]] = {}


def _hostile(fault: PackFault) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    def put_down(make: Callable[[], bytes]) -> Callable[[], bytes]:
        _CORPUS[make.__name__] = (fault, make)
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


@_hostile(PackFault.NOT_A_ZIP)
def no_zip() -> bytes:
    return b"%PDF-1.7 and more"


@_hostile(PackFault.NOT_A_ZIP)
def nothing() -> bytes:
    return b""


@_hostile(PackFault.NOT_A_ZIP)
def something_before_it() -> bytes:
    return b"#!/bin/sh\n" + signed_pack()


@_hostile(PackFault.NOT_A_ZIP)
def no_entries() -> bytes:
    return pack_zip.write({})


@_hostile(PackFault.TOO_LARGE)
def a_byte_too_large() -> bytes:
    return signed_pack() + bytes(pack_zip.PACK_BYTES)


@_hostile(PackFault.TRUNCATED)
def cut_in_half() -> bytes:
    return signed_pack()[:900]


@_hostile(PackFault.TRUNCATED)
def cut_before_its_last_byte() -> bytes:
    return signed_pack()[:-1]


@_hostile(PackFault.TRUNCATED)
def a_comment_that_is_not_there() -> bytes:
    return patched(-2, b"\x05\x00")


@_hostile(PackFault.TRAILING_DATA)
def trailing_data() -> bytes:
    return signed_pack() + b"MZ program"


@_hostile(PackFault.COMMENT)
def a_comment() -> bytes:
    return patched(-2, b"\x05\x00") + b"hello"


@_hostile(PackFault.COMMENT)
def a_comment_of_an_entry() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.comment = b"hello"

    return zipped(change)


@_hostile(PackFault.HIDDEN_DATA)
def two_packs_in_one() -> bytes:
    return signed_pack(9) + signed_pack(8)


@_hostile(PackFault.ZIP64)
def a_count_of_zip64() -> bytes:
    return patched(-14, b"\xff\xff\xff\xff")


@_hostile(PackFault.ZIP64)
def an_offset_of_zip64() -> bytes:
    return patched(-6, b"\xff\xff\xff\xff")


@_hostile(PackFault.ZIP64)
def a_locator_of_zip64() -> bytes:
    data = signed_pack()
    return data[:-22] + struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1) + data[-22:]


@_hostile(PackFault.ZIP64)
def a_size_of_zip64() -> bytes:
    data = signed_pack()
    return patched(first_listed(data) + 20, b"\xff\xff\xff\xff", data)


@_hostile(PackFault.ZIP64)
def an_extra_field_of_zip64() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.extra = struct.pack("<HHQQ", 1, 16, 5, 5)

    return zipped(change)


@_hostile(PackFault.SEVERAL_DISKS)
def one_of_several_disks() -> bytes:
    return patched(-18, b"\x01\x00")


@_hostile(PackFault.TOO_MANY_FILES)
def too_many_files() -> bytes:
    files = {f"handbook/p{number}.md": b"" for number in range(pack_zip.FILES)}
    return pack_zip.write(sealed(files))


@_hostile(PackFault.FILE_TOO_LARGE)
def too_large_a_file() -> bytes:
    return pack_zip.write(sealed(pages() | {"handbook/long.md": bytes(pack_zip.FILE_BYTES + 1)}))


@_hostile(PackFault.ENCRYPTED)
def encrypted() -> bytes:
    data = signed_pack()
    return patched(first_listed(data) + 8, b"\x01\x00", patched(6, b"\x01\x00", data))


@_hostile(PackFault.COMPRESSED)
def a_bomb() -> bytes:
    """A gigabyte of zeros, said to be a page, in a megabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    name = b"handbook/bomb.md"
    facts = (20, 0, 8, 0, 0x21, 0, len(packed), 1 << 30, len(name), 0)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *facts) + name + packed
    listing = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 788, *facts, 0, 0, 0, 0, 0) + name
    return local + listing + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(listing), len(local), 0)


@_hostile(PackFault.COMPRESSED)
def ordinary_compression() -> bytes:
    return zipped(method=zipfile.ZIP_DEFLATED)


@_hostile(PackFault.EXTRA_FIELDS)
def extra_fields() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.extra = struct.pack("<HHI", 0x7075, 4, 0)

    return zipped(change)


@_hostile(PackFault.LINK)
def a_link() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = 0o120777 << 16

    return zipped(change)


@_hostile(PackFault.LINK)
def a_device() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = 0o020666 << 16

    return zipped(change)


@_hostile(PackFault.FOLDER)
def a_folder() -> bytes:
    return named("handbook/new/")


@_hostile(PackFault.FOLDER)
def a_folder_by_its_rights() -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = 0o040755 << 16

    return zipped(change)


@_hostile(PackFault.DUPLICATE)
def the_same_name_twice() -> bytes:
    return _doubled("handbook/first-visit.md")


@_hostile(PackFault.DUPLICATE)
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


@_hostile(PackFault.HEADER_MISMATCH)
def another_name_before_the_data() -> bytes:
    data = signed_pack()
    at = data.rindex(b"handbook/first-visit.md", 0, first_listed(data))
    return patched(at, b"handbook/../../../../et", data)


@_hostile(PackFault.HEADER_MISMATCH)
def another_size_before_the_data() -> bytes:
    return patched(22, b"\x01\x00\x00\x00")


@_hostile(PackFault.HEADER_MISMATCH)
def two_sizes_of_a_stored_file() -> bytes:
    data = signed_pack()
    return patched(first_listed(data) + 20, b"\x01\x00\x00\x00", data)


@_hostile(PackFault.HIDDEN_DATA)
def data_between_entries() -> bytes:
    data = signed_pack()
    begin = first_listed(data)
    return data[:begin] + b"hidden" + data[begin:-6] + struct.pack("<I", begin + 6) + data[-2:]


@_hostile(PackFault.HIDDEN_DATA)
def overlapping_entries() -> bytes:
    data = signed_pack()
    second = data.index(b"PK\x01\x02", first_listed(data) + 4)
    return patched(second + 42, b"\x00\x00\x00\x00", data)


@_hostile(PackFault.DAMAGED)
def a_damaged_file() -> bytes:
    data = signed_pack()
    return patched(data.index(b"Some words"), b"Some swords", data)


@_hostile(PackFault.DAMAGED)
def fewer_entries_than_listed() -> bytes:
    data = signed_pack()
    count = struct.unpack("<H", data[-14:-12])[0] + 1
    return patched(-14, struct.pack("<HH", count, count), data)


@_hostile(PackFault.HIDDEN_DATA)
def more_entries_than_counted() -> bytes:
    data = signed_pack()
    count = struct.unpack("<H", data[-14:-12])[0] - 1
    return patched(-14, struct.pack("<HH", count, count), data)


@_hostile(PackFault.NOT_PLAIN)
def another_time() -> bytes:
    data = signed_pack()
    return patched(first_listed(data) + 12, b"\x01\x02", patched(10, b"\x01\x02", data))


@_hostile(PackFault.NOT_PLAIN)
def another_order() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in reversed(sealed(pages()).items()):
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


@_hostile(PackFault.NAME_NOT_ASCII)
def a_name_in_cyrillic() -> bytes:
    return patched_name("handbook/first-visit.md", "handbook/fi\u0433st-visi.md".encode())


@_hostile(PackFault.NAME_NOT_ASCII)
def a_name_written_from_right_to_left() -> bytes:
    return patched_name("handbook/first-visit.md", "handbook/fi\u202etisiv.md.".encode())


def patched_name(name: str, new: bytes) -> bytes:
    """A pack with another name of the same length, in both places."""
    data, old = signed_pack(), name.encode()
    assert len(old) == len(new), f"{len(old)} and {len(new)}"
    for at in (data.rindex(old, 0, first_listed(data)), data.rindex(old)):
        data = patched(at, new, data)
    return data


@_hostile(PackFault.NAME_ABSOLUTE)
def an_absolute_name() -> bytes:
    return named("/etc/cron.d/job")


@_hostile(PackFault.NAME_ABSOLUTE)
def a_name_on_a_drive() -> bytes:
    return named("C:handbook.md")


@_hostile(PackFault.NAME_BACKSLASH)
def a_backslash() -> bytes:
    return named("handbook\\..\\..\\job.md")


@_hostile(PackFault.NAME_BACKSLASH)
def a_network_share() -> bytes:
    return named("\\\\server\\share\\job.md")


@_hostile(PackFault.NAME_TRAVERSAL)
def traversal() -> bytes:
    return named("handbook/../../../job.md")


@_hostile(PackFault.NAME_TRAVERSAL)
def a_dot_in_the_way() -> bytes:
    return named("handbook/./job.md")


@_hostile(PackFault.NAME_TRAVERSAL)
def an_empty_part() -> bytes:
    return named("handbook//job.md")


@_hostile(PackFault.NAME_RESERVED)
def a_reserved_name() -> bytes:
    return named("handbook/con.md")


@_hostile(PackFault.NAME_RESERVED)
def a_reserved_port() -> bytes:
    return named("resources/careers/lpt1.md")


@_hostile(PackFault.NAME_RESERVED)
def a_reserved_folder() -> bytes:
    return named("aux/page.md")


@_hostile(PackFault.NAME_CASE)
def capitals() -> bytes:
    return named("Handbook/other.md")


@_hostile(PackFault.NAME_UNKNOWN)
def a_program() -> bytes:
    return named("handbook/job.exe")


@_hostile(PackFault.NAME_UNKNOWN)
def a_pack_in_a_pack() -> bytes:
    return pack_zip.write(sealed(pages() | {"resources/inner.zip": signed_pack()}))


@_hostile(PackFault.NAME_UNKNOWN)
def a_database() -> bytes:
    return named("library.db")


@_hostile(PackFault.NAME_UNKNOWN)
def a_deeper_folder() -> bytes:
    return named("handbook/deep/page.md")


@_hostile(PackFault.NAME_UNKNOWN)
def two_extensions() -> bytes:
    return named("handbook/page.md.md")


@_hostile(PackFault.NAME_UNKNOWN)
def a_space_in_a_name() -> bytes:
    return named("handbook/page .md")


@_hostile(PackFault.NAME_UNKNOWN)
def a_line_feed_after_a_name() -> bytes:
    return named("handbook/page.md\n")


@_hostile(PackFault.NAME_UNKNOWN)
def a_nul_in_a_name() -> bytes:
    return named("handbook/page.md\x00.txt")


@_hostile(PackFault.NAME_UNKNOWN)
def an_endless_name() -> bytes:
    return named(f"handbook/{'a' * 300}.md")


@_hostile(PackFault.NO_MANIFEST)
def without_a_manifest() -> bytes:
    return pack_zip.write(pages())


@_hostile(PackFault.NO_SIGNATURE)
def without_a_signature() -> bytes:
    files = sealed(pages())
    del files[SIGNATURE]
    return pack_zip.write(files)


@_hostile(PackFault.BAD_SIGNATURE)
def a_signature_of_another_manifest() -> bytes:
    files = sealed(pages())
    files[MANIFEST] = write_manifest(replace(FACTS, version=9, files=listed(pages())))
    return pack_zip.write(files)


@_hostile(PackFault.BAD_SIGNATURE)
def a_signature_with_one_bit_changed() -> bytes:
    files = sealed(pages())
    word = json.loads(files[SIGNATURE])
    raw = word["signature"]
    word["signature"] = ("B" if raw[0] == "A" else "A") + raw[1:]
    files[SIGNATURE] = (json.dumps(word, indent=1) + "\n").encode()
    return pack_zip.write(files)


@_hostile(PackFault.BAD_SIGNATURE)
def a_signature_that_is_no_text() -> bytes:
    return pack_zip.write(sealed(pages()) | {SIGNATURE: b"\xff\x00" * 40})


@_hostile(PackFault.BAD_SIGNATURE)
def a_signature_with_more_in_it() -> bytes:
    files = sealed(pages())
    files[SIGNATURE] = files[SIGNATURE].replace(b'"format"', b'"colour": 1,\n "format"')
    return pack_zip.write(files)


@_hostile(PackFault.BAD_SIGNATURE)
def a_strangers_key_under_our_name() -> bytes:
    files = sealed(pages(), STRANGER)
    ours = json.loads(sealed(pages())[SIGNATURE])
    word = json.loads(files[SIGNATURE]) | {"key": ours["key"], "key_id": ours["key_id"]}
    files[SIGNATURE] = (json.dumps(word, indent=1) + "\n").encode()
    return pack_zip.write(files)


@_hostile(PackFault.UNKNOWN_KEY)
def a_strangers_key() -> bytes:
    return signed_pack(key=STRANGER)


@_hostile(PackFault.UNKNOWN_KEY)
def a_strangers_key_that_says_it_follows_ours() -> bytes:
    """The word of succession is the stranger's own."""
    files = sealed(pages(), STRANGER)
    word = json.loads(files[SIGNATURE])
    word["successions"] = [[KEY.public, STRANGER.public, STRANGER.sign(b"omi-pack-key/1 anything")]]
    files[SIGNATURE] = (json.dumps(word, indent=1) + "\n").encode()
    return pack_zip.write(files)


@_hostile(PackFault.FORMAT_TOO_NEW)
def a_newer_format() -> bytes:
    manifest = json.loads(write_manifest(replace(FACTS, files=listed(pages())))) | {"format": 2}
    return with_manifest(json.dumps(manifest, indent=1).encode())


@_hostile(PackFault.BAD_MANIFEST)
def a_manifest_that_is_no_json() -> bytes:
    return with_manifest(b"version = 7")


@_hostile(PackFault.BAD_MANIFEST)
def a_manifest_nested_without_end() -> bytes:
    return with_manifest(b"[" * 100_000)


@_hostile(PackFault.BAD_MANIFEST)
def a_manifest_with_a_name_twice() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    return with_manifest(manifest.replace(b'"version": 7', b'"version": 7,\n "version": 8'))


@_hostile(PackFault.BAD_MANIFEST)
def a_version_that_is_true() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    return with_manifest(manifest.replace(b'"version": 7', b'"version": true'))


@_hostile(PackFault.BAD_MANIFEST)
def a_pack_id_that_leads_elsewhere() -> bytes:
    return with_manifest(write_manifest(replace(FACTS, pack_id="../../omi", files=listed(pages()))))


@_hostile(PackFault.BAD_MANIFEST)
def a_version_below_one() -> bytes:
    return with_manifest(write_manifest(replace(FACTS, version=0, files=listed(pages()))))


@_hostile(PackFault.FILES_DIFFER)
def a_file_that_is_not_listed() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    return with_manifest(manifest, pages() | {"handbook/more.md": page("handbook", "more")})


@_hostile(PackFault.FILES_DIFFER)
def a_listed_file_that_is_not_there() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    files = pages()
    del files["resources/diagrams/moon.svg"]
    return with_manifest(manifest, files)


@_hostile(PackFault.ALTERED)
def an_altered_file() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    return with_manifest(
        manifest, pages() | {"handbook/first-visit.md": page("handbook", "first-visit", body="x")}
    )


@_hostile(PackFault.APP_TOO_OLD)
def for_a_newer_app() -> bytes:
    return signed_pack(app="99.0.0")


@_hostile(PackFault.EXPIRED)
def expired() -> bytes:
    return signed_pack(expires_at="2026-11-25T11:59:59Z")


@_hostile(PackFault.ROLLBACK)
def an_older_version() -> bytes:
    return signed_pack(4)


@_hostile(PackFault.KNOWN)
def the_version_in_use_with_other_pages() -> bytes:
    return signed_pack(5)


def _content(name: str, data: bytes) -> bytes:
    return signed_pack(files=pages() | {name: data})


@_hostile(PackFault.CONTENT)
def a_page_that_is_not_utf_8() -> bytes:
    return _content("handbook/other.md", page("handbook", "other") + b"\xff\xfe")


@_hostile(PackFault.CONTENT)
def a_page_without_its_facts() -> bytes:
    return _content("handbook/other.md", b"# Other\n")


@_hostile(PackFault.CONTENT)
def a_page_of_another_name() -> bytes:
    return _content("handbook/other.md", page("handbook", "another"))


@_hostile(PackFault.CONTENT)
def a_page_whose_id_is_taken() -> bytes:
    return _content("resources/careers/rocket-mice.md", page("career", "rocket-mice"))


@_hostile(PackFault.CONTENT)
def a_page_nested_too_deeply() -> bytes:
    return _content("handbook/other.md", page("handbook", "other", body="> " * 40 + "deep\n"))


@_hostile(PackFault.CONTENT)
def a_page_too_long_to_lay_out() -> bytes:
    return _content("handbook/other.md", page("handbook", "other", body="word " * 40_000))


@_hostile(PackFault.CONTENT)
def no_handbook() -> bytes:
    return signed_pack(files={"resources/activities/rocket-mice.md": page("activity", "rocket-mice")})


@_hostile(PackFault.CONTENT)
def a_drawing_with_a_script() -> bytes:
    return _content(
        "resources/diagrams/bad.svg", SVG.replace(b"<title>", b"<script>alert(1)</script><title>")
    )


@_hostile(PackFault.CONTENT)
def a_drawing_that_fetches() -> bytes:
    image = b'<image href="https://example.org/a.png"/><title>'
    return _content("resources/diagrams/bad.svg", SVG.replace(b"<title>", image))


@_hostile(PackFault.CONTENT)
def a_drawing_that_refers_to_a_file() -> bytes:
    return _content(
        "resources/diagrams/bad.svg", SVG.replace(b'fill="#0f766e"', b'fill="url(file:///etc/passwd)"')
    )


@_hostile(PackFault.CONTENT)
def a_drawing_that_acts_when_pressed() -> bytes:
    return _content("resources/diagrams/bad.svg", SVG.replace(b"<circle", b'<circle onclick="alert(1)"'))


@_hostile(PackFault.CONTENT)
def a_drawing_that_laughs_a_billion_times() -> bytes:
    laughs = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    return _content("resources/diagrams/bad.svg", laughs + SVG)


@_hostile(PackFault.CONTENT)
def a_picture_that_swells() -> bytes:
    return _content("resources/diagrams/bad.png", png(8, 8, zlib.compress(bytes(50_000_000))))


@_hostile(PackFault.CONTENT)
def a_picture_of_a_million_sides() -> bytes:
    return _content("resources/diagrams/bad.png", png(1_000_000, 1_000_000, zlib.compress(b"")))


@_hostile(PackFault.CONTENT)
def a_picture_with_something_after_it() -> bytes:
    return _content("resources/diagrams/bad.png", png(1, 1, zlib.compress(bytes(2))) + b"PK\x03\x04")


@_hostile(PackFault.CONTENT)
def a_picture_that_is_none() -> bytes:
    return _content("resources/diagrams/bad.png", b"\x89PNG\r\n\x1a\n")


def png(width: int, height: int, packed: bytes) -> bytes:
    """A grey picture with these sides, and pixels that may or may not be as many."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


CORPUS = dict(_CORPUS)
