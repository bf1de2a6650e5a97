"""Which font, and the type scale."""

from __future__ import annotations

import sys
from typing import Final

from PySide6.QtGui import QFont

LINUX_FAMILIES: Final = ("Inter", "Noto Sans", "Cantarell", "DejaVu Sans")
"""On Linux the first that is installed; Windows and macOS keep the system's own font."""

BODY: Final = 14
HEADING: Final = 17
TITLE: Final = 27
SMALL: Final = 13
COUNT: Final = 34
"""Sizes in pixels at 100 % text, before the display's own scaling."""


def interface_font(pixels: int, *, platform: str = sys.platform) -> QFont:
    """The font of the whole window."""
    font = QFont()
    if platform.startswith("linux"):
        # Qt takes the first family it finds; asking which are installed costs tens of milliseconds at start.
        font.setFamilies(list(LINUX_FAMILIES))
    font.setPixelSize(pixels)
    return font


def tabular(font: QFont) -> QFont:
    """The same font with figures of equal width, so that a counting number does not jitter."""
    figures = QFont(font)
    figures.setFeature(QFont.Tag("tnum"), 1)
    return figures
