"""Where someone has been, like a browser's back and forward."""

from __future__ import annotations

from dataclasses import dataclass, replace

from omi_desktop.library import Kind


@dataclass(frozen=True, slots=True)
class Visit:
    """A page, how far down it someone had read, in pixels, and the search that led there.

    `version` is that of a plan which it was opened from.
    """

    kind: Kind
    id: str
    scroll: int = 0
    sought: str = ""
    version: str = ""

    @property
    def name(self) -> str:
        """Such as `handbook/first-visit`."""
        return f"{self.kind}/{self.id}"


class History:
    """A line of visits with a place on it."""

    def __init__(self) -> None:
        self._visits: list[Visit] = []
        self._here = -1

    @property
    def here(self) -> Visit | None:
        """The visit in view."""
        return self._visits[self._here] if self._visits else None

    @property
    def can_go_back(self) -> bool:
        """Whether there is an earlier visit."""
        return self._here > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether someone went back from a later visit."""
        return self._here + 1 < len(self._visits)

    def go(self, visit: Visit) -> None:
        """A new visit; what was ahead is forgotten. The page in view again is no new visit."""
        here = self.here
        if here is not None and (here.name, here.version) == (visit.name, visit.version):
            self._visits[self._here] = visit
            return
        del self._visits[self._here + 1 :]
        self._visits.append(visit)
        self._here = len(self._visits) - 1

    def leave(self, scroll: int) -> None:
        """Remember how far down the page in view was read."""
        if self._visits:
            self._visits[self._here] = replace(self._visits[self._here], scroll=scroll)

    def step(self, by: int) -> Visit | None:
        """Go back (-1) or forward (1); None when there is nothing there."""
        if not 0 <= self._here + by < len(self._visits):
            return None
        self._here += by
        return self._visits[self._here]
