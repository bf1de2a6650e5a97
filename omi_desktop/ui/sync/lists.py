"""The records by how they stand: which need the person, which wait, which were read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from omi_desktop.domain.clock import uk_today
from omi_desktop.services.plans import PlanView
from omi_desktop.services.records import Standing
from omi_desktop.services.sessions import SessionView
from omi_desktop.ui import sentences, words
from omi_desktop.ui.sync.asking import Answered, Question, read_answered, read_questions
from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.session_row import Row, RowsCard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from omi_desktop.ui.room import Room

SHOWN: Final = 20
"""Rows in one list; the Sessions page has them all."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The first rows of each list, last saved first.

    `waiting_in_all` is how many are listed as waiting here and in Sessions; `known_waiting` is what the sync engine
    counted at that moment, removals included.
    """

    questions: tuple[Question, ...] = ()
    answered: tuple[Answered, ...] = ()
    waiting: tuple[Row, ...] = ()
    synced: tuple[Row, ...] = ()
    waiting_in_all: int = 0
    known_waiting: int = 0


def read_lists(room: Room) -> Lists:
    """Read the records as they stand, sessions and plans alike."""
    today, state = uk_today(room.clock), room.online.state()
    views: list[SessionView | PlanView] = [*room.desk.sessions.all(), *room.desk.plans.all()]
    views.sort(key=lambda view: view.record.head.saved_at, reverse=True)
    found: dict[Standing, list[SessionView | PlanView]] = {standing: [] for standing in Standing}
    for view in views:
        found[view.record.standing].append(view)
    return Lists(
        questions=read_questions(room.desk, today),
        answered=read_answered(room.desk, today),
        waiting=tuple(_row(view, today) for view in found[Standing.SAVED][:SHOWN]),
        synced=tuple(_row(view, today) for view in found[Standing.SYNCED][:SHOWN]),
        waiting_in_all=len(found[Standing.SAVED]),
        known_waiting=state.waiting + state.unowned,
    )


def _row(view: SessionView | PlanView, today: date) -> Row:
    details = view.details
    if isinstance(view, PlanView):
        parts = ("Planned", sentences.expected(view.details))
        text = sentences.MIDDLE_DOT.join(part for part in parts if part)
    else:
        text = sentences.came(view.details)
    return Row(sentences.row(details, today), text, view.record_id)


class ListCard(RowsCard):
    """Hidden while there is nothing to show."""

    def __init__(self) -> None:
        super().__init__("")
        self.more = labels.muted("")
        self.more.setContentsMargins(12, 0, 12, 8)
        self.body.addWidget(self.more)
        self.heading.show()
        self.hide()

    def show_list(self, title: str, rows: Sequence[Row], more: str = "") -> None:
        """Show these rows under a title, and a line below them."""
        self.heading.setText(title)
        self.show_rows(rows)
        self.more.setText(more)
        self.more.setVisible(bool(more))
        self.setVisible(bool(rows or more))


def more_waiting(lists: Lists) -> str:
    """What waits and has no row: those left out, and removals, which no list of sessions shows."""
    left_out = lists.waiting_in_all - len(lists.waiting)
    unlisted = lists.known_waiting - lists.waiting_in_all - len(lists.questions)
    parts = []
    if left_out:
        parts.append(f"{words.number(left_out)} more in Sessions.")
    if unlisted > 0:
        parts.append(f"{words.counted(unlisted, 'more change')}, such as a session that you removed.")
    return " ".join(parts)
