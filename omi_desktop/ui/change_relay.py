"""Announcements of changes, brought from the writer's thread to the UI thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from omi_desktop.domain.changes import Change, Changes


class ChangeRelay(QObject):
    """Calls `hear` on the UI thread for every announcement, until `stop`. Made on the UI thread."""

    _arrived = Signal(object)

    def __init__(self, changes: Changes, hear: Callable[[Change], None], parent: QObject) -> None:
        super().__init__(parent)
        self._arrived.connect(hear)
        self.stop = changes.listen(self._arrived.emit)
