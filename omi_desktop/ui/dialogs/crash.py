"""The crash window: one for the run, whatever goes wrong, with a report that holds no personal text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout

from omi_desktop.domain.trace import describe
from omi_desktop.ui import theme
from omi_desktop.ui.crash_report import about
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.flow import Flow

_MOST = 20


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
            self._text.setPlainText("\n\n".join([about(), *self._reports]))

    def copy(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)

    def _forget(self) -> None:
        CrashWindow._open = None
