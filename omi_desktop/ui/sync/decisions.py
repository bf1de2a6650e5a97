"""What needs the person, each decided, left or taken back in its row. Nothing here disappears on a timer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui import tasks
from omi_desktop.ui.sync.asking import Answer, Question
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.buttons import Button
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

_QUIET: Final = ("Open", "Later")


class QuestionRow(QWidget):
    """One question. `decided` and `taken_back` say that the records have changed; `opened` carries a target."""

    decided = Signal()
    taken_back = Signal()
    opened = Signal(str)

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        self.given: Answer | None = None
        self.is_left = self.is_coming_back = False
        self.is_busy = False
        self.title = labels.strong(question.title)
        self.title.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.details = labels.muted("")
        self.notice = Notice()
        self._buttons = QWidget()
        self._flow = Flow(self._buttons, spacing=8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for part in (self.title, self.details, self.notice, self._buttons):
            column.addWidget(part)
        self._ask()

    @property
    def is_decided(self) -> bool:
        """Whether an answer was given here and stands."""
        return self.given is not None

    @property
    def has_focus(self) -> bool:
        """Whether the person is at this row."""
        return self.isAncestorOf(self.window().focusWidget())

    def take_focus(self) -> None:
        """Put the focus on the first thing that can be done here."""
        for button in self._buttons.findChildren(Button):
            if not button.isHidden():
                button.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def _ask(self) -> None:
        question = self.question
        self.given, self.is_left = None, False
        self._say(question.title, "\n".join(question.lines))
        shown = [
            self._button(answer.text, answer.spoken, partial(self._answer, answer))
            for answer in question.answers
        ]
        if question.opens:
            spoken = f"{question.open_text}: {question.title}"
            button = self._button(question.open_text, spoken, partial(self.opened.emit, question.opens))
            shown.append(button)
        shown.append(self._button("Later", f"Later: {question.title}", self._leave))
        self._show(shown)

    def _leave(self) -> None:
        """Later. The row stays, folded, and says how to go on."""
        had_focus, self.is_left = self.has_focus, True
        self._say(self.question.title, self.question.left)
        self._show([self._button("Take it up now", f"Take it up now: {self.question.title}", self._resume)])
        self._after(had_focus, self.question.left)

    def _resume(self) -> None:
        had_focus = self.has_focus
        self._ask()
        self._after(had_focus, self.question.title)

    def _answer(self, answer: Answer) -> None:
        if answer.warning:
            self.notice.say(
                answer.warning,
                tone="danger",
                actions=[("Back", self._back), (answer.text, partial(self._give, answer))],
            )
            self._buttons.hide()
            self.notice.take_focus()
        else:
            self._give(answer)

    def _back(self) -> None:
        self.notice.clear()
        self._buttons.show()
        self.take_focus()

    def _give(self, answer: Answer) -> None:
        self._run(answer.work, partial(self._on_given, answer))

    def _on_given(self, answer: Answer) -> None:
        had_focus, self.given = self.has_focus, answer
        self._say(answer.decided, "")
        shown = []
        if answer.take_back is not None:
            shown.append(self._button("Undo", f"Undo: {answer.decided}", partial(self._undo, answer)))
        self._show(shown)
        self._after(had_focus, answer.decided)
        self.decided.emit()

    def _undo(self, answer: Answer) -> None:
        if answer.take_back is not None:
            self._run(answer.take_back, self._on_taken_back)

    def _on_taken_back(self) -> None:
        """The question comes back with the next reading; until then it stands here as it was."""
        had_focus, self.is_coming_back = self.has_focus, True
        self._ask()
        self._after(had_focus, f"Undone. {self.question.title}")
        self.taken_back.emit()

    def _run(self, work: Callable[[], object], done: Callable[[], object]) -> None:
        if self.is_busy:
            return
        self.is_busy = True
        tasks.run(work, owner=self, done=lambda _value: self._finish(done), failed=self._on_failed)

    def _finish(self, done: Callable[[], object]) -> None:
        self.is_busy = False
        self.notice.clear()
        self._buttons.show()
        done()

    def _on_failed(self, error: OmiError) -> None:
        self.is_busy = False
        self._buttons.show()
        self.notice.tell(error)

    def _after(self, had_focus: bool, spoken: str) -> None:
        """The focus stays in the row, on what was decided or asked, and a screen reader says it."""
        if had_focus:
            if self.given is not None:
                self.title.setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                self.take_focus()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, spoken))

    def _say(self, title: str, details: str) -> None:
        self.title.setText(title)
        self.title.setAccessibleName(title)
        self.details.setText(details)
        self.details.setVisible(bool(details))
        self.title.setFocusPolicy(
            Qt.FocusPolicy.StrongFocus if self.given is not None else Qt.FocusPolicy.NoFocus
        )

    def _button(self, text: str, spoken: str, act: Callable[[], object]) -> Button:
        button = (buttons.quiet if text in _QUIET else buttons.secondary)(text, act)
        button.setAccessibleName(spoken)
        return button

    def _show(self, shown: Sequence[Button]) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for button in shown:
            self._flow.addWidget(button)
            button.show()
        self._buttons.setVisible(bool(shown))


class DecisionsCard(Card):
    """Needs you: one row for each question, and those decided meanwhile. Hidden while there is none.

    `changed` asks for the records to be read again.
    """

    opened = Signal(str)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Needs you")
        self.rows: list[QuestionRow] = []
        self._dividers: list[QFrame] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(14)
        self.more = labels.muted("")
        self.body.setSpacing(14)
        self.body.addLayout(self._column)
        self.body.addWidget(self.more)
        self.hide()

    def show_questions(self, questions: Sequence[Question], more: str = "") -> None:
        """Show these questions. What was decided here stays, with its Undo, until something new is asked of it."""
        asked = {question.subject: question for question in questions}
        at = next((index for index, row in enumerate(self.rows) if row.has_focus), None)
        kept: list[QuestionRow] = []
        for row in self.rows:
            question = asked.pop(row.question.subject, None)
            if question is not None and question.key != row.question.key:
                kept.append(self._row(question, row))
            elif question is not None or row.is_decided or row.is_coming_back or row.is_busy:
                # Busy: the answer is saved and announced before the row hears of it; it would go with its Undo.
                row.is_coming_back = row.is_coming_back and question is None
                kept.append(row)
            else:
                self._let_go(row)
        kept += [self._row(question) for question in asked.values()]
        self.rows = kept
        self._arrange()
        is_open = any(not row.is_decided for row in self.rows)
        self.heading.setText("Needs you" if is_open or more else "Decided")
        self.more.setText(more)
        self.more.setVisible(bool(more))
        self.setVisible(bool(self.rows or more))
        if at is not None and self.rows and not any(row.has_focus for row in self.rows):
            self.rows[min(at, len(self.rows) - 1)].take_focus()

    def _row(self, question: Question, before: QuestionRow | None = None) -> QuestionRow:
        row = QuestionRow(question)
        row.decided.connect(self.changed)
        row.taken_back.connect(self.changed)
        row.opened.connect(self.opened)
        if before is not None:
            self._let_go(before)
        return row

    def _let_go(self, row: QuestionRow) -> None:
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _arrange(self) -> None:
        # Not `takeAt`: what it gives back lives on, and a row put back beside it keeps its height, whatever it says.
        for row in self.rows:
            self._column.removeWidget(row)
        for divider in self._dividers:
            self._column.removeWidget(divider)
            divider.hide()
            divider.deleteLater()
        self._dividers = []
        for index, row in enumerate(self.rows):
            if index:
                divider = QFrame()
                divider.setProperty("divider", True)
                self._dividers.append(divider)
                self._column.addWidget(divider)
            self._column.addWidget(row)
            row.show()
