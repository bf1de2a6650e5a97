"""One start of the app without a window, and two ways to make rocket mice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from omi_desktop.domain.changes import Change, Changes
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Desk
from omi_desktop.services.pages import Pages
from tests.kit.packs import page

APP = "0.1.0"
MICE = "resources/activities/rocket-mice.md"
OLD = page("activity", "rocket-mice", checked_on="2026-11-01", body="The first way.\n")
NEW = page("activity", "rocket-mice", checked_on="2026-11-22", body="A better way.\n")


@dataclass
class Laptop:
    """One start of the app, without a window."""

    desk: Desk
    library: Library
    pages: Pages
    changes: Changes
    announced: list[Change]

    def close(self) -> None:
        self.pages.stop()
        self.library.close()
        self.desk.close()

    def text(self, item_id: str = "rocket-mice") -> str:
        return self.library.page("activity", item_id).html


File = Callable[[bytes], Path]
Start = Callable[..., Laptop]
