"""A report as plain text: to read, to copy, to save. Nothing is sent from here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QPlainTextEdit, QVBoxLayout, QWidget

from omi_desktop.ui import theme
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

_WIDTH: Final = 620
_HEIGHT: Final = 520


class ReportDialog(QDialog):
    """Shows a text under a title, with a line on what is in it and what is not."""

    def __init__(
        self, title: str, about: str, text: str, file_name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self._file_name = file_name
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(title)
        self.text.setAccessibleDescription(about)
        self.notice = Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(10)
        column.addWidget(labels.heading(title))
        column.addWidget(labels.muted(about))
        column.addWidget(self.text, 1)
        column.addWidget(self.notice)
        row = Flow()
        row.addWidget(buttons.primary("Copy", self.copy, icon_name="copy"))
        row.addWidget(buttons.secondary("Save as text…", self.save))
        row.addWidget(buttons.quiet("Close", self.accept))
        column.addLayout(row)
        px = theme.current().px
        size = parent.size() if parent is not None else self.screen().availableSize()
        self.resize(min(px(_WIDTH), size.width() - 40), min(px(_HEIGHT), size.height() - 40))
        self.text.setFocus()

    def copy(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.notice.say("Copied", "Paste it into an e-mail to your hub.")

    def save(self) -> None:
        """Ask where, and write it there."""
        start = str(Path.home() / self._file_name)
        chosen, _ = QFileDialog.getSaveFileName(self, "Save as text", start, "Text (*.txt)")
        if not chosen:
            return
        try:
            Path(chosen).write_text(self.text.toPlainText(), encoding="utf-8")
        except OSError:
            self.notice.say(
                "Not saved there",
                "The report is still here. Choose another folder, or copy it.",
                "warning",
            )
        else:
            self.notice.say("Saved", f"{Path(chosen).name} can be sent to your hub.")
