"""The library that comes with the app: what is printed is tested on all that there is to print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omi_desktop.library.catalogue import Library
from omi_desktop.ui.printing.pdf import save
from omi_desktop.ui.printing.sheet import Sheet
from tests.kit.library import own_pages


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with own_pages(tmp_path_factory.mktemp("library")) as opened:
        yield opened


@pytest.fixture
def printed(tmp_path: Path) -> Callable[[Sheet], Path]:
    """A sheet as a file on the disk."""

    def write(sheet: Sheet) -> Path:
        return save(sheet, tmp_path / "sheet.pdf")

    return write
