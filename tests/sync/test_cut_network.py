"""The network breaks before, during and after a request; nothing is lost and nobody counts twice."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import SyncProblem
from omi_desktop.services.desk import Desk
from omi_desktop.sync.client import Client
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens
from tests.kit.centre import running_centre
from tests.kit.cut import relay_to
from tests.sync.test_engine import details

EVERY = 97
"""Bytes between one cut and the next; each cut is a try of its own."""


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_connection_cut_after_any_number_of_bytes_costs_a_retry_and_nothing_else(
    direction: str, tmp_path: Path
) -> None:
    with running_centre(f"sqlite:///{tmp_path / 'central.db'}") as centre, relay_to(centre.url) as relay:
        changes, clock = Changes(), SystemClock()
        desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
        syncing = Syncing(desk.store, tokens=MemoryTokens(), clock=clock, changes=changes, address=relay.url)
        syncing.enrol(centre.invite(), "Work laptop")
        cuts = 0
        for allowed in range(1, 2000, EVERY):
            desk.sessions.save(details(10))
            setattr(relay, direction, allowed)
            try:
                syncing.run_once()
            except SyncProblem:
                cuts += 1
            setattr(relay, direction, None)
        assert cuts >= 3, "the cuts never hurt: this test sees nothing"
        with suppress(SyncProblem):
            syncing.run_once()
        syncing.run_once()
        saved = len(desk.sessions.all())
        assert syncing.state().waiting == 0
        syncing.stop()
        desk.close()
        client = Client(centre.url)
        assert client.totals(2025).low == client.totals(2025).high == 10 * saved
        client.close()
