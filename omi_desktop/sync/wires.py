"""The connections of a client: the system's certificates on every way, and an end to every call.

A read timeout is for one read: an answer that comes a byte at a time, or a header without an end, would hold the loop
for ever. At the deadline the socket is shut from outside, and the call fails as on a network that went away.
"""

from __future__ import annotations

import contextlib
import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager, ProxyManager


class Wires:
    """The sockets of calls that go one at a time. A second handle on the latest lets another thread shut it, whoever
    holds the first.

    The first call begins that thread, which goes on sleeping when the next one comes: one for each would take longer to
    begin than its request to pack.
    """

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._open: list[socket.socket] = []
        self._is_late = self._is_closed = False
        self._deadline = self._wakes_at = math.inf
        self._watcher: threading.Thread | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Shut every socket if the block takes longer. Raises OSError once they were let go."""
        with self._lock:
            if self._is_closed:  # Its watcher would outlive the program's interest in the answer.
                raise OSError("these connections were let go")
            self._is_late = False
            self._deadline = time.monotonic() + seconds
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="deadline", daemon=True)
                self._watcher.start()
            elif self._deadline < self._wakes_at:
                self._lock.notify()
        try:
            yield
        finally:
            with self._lock:
                self._deadline = math.inf

    def hold(self, made: socket.socket) -> socket.socket:
        """Remember a socket that was just connected. Those before it are over: where every answer ends its connection,
        their handles would add up until the program may open no more files, its own neither."""
        with self._lock:
            self._let_go()
            if self._is_late:
                _shut(made)
            if not self._is_closed:
                self._open.append(made.dup())
        return made

    def close(self) -> None:
        """Shut the sockets, also those that are still to be connected, and let the handles go."""
        with self._lock:
            self._watcher = None
            self._is_late = self._is_closed = True
            self._lock.notify()
            self._let_go()

    def _let_go(self) -> None:
        for each in self._open:
            _shut(each)
            each.close()
        self._open.clear()

    def _watch(self) -> None:
        """Sleep until a deadline passes. It may have moved, or be no more, when this wakes."""
        with self._lock:
            while self._watcher is threading.current_thread():
                left = self._deadline - time.monotonic()
                if left <= 0:
                    self._is_late, self._deadline = True, math.inf
                    for each in self._open:
                        _shut(each)
                    continue
                self._wakes_at = self._deadline
                self._lock.wait(left if left < math.inf else None)


def _shut(made: socket.socket) -> None:
    with contextlib.suppress(OSError):
        made.shutdown(socket.SHUT_RDWR)


class Adapter(HTTPAdapter):
    """Trusts what the operating system trusts, through a proxy too: company networks add authorities of their own
    there. Its sockets are held by `wires`.

    `is_secure` is False where nothing is called by https: reading the system's certificates takes a while.
    """

    def __init__(self, wires: Wires, *, is_secure: bool) -> None:
        self._wires = wires
        self._is_secure = is_secure
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._is_secure:
            kwargs["ssl_context"] = _context()
        super().init_poolmanager(*args, **kwargs)
        self._hold(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        is_new = proxy not in self.proxy_manager
        if is_new and self._is_secure:
            kwargs |= {"ssl_context": _context(), "proxy_ssl_context": _context()}
        made: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            self._hold(made)
        return made

    def _hold(self, manager: PoolManager) -> None:
        wires = self._wires

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return wires.hold(super()._new_conn())

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return wires.hold(super()._new_conn())

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


def _context() -> ssl.SSLContext:
    import truststore  # noqa: PLC0415 - see `is_secure`

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
