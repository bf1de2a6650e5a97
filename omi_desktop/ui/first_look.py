"""How the window looked last time, so that it opens the same before the ambassador's file is read.

A small text file in the cache: losing it costs one flash of the other theme. The person's choice itself is kept with
their preferences.
"""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject

from omi_desktop.ui import theme
from omi_desktop.ui.main_window import MainWindow

log = logging.getLogger(__name__)


class FirstLook(QObject):
    """Theme, text size and the window's place, in three lines. Made before the window is shown, and lives with it."""

    def __init__(self, path: Path, window: MainWindow) -> None:
        super().__init__(window)
        self._path = path
        self._window = window
        self._recall()
        theme.current().changed.connect(self.keep)
        window.closed.connect(self.keep)

    def _recall(self) -> None:
        """Take up what was noted; nothing, or nonsense, leaves everything as it is."""
        try:
            mode, percent, place = self._path.read_text("ascii").split("\n")[:3]
            scale = int(percent) / 100
        except (OSError, ValueError):
            return
        for known in theme.MODES:
            if known == mode:
                theme.current().choose(known, scale)
        self._window.restoreGeometry(QByteArray.fromBase64(place.encode()))

    def keep(self) -> None:
        """Note how the window looks now. A cache that can't be written is no reason to trouble anyone."""
        current = theme.current()
        place = bytes(self._window.saveGeometry().toBase64().data()).decode("ascii")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(f"{current.mode}\n{round(current.scale * 100)}\n{place}\n", "ascii")
        except OSError as error:
            log.warning("The look was not noted: %s", type(error).__name__)
