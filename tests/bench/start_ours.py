"""The app, started as its command does, telling when what was seen. `python -m tests.bench.start_ours STARTED DIR`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer

from omi_desktop import app, cli
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.room import Room
from tests.bench.moments import Moments, press_tab

_moments = Moments(float(sys.argv[1]))


class Watched(MainWindow):
    """The real window, looked at: the first paint, the first key, and Today painted with what it read."""

    def __init__(self) -> None:
        super().__init__()
        self._is_told = False
        self.painted.connect(self._on_first_paint)

    def fill(self, room: Room) -> None:
        super().fill(room)
        assert self.page is not None
        year: QObject = self.page.year  # type: ignore[attr-defined]
        year.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """The card with the person's year is hidden until Today has been read."""
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._on_filled)
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002, N802
        moved = super().focusNextPrevChild(next)
        if moved:
            _moments.note("answered")
        return moved

    def _on_first_paint(self) -> None:
        _moments.note("painted")
        press_tab(self)

    def _on_filled(self) -> None:
        _moments.note("filled")
        _moments.report(self.close)


def main(folder: str) -> int:
    """Start as `omi-desktop --data-dir DIR` does. Where nobody would see a window the command refuses to open one,
    so there it begins a step later."""
    vars(app)["MainWindow"] = Watched
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return app.run(app.Options(data_dir=Path(folder)))
    return cli.main(["--data-dir", folder])


if __name__ == "__main__":
    sys.exit(main(sys.argv[2]))
