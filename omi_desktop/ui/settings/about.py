"""What the app promises, how that is tested, and whose it is."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QHBoxLayout

from omi_desktop import __version__
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.card import Card

PROMISES: Final = (
    "Saved means it survives a pulled plug.",
    "Synced means we have read it back from OMI online.",
    "Nobody is counted twice by a retry, a second laptop or a second ambassador in the same room.",
    "No child's name is asked for, kept or sent.",
    "Everything you need in the room works with the network off.",
)
_TESTED: Final = 4
"""The first so many are broken on purpose, over and over, by `tests/faults`."""


class AboutCard(Card):
    """The promises, the first four with the way to their proof."""

    def __init__(self) -> None:
        super().__init__("About")
        self.body.setSpacing(6)
        self.body.addWidget(labels.strong("What this app promises"))
        for number, promise in enumerate(PROMISES, start=1):
            said = QHBoxLayout()
            said.setSpacing(12)
            said.addWidget(labels.body(f"{number}.  {promise}"), 1)
            if number <= _TESTED:
                link = buttons.quiet("How this is tested", self.show_proof)
                link.setAccessibleName(f"How this is tested: {promise}")
                said.addWidget(link)
            self.body.addLayout(said)
        self.body.addSpacing(6)
        self.body.addWidget(
            labels.body(
                "OMI Desktop is independent of the One Million Interactions programme and its partners "
                "unless they adopt it."
            )
        )
        self.body.addWidget(labels.small(f"Version {__version__} · Apache License 2.0"))

    def show_proof(self) -> None:
        """Open the table of what was broken on purpose, how often, and what came of it."""
        from omi_desktop.ui.dialogs.proof import ProofDialog  # noqa: PLC0415 -- only when needed

        ProofDialog(self.window()).open()
