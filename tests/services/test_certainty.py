"""A commit that is said to have failed and happened all the same: saving again never counts anybody twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from omi_desktop.domain.errors import NotSaved
from omi_desktop.services.desk import Desk
from omi_desktop.store.file import Store
from tests.kit.bodies import details


class LyingDisk:
    """Says of the next so many commits that they failed. They happen, as when the last sync of a commit fails."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.lies = 0
        write = Store.write

        @contextmanager
        def lying(store: Store) -> Iterator[Connection]:
            with write(store) as connection:
                yield connection
            if self.lies:
                self.lies -= 1
                raise NotSaved

        patch.setattr(Store, "write", lying)  # stands for the disk


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> LyingDisk:
    return LyingDisk(monkeypatch)


def totals(desk: Desk) -> list[int]:
    """What every session counts."""
    return sorted(view.details.total for view in desk.sessions.all())


def test_a_save_that_is_there_after_all_is_saved_once_the_next_commit_succeeds(
    desk: Desk, disk: LyingDisk
) -> None:
    disk.lies = 1
    assert desk.sessions.save(details(28)).details.total == 28
    assert totals(desk) == [28]


def test_one_that_stays_unsure_is_taken_back_before_it_is_saved_again(desk: Desk, disk: LyingDisk) -> None:
    disk.lies = 2
    with pytest.raises(NotSaved):
        desk.sessions.save(details(28))
    desk.sessions.save(details(28))
    assert totals(desk) == [28]


def test_an_unsure_correction_undo_or_removal_can_be_done_again(desk: Desk, disk: LyingDisk) -> None:
    saved = desk.sessions.save(details(28))
    disk.lies = 2
    with pytest.raises(NotSaved):
        desk.sessions.correct(saved.record_id, details(31))
    desk.sessions.correct(saved.record_id, details(31))
    assert [version.details.total for version in desk.sessions.versions(saved.record_id)] == [31, 28]
    disk.lies = 2
    with pytest.raises(NotSaved):
        desk.sessions.undo(saved.record_id)
    assert desk.sessions.undo(saved.record_id).details.total == 28
    disk.lies = 2
    with pytest.raises(NotSaved):
        desk.sessions.remove(saved.record_id)
    desk.sessions.remove(saved.record_id)
    assert totals(desk) == []
    assert desk.sessions.undo(saved.record_id).details.total == 28


def test_a_save_that_really_failed_is_no_less_failed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Store.write

    @contextmanager
    def refusing(store: Store) -> Iterator[Connection]:
        with write(store) as connection:
            yield connection
            raise NotSaved

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", refusing)  # stands for the disk
        with pytest.raises(NotSaved):
            desk.sessions.save(details(28))
    assert totals(desk) == []
