"""The centre's rig sees what it must: each planted fault is caught."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import Connection, delete

from omi_desktop.central import app as central_app
from omi_desktop.central.database import Database
from omi_desktop.domain.changes import Changes
from omi_desktop.services.desk import Desk
from omi_desktop.store import accounts, revisions
from omi_desktop.store.tables import revision as revision_table
from omi_desktop.sync.engine import Engine
from omi_desktop.wire.messages import SyncRequest
from tests.faults import centre as scenarios
from tests.faults.centre import CentreRig, Scenario
from tests.faults.centre_world import World
from tests.faults.rig import Broken
from tests.kit import centre_process
from tests.kit.laptop import Laptop


class TrustsStored(Engine):
    """What was read back once counts as synced for ever."""

    def _restart(self, run: Any) -> None:
        with self._store.read() as connection:
            here = connection.execute(revision_table.select().with_only_columns(*_PLACES)).all()
        super()._restart(run)
        with self._store.write() as connection:
            places = [(row.rev_id, row.n) for row in here if row.n is not None]
            revisions.set_read_back(connection, places, run.account.owner)


class DeletesWhatIsMissing(Engine):
    """A centre that lacks something must be right."""

    def _restart(self, run: Any) -> None:
        with self._store.write() as connection:
            connection.exec_driver_sql("DELETE FROM parent")
            connection.execute(delete(revision_table).where(revision_table.c.n.is_not(None)))
        super()._restart(run)


class NamesNoCentre(Engine):
    """Does not say whom it believes to speak to."""

    def run(self, asks: Any, token: str, owner: Any = None) -> Any:
        class Silent:
            def sync(self, token: str, request: SyncRequest, push: Any) -> Any:
                return asks.sync(token, request.model_copy(update={"centre_id": None}), push)

        return super().run(Silent(), token, owner)


class SendsAnyonesRecords(Engine):
    """Sends what one account recorded as another."""

    def run(self, asks: Any, token: str, owner: Any = None) -> Any:
        with self._store.write() as connection:
            account = accounts.current(connection)
            assert account is not None
            connection.execute(
                revision_table.update().values(
                    centre_id=account.owner.centre_id, account_id=account.owner.account_id
                )
            )
        return super().run(asks, token, owner)


_PLACES = (revision_table.c.rev_id, revision_table.c.n)


def planted(kind: type[Engine]) -> type[CentreRig]:
    """The rig, with laptops whose engine has a fault."""

    class BadLaptop(Laptop):
        def open(self) -> None:
            changes = Changes()
            self.desk = Desk.open(self.profile, clock=self._clock, changes=changes, app="omi-desktop/test")
            self.engine = kind(self.desk.store, clock=self._clock, changes=changes)

    class BadWorld(World):
        laptop_kind: ClassVar[type[Laptop]] = BadLaptop

    class BadRig(CentreRig):
        world_kind: ClassVar[type[World]] = BadWorld

    return BadRig


class HastyRig(CentreRig):
    """Its centre answers before it commits: see `main`."""

    nursery_module: ClassVar[str] = "tests.faults.test_centre"


@pytest.mark.parametrize(
    ("rig_kind", "scenario", "seen"),
    [
        (planted(TrustsStored), scenarios.restored_from_a_backup, "are not at the centre|never came to rest"),
        (planted(TrustsStored), scenarios.emptied, "are not at the centre|never came to rest"),
        (planted(DeletesWhatIsMissing), scenarios.emptied, "are not at the centre"),
        (planted(NamesNoCentre), scenarios.replaced_by_one_with_another_id, "given to a stranger"),
        (planted(SendsAnyonesRecords), scenarios.replaced_by_a_new_centre, "given to a stranger"),
        (HastyRig, scenarios.killed_after_the_answer, "calls .* synced that the centre never kept"),
    ],
    ids=["trusts stored", "trusts stored, emptied", "deletes", "names no centre", "as another", "hasty"],
)  # fmt: skip
@pytest.mark.slow
def test_a_planted_fault_is_caught(
    tmp_path: Path, rig_kind: type[CentreRig], scenario: Scenario, seen: str
) -> None:
    with rig_kind(tmp_path) as rig, pytest.raises(Broken, match=seen):
        rig.run(1, "sqlite", scenario)


class Rehearsal:
    """A database in which nothing lasts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @contextmanager
    def writing(self, whose: str) -> Iterator[Connection]:
        class Undone(Exception):
            pass

        with suppress(Undone), self._database.writing(whose) as connection:
            yield connection
            raise Undone


def main() -> None:
    """A nursery whose centres answer first and commit a moment later."""
    real: Callable[..., bytes] = central_app.answer_sync  # type: ignore[attr-defined]

    def hasty(database: Database, *arguments: Any, **more: Any) -> bytes:
        answer = real(Rehearsal(database), *arguments, **more)
        threading.Timer(5, real, (database, *arguments), more).start()
        return answer

    central_app.answer_sync = hasty  # type: ignore[attr-defined]
    centre_process.main()


if __name__ == "__main__":
    main()
