"""Pictures of the window as files, for the tour and for looking at what was made."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget


def save_picture(widget: QWidget, path: Path, size: QSize | None = None) -> Path:
    """Write a PNG of a widget as it is now, resized first if asked. Raises OSError when it can't be written."""
    if size is not None:
        widget.resize(size)
    widget.ensurePolished()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not widget.grab().save(str(path), "PNG"):
        raise OSError(f"The picture {path.name} could not be written")
    return path
