"""Ticks in the checklists of the Library: kept with the preferences, so they never leave this laptop."""

from __future__ import annotations

from omi_desktop.services.preferences import Preferences

_NAME = "ticks/{page}"


class Ticks:
    """Which boxes of a page are ticked. A box is known by its words: a page that is written anew keeps
    the ticks of those that stayed."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def of(self, page: str) -> frozenset[str]:
        """The ticked boxes of a page, such as `handbook/first-visit`. Never touches the disk."""
        kept = self._preferences.get(_NAME.format(page=page), [])
        return frozenset(map(str, kept)) if isinstance(kept, list) else frozenset()

    def put(self, page: str, boxes: frozenset[str]) -> None:
        """Keep which boxes of a page are ticked. Raises NotSaved."""
        self._preferences.put(_NAME.format(page=page), sorted(boxes))
