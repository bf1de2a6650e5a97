"""What the window shows when the ambassador's file cannot be opened."""

from __future__ import annotations

from omi_desktop.domain.errors import OmiError
from omi_desktop.ui.page import ScrolledPage
from omi_desktop.ui.widgets import labels
from omi_desktop.ui.widgets.buttons import secondary
from omi_desktop.ui.widgets.card import Card
from omi_desktop.ui.widgets.flow import Flow


class ProblemPage(ScrolledPage):
    """What happened, what it means for the person's data, what to do next."""

    page_name = "problem"
    page_title = "OMI can't start yet"
    widest = 640
    is_centred = True

    def __init__(self, error: OmiError) -> None:
        super().__init__()
        card = Card(error.title)
        for text in (error.detail, error.hint):
            if text:
                card.body.addWidget(labels.body(text))
        close = secondary("Close", lambda: self.window().close())
        row = Flow()
        row.setContentsMargins(0, 8, 0, 0)
        row.addWidget(close)
        card.body.addLayout(row)
        self.body.addWidget(card)
        self.body.addStretch(1)
        self.setFocusProxy(close)
