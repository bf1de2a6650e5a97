"""PDF files as somebody else's program reads them: poppler's tools.

Without them tests skip with one sentence; with `CI=true` they fail.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

_MISSING = "poppler's tools (pdftotext, pdfinfo, pdffonts, pdfimages) are not installed"


def text_of(pdf: Path, page: int | None = None, *, by_line: bool = False) -> str:
    """The words of a PDF, or of one page from 1, with all white space as single spaces.

    They come block by block, and words that a line parts are joined; `by_line` takes them across, as they stand.
    """
    pages = () if page is None else ("-f", str(page), "-l", str(page))
    layout = ("-layout",) if by_line else ()
    return " ".join(_ask("pdftotext", *layout, *pages, str(pdf), "-").split())


def info_of(pdf: Path) -> dict[str, str]:
    """What `pdfinfo` says, such as `Pages`, `Title` and `Page size`."""
    lines = (line.partition(":") for line in _ask("pdfinfo", str(pdf)).splitlines())
    return {name: value.strip() for name, _colon, value in lines}


def fonts_of(pdf: Path) -> dict[str, bool]:
    """The fonts of a PDF by name, and whether each is inside it."""
    lines = _ask("pdffonts", str(pdf)).splitlines()[2:]
    return {line.split()[0]: re.search(r" (yes|no)  *(yes|no)", line)[1] == "yes" for line in lines}  # type: ignore[index]


def images_of(pdf: Path) -> int:
    """How many pictures made of dots there are."""
    return len(_ask("pdfimages", "-list", str(pdf)).splitlines()) - 2


def _ask(tool: str, *arguments: str) -> str:
    if shutil.which(tool) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, encoding="utf-8", check=True)
    return done.stdout
