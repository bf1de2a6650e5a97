"""A network that breaks in the middle: a relay that cuts a connection after so many bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Relay:
    """Passes bytes on to a port of this computer. `up` and `down` are how many may still pass towards the service
    and back from it before a connection is cut, from when they are set or it is made; None for all."""

    def __init__(self, port: int) -> None:
        self.up: int | None = None
        self.down: int | None = None
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, name="relay", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, name in ((near, far, "up"), (far, near, "down")):
                threading.Thread(
                    target=self._pass, args=(source, sink, name), name="relay", daemon=True
                ).start()

    def _pass(self, source: socket.socket, sink: socket.socket, name: str) -> None:
        most = left = getattr(self, name)
        with suppress(OSError):
            while data := source.recv(65536):
                if getattr(self, name) != most:
                    most = left = getattr(self, name)
                self.passed(source, name, data)
                sink.sendall(data if left is None else data[:left])
                if left is not None:
                    left -= len(data)
                    if left <= 0:
                        break
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def passed(self, source: socket.socket, way: str, data: bytes) -> None:
        """Called with all that comes from one end, `way` being up or down; for relays that listen."""

    def close(self) -> None:
        """Stop listening."""
        # Closing alone would leave the thread in `accept` for ever.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@contextmanager
def relay_to(url: str) -> Iterator[Relay]:
    """A relay in front of a service."""
    made = Relay(int(url.rpartition(":")[2]))
    try:
        yield made
    finally:
        made.close()
