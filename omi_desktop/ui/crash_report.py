"""What a fault report says: kinds, files and lines, and never a message, a value or a person's folder."""

from __future__ import annotations

import traceback
from pathlib import Path

from PySide6 import __version__ as pyside_version

from omi_desktop import __version__


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


def about() -> str:
    """The app, the language, the toolkit and the system, with their versions."""
    import platform  # noqa: PLC0415 -- not at every start

    return (
        f"OMI Desktop {__version__}, Python {platform.python_version()}, PySide6 {pyside_version}, "
        f"{platform.system()} {platform.release()} {platform.machine()}"
    )
