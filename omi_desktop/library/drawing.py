"""Diagrams as pictures: the window and the browser get PNG, never SVG.

Those that come with the app are drawn when it is built (`build_hook.py`). One that is newer, in a checkout or from a
content pack, is drawn when its page is first shown, and kept in the cache. Both are called by all that they were made
from, so that none is ever out of date. A diagram comes out the same on every machine: the lettering is ours
(`lettering/`), and no font of the machine is asked.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from omi_desktop.library.svg import troubles

DIAGRAMS: Final = "resources/diagrams"
SCALE: Final = 2
"""Pixels to a unit of the drawing, so that it is sharp on dense screens and on paper."""

BUILT: Final = Path(__file__).parent / "_drawn"
_LETTERING = Path(__file__).parent / "lettering"
_log = logging.getLogger(__name__)


def draw(svg: bytes) -> bytes:
    """The PNG of a diagram. Raises ValueError when it is not a diagram of ours (`library.svg`)."""
    if found := troubles(svg):
        raise ValueError(found[0].message)
    import resvg_py  # noqa: PLC0415

    return resvg_py.svg_to_bytes(
        svg_string=svg.decode("utf-8"),
        zoom=SCALE,
        skip_system_fonts=True,
        font_files=[str(path) for path in fonts()],
    )


def picture(root: Path, diagram: str, kept: Path) -> bytes | None:
    """The PNG of a diagram of the content under `root`: drawn at build, or before and in the folder `kept`, or now.

    None when there is none or it can't be drawn: the words below a picture say what it shows.
    """
    try:
        svg = (root / DIAGRAMS / f"{diagram}.svg").read_bytes()
        name = f"{_key(svg)}.png"
        for folder in (BUILT, kept):
            if (folder / name).is_file():
                return (folder / name).read_bytes()
        png = draw(svg)
    except (OSError, ValueError, ImportError) as error:
        _log.warning("the diagram %s is not shown: %s", diagram, error)
        return None
    _keep(kept / name, png)
    return png


def draw_all(root: Path, folder: Path = BUILT) -> None:
    """Draw every diagram under `root`, and leave nothing else in `folder`. Raises ValueError, OSError."""
    drawings = {f"{_key(svg)}.png": svg for svg in map(Path.read_bytes, (root / DIAGRAMS).glob("*.svg"))}
    folder.mkdir(exist_ok=True)
    for left_over in {path.name for path in folder.iterdir()} - drawings.keys():
        (folder / left_over).unlink()
    for name, svg in drawings.items():
        if not (folder / name).is_file():
            (folder / name).write_bytes(draw(svg))


@cache
def fonts() -> tuple[Path, ...]:
    """The files of our lettering: Inter, regular and bold."""
    return tuple(sorted(_LETTERING.glob("*.otf")))


@cache
def _lettering() -> bytes:
    return b"".join(hashlib.sha256(path.read_bytes()).digest() for path in fonts())


def _key(svg: bytes) -> str:
    """Names everything that a picture is made from."""
    return hashlib.sha256(b"%d %s %s" % (SCALE, _lettering(), svg)).hexdigest()[:32]


def _keep(file: Path, png: bytes) -> None:
    making = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        making.write_bytes(png)
        making.replace(file)
    except OSError as error:
        with suppress(OSError):
            making.unlink()
        _log.info("a picture is drawn again the next time: %s", type(error).__name__)
