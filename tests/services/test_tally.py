"""Counting in the classroom: at once on screen, durable a moment later, in the record once and nowhere else."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest

from omi_desktop.domain.changes import Change, Topic
from omi_desktop.domain.errors import NotSaved
from omi_desktop.services.desk import Desk
from omi_desktop.store import tally
from omi_desktop.store.tally import Press
from tests.kit.bodies import details
from tests.kit.full_disk import file_size_limit

ROOM = "plan/1"


def rows(desk: Desk) -> list[Press]:
    """What is in the file."""
    with desk.store.read() as connection:
        return tally.presses(connection)


def reopened(desk: Desk) -> Desk:
    """The program started again on the same profile."""
    return Desk.open(desk.store.path.parent, clock=desk.clock, changes=desk.changes, app="omi-desktop/test")


class TestPresses:
    """What a line stands at."""

    def test_a_press_says_the_new_number_at_once_and_is_in_the_file_after_a_flush(self, desk: Desk) -> None:
        assert [desk.tally.press(ROOM, "y8") for _ in range(3)] == [1, 2, 3]
        assert desk.tally.press(ROOM, "y9", -1) == 0
        assert desk.tally.set(ROOM, "y8", 28) == 28
        assert desk.tally.press(ROOM, "y8", -1) == 27
        assert desk.tally.counts(ROOM) == {"y8": 27, "y9": 0}
        desk.tally.flush()
        assert desk.tally.is_durable
        assert tally.count(rows(desk)) == {"y8": 27, "y9": 0}

    def test_a_number_is_there_while_the_disk_is_busy_and_presses_meanwhile_share_one_commit(
        self, desk: Desk, announced: list[Change]
    ) -> None:
        desk.tally.counts(ROOM)
        with desk.store.alone():
            for expected in range(1, 31):
                assert desk.tally.press(ROOM, "y8") == expected
            assert not desk.tally.is_durable
            assert rows(desk) == []
        desk.tally.flush()
        assert len(rows(desk)) == 30
        # One that was under way when the first press came, and one for all the others.
        assert announced.count(Change(Topic.TALLY, ROOM)) <= 2

    def test_undo_takes_back_press_after_press_in_the_file_too(self, desk: Desk) -> None:
        for _ in range(2):
            desk.tally.press(ROOM, "y8")
        desk.tally.set(ROOM, "y8", 40)
        desk.tally.flush()
        seen = []
        while desk.tally.undo(ROOM) is not None:
            seen.append(desk.tally.counts(ROOM))
        assert seen == [{"y8": 2}, {"y8": 1}, {}]
        desk.tally.flush()
        assert rows(desk) == []

    def test_no_line_leaves_its_bounds_and_undoing_a_press_that_would_have_undoes_only_what_it_did(
        self, desk: Desk
    ) -> None:
        assert desk.tally.press(ROOM, "y8", -5) == 0
        assert desk.tally.press(ROOM, "y8") == 1
        assert desk.tally.press(ROOM, "y8", 1_000_000) == 99_999
        desk.tally.undo(ROOM)
        assert desk.tally.counts(ROOM) == {"y8": 1}
        desk.tally.flush()

    @pytest.mark.parametrize("seed", range(20))
    def test_after_any_presses_the_file_says_what_was_shown(self, desk: Desk, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(60):
            session, line = chance.choice("ab"), chance.choice("xyz")
            match chance.randrange(5):
                case 0:
                    desk.tally.set(session, line, chance.randrange(50))
                case 1:
                    desk.tally.undo(session)
                case _:
                    desk.tally.press(session, line, chance.choice([1, 1, 1, -1, 10]))
        shown = {session: desk.tally.counts(session) for session in "ab"}
        desk.tally.close()
        again = reopened(desk)
        assert {session: again.tally.counts(session) for session in "ab"} == shown
        again.close()


class TestStartedAgain:
    """What an earlier run of the program counted."""

    def test_counting_goes_on_where_it_was(self, desk: Desk) -> None:
        for _ in range(5):
            desk.tally.press(ROOM, "y8")
        desk.tally.flush()
        again = reopened(desk)
        assert again.tally.sessions() == [ROOM]
        assert again.tally.press(ROOM, "y8") == 6
        again.tally.flush()
        assert len({press.id for press in rows(desk)}) == 6
        again.close()


class TestFull:
    """A disk that takes no more."""

    def test_presses_stay_and_say_so_and_are_written_when_the_disk_is_well(self, desk: Desk) -> None:
        desk.tally.press(ROOM, "y8")
        desk.tally.flush()
        with file_size_limit(0):
            assert desk.tally.press(ROOM, "y8") == 2
            with pytest.raises(NotSaved):
                desk.tally.flush()
            assert (desk.tally.is_durable, type(desk.tally.problem)) == (False, NotSaved)
            assert desk.tally.press(ROOM, "y8") == 3
        desk.tally.flush()
        assert desk.tally.is_durable
        assert desk.tally.problem is None
        assert tally.count(rows(desk)) == {"y8": 3}

    def test_a_commit_that_happened_though_it_was_said_to_have_failed_counts_once(self, desk: Desk) -> None:
        press = Press(1, ROOM, "y8", 1, False, "2026-11-24T12:00:00Z")
        for _ in range(2):
            with desk.store.write() as connection:
                tally.add(connection, [press])
        assert rows(desk) == [press]


class TestFinish:
    """The record takes the numbers over."""

    def test_the_presses_go_in_the_transaction_of_the_save(self, desk: Desk) -> None:
        for _ in range(28):
            desk.tally.press(ROOM, "y8")
        desk.tally.press("another", "y8")
        saved = desk.sessions.save(details(desk.tally.counts(ROOM)["y8"]), tally=ROOM)
        assert saved.details.total == 28
        assert desk.tally.counts(ROOM) == {}
        desk.tally.flush()
        assert {press.session for press in rows(desk)} == {"another"}

    def test_a_save_that_fails_leaves_every_press(self, desk: Desk) -> None:
        desk.tally.press(ROOM, "y8")
        desk.tally.flush()
        with file_size_limit(0), pytest.raises(NotSaved):
            desk.sessions.save(details(1), tally=ROOM)
        assert desk.tally.counts(ROOM) == {"y8": 1}
        assert len(rows(desk)) == 1

    def test_no_press_comes_back_after_the_save_however_the_threads_fall(self, desk: Desk) -> None:
        for turn in range(25):
            room = f"plan/{turn}"
            start = threading.Barrier(2)
            saver = _after(start, lambda room=room: desk.sessions.save(details(1), tally=room))  # type: ignore[misc]
            desk.tally.press(room, "y8")
            saver.start()
            start.wait()
            saver.join()
        desk.tally.flush()
        assert rows(desk) == []


def _after(start: threading.Barrier, work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        start.wait()
        work()

    return threading.Thread(target=run)
