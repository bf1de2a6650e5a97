"""Making files, and the names by which they are found, survive a pulled plug."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def sync_file(path: Path) -> None:
    """Make what is in a file durable. Raises OSError."""
    handle = os.open(path, os.O_RDONLY if sys.platform != "win32" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows has no such call. Raises OSError."""
    if sys.platform != "win32":
        sync_file(folder)


def move(old: Path, new: Path) -> None:
    """Give a durable file another name, durably. Raises OSError.

    Where no folder can be synced, as on Windows, a file's own sync takes along what was done to its name before.
    """
    old.replace(new)
    sync_file(new)
    sync_folder(new.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, durably, however many folders above it are missing. Raises OSError if it can't be made.

    Every name on the way to it is synced, those that are there too: a program that ended here may have made them. What
    can't be synced (a folder of others that can't be read) is left to the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for above in folder.parents:
        with suppress(OSError):
            sync_folder(above)
