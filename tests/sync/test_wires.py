"""One thread watches over all calls of a client: each ends at its own time, whatever the ones before had."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from omi_desktop.sync.wires import Wires


@pytest.fixture
def wires() -> Iterator[Wires]:
    """Those of a client that makes calls."""
    made = Wires()
    with closing(made):
        yield made


@pytest.fixture
def ours(wires: Wires) -> Iterator[socket.socket]:
    """This end of a connection on which nothing comes."""
    here, there = socket.socketpair()
    with here, there:
        wires.hold(here)
        yield here


@pytest.mark.parametrize("before", [(), (40.0,), (40.0, 0.5, 40.0)])
def test_a_call_is_ended_at_its_time(wires: Wires, ours: socket.socket, before: tuple[float, ...]) -> None:
    for seconds in before:
        with wires.within(seconds):
            pass
    ours.settimeout(30)
    with wires.within(0.05):
        assert ours.recv(1) == b""


def test_the_time_of_a_call_that_is_over_ends_nothing(wires: Wires, ours: socket.socket) -> None:
    with wires.within(0.05):
        pass
    ours.settimeout(0.3)
    with pytest.raises(TimeoutError):
        ours.recv(1)


def test_after_one_was_ended_the_next_is_too(wires: Wires, ours: socket.socket) -> None:
    with wires.within(0.05):
        assert ours.recv(1) == b""
    here, there = socket.socketpair()
    with here, there:
        here.settimeout(30)
        with wires.within(0.05):
            wires.hold(here)
            assert here.recv(1) == b""


def test_what_connects_too_late_is_shut_at_once(wires: Wires, ours: socket.socket) -> None:
    here, there = socket.socketpair()
    with here, there, wires.within(0.05):
        assert ours.recv(1) == b""
        wires.hold(here)
        here.settimeout(30)
        assert here.recv(1) == b""


def test_once_let_go_nothing_is_watched_or_kept_any_more(wires: Wires) -> None:
    wires.close()
    with pytest.raises(OSError, match="let go"), wires.within(40):
        pass
    here, there = socket.socketpair()
    with here, there:
        wires.hold(here)
        assert here.recv(1) == b""
    assert (wires._watcher, wires._open) == (None, [])


def test_what_was_connected_before_is_let_go_and_the_latest_is_still_watched(wires: Wires) -> None:
    """Where every answer ends its connection a long run makes hundreds of them."""
    ends = [socket.socketpair() for _ in range(3)]
    for here, there in ends:
        there.settimeout(30)
        wires.hold(here)
        here.close()
    assert [there.recv(1) for _, there in ends[:-1]] == [b"", b""]
    assert len(wires._open) == 1
    with wires.within(0.05):
        assert ends[-1][1].recv(1) == b""
    for _, there in ends:
        there.close()
