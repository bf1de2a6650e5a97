"""Where something unexpected happened, for logs and reports: kinds, files and lines, and never a message, a value or a
person's folder. Messages hold what was typed: those of a database its parameters, those of a check its input."""

from __future__ import annotations

import traceback
from pathlib import Path


def describe(error: BaseException) -> str:
    """Where it happened, without what was typed: no messages, values or folders, only kinds, files and lines."""
    lines = []
    link: BaseException | None = error
    while link is not None:
        lines.append(f"{type(link).__module__}.{type(link).__qualname__}")
        lines += [
            f"  {_inside(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(link.__traceback__)
        ]
        link = link.__cause__ or link.__context__
    return "\n".join(lines)


def _inside(filename: str) -> str:
    """The path from the package's own folder on: the rest may hold a person's name."""
    parts = Path(filename).parts
    for anchor in ("omi_desktop", "site-packages"):
        if anchor in parts:
            at = len(parts) - 1 - parts[::-1].index(anchor)
            return "/".join(parts[at:])
    return parts[-1] if parts else filename
