"""One recorded session, as it stands: the number, the details, how its record stands, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from omi_desktop.domain.session import CANCELLED_LABELS, Outcome
from omi_desktop.services.sessions import SessionView, Version
from omi_desktop.ui import sentences, words
from omi_desktop.ui.record.erase import EraseCard
from omi_desktop.ui.record.facts import facts, said, told_apart, who_when
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.buttons import Button
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice


@dataclass(frozen=True, slots=True)
class Shown:
    """What the summary shows. `versions` newest first; `leaves` those between which the person must choose; `title_of`
    tells the titles of activities."""

    view: SessionView
    versions: tuple[Version, ...]
    leaves: tuple[Version, ...]
    title_of: Callable[[str], str] = str


class Summary(QWidget):
    """`version_chosen` carries the rev_id of the version that the person keeps."""

    correct_asked = Signal()
    remove_asked = Signal()
    undo_asked = Signal()
    version_chosen = Signal(str)
    erase_asked = Signal()

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self._shown = shown
        view = shown.view
        self.notice = Notice()
        self._first_button: Button | None = None
        self._remove_button = buttons.secondary("Remove", self.ask_remove, icon_name="bin")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(18)
        column.addWidget(self.notice)
        if view.record.is_conflict:
            column.addWidget(self._choosing())
        column.addWidget(self._details())
        earlier = [version for version in shown.versions if version.rev_id != view.record.head.rev_id]
        if earlier:
            column.addWidget(EarlierVersions(earlier))
        head = self._head()
        self.erase = EraseCard(_said(head))
        self.erase.erase_asked.connect(self.erase_asked)
        column.addWidget(self.erase)
        if view.record.is_erased:
            self.erase.hide()
            self.notice.say(
                "You erased this session on another laptop",
                "It is gone from OMI online and kept on this laptop only. It counts nowhere and can't be changed.",
                "warning",
                [("Erase it here too…", self._ask_erase)],
            )
        elif view.record.is_removed and not view.record.is_conflict:
            self.notice.say(
                "This session is removed",
                "It counts nobody.",
                actions=[("Bring it back", self.undo_asked.emit)],
            )
        elif view.record.rejected is not None:
            self.notice.say(
                "OMI online did not accept this session",
                f"{view.record.rejected.message.rstrip('.')}. It is safe on this laptop.",
                "warning",
                [("Correct it", self.correct_asked.emit)],
            )

    def take_focus(self) -> None:
        """Put the focus on what can be done here."""
        if self._first_button is not None:
            self._first_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def ask_remove(self) -> None:
        """Ask before removing, in its place."""
        self.notice.say(
            "Remove this session?",
            "It counts nobody from now on, on every laptop. You can bring it back.",
            "warning",
            [("Remove it", self.remove_asked.emit), ("Keep it", self._keep)],
        )
        self.notice.take_focus()

    def _ask_erase(self) -> None:
        self.notice.say(
            "Erase it from this laptop for good?",
            "This can't be undone.",
            "danger",
            [("Keep it", self.notice.clear), ("Erase it for good", self.erase_asked.emit)],
        )
        self.notice.take_focus()

    def _keep(self) -> None:
        self.notice.clear()
        self._remove_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _details(self) -> Card:
        view, details = self._shown.view, self._shown.view.details
        card = Card()
        card.body.setSpacing(14)
        if details.outcome is Outcome.CANCELLED:
            because = details.cancelled_because
            card.body.addWidget(labels.heading("It didn't happen"))
            card.body.addWidget(labels.body(CANCELLED_LABELS[because] if because else ""))
        else:
            number = labels.number(words.number(details.total))
            number.setAccessibleName(sentences.came(details))
            people = "young person" if details.total == 1 else "young people"
            count = QVBoxLayout()
            count.setSpacing(0)
            count.addWidget(number)
            count.addWidget(labels.muted(f"{people}{', an estimate' if details.is_estimated else ''}"))
            card.body.addLayout(count)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (name, text) in enumerate(facts(details, self._shown.title_of)):
            label = labels.muted(name)
            label.setWordWrap(False)
            grid.addWidget(label, row, 0)
            grid.addWidget(labels.body(text), row, 1)
        card.body.addLayout(grid)
        head = self._head()
        saved = f"{view.record.standing.label} · last saved on {who_when(head.device, head.saved_at)}"
        card.body.addWidget(labels.small(saved))
        if not (view.record.is_removed or view.record.is_erased):
            foot = QWidget()
            actions = Flow(foot)
            correct = buttons.primary("Correct", self.correct_asked.emit, icon_name="edit")
            self._first_button = self._first_button or correct
            actions.addWidget(correct)
            actions.addWidget(self._remove_button)
            if details.is_joint and details.group:
                actions.addWidget(
                    buttons.secondary("Show the code large", partial(self._show_code, details.group))
                )
            card.body.addWidget(foot)
        return card

    def _show_code(self, code: str) -> None:
        from omi_desktop.ui.dialogs.join_code import JoinCodeDialog  # noqa: PLC0415 -- only when needed

        JoinCodeDialog(code, self.window()).open()

    def _head(self) -> Version:
        """The version that is shown."""
        rev_id = self._shown.view.record.head.rev_id
        return next(version for version in self._shown.versions if version.rev_id == rev_id)

    def _choosing(self) -> Card:
        """Both versions, with what each says."""
        card = Card("Two laptops say different things. Which is right?")
        card.body.setSpacing(14)
        leaves = self._shown.leaves
        for version, apart in zip(leaves, _apart(leaves), strict=True):
            card.body.addWidget(labels.strong(_said(version)))
            card.body.addWidget(labels.muted(f"{apart}{who_when(version.device, version.saved_at)}"))
            foot = QWidget()
            row = Flow(foot)
            button = buttons.secondary("Keep this version", partial(self.version_chosen.emit, version.rev_id))
            button.setAccessibleName(f"Keep this version: {_said(version)}")
            self._first_button = self._first_button or button
            row.addWidget(button)
            card.body.addWidget(foot)
        return card


class EarlierVersions(Card):
    """Closed until someone asks."""

    def __init__(self, versions: Sequence[Version]) -> None:
        super().__init__()
        self._list = QWidget()
        column = QVBoxLayout(self._list)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for version in versions:
            column.addWidget(labels.body(_said(version)))
            column.addWidget(labels.small(who_when(version.device, version.saved_at)))
        self._toggle = buttons.quiet(
            f"Earlier versions ({len(versions)})", self._on_toggle, icon_name="clock"
        )
        row = Flow()
        row.addWidget(self._toggle)
        self.body.addLayout(row)
        self.body.addWidget(self._list)
        self._list.hide()

    def _on_toggle(self) -> None:
        self._list.setVisible(self._list.isHidden())


def _said(version: Version) -> str:
    return said(version.details, is_removal=version.is_removal)


def _apart(leaves: Sequence[Version]) -> list[str]:
    """What sets each version apart where the first line is the same for all."""
    if len({_said(leaf) for leaf in leaves}) > 1:
        return [""] * len(leaves)
    return [f"{text}. " if text else "" for text in told_apart([facts(leaf.details) for leaf in leaves])]
