"""Questions that were answered before: closed until someone wants to answer one of them otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.ui import tasks
from omi_desktop.ui.sync.asking import Answered
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice


class AnsweredCard(Card):
    """`changed` says that a question is open again."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Answered, ...] = ()
        self.notice = Notice()
        self.toggle = buttons.quiet("", self._on_toggle, icon_name="clock")
        self._list = QWidget()
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(12)
        top = Flow()
        top.addWidget(self.toggle)
        self.body.addLayout(top)
        self.body.addWidget(self.notice)
        self.body.addWidget(self._list)
        self._list.hide()
        self.hide()

    def show_answered(self, answered: Sequence[Answered]) -> None:
        """Show these; nothing at all while there is none."""
        if tuple(answered) == self._shown:
            return
        had_focus = self._list.isAncestorOf(self.window().focusWidget())
        self._shown = tuple(answered)
        self.toggle.setText(f"Answered earlier ({len(answered)})")
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for each in answered:
            self._rows.addWidget(self._row(each))
        self.setVisible(bool(answered))
        if had_focus:
            self.toggle.setFocus(Qt.FocusReason.OtherFocusReason)

    def _row(self, answered: Answered) -> QWidget:
        row = QWidget()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(labels.body(answered.text))
        button = buttons.secondary("Ask me again", partial(self._ask_again, answered))
        button.setAccessibleName(f"Ask me again: {answered.text}")
        foot = Flow()
        foot.addWidget(button)
        column.addLayout(foot)
        return row

    def _ask_again(self, answered: Answered) -> None:
        self.notice.clear()
        tasks.run(
            answered.take_back,
            owner=self,
            done=lambda _none: self.changed.emit(),
            failed=self.notice.tell,
        )

    def _on_toggle(self) -> None:
        self._list.setVisible(self._list.isHidden())
