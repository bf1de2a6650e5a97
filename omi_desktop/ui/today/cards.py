"""Today's quieter cards: what comes next, the person's own year, and the million."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from omi_desktop.ui import sentences, words
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.ring import Ring

if TYPE_CHECKING:
    from datetime import datetime

    from omi_desktop.domain.online import Million
    from omi_desktop.services.plans import PlanView
    from omi_desktop.services.sessions import SessionView
    from omi_desktop.services.today import Today


_MOST_PAGES: Final = 6


class NextCard(Card):
    """The next session to come, or the one that is on."""

    go = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._plan_id = ""
        self.eyebrow = labels.eyebrow("NEXT")
        self.body.insertWidget(0, self.eyebrow)
        self.heading.show()
        self.who = labels.strong("")
        self.where = labels.body("")
        self.body.addWidget(self.who)
        self.body.addWidget(self.where)
        self._open = buttons.primary("Open", self._go)
        self._record = buttons.secondary("Record it now", partial(self._go, "/record"))
        row = Flow()
        row.addWidget(self._open)
        row.addWidget(self._record)
        self._pages = QWidget()
        self._pages_column = QVBoxLayout(self._pages)
        self._pages_column.setContentsMargins(0, 4, 0, 0)
        self._pages_column.setSpacing(2)
        self._pages_column.addWidget(labels.small("From the Library"))
        self._shown: tuple[tuple[str, str], ...] = ()
        self.body.addWidget(self._pages)
        self.body.addSpacing(4)
        self.body.addLayout(row)

    def show_plan(
        self, plan: PlanView, now: datetime, pages: tuple[tuple[str, str], ...] = (), *, is_main: bool
    ) -> None:
        """Show a session to come. It can be recorded from its day on. `pages` are what it uses of the Library: where
        each is opened, and its title."""
        self._open.setProperty("kind", "primary" if is_main else "secondary")
        self._open.style().unpolish(self._open)
        self._open.style().polish(self._open)
        details = plan.details
        self._plan_id = plan.record_id
        self.eyebrow.setText(sentences.nearness(details, now))
        self.heading.setText(sentences.when(details))
        self.who.setText(sentences.expected(details))
        self.who.setVisible(bool(self.who.text()))
        self.where.setText(f"{sentences.where(details)}{sentences.MIDDLE_DOT}{sentences.what(details)}")
        self._record.setVisible(details.day is not None and details.day <= now.date())
        self._open.setAccessibleName(f"Open {sentences.where(details)}, {sentences.when(details)}")
        self._show_pages(pages)

    def _show_pages(self, pages: tuple[tuple[str, str], ...]) -> None:
        """One click opens what was chosen for the session. Nothing is made anew while it stays the same, so that the
        keyboard stays where it is."""
        if pages != self._shown:
            self._shown = pages
            while (taken := self._pages_column.takeAt(1)) is not None:
                old = taken.widget()
                if old is not None:
                    old.hide()
                    old.deleteLater()
            for target, title in pages[:_MOST_PAGES]:
                self._add_page(target, title, "activity")
            if len(pages) > _MOST_PAGES:
                more = f"{len(pages) - _MOST_PAGES} more in the plan"
                self._add_page(f"sessions/{self._plan_id}", more, "forward")
        self._pages.setVisible(bool(pages))

    def _add_page(self, target: str, title: str, icon_name: str) -> None:
        row = Flow()
        button = buttons.quiet(title, partial(self.go.emit, target), icon_name=icon_name)
        button.setAccessibleName(f"Read {title}" if icon_name == "activity" else title)
        row.addWidget(button)
        holder = QWidget()
        holder.setLayout(row)
        self._pages_column.addWidget(holder)

    def _go(self, tab: str = "") -> None:
        self.go.emit(f"sessions/{self._plan_id}{tab}")


class QuietCard(Card):
    """Nothing to record and nothing to come, for a person who has recorded before."""

    go = Signal(str)

    def __init__(self) -> None:
        super().__init__("Nothing planned")
        self.text = labels.muted("")
        self.body.addWidget(self.text)
        row = Flow()
        row.addWidget(buttons.primary("Plan a session", lambda: self.go.emit("sessions/plan")))
        self.body.addSpacing(4)
        self.body.addLayout(row)

    def show_last(self, last: SessionView | None, now: datetime) -> None:
        """Show the last session as a reminder of where to go on."""
        if last is None:
            self.text.setText("Plan your next visit, and it waits here for you.")
        else:
            name = sentences.row(last.details, now.date())
            self.text.setText(f"Last: {name}{sentences.MIDDLE_DOT}{sentences.came(last.details)}.")


class YearCard(Card):
    """The person's own young people in this school year: the low end of the range is the headline."""

    def __init__(self) -> None:
        super().__init__("My year")
        self.number = labels.number("0")
        self.people = labels.body("")
        self.since = labels.muted("")
        self.estimate = labels.small("Some numbers are estimates.")
        for part in (self.number, self.people, self.since, self.estimate):
            self.body.addWidget(part)
        self.body.setSpacing(4)

    def show_year(self, today: Today, *, has_estimates: bool) -> None:
        """Show a year so far."""
        mine = today.mine
        self.number.setText(words.number(mine.low))
        people = "young person" if mine.low == 1 else "young people"
        self.people.setText(", ".join(part for part in (people, sentences.up_to(mine)) if part))
        self.since.setText(f"{sentences.sessions(today.sessions)} since {_date(today)}")
        self.estimate.setVisible(has_estimates)
        self.setAccessibleName(f"My year: {words.number(mine.low)} {self.people.text()}, {self.since.text()}")


class MillionCard(Card):
    """The programme's total, with the date it was last known."""

    def __init__(self) -> None:
        super().__init__("The million")
        self.ring = Ring()
        self.text = labels.small("")
        self.body.addWidget(self.ring)
        self.body.addWidget(self.text)

    def show_million(self, million: Million | None) -> None:
        """Show a total, or calmly that none is known yet."""
        if million is None:
            self.heading.setText("The million")
            self.ring.set_total(None)
            self.text.setText("Everyone's total appears here after the first sync.")
        else:
            self.heading.setText(f"The million in {million.year}")
            self.ring.set_total(million.low, million.as_of)
            is_open = million.high > million.low
            self.text.setText(
                f"Up to {words.number(million.high)}, once open questions are answered." if is_open else ""
            )
        self.text.setVisible(bool(self.text.text()))


def _date(today: Today) -> str:
    start = today.year_from
    return words.full_day(start).partition(" ")[2]
