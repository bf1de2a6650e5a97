"""What a name and a link of the library may look like, in one place for checking, rendering and opening."""

from __future__ import annotations

import re
from typing import cast

from omi_desktop.library.items import Kind

_ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_IDENT = re.compile(_ID)
_REFERENCE = re.compile(rf"(handbook|activity|career)/({_ID})")
_PICTURE = re.compile(rf'<img src="(omi:diagram/({_ID}))"')
_DIAGRAM = re.compile(rf"diagram:({_ID})")
# A user name before the host is refused: https://stem.org.uk@example.net is not stem.org.uk.
_HTTPS = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?(?:[/?#][!-~]*)?", re.IGNORECASE)


def is_id(text: str) -> bool:
    """Whether `text` is kebab-case ASCII."""
    return bool(_IDENT.fullmatch(text))


def is_reference(text: str) -> bool:
    """Whether `text` looks like `handbook/recording`."""
    return bool(_REFERENCE.fullmatch(text))


def is_https(text: str) -> bool:
    """Whether `text` is an https address of a named host."""
    return bool(_HTTPS.fullmatch(text))


def is_allowed(target: str) -> bool:
    """Whether a page may link to `target`: `omi:<kind>/<id>` or https."""
    return is_https(target) or (target.startswith("omi:") and is_reference(target.removeprefix("omi:")))


def inside(target: str) -> tuple[Kind, str] | None:
    """The kind and id that an `omi:` link names; None for any other text."""
    found = _REFERENCE.fullmatch(target.removeprefix("omi:")) if target.startswith("omi:") else None
    return (cast("Kind", found[1]), found[2]) if found else None


def diagram_in(target: str) -> str | None:
    """The id that a picture's `diagram:<id>` names; None for any other text."""
    found = _DIAGRAM.fullmatch(target)
    return found[1] if found else None


def diagrams_of(html: str) -> dict[str, str]:
    """The diagrams that a page shows: their ids by what `<img src>` names."""
    return {found[1]: found[2] for found in _PICTURE.finditer(html)}
