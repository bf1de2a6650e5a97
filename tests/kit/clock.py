"""A clock that stands still until a test sets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from omi_desktop.domain.clock import UK


class SetClock:
    """Says the time that it was told. It starts on Tuesday 24 November 2026, at noon."""

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment or datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        return self._moment.astimezone(UTC)

    def set(self, civil: str) -> None:
        """Make it this UK civil time: `set("2026-11-24 11:29")`."""
        self._moment = datetime.fromisoformat(civil).replace(tzinfo=UK)

    def forward(self, **amount: float) -> None:
        """Let time pass: `forward(hours=2)`."""
        self._moment = self.now() + timedelta(**amount)
