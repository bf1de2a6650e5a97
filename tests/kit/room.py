"""What a window is given, joined as `app.py` does."""

from __future__ import annotations

from omi_desktop import __version__
from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import Clock
from omi_desktop.domain.online import Online
from omi_desktop.library import packs
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Desk
from omi_desktop.services.pages import Pages
from omi_desktop.ui.room import Room


def room_of(*, desk: Desk, online: Online, library: Library, clock: Clock, changes: Changes) -> Room:
    """A room over these parts. `library` shows the pages that are in use in the desk's profile."""
    profile = desk.store.path.parent
    pages = Pages(
        desk,
        library,
        online,
        used=packs.in_use(profile, __version__),
        cache=profile.parent / "cache",
        clock=clock,
        changes=changes,
        app=__version__,
    )
    return Room(desk=desk, online=online, library=library, pages=pages, clock=clock, changes=changes)
