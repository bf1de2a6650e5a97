"""Packs whose names, manifests, signatures or pages are not what they should be, in a ZIP file that is."""

from __future__ import annotations

import json
from dataclasses import replace

from omi_desktop.wire import pack_zip
from omi_desktop.wire.pack import listed, write_manifest
from omi_desktop.wire.pack_faults import PackFault
from omi_desktop.wire.pack_zip import MANIFEST, SIGNATURE
from tests.kit.packs import FACTS, KEY, STRANGER, SVG, page, pages, signed_pack
from tests.library.packs.corpus import first_listed, hostile, named, patched, sealed, with_manifest


@hostile(PackFault.NAME_NOT_ASCII)
def a_name_in_cyrillic() -> bytes:
    return patched_name("handbook/first-visit.md", "handbook/fi\u0433st-visi.md".encode())


@hostile(PackFault.NAME_NOT_ASCII)
def a_name_written_from_right_to_left() -> bytes:
    return patched_name("handbook/first-visit.md", "handbook/fi\u202etisiv.md.".encode())


def patched_name(name: str, new: bytes) -> bytes:
    """A pack with another name of the same length, in both places."""
    data, old = signed_pack(), name.encode()
    assert len(old) == len(new), f"{len(old)} and {len(new)}"
    for at in (data.rindex(old, 0, first_listed(data)), data.rindex(old)):
        data = patched(at, new, data)
    return data


@hostile(PackFault.NAME_ABSOLUTE)
def an_absolute_name() -> bytes:
    return named("/etc/cron.d/job")


@hostile(PackFault.NAME_ABSOLUTE)
def a_name_on_a_drive() -> bytes:
    return named("C:handbook.md")


@hostile(PackFault.NAME_BACKSLASH)
def a_backslash() -> bytes:
    return named("handbook\\..\\..\\job.md")


@hostile(PackFault.NAME_BACKSLASH)
def a_network_share() -> bytes:
    return named("\\\\server\\share\\job.md")


@hostile(PackFault.NAME_TRAVERSAL)
def traversal() -> bytes:
    return named("handbook/../../../job.md")


@hostile(PackFault.NAME_TRAVERSAL)
def a_dot_in_the_way() -> bytes:
    return named("handbook/./job.md")


@hostile(PackFault.NAME_TRAVERSAL)
def an_empty_part() -> bytes:
    return named("handbook//job.md")


@hostile(PackFault.NAME_RESERVED)
def a_reserved_name() -> bytes:
    return named("handbook/con.md")


@hostile(PackFault.NAME_RESERVED)
def a_reserved_port() -> bytes:
    return named("resources/careers/lpt1.md")


@hostile(PackFault.NAME_RESERVED)
def a_reserved_folder() -> bytes:
    return named("aux/page.md")


@hostile(PackFault.NAME_CASE)
def capitals() -> bytes:
    return named("Handbook/other.md")


@hostile(PackFault.NAME_UNKNOWN)
def a_program() -> bytes:
    return named("handbook/job.exe")


@hostile(PackFault.NAME_UNKNOWN)
def a_pack_in_a_pack() -> bytes:
    return pack_zip.write(sealed(pages() | {"resources/inner.zip": signed_pack()}))


@hostile(PackFault.NAME_UNKNOWN)
def a_database() -> bytes:
    return named("library.db")


@hostile(PackFault.NAME_UNKNOWN)
def a_deeper_folder() -> bytes:
    return named("handbook/deep/page.md")


@hostile(PackFault.NAME_UNKNOWN)
def two_extensions() -> bytes:
    return named("handbook/page.md.md")


@hostile(PackFault.NAME_UNKNOWN)
def a_space_in_a_name() -> bytes:
    return named("handbook/page .md")


@hostile(PackFault.NAME_UNKNOWN)
def a_line_feed_after_a_name() -> bytes:
    return named("handbook/page.md\n")


@hostile(PackFault.NAME_UNKNOWN)
def a_nul_in_a_name() -> bytes:
    return named("handbook/page.md\x00.txt")


@hostile(PackFault.NAME_UNKNOWN)
def an_endless_name() -> bytes:
    return named(f"handbook/{'a' * 300}.md")


@hostile(PackFault.NO_MANIFEST)
def without_a_manifest() -> bytes:
    return pack_zip.write(pages())


@hostile(PackFault.NO_SIGNATURE)
def without_a_signature() -> bytes:
    files = sealed(pages())
    del files[SIGNATURE]
    return pack_zip.write(files)


@hostile(PackFault.BAD_SIGNATURE)
def a_signature_of_another_manifest() -> bytes:
    files = sealed(pages())
    files[MANIFEST] = write_manifest(replace(FACTS, version=9, files=listed(pages())))
    return pack_zip.write(files)


@hostile(PackFault.BAD_SIGNATURE)
def a_signature_with_one_bit_changed() -> bytes:
    files = sealed(pages())
    word = json.loads(files[SIGNATURE])
    raw = word["signature"]
    word["signature"] = ("B" if raw[0] == "A" else "A") + raw[1:]
    files[SIGNATURE] = (json.dumps(word, indent=1) + "\n").encode()
    return pack_zip.write(files)


@hostile(PackFault.BAD_SIGNATURE)
def a_signature_that_is_no_text() -> bytes:
    return pack_zip.write(sealed(pages()) | {SIGNATURE: b"\xff\x00" * 40})


@hostile(PackFault.BAD_SIGNATURE)
def a_signature_with_more_in_it() -> bytes:
    files = sealed(pages())
    files[SIGNATURE] = files[SIGNATURE].replace(b'"format"', b'"colour": 1,\n "format"')
    return pack_zip.write(files)


@hostile(PackFault.BAD_SIGNATURE)
def a_strangers_key_under_our_name() -> bytes:
    files = sealed(pages(), STRANGER)
    ours = json.loads(sealed(pages())[SIGNATURE])
    word = json.loads(files[SIGNATURE]) | {"key": ours["key"], "key_id": ours["key_id"]}
    files[SIGNATURE] = (json.dumps(word, indent=1) + "\n").encode()
    return pack_zip.write(files)


@hostile(PackFault.UNKNOWN_KEY)
def a_strangers_key() -> bytes:
    return signed_pack(key=STRANGER)


@hostile(PackFault.UNKNOWN_KEY)
def a_strangers_key_that_says_it_follows_ours() -> bytes:
    """The word of succession is the stranger's own."""
    files = sealed(pages(), STRANGER)
    word = json.loads(files[SIGNATURE])
    word["successions"] = [[KEY.public, STRANGER.public, STRANGER.sign(b"omi-pack-key/1 anything")]]
    files[SIGNATURE] = (json.dumps(word, indent=1) + "\n").encode()
    return pack_zip.write(files)


@hostile(PackFault.FORMAT_TOO_NEW)
def a_newer_format() -> bytes:
    manifest = json.loads(write_manifest(replace(FACTS, files=listed(pages())))) | {"format": 2}
    return with_manifest(json.dumps(manifest, indent=1).encode())


@hostile(PackFault.BAD_MANIFEST)
def a_manifest_that_is_no_json() -> bytes:
    return with_manifest(b"version = 7")


@hostile(PackFault.BAD_MANIFEST)
def a_manifest_nested_without_end() -> bytes:
    return with_manifest(b"[" * 100_000)


@hostile(PackFault.BAD_MANIFEST)
def a_manifest_with_a_name_twice() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    return with_manifest(manifest.replace(b'"version": 7', b'"version": 7,\n "version": 8'))


@hostile(PackFault.BAD_MANIFEST)
def a_version_that_is_true() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    return with_manifest(manifest.replace(b'"version": 7', b'"version": true'))


@hostile(PackFault.BAD_MANIFEST)
def a_pack_id_that_leads_elsewhere() -> bytes:
    return with_manifest(write_manifest(replace(FACTS, pack_id="../../omi", files=listed(pages()))))


@hostile(PackFault.BAD_MANIFEST)
def a_version_below_one() -> bytes:
    return with_manifest(write_manifest(replace(FACTS, version=0, files=listed(pages()))))


@hostile(PackFault.FILES_DIFFER)
def a_file_that_is_not_listed() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    return with_manifest(manifest, pages() | {"handbook/more.md": page("handbook", "more")})


@hostile(PackFault.FILES_DIFFER)
def a_listed_file_that_is_not_there() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    files = pages()
    del files["resources/diagrams/moon.svg"]
    return with_manifest(manifest, files)


@hostile(PackFault.ALTERED)
def an_altered_file() -> bytes:
    manifest = write_manifest(replace(FACTS, files=listed(pages())))
    return with_manifest(
        manifest, pages() | {"handbook/first-visit.md": page("handbook", "first-visit", body="x")}
    )


@hostile(PackFault.APP_TOO_OLD)
def for_a_newer_app() -> bytes:
    return signed_pack(app="99.0.0")


@hostile(PackFault.EXPIRED)
def expired() -> bytes:
    return signed_pack(expires_at="2026-11-25T11:59:59Z")


@hostile(PackFault.ROLLBACK)
def an_older_version() -> bytes:
    return signed_pack(4)


@hostile(PackFault.KNOWN)
def the_version_in_use_with_other_pages() -> bytes:
    return signed_pack(5)


def _content(name: str, data: bytes) -> bytes:
    return pack_zip.write(sealed(pages() | {name: data}))


@hostile(PackFault.CONTENT)
def a_page_that_is_not_utf_8() -> bytes:
    return _content("handbook/other.md", page("handbook", "other") + b"\xff\xfe")


@hostile(PackFault.CONTENT)
def a_page_without_its_facts() -> bytes:
    return _content("handbook/other.md", b"# Other\n")


@hostile(PackFault.CONTENT)
def a_page_of_another_name() -> bytes:
    return _content("handbook/other.md", page("handbook", "another"))


@hostile(PackFault.CONTENT)
def a_page_whose_id_is_taken() -> bytes:
    return _content("resources/careers/rocket-mice.md", page("career", "rocket-mice"))


@hostile(PackFault.CONTENT)
def a_page_nested_too_deeply() -> bytes:
    return _content("handbook/other.md", page("handbook", "other", body="> " * 40 + "deep\n"))


@hostile(PackFault.CONTENT)
def a_page_too_long_to_lay_out() -> bytes:
    return _content("handbook/other.md", page("handbook", "other", body="word " * 40_000))


@hostile(PackFault.CONTENT)
def no_handbook() -> bytes:
    return signed_pack(files={"resources/activities/rocket-mice.md": page("activity", "rocket-mice")})


@hostile(PackFault.CONTENT)
def a_drawing_with_a_script() -> bytes:
    return _content(
        "resources/diagrams/bad.svg", SVG.replace(b"<title>", b"<script>alert(1)</script><title>")
    )


@hostile(PackFault.CONTENT)
def a_drawing_that_fetches() -> bytes:
    image = b'<image href="https://example.org/a.png"/><title>'
    return _content("resources/diagrams/bad.svg", SVG.replace(b"<title>", image))


@hostile(PackFault.CONTENT)
def a_drawing_that_refers_to_a_file() -> bytes:
    return _content(
        "resources/diagrams/bad.svg", SVG.replace(b'fill="#0f766e"', b'fill="url(file:///etc/passwd)"')
    )


@hostile(PackFault.CONTENT)
def a_drawing_that_acts_when_pressed() -> bytes:
    return _content("resources/diagrams/bad.svg", SVG.replace(b"<circle", b'<circle onclick="alert(1)"'))


@hostile(PackFault.CONTENT)
def a_drawing_that_laughs_a_billion_times() -> bytes:
    laughs = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    return _content("resources/diagrams/bad.svg", laughs + SVG)


@hostile(PackFault.NAME_UNKNOWN)
def a_picture_that_is_no_drawing() -> bytes:
    return _content("resources/diagrams/moon.png", b"\x89PNG\r\n\x1a\n")
