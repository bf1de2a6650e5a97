"""Runs that meet a service, a disk or a revision at fault: the rest goes on, and what is shown stays true."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from omi_desktop.central.tables import log
from omi_desktop.domain.errors import NotSaved
from omi_desktop.domain.revision import Revision
from omi_desktop.services.records import Standing
from omi_desktop.store import revisions
from omi_desktop.wire.messages import SyncAnswer, SyncRequest
from tests.kit.full_disk import file_size_limit
from tests.kit.laptop import Cable
from tests.sync.conftest import MakeLaptop
from tests.sync.test_engine import save, standing


def test_a_session_shown_before_its_id_went_to_another_is_not_shown_in_its_place(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    theirs = save(work, 30)
    work.sync(cable)
    ours = save(home, 31)
    made = Revision.from_object(ours.record.head.to_object() | {"rev_id": theirs.record.head.rev_id})
    with home.store.write() as connection:
        revisions.replace(connection, ours.record.head.rev_id, made, home.owner)
    assert [view.details.total for view in home.desk.sessions.all()] == [31]
    home.sync(cable)
    home.sync(cable)
    assert sorted(view.details.total for view in home.desk.sessions.all()) == [30, 31]


def test_a_disk_that_fills_while_an_answer_is_taken_in_costs_nothing_but_time(
    make_laptop: MakeLaptop, cable: Cable
) -> None:
    work = make_laptop("work")
    home = make_laptop("home", like=work)
    for _ in range(30):
        save(work)
    work.sync(cable)
    view = save(home)

    class Filling:
        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            answer = cable.sync(token, request, push)
            limit.__enter__()
            return answer

    limit = file_size_limit(home.store.path.stat().st_size)
    try:
        with pytest.raises(NotSaved):
            home.engine.run(Filling(), home.token)
    finally:
        limit.__exit__(None, None, None)
    assert home.held() == {view.record.head.rev_id: None}
    assert standing(home, view) is Standing.SAVED
    home.sync(cable)
    assert len(home.desk.sessions.all()) == 31
    assert standing(home, view) is Standing.SYNCED
    with cable.database.reading() as connection:
        assert len(connection.execute(select(log)).all()) == 31
