"""Everything that a page may use, handed over once the shell is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omi_desktop.domain.changes import Changes
    from omi_desktop.domain.clock import Clock
    from omi_desktop.domain.online import Online
    from omi_desktop.library.catalogue import Library
    from omi_desktop.services.desk import Desk
    from omi_desktop.services.pages import Pages


@dataclass(frozen=True, slots=True)
class Room:
    """The parts behind the window; `app.py` joins them."""

    desk: Desk
    online: Online
    library: Library
    pages: Pages
    clock: Clock
    changes: Changes
