"""Small libraries on disk, one file at a time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.library.small_library import Write, make_root, write_file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty library."""
    return make_root(tmp_path / "content")


@pytest.fixture
def write(root: Path) -> Write:
    """Write one file: `write("handbook", "recording", body="…", order="20")`; a field of None is left out."""
    return partial(write_file, root)
