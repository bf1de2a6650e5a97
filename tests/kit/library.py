"""The app's own pages, with an index that was made once for all tests of a process: making it takes a second or two."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from omi_desktop.library.catalogue import Library
from omi_desktop.library.index import FILE_NAME


def own_pages(cache: Path) -> Library:
    """`Library.open`, as on any start of the app but the first: the index is in the folder already."""
    cache.mkdir(parents=True, exist_ok=True)
    file = cache / FILE_NAME
    file.unlink(missing_ok=True)
    file.hardlink_to(
        _index()
    )  # Nobody writes to it once it is made, and a thousand copies would fill the disk.
    return Library.open(cache)


@functools.cache
def _index() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="omi-library-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Library.open(folder).close()
    return folder / FILE_NAME
