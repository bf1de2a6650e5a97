"""Which pages the Library shows, newer ones looked for when asked, or brought in a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QFileDialog

from omi_desktop.domain.online import Link
from omi_desktop.ui import tasks, words
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.errors import OmiError
    from omi_desktop.services.pages import PagesState, Taken
    from omi_desktop.ui.room import Room

_ABOUT: Final = (
    "While you are online, newer pages are looked for once a day. What your plans use stays as it was."
)
_FILTER: Final = "Content packs (*.zip);;All files (*)"


class PagesCard(Card):
    """What is in use, and two ways to newer pages."""

    def __init__(self) -> None:
        super().__init__("Pages of the Library")
        self._room: Room | None = None
        # The buttons stay as they are meanwhile, or the keyboard would lose its place.
        self.is_busy = False
        self.in_use = labels.body("")
        self.looked = labels.muted("")
        self.problem = Notice()
        self.notice = Notice()
        self.look_button = buttons.secondary("Check for new pages", self.look)
        self.open_button = buttons.secondary("Open a content pack…", self.open_file)
        row = Flow()
        row.addWidget(self.look_button)
        row.addWidget(self.open_button)
        self.body.setSpacing(12)
        self.body.addWidget(labels.muted(_ABOUT))
        for part in (self.in_use, self.looked, self.problem):
            self.body.addWidget(part)
        self.body.addLayout(row)
        self.body.addWidget(self.notice)

    def fill(self, room: Room) -> None:
        """Take the services."""
        self._room = room
        self.refresh()

    def refresh(self) -> None:
        """Show again which pages are in use."""
        if self._room is None:
            return
        state = self._room.pages.state()
        self.in_use.setText(in_use(state))
        self.looked.setText(f"Last looked {words.moment(state.looked_at)}." if state.looked_at else "")
        self.looked.setVisible(state.looked_at is not None)
        # What the person asked for themselves is answered below the buttons, not here as well.
        if state.problem and not self.notice.isVisible():
            self.problem.say("No newer pages yet", state.problem, "warning")
        else:
            self.problem.clear()
        is_signed_in = self._room.online.state().link not in (Link.NO_CODE, Link.STARTING)
        self.look_button.setVisible(is_signed_in)

    def look(self) -> None:
        """Ask OMI online."""
        if self._room is not None and not self.is_busy:
            self._begin("Looking for new pages")
            tasks.run(self._room.pages.look, owner=self, done=self._on_looked, failed=self._on_failed)

    def open_file(self) -> None:
        """Ask which file, and take in what is in it."""
        if self._room is None or self.is_busy:
            return
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a content pack", str(Path.home()), _FILTER)
        if chosen:
            self._begin("Checking the content pack")
            work = partial(self._room.pages.open_file, Path(chosen))
            tasks.run(work, owner=self, done=self._on_opened, failed=self._on_failed)

    def _begin(self, said: str) -> None:
        self.problem.clear()
        self.is_busy = True
        self.notice.say(said)

    def _end(self) -> None:
        self.is_busy = False
        self.refresh()

    def _on_looked(self, taken: Taken | None) -> None:
        self._say(taken, "No newer pages", "You have the newest that OMI online has.")

    def _on_opened(self, taken: Taken | None) -> None:
        self._say(taken, "You have these pages already", "Nothing needs doing.")

    def _say(self, taken: Taken | None, title: str, text: str) -> None:
        if taken is not None:
            title, text = f"New pages of {words.full_day(taken.made_on)}", what_changed(taken)
        self.notice.say(title, text)
        self._end()

    def _on_failed(self, error: OmiError) -> None:
        self.notice.tell(error)
        self._end()


def in_use(state: PagesState) -> str:
    """Which pages the Library shows, and since when they should have been renewed."""
    if state.version is None or state.made_on is None:
        return "The Library shows the pages that came with the app."
    said = f"The Library shows the pages of {words.full_day(state.made_on)} (number {words.number(state.version)})."
    if state.expired_on is not None:
        said += (
            f" They were made to last until {words.full_day(state.expired_on)}. You can still read them, but "
            "facts in them may be out of date."
        )
    return said


def what_changed(taken: Taken) -> str:
    """`3 pages are new, 12 changed, 1 is gone.`"""
    parts = [
        f"{words.counted(count, 'page')} {'is' if count == 1 else 'are'} {what}"
        for count, what in ((taken.new, "new"), (taken.changed, "changed"), (taken.gone, "gone"))
        if count
    ]
    told = ", ".join(parts) if parts else "No page changed"
    return f"{told}. The Library shows all of it now, without a restart."
