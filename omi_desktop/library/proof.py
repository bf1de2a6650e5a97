"""How the promises are tested: the table that the long runs of `tests/faults` leave, shipped with the app."""

from __future__ import annotations

from pathlib import Path

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.items import Page
from omi_desktop.library.render import render

_HERE = Path(__file__).parent
_PLACES = (_HERE / "_content" / "faults.md", _HERE.parent.parent / "tests" / "faults" / "README.md")
"""In an installed wheel; in the checkout."""


def proof() -> Page:
    """The page with the table. Raises LibraryProblem when it is not there or can't be shown."""
    for place in _PLACES:
        if place.is_file():
            title, _, body = place.read_text("utf-8").lstrip().partition("\n")
            return render(title.removeprefix("#").strip(), body)
    raise LibraryProblem("The table of tests is missing")
