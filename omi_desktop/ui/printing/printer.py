"""Sheets on a printer. Qt's part for printing is loaded when somebody prints, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QPageLayout, QPainter
from PySide6.QtWidgets import QDialog, QWidget

from omi_desktop.domain.errors import PrintProblem
from omi_desktop.ui.printing.sheet import Sheet

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter


def has_printer() -> bool:
    """Whether this laptop knows any printer."""
    from PySide6.QtPrintSupport import QPrinterInfo  # noqa: PLC0415

    return bool(QPrinterInfo.availablePrinterNames())


def ask(sheet: Sheet, parent: QWidget) -> QPrinter | None:
    """The system's own dialog: which printer, how many, which pages. None when the person thought better of it."""
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter  # noqa: PLC0415

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setDocName(sheet.title)
    printer.setPageSize(sheet.paper.page_size)
    printer.setPageOrientation(QPageLayout.Orientation.Portrait)
    dialog = QPrintDialog(printer, parent)
    dialog.setMinMax(1, len(sheet.pages))
    return printer if dialog.exec() == QDialog.DialogCode.Accepted else None


def print_out(sheet: Sheet, printer: QPrinter) -> None:
    """Print the pages that were asked for, as large as the paper in the printer allows. Raises PrintProblem."""
    printer.setFullPage(True)
    painter = QPainter()
    if not painter.begin(printer):
        raise PrintProblem(
            "The printer does not answer",
            detail="Nothing was printed.",
            hint="Check that it is on and has paper, or save a PDF.",
        )
    try:
        paper = printer.pageLayout().fullRectPixels(printer.resolution())
        size = sheet.paper.size
        scale = min(paper.width() / size.width(), paper.height() / size.height())
        first = max(printer.fromPage(), 1)
        last = printer.toPage() or len(sheet.pages)
        for number, draw in enumerate(sheet.pages[first - 1 : last]):
            if number:
                printer.newPage()
            painter.save()
            painter.translate((paper.width() - size.width() * scale) / 2, 0)
            painter.scale(scale, scale)
            draw(painter)
            painter.restore()
    finally:
        painter.end()
