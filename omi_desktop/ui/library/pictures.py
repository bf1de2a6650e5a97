"""The diagrams of a page in the reader: as wide as its column at most, and sharp on a dense screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument

from omi_desktop.ui import theme

_DRAWN: Final = 2
"""Pixels of a picture to one of the page at 100 % text."""


class Pictures:
    """Hands a document its pictures; it asks nobody else for any."""

    def __init__(self, document: QTextDocument) -> None:
        self._document = document
        self._images: dict[str, QImage] = {}
        self._fitted = (0, 0.0)

    def take(self, pictures: Mapping[str, bytes]) -> None:
        """The PNG files of the page that the document now has, by what its HTML calls them."""
        # Nothing but PNG is decoded; the stubs ask for bytes, PySide for a name.
        images = {source: QImage.fromData(png, "PNG") for source, png in pictures.items()}  # type: ignore[arg-type]
        self._images = {source: image for source, image in images.items() if not image.isNull()}
        self._fitted = (0, 0.0)

    def fit(self, column: int, ratio: float) -> None:
        """Make them at most `column` wide, in pixels of a screen that has `ratio` dots to a pixel."""
        if not self._images or (column, ratio) == self._fitted:
            return
        self._fitted = (column, ratio)
        for source, image in self._images.items():
            width = min(column, theme.current().px(image.width() // _DRAWN))
            scaled = image.scaledToWidth(round(width * ratio), Qt.TransformationMode.SmoothTransformation)
            scaled.setDevicePixelRatio(ratio)
            self._document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(source), scaled)
        self._document.markContentsDirty(0, self._document.characterCount())
