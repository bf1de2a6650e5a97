"""Where the content is: inside an installed wheel, else in the checkout beside the package."""

from __future__ import annotations

from pathlib import Path

from omi_desktop.domain.errors import LibraryProblem

_HERE = Path(__file__).parent
_PLACES = (_HERE / "_content", _HERE.parent.parent)


def content_root() -> Path:
    """The folder that holds `handbook/` and `resources/`. Raises LibraryProblem when neither place has them.

    The wheel maps both folders into the package; an editable install does not, so the checkout is asked second.
    """
    for place in _PLACES:
        if (place / "handbook").is_dir() and (place / "resources").is_dir():
            return place
    raise LibraryProblem(
        "The handbook is missing", hint="Install the app again: its handbook and resources were not found."
    )
