"""Why a content pack is refused: stable codes, each with its sentence for whoever makes packs.

What a person at a laptop is told is in `library/pack_words.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class PackFault(StrEnum):
    """What is wrong with a pack. The names are stable: logs and tests know them."""

    NOT_A_ZIP = "not_a_zip"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    TRAILING_DATA = "trailing_data"
    COMMENT = "comment"
    ZIP64 = "zip64"
    SEVERAL_DISKS = "several_disks"
    TOO_MANY_FILES = "too_many_files"
    FILE_TOO_LARGE = "file_too_large"
    ENCRYPTED = "encrypted"
    COMPRESSED = "compressed"
    EXTRA_FIELDS = "extra_fields"
    LINK = "link"
    FOLDER = "folder"
    DUPLICATE = "duplicate"
    HEADER_MISMATCH = "header_mismatch"
    HIDDEN_DATA = "hidden_data"
    DAMAGED = "damaged"
    NOT_PLAIN = "not_plain"
    NAME_NOT_ASCII = "name_not_ascii"
    NAME_ABSOLUTE = "name_absolute"
    NAME_BACKSLASH = "name_backslash"
    NAME_TRAVERSAL = "name_traversal"
    NAME_RESERVED = "name_reserved"
    NAME_CASE = "name_case"
    NAME_UNKNOWN = "name_unknown"
    NO_MANIFEST = "no_manifest"
    NO_SIGNATURE = "no_signature"
    BAD_MANIFEST = "bad_manifest"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    FORMAT_TOO_NEW = "format_too_new"
    FILES_DIFFER = "files_differ"
    ALTERED = "altered"
    APP_TOO_OLD = "app_too_old"
    EXPIRED = "expired"
    ROLLBACK = "rollback"
    KNOWN = "known"
    CONTENT = "content"


SENTENCES: Mapping[PackFault, str] = {
    PackFault.NOT_A_ZIP: "it is no ZIP file",
    PackFault.TOO_LARGE: "it is larger than a pack may be",
    PackFault.TRUNCATED: "it is cut short",
    PackFault.TRAILING_DATA: "something follows its end",
    PackFault.COMMENT: "it has a comment",
    PackFault.ZIP64: "it is a ZIP64 file",
    PackFault.SEVERAL_DISKS: "it is a part of several",
    PackFault.TOO_MANY_FILES: "it has more files than a pack may have",
    PackFault.FILE_TOO_LARGE: "a file is larger than it may be",
    PackFault.ENCRYPTED: "a file is encrypted",
    PackFault.COMPRESSED: "a file is compressed: files of a pack are stored as they are",
    PackFault.EXTRA_FIELDS: "an entry has extra fields",
    PackFault.LINK: "an entry is a link or a device",
    PackFault.FOLDER: "an entry is a folder",
    PackFault.DUPLICATE: "two entries have the same name, or differ only by capitals",
    PackFault.HEADER_MISMATCH: "an entry says something else in the list of entries than before its data",
    PackFault.HIDDEN_DATA: "there is data that no entry lists",
    PackFault.DAMAGED: "a file is damaged",
    PackFault.NOT_PLAIN: "it is not written the one way in which packs are written",
    PackFault.NAME_NOT_ASCII: "a name has letters other than a to z",
    PackFault.NAME_ABSOLUTE: "a name begins at the root of a disk",
    PackFault.NAME_BACKSLASH: "a name has a backslash",
    PackFault.NAME_TRAVERSAL: "a name leads out of its folder",
    PackFault.NAME_RESERVED: "a name is reserved by Windows",
    PackFault.NAME_CASE: "a name has capitals",
    PackFault.NAME_UNKNOWN: "a name is none that belongs into a pack",
    PackFault.NO_MANIFEST: "it has no manifest",
    PackFault.NO_SIGNATURE: "it is not signed",
    PackFault.BAD_MANIFEST: "its manifest can't be read",
    PackFault.BAD_SIGNATURE: "its signature does not hold",
    PackFault.UNKNOWN_KEY: "it is signed with a key that is not trusted here",
    PackFault.FORMAT_TOO_NEW: "it has a newer format",
    PackFault.FILES_DIFFER: "its files are not those that its manifest lists",
    PackFault.ALTERED: "a file is not the one that its manifest lists",
    PackFault.APP_TOO_OLD: "it needs a newer app",
    PackFault.EXPIRED: "it has expired",
    PackFault.ROLLBACK: "it is older than what is in use",
    PackFault.KNOWN: "it is in use already",
    PackFault.CONTENT: "a page has a fault",
}


class BadPack(ValueError):
    """A pack that is refused; `fault` says why, `detail` where."""

    def __init__(self, fault: PackFault, detail: str = "") -> None:
        self.fault = fault
        self.detail = detail
        super().__init__(f"{SENTENCES[fault]} ({detail})" if detail else SENTENCES[fault])
