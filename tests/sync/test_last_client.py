"""The client that is kept for a run that follows soon, over real connections."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from omi_desktop.domain.errors import SyncProblem
from omi_desktop.sync import last_client
from omi_desktop.sync.client import Client
from omi_desktop.sync.last_client import Kept, LastClient
from tests.kit.centre import Centre
from tests.sync.conftest import MakeMachine
from tests.sync.test_engine import details


class Door:
    """Counts the connections that are made, and answers each call on them as OMI online says how it is."""

    def __init__(self) -> None:
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: list[socket.socket] = []
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                made, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(made)
            self._threads.append(threading.Thread(target=self._answer, args=[made], daemon=True))
            self._threads[-1].start()

    def _answer(self, made: socket.socket) -> None:
        body = b'{"status":"ok","centre_id":"%s","protocol":1}' % (b"1" * 32)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        with made:
            while made.recv(4096):
                made.sendall(head + body)

    def hang_up(self) -> None:
        """Close what is open, as a server does that waited for too long."""
        for made in self._open:
            with suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        """Listen no more, and leave nothing open."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listening.close()
        self.hang_up()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.close()


@pytest.fixture
def clients() -> Iterator[LastClient]:
    made = LastClient(Client)
    yield made
    made.close()


def call(clients: LastClient, door: Door) -> Client:
    with clients.lent(door.url) as client:
        client.health()
    return client


def test_a_run_that_follows_soon_goes_on_over_the_same_connection(clients: LastClient, door: Door) -> None:
    first = call(clients, door)
    assert call(clients, door) is first
    assert door.connections == 1


def test_after_a_while_a_new_one_is_made_and_the_old_one_let_go(
    clients: LastClient, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = call(clients, door)
    monkeypatch.setattr(last_client, "KEPT_SECONDS", 0.0)
    with clients.lent(door.url) as second:
        second.health()
        with pytest.raises(SyncProblem):
            first.health()
    assert door.connections == 2


def test_by_either_clock_it_grows_old(door: Door) -> None:
    with closing(Client(door.url)) as client:
        steady, wall = time.monotonic(), time.time()
        assert Kept(door.url, client, steady, wall).is_fresh()
        assert not Kept(door.url, client, steady - last_client.KEPT_SECONDS, wall).is_fresh()
        assert not Kept(door.url, client, steady, wall - last_client.KEPT_SECONDS).is_fresh()


@pytest.mark.parametrize("later", [3600.0, -3600.0])
def test_after_the_laptop_slept_or_its_clock_was_set_it_is_not_trusted(
    clients: LastClient, door: Door, monkeypatch: pytest.MonkeyPatch, later: float
) -> None:
    first = call(clients, door)
    now = time.time() + later
    monkeypatch.setattr(time, "time", lambda: now)
    assert call(clients, door) is not first


def test_nothing_is_kept_after_a_failure(clients: LastClient, door: Door) -> None:
    failed: list[Client] = []

    def fail() -> None:
        with clients.lent(door.url) as client:
            failed.append(client)
            client.health()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert call(clients, door) is not failed[0]


def test_it_is_kept_for_its_own_address_alone(clients: LastClient, door: Door) -> None:
    first = call(clients, door)
    other = Door()
    assert call(clients, other).url == other.url
    assert call(clients, door) is not first
    other.close()


def test_what_the_other_end_closed_meanwhile_is_connected_anew(clients: LastClient, door: Door) -> None:
    first = call(clients, door)
    door.hang_up()
    time.sleep(0.05)  # for the end of the connection to arrive
    assert call(clients, door) is first
    assert door.connections == 2


def test_at_the_end_it_is_let_go_and_none_is_kept_after_it(clients: LastClient, door: Door) -> None:
    with clients.lent(door.url) as running:
        running.health()
        clients.close()
        running.health()
    with pytest.raises(SyncProblem):
        running.health()
    assert call(clients, door) is not running


def test_runs_of_the_app_take_one_connection_and_a_new_one_after_the_service_began_anew(
    make_machine: MakeMachine, centre: Centre
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")

    def run() -> Client:
        machine.desk.sessions.save(details())
        assert machine.syncing.run_once().read_back == 1
        with machine.syncing._clients.lent(centre.url) as client:
            return client

    assert run() is run()
    centre.stop()
    centre.start()
    run()
    machine.syncing.stop()
