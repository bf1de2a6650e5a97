"""The service on its socket: how many may hold a connection to it, and who is let go."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from omi_desktop.central import server
from tests.central.laptop import Laptop, recorded
from tests.kit.centre import Centre

_MOST = 6
_PATIENCE = 20
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
HALF_A_HEAD = b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nX-Slow: "
HALF_A_BODY = b"POST /v1/devices HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"


@pytest.fixture
def opened(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    """Connections to a centre that takes few, each having said its part; closed afterwards."""
    monkeypatch.setattr(server, "MOST_OPEN", _MOST)
    with ExitStack() as held:
        made: list[socket.socket] = []
        where = urlsplit(centre.url)
        for part in (b"", HALF_A_HEAD, HALF_A_BODY, HEALTH) * 5:
            one = held.enter_context(
                socket.create_connection((where.hostname, where.port), timeout=_PATIENCE)
            )
            one.sendall(part)
            if part is HEALTH:
                assert is_answered(one)
            made.append(one)
        yield made


def is_answered(one: socket.socket) -> bool:
    """Whether the whole answer came, in however many parts."""
    got = b""
    while not got.endswith(b"}"):
        part = one.recv(65536)
        if not part:
            return False
        got += part
    return b'"ok"' in got


def is_let_go(one: socket.socket) -> bool:
    try:
        return one.recv(1) == b""
    except ConnectionError:
        return True


def test_those_who_hold_connections_and_ask_nothing_keep_nobody_out(
    opened: list[socket.socket], laptop: Laptop
) -> None:
    assert laptop.sync([recorded()]).status == "ok"
    assert laptop.sync([recorded()]).status == "ok"
    assert all(map(is_let_go, opened[: -(_MOST + 1)]))


def test_who_asked_last_is_still_answered_on_the_same_connection(opened: list[socket.socket]) -> None:
    kept = opened[-1]
    kept.sendall(HEALTH)
    assert is_answered(kept)


def test_who_asks_again_outlasts_those_who_came_after_and_do_not(opened: list[socket.socket]) -> None:
    again = opened[3::4][-2]
    with ExitStack() as held:

        def ask(one: socket.socket) -> None:
            one.sendall(HEALTH)
            assert is_answered(one)

        ask(again)
        for _ in range(_MOST - 1):
            ask(held.enter_context(socket.create_connection(again.getpeername(), timeout=_PATIENCE)))
        ask(again)
        assert is_let_go(opened[-1])
