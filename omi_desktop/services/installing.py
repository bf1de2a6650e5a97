"""A checked content pack onto the disk: unpacked beside what is in use, made durable, and then switched to.

A crash at any moment leaves the pages before or the new ones. What it leaves besides, a folder that nothing points at,
is cleared by the next one.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.packs import (
    FOLDER,
    PACKS,
    POINTER,
    Installed,
    InUse,
    Pointer,
    read_pointer,
    whole,
    write_pointer,
)
from omi_desktop.store.durable import make_folder, move, sync_file, sync_folder
from omi_desktop.wire.pack_zip import MANIFEST, SIGNATURE

if TYPE_CHECKING:
    from omi_desktop.wire.pack import Pack


class NotInstalled(LibraryProblem):
    """The disk did not take the new pages."""

    code = "pack_not_installed"
    title = "The new pages could not be kept"
    detail = "Nothing was changed: the pages you have stay as they are."
    hint = "Check that the disk is not full, then try again."


def install(profile: Path, pack: Pack, before: InUse, app: str) -> InUse:
    """Put a checked pack in use in the place of `before`, which stays until the one after this. Raises NotInstalled."""
    folder = profile / FOLDER
    installed = Installed(
        f"{pack.manifest.pack_id}-{pack.manifest.version}", hashlib.sha256(pack.manifest_bytes).hexdigest()
    )
    root = folder / PACKS / installed.folder
    pointer = read_pointer(folder) or Pointer()
    previous = tuple(one for one in pointer.packs if one.folder == before.folder)
    following = replace(
        pointer,
        packs=(installed, *(one for one in previous if one != installed)),
        seen={**pointer.seen, pack.manifest.pack_id: pack.manifest.version},
        app=app,
    )
    try:
        _unpack(pack, root)
        manifest = whole(root, installed.manifest)
        if manifest is None:
            raise NotInstalled
        _point(folder, following)
    except OSError as error:
        raise NotInstalled from error
    _tidy(folder / PACKS, following)
    return InUse(root, manifest, installed.folder)


def _unpack(pack: Pack, root: Path) -> None:
    """Make a folder of a pack's files, durably. Nothing points at it before."""
    if root.exists():  # It is damaged, or was left half made.
        shutil.rmtree(root)
    make_folder(root)
    files = {MANIFEST: pack.manifest_bytes, SIGNATURE: pack.signature_bytes, **pack.files}
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        sync_file(path)
    for path in (*(path for path in root.rglob("*") if path.is_dir()), root, root.parent):
        sync_folder(path)


def _point(folder: Path, pointer: Pointer) -> None:
    """The switch."""
    new = folder / f"{POINTER}.new"
    new.write_bytes(write_pointer(pointer))
    sync_file(new)
    move(new, folder / POINTER)


def _tidy(folder: Path, pointer: Pointer) -> None:
    """Delete packs that are neither in use nor the one before."""
    kept = {one.folder for one in pointer.packs}
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
