"""One thing to print: what it is, what may be typed into it, its first page, and the two ways onto paper."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from PySide6.QtCore import QStandardPaths, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError, PrintProblem
from omi_desktop.ui import tasks
from omi_desktop.ui.library.scrolled import scrolled
from omi_desktop.ui.printing import printer
from omi_desktop.ui.printing.pdf import save
from omi_desktop.ui.printing.preview import Preview
from omi_desktop.ui.printing.printables import Printable, Typed
from omi_desktop.ui.printing.sheet import Paper, picture
from omi_desktop.ui.record.tab_order import follow_layout
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.columns import Columns
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.services.preferences import Preferences

KEPT: Final = "print_words"
"""The preference with what was typed, by `<printable>/<question>`."""
_PAUSE: Final = 250
"""Milliseconds after the last letter until the picture is drawn again."""


class _Looked(NamedTuple):
    image: QImage
    pages: int


class PrintCard(Card):
    """Shows one Printable at a time."""

    def __init__(self) -> None:
        super().__init__(fills=True)
        self.thing: Printable | None = None
        self._preferences: Preferences | None = None
        self._asked = 0
        self._lines: dict[str, QLineEdit] = {}
        self.title = labels.heading("")
        self.about = labels.muted("")
        self.pages = labels.small("")
        self.preview = Preview()
        self.notice = Notice()
        self.paper = Choice("Paper", [(paper.value, paper.value) for paper in (Paper.A3, Paper.A4)], "A4")
        self.paper.chosen.connect(self._look)
        self._fields = QVBoxLayout()
        self._fields.setSpacing(12)
        row = Flow(spacing=8)
        self.save_button = buttons.primary("Save as PDF…", self.save, icon_name="save")
        self.print_button = buttons.secondary("Print…", self.print_out)
        row.addWidget(self.save_button)
        row.addWidget(self.print_button)

        self._words = QWidget()
        column = QVBoxLayout(self._words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for part in (self.title, self.about):
            column.addWidget(part)
        column.addLayout(self._fields)
        column.addWidget(self.paper)
        column.addLayout(row)
        column.addWidget(self.pages)
        column.addWidget(self.notice)
        column.addStretch(1)
        picture_side = QWidget()
        beside = QHBoxLayout(picture_side)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.preview, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        beside.addStretch(1)
        both = Columns(530)
        both.add(self._words)
        both.add(picture_side)
        self.body.addWidget(scrolled(both), 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._look)

    def fill(self, preferences: Preferences) -> None:
        """Take where typed words are kept."""
        self._preferences = preferences

    def show_thing(self, thing: Printable) -> None:
        """Show another thing, with what was typed into it the last time."""
        self.thing = thing
        self.title.setText(thing.title)
        self.about.setText(thing.about)
        self.notice.clear()
        self.paper.setVisible(len(thing.papers) > 1)
        self.paper.set_value(Paper.A4.value)
        self.pages.setText("")
        self.preview.show_image(None, f"Preview of {thing.title}")
        self._ask(thing)
        self._look()

    def save(self) -> None:
        """Ask where, and write a PDF there."""
        if self.thing is None:
            return
        self._keep()
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        start = Path(documents or Path.home()) / self.thing.file_name(self._paper)
        chosen, _ = QFileDialog.getSaveFileName(self, "Save as PDF", str(start), "PDF (*.pdf)")
        if chosen:
            tasks.run(
                partial(_write, self.thing, self._paper, self._typed, Path(chosen)),
                owner=self,
                done=self._say_saved,
                failed=self.notice.tell,
            )

    def print_out(self) -> None:
        """Ask the system which printer, and print; without one, offer the PDF."""
        if not printer.has_printer():
            self.notice.say(
                "No printer is set up on this laptop",
                "Save it as a PDF and print that anywhere: at school, at work or in a shop.",
                "warning",
                [("Save as PDF…", self.save)],
            )
            self.notice.take_focus()
            return
        if self.thing is None:
            return
        self._keep()
        # Printers belong to this thread, and a sheet to the thread that made it.
        try:
            sheet = self.thing.make(self._paper, self._typed)
            chosen = printer.ask(sheet, self)
            if chosen is not None:
                printer.print_out(sheet, chosen)
        except OmiError as error:
            self.notice.tell(error, [("Save as PDF…", self.save)])
            return
        if chosen is not None:
            where = chosen.printerName() or "the printer"
            self.notice.say("Sent to the printer", f"{sheet.title}: look at {where}.")

    @property
    def _typed(self) -> dict[str, str]:
        return {name: " ".join(line.text().split()) for name, line in self._lines.items()}

    @property
    def _paper(self) -> Paper:
        thing = self.thing
        return Paper(self.paper.value()) if thing is not None and len(thing.papers) > 1 else Paper.A4

    def _ask(self, thing: Printable) -> None:
        while (item := self._fields.takeAt(0)) is not None:
            if (field := item.widget()) is not None:
                field.hide()
                field.deleteLater()
        self._lines = {}
        kept = self._kept()
        for question in thing.questions:
            line = QLineEdit(str(kept.get(f"{thing.id}/{question.name}", ""))[: question.limit])
            line.setMaxLength(question.limit)
            line.textChanged.connect(lambda _text: self._timer.start())
            line.editingFinished.connect(self._keep)
            self._lines[question.name] = line
            self._fields.addWidget(Field(question.label, line, question.hint))
        follow_layout(self._words)

    def _kept(self) -> dict[str, Any]:
        kept = self._preferences.get(KEPT, {}) if self._preferences is not None else {}
        return kept if isinstance(kept, dict) else {}

    def _keep(self) -> None:
        if self.thing is None or self._preferences is None:
            return
        before = self._kept()
        typed = {f"{self.thing.id}/{name}": words for name, words in self._typed.items()}
        kept = before | {name: words for name, words in typed.items() if words or name in before}
        if kept != before:
            tasks.run(
                partial(self._preferences.put, KEPT, kept),
                owner=self,
                done=lambda _kept: None,
                failed=self.notice.tell,
            )

    def _look(self, _paper: str = "") -> None:
        """Draw the first page again, on a worker thread: a text takes a moment to lay out."""
        if self.thing is None:
            return
        self._asked += 1
        thing, paper, typed, dots = self.thing, self._paper, self._typed, self.preview.dots

        def work() -> _Looked:
            sheet = thing.make(paper, typed)
            return _Looked(picture(sheet, dots), len(sheet.pages))

        tasks.run(
            work,
            owner=self,
            done=partial(self._show_look, self._asked),
            failed=partial(self._fail, self._asked),
        )

    def _show_look(self, asked: int, looked: _Looked) -> None:
        if asked != self._asked or self.thing is None:
            return
        pages = "1 page" if looked.pages == 1 else f"{looked.pages} pages"
        self.pages.setText(f"{pages}, {self._paper.value}")
        self.preview.show_image(looked.image, f"Preview of {self.thing.title}, page 1 of {looked.pages}")

    def _fail(self, asked: int, error: OmiError) -> None:
        if asked == self._asked:
            self.notice.tell(error)

    def _say_saved(self, path: Path) -> None:
        self.notice.say(
            "Saved",
            f"{path.name} is in {path.parent.name or path.parent}.",
            actions=[
                ("Open it", partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(path)))),
                ("Show the folder", partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(path.parent)))),
            ],
        )


def _write(thing: Printable, paper: Paper, typed: Typed, chosen: Path) -> Path:
    path = chosen if chosen.suffix.lower() == ".pdf" else chosen.with_name(f"{chosen.name}.pdf")
    if path != chosen and path.exists():
        raise PrintProblem(hint=f"There is a file {path.name} already. Choose that one to replace it.")
    return save(thing.make(paper, typed), path)
