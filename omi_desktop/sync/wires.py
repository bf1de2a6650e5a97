"""The connections of a client: the system's certificates on every way, and an end to every call.

A read timeout is for one read: an answer that comes a byte at a time, or a header without an end, would hold the loop
for ever. At the deadline the socket is shut from outside, and the call fails as on a network that went away.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager, ProxyManager


class Wires:
    """The sockets of one client. A second handle on each lets another thread shut it, whoever holds the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._is_late = False

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Shut every socket if the block takes longer."""
        self._is_late = False
        timer = threading.Timer(seconds, self._shut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def hold(self, made: socket.socket) -> socket.socket:
        """Remember a socket that was just connected."""
        with self._lock:
            self._open.append(made.dup())
            if self._is_late:
                _shut(made)
        return made

    def close(self) -> None:
        """Let the handles go."""
        with self._lock:
            for each in self._open:
                each.close()
            self._open.clear()

    def _shut(self) -> None:
        with self._lock:
            self._is_late = True
            for each in self._open:
                _shut(each)


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
