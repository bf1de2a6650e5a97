"""Sheets as PDF: vector, fonts embedded, and written so that a file is there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF
from PySide6.QtGui import QPageLayout, QPainter, QPdfWriter

from omi_desktop.domain.errors import PrintProblem
from omi_desktop.ui.printing.sheet import UNIT, Sheet

_FULL: Final = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_NOT_THERE: Final = (errno.ENOENT, errno.ENOTDIR)


def pdf(sheet: Sheet) -> bytes:
    """The sheet as a PDF file."""
    kept = QBuffer()
    kept.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(kept)
    writer.setResolution(UNIT)
    writer.setPageLayout(
        QPageLayout(sheet.paper.page_size, QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0))
    )
    writer.setTitle(sheet.title)
    writer.setCreator("OMI Desktop")
    painter = QPainter(writer)
    try:
        for number, draw in enumerate(sheet.pages):
            if number:
                writer.newPage()
            painter.save()
            draw(painter)
            painter.restore()
    finally:
        painter.end()
    kept.close()
    return bytes(kept.data().data())


def save(sheet: Sheet, path: Path) -> Path:
    """Write the sheet to a file, in place of one that is there. Raises PrintProblem, and then leaves that as it is."""
    written = path.with_name(f".{secrets.token_hex(6)}.part")
    try:
        with written.open("xb") as file:
            file.write(pdf(sheet))
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
    except OSError as error:
        with suppress(OSError):
            written.unlink()
        raise PrintProblem(hint=_what_to_do(error, path)) from error
    return path


def _what_to_do(error: OSError, path: Path) -> str:
    if error.errno in _FULL:
        return "The disk is full. Make room, or choose another disk."
    if error.errno in _NOT_THERE:
        return "The folder is not there any more. Choose another one."
    if error.errno == errno.ENAMETOOLONG:
        return "The name is too long. Choose a shorter one."
    if error.errno == errno.EISDIR or path.is_dir():
        return "There is a folder of that name. Choose another name."
    if path.exists():
        return "Is the file open in another program? Close it there, or choose another name."
    return "This folder can't be written to. Choose another one."
