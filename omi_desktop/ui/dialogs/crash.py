"""The crash window: one for the run, whatever goes wrong, with a report that holds no personal text."""

from __future__ import annotations

import platform
import traceback
from pathlib import Path

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout

from omi_desktop import __version__
from omi_desktop.ui import theme
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.flow import Flow

_MOST = 20


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


def _about() -> str:
    return (
        f"OMI Desktop {__version__}, Python {platform.python_version()}, PySide6 {pyside_version}, "
        f"{platform.system()} {platform.release()} {platform.machine()}"
    )


class CrashWindow(QDialog):
    """Says that what was saved is safe; further faults join the same report."""

    _open: CrashWindow | None = None

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Something went wrong")
        self._reports: list[str] = []
        px = theme.current().px
        self.resize(px(560), px(420))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(10)
        column.addWidget(labels.heading("Something went wrong in OMI Desktop"))
        column.addWidget(
            labels.body(
                "This is a fault of the app, not of anything you did. Every session you saved is safe."
            )
        )
        column.addWidget(
            labels.body(
                "Close the app and start it again. If it comes back, send this report to whoever looks after the app."
            )
        )
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName("Report")
        self._text.setAccessibleDescription("It holds no names and nothing that you typed.")
        column.addWidget(self._text, 1)
        column.addWidget(labels.small("The report holds no names and nothing that you typed."))
        row = Flow()
        row.addWidget(buttons.primary("Copy the report", self.copy))
        row.addWidget(buttons.secondary("Close this window", self.accept))
        column.addLayout(row)
        self.finished.connect(self._forget)

    @property
    def text(self) -> str:
        """The report."""
        return self._text.toPlainText()

    @classmethod
    def report(cls, error: BaseException) -> CrashWindow:
        """Show the fault in the window that is open, or in a new one."""
        window = cls._open
        if window is None:
            window = cls._open = cls()
        window.add(describe(error))
        window.show()
        window.raise_()
        return window

    def add(self, text: str) -> None:
        """Add a fault to the report, unless it is in there or the report is long enough."""
        if text not in self._reports and len(self._reports) < _MOST:
            self._reports.append(text)
            self._text.setPlainText("\n\n".join([_about(), *self._reports]))

    def copy(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)

    def _forget(self) -> None:
        CrashWindow._open = None
