"""When the next try is due: soon, spread out, never more than a minute after a failure, and never at once for ever."""

from __future__ import annotations

import threading

import pytest

from omi_desktop.domain.errors import Busy, OtherCentre, SignedOut, SyncProblem, Unreachable
from omi_desktop.sync import pace as pace_module
from omi_desktop.sync.pace import EVERY, LAST_RETRY, LONGEST_ASKED, Pace


class HandTime:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def wait(self, _wake: threading.Condition, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def hand() -> HandTime:
    return HandTime()


@pytest.fixture
def pace(hand: HandTime) -> Pace:
    return Pace(hand)


def waited(pace: Pace, hand: HandTime) -> float:
    """How long it waits for the next try."""
    before = hand.seconds
    assert pace.wait()
    return hand.seconds - before


def test_when_nothing_happens_it_tries_every_five_minutes(pace: Pace, hand: HandTime) -> None:
    assert waited(pace, hand) == 0
    pace.succeeded(is_all_sent=True)
    assert waited(pace, hand) == EVERY


def test_pauses_double_with_jitter_and_end_at_a_minute(pace: Pace, hand: HandTime) -> None:
    waited(pace, hand)
    for longest in (2, 4, 8, 16, 32, 60, 60, 60):
        pace.failed(Unreachable())
        assert longest / 2 <= waited(pace, hand) <= longest
    pace.succeeded(is_all_sent=True)
    waited(pace, hand)
    pace.failed(Unreachable())
    assert waited(pace, hand) <= 2


@pytest.mark.parametrize(
    ("asked", "least", "most"), [(0.0, 1, 2), (120.0, 120, 120), (99_999.0, LONGEST_ASKED, LONGEST_ASKED)]
)
def test_a_service_that_asks_to_wait_is_heard_within_reason(
    pace: Pace, hand: HandTime, asked: float, least: float, most: float
) -> None:
    waited(pace, hand)
    pace.failed(Busy(asked))
    assert least <= waited(pace, hand) <= most


def test_what_needs_a_person_waits_for_the_regular_run_but_a_network_may_have_led_astray(
    pace: Pace, hand: HandTime
) -> None:
    waited(pace, hand)
    pace.failed(SignedOut())
    assert waited(pace, hand) == EVERY
    assert pace.is_failing
    pace.failed(OtherCentre())
    assert waited(pace, hand) <= LAST_RETRY


def test_a_service_that_never_gives_back_what_was_sent_is_not_asked_for_ever_at_once(
    pace: Pace, hand: HandTime
) -> None:
    pauses = []
    for _ in range(12):
        waited(pace, hand)
        pace.succeeded(is_all_sent=False)
        pauses.append(hand.seconds)
    assert hand.seconds > 5 * LAST_RETRY / 2


def test_a_save_brings_a_try_forward_and_never_puts_one_off(pace: Pace, hand: HandTime) -> None:
    waited(pace, hand)
    pace.within(0.3)
    pace.within(100)
    assert waited(pace, hand) == pytest.approx(0.3)


def test_a_new_code_is_tried_at_once_whatever_failed_before(pace: Pace, hand: HandTime) -> None:
    waited(pace, hand)
    for _ in range(9):
        pace.failed(SyncProblem())
    pace.begin_anew()
    assert (waited(pace, hand), pace.is_failing) == (0, False)


def test_stopped_nothing_is_due(pace: Pace) -> None:
    pace.stop()
    assert not pace.wait()


def test_the_pauses_and_the_longest_call_leave_room_for_the_promise() -> None:
    from omi_desktop.sync import client

    assert client.CALL_SECONDS + pace_module.LAST_RETRY <= 110
