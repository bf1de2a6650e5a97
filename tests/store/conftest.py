"""A real file in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omi_desktop.store.file import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The open file of a new profile."""
    opened = Store.open(tmp_path / "profile")
    yield opened
    opened.close()
