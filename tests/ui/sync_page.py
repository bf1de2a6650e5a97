"""What the tests of the Sync page look for in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtWidgets import QPushButton, QWidget

from omi_desktop.domain.online import Link, SyncState
from omi_desktop.services.desk import Desk
from omi_desktop.services.sessions import SessionView
from omi_desktop.ui.pages.sync import SyncPage
from tests.ui import look
from tests.ui.made_up import (
    ST_MARYS,
    WEDNESDAY,
    delivered,
    save_twice,
    sign_in,
)

Open = Callable[[], SyncPage]
SIGNED_IN = SyncState(Link.IDLE, account_name="Asha Patel", hub="East Midlands hub", last_success=WEDNESDAY)


def rows(page: SyncPage) -> list[str]:
    """What a screen reader says of the rows in view, from the top."""
    found = [
        button
        for button in page.findChildren(QPushButton)
        if button.isVisible() and button.property("kind") == "row"
    ]
    return [
        look.spoken(button) for button in sorted(found, key=lambda b: b.mapTo(page, b.rect().topLeft()).y())
    ]


def window_focus(page: SyncPage) -> QWidget | None:
    return page.window().focusWidget()


def differing(desk: Desk) -> SessionView:
    """A session that says 28 on the work laptop and 31 on the one at home."""
    view = desk.sessions.save(delivered(date(2026, 11, 12), ST_MARYS, 20, "en.y5"))
    sign_in(desk)
    save_twice(desk, view, (28, 31))
    return view


def has(page: SyncPage, name: str) -> bool:
    return any(b.isVisible() and look.spoken(b) == name for b in page.findChildren(QPushButton))
