"""Content packs on this laptop: whether one may be taken in, and which pages are in use. Nothing here writes.

    <profile>/library/in-use.json           which pack is in use, the one before it, the newest version seen of each
    <profile>/library/packs/<id>-<version>/ a pack, unpacked; its manifest says what must be in it
    <profile>/library/kept/                 pages that a plan was made with (`services/kept.py`)

`in-use.json` is the switch: it is replaced by rename once a pack is whole on the disk (`services/pages.py`). A pack
that was damaged since is passed over for the one before it, and that for the pages that came with the app.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omi_desktop.domain.clock import from_stamp
from omi_desktop.library.locate import content_root
from omi_desktop.library.pack_words import PackRefused, expired, refused
from omi_desktop.wire import pack
from omi_desktop.wire.pack_faults import BadPack, PackFault
from omi_desktop.wire.pack_zip import MANIFEST, PACK_BYTES, SIGNATURE

if TYPE_CHECKING:
    from omi_desktop.domain.clock import Clock
    from omi_desktop.wire.pack import Manifest, Pack

FOLDER = "library"
POINTER = "in-use.json"
PACKS = "packs"
_POINTER_BYTES = 64 * 1024
_FOLDER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_CHECKED_ON = re.compile(rb"^checked_on = (\d{4}-\d{2}-\d{2})\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Installed:
    """A pack that was taken in: its folder's name, and the SHA-256 of its manifest."""

    folder: str
    manifest: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """What `in-use.json` says: packs, the one to use first; the newest version seen of each pack id; which app wrote
    it."""

    packs: tuple[Installed, ...] = ()
    seen: Mapping[str, int] = field(default_factory=dict)
    app: str = ""


@dataclass(frozen=True, slots=True)
class InUse:
    """The pages in use. `manifest` is None for those that came with the app; `problem` says for a person why it is not
    the pack that was taken in last, or is empty."""

    root: Path
    manifest: Manifest | None = None
    folder: str = ""
    problem: str = ""


def in_use(profile: Path, app: str) -> InUse:
    """The newest pages that are whole. Raises LibraryProblem only when those of the app are missing too.

    Pages that came with a newer app than the one that took a pack in, and were checked after it was made, go first.
    """
    folder = profile / FOLDER
    pointer = read_pointer(folder)
    if pointer is None:
        return InUse(
            content_root(),
            problem="Which pages were in use can't be read. The pages that came with the app are shown.",
        )
    for number, installed in enumerate(pointer.packs):
        root = folder / PACKS / installed.folder
        manifest = whole(root, installed.manifest)
        if manifest is None:
            continue
        if number == 0 and pointer.app != app and manifest.made_at[:10] < _checked_last(content_root()):
            return InUse(content_root())
        problem = "The newest pages are damaged. The ones before them are shown." if number else ""
        return InUse(root, manifest, installed.folder, problem)
    problem = (
        "The newest pages are damaged. The ones that came with the app are shown." if pointer.packs else ""
    )
    return InUse(content_root(), problem=problem)


def read_pointer(folder: Path) -> Pointer | None:
    """What `in-use.json` says; an empty pointer when there is none, None when it can't be read."""
    try:
        with (folder / POINTER).open("rb") as file:
            found: Any = json.loads(file.read(_POINTER_BYTES))
        packs = tuple(Installed(str(one["folder"]), str(one["manifest"])) for one in found["packs"])
        seen = {str(name): int(version) for name, version in found["seen"].items()}
        app = str(found["app"])
    except FileNotFoundError:
        return Pointer()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return Pointer(tuple(one for one in packs if _FOLDER_NAME.fullmatch(one.folder)), seen, app)


def write_pointer(pointer: Pointer) -> bytes:
    """The text of `in-use.json`."""
    written = {
        "packs": [{"folder": one.folder, "manifest": one.manifest} for one in pointer.packs],
        "seen": dict(pointer.seen),
        "app": pointer.app,
    }
    return (json.dumps(written, indent=1) + "\n").encode()


def whole(root: Path, manifest_sha: str) -> Manifest | None:
    """The manifest of an unpacked pack that has just the files that it lists, unaltered; None for any other folder."""
    try:
        data = (root / MANIFEST).read_bytes()
        if hashlib.sha256(data).hexdigest() != manifest_sha:
            return None
        manifest = pack.read_manifest(data)
        there = {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}
        if there != {one.name for one in manifest.files} | {MANIFEST, SIGNATURE}:
            return None
        for one in manifest.files:
            found = (root / one.name).read_bytes()
            if len(found) != one.size or hashlib.sha256(found).hexdigest() != one.sha256:
                return None
    except (OSError, BadPack):
        return None
    return manifest


def read_file(path: Path) -> bytes:
    """The bytes of a file that may be a pack, no more than one may have. Raises PackRefused."""
    try:
        with path.open("rb") as file:
            data = file.read(PACK_BYTES + 1)
    except OSError as error:
        raise PackRefused(
            PackFault.NOT_A_ZIP,
            hint="The file can't be read. Check the stick or folder, and choose it again.",
        ) from error
    if len(data) > PACK_BYTES:
        raise PackRefused(PackFault.TOO_LARGE)
    return data


def open_pack(data: bytes, trusted: Collection[str], seen: Mapping[str, int], app: str, clock: Clock) -> Pack:
    """A pack that may be taken in: whole, signed by a trusted key, newer than what was seen, not expired, for this app,
    and with pages that can be shown. Raises PackRefused. Nothing is written."""
    try:
        found = pack.open_pack(data, trusted)
    except BadPack as error:
        raise refused(error) from error
    refuse_manifest(found.manifest, seen, app, clock)
    refuse_pages(found.files)
    return found


def refuse_manifest(manifest: Manifest, seen: Mapping[str, int], app: str, clock: Clock) -> None:
    """Raise PackRefused for a pack that is not for here and now, whatever its pages are."""
    if pack.app_version(manifest.app) > pack.app_version(app):
        raise PackRefused(PackFault.APP_TOO_OLD)
    newest = seen.get(manifest.pack_id, 0)
    if manifest.version <= newest:
        raise PackRefused(PackFault.KNOWN if manifest.version == newest else PackFault.ROLLBACK)
    if from_stamp(manifest.expires_at) <= clock.now():
        raise expired(manifest, clock)


def refuse_pages(files: Mapping[str, bytes]) -> None:
    """Raise PackRefused unless every page can be read and shown within the reader's limits.

    What else `library.check` says of content (a dead link, a figure without a year) is for whoever makes a pack: it
    does no harm here, and a later app may have other rules.
    """
    from omi_desktop.domain.errors import LibraryProblem  # noqa: PLC0415
    from omi_desktop.library.markdown import parse  # noqa: PLC0415
    from omi_desktop.library.model import to_item  # noqa: PLC0415 - see `index`: pydantic and the parser
    from omi_desktop.library.read import FOLDERS, split  # noqa: PLC0415
    from omi_desktop.library.svg import troubles  # noqa: PLC0415

    ids: set[str] = set()
    for name, data in files.items():
        folder, _, file = name.rpartition("/")
        if folder not in FOLDERS:
            if troubles(data):
                raise PackRefused(PackFault.CONTENT, name)
            continue
        try:
            document = split(data.decode("utf-8"), FOLDERS[folder], name)
            item = to_item(document)
            parse(document.body)
        except (LibraryProblem, UnicodeDecodeError) as error:
            raise PackRefused(PackFault.CONTENT, name) from error
        if f"{item.id}.md" != file or item.id in ids:
            raise PackRefused(PackFault.CONTENT, name)
        ids.add(item.id)
    if not any(name.startswith("handbook/") for name in files):
        raise PackRefused(PackFault.CONTENT, "the handbook: there is none")


def _checked_last(root: Path) -> str:
    """The newest day on which any of the app's own pages was checked, as ISO text."""
    from omi_desktop.library.read import content_files  # noqa: PLC0415

    days = (
        found[1].decode()
        for _kind, path in content_files(root)
        if (found := _CHECKED_ON.search(path.read_bytes()))
    )
    return max(days, default="")
