"""The service on a socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from omi_desktop.central.app import create_app
from omi_desktop.central.database import Database
from omi_desktop.central.rates import Rates
from omi_desktop.central.refusal import Refusal
from omi_desktop.domain.clock import Clock
from omi_desktop.wire.problems import MEDIA_TYPE, Code

MOST_OPEN = 500
"""Connections at once, of the thousand files that a process may usually have open: the database needs some of them."""
_BACKLOG = 256
"""Connections that wait to be accepted, and that asyncio accepts before it looks at any of them."""


class _Protocol(H11Protocol):
    """uvicorn's, answering with problem documents where no request can be read, too. Nobody is kept out by those who
    hold a connection and ask nothing, or never come to the end of a request: those who waited longest are let go."""

    since = 0.0
    """When the connection was made, or last answered on, by the loop's clock."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, and make room for the next."""
        super().connection_made(transport)
        self.since = self.loop.time()
        is_open = [each for each in self.connections if not each.transport.is_closing()]
        if len(is_open) > MOST_OPEN:
            waiting = [each for each in is_open if isinstance(each, _Protocol) and each.is_waited_for]
            min(waiting, key=lambda each: each.since, default=self).transport.abort()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self.since = self.loop.time()
        super().on_response_complete()

    @property
    def is_waited_for(self) -> bool:
        """Whether it is the other end's turn: no request has come, or not all of it."""
        cycle: Any = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong, once, and hang up."""
        refusal = Refusal(Code.BAD_REQUEST, msg)
        headers = [("Content-Type", MEDIA_TYPE), ("Connection", "close")]
        try:
            for event in (
                h11.Response(status_code=refusal.status, headers=headers),
                h11.Data(data=json.dumps(refusal.document()).encode()),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass  # An answer is under way already: it ends here.
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """No WebSocket is spoken here: such a call is answered like any other, and fills no log."""


class Server(uvicorn.Server):
    """uvicorn, saying when it is ready. `url` is where it listens."""

    def __init__(
        self,
        database: Database,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        limited: Rates | None = None,
        ready: Callable[[str], None] = lambda _url: None,
    ) -> None:
        """Bind the address, port 0 for any that is free. Raises OSError."""
        app = create_app(database, clock, limited)
        self._ready = ready
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        # Accepted connections inherit it. asyncio sets it only on sockets made with IPPROTO_TCP, and without it each
        # answer on a kept connection waits 40 ms for the laptop's delayed acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}"
        # No access log: addresses of people at home are nobody's business, and stdout says where we listen.
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            access_log=False,
            log_level="warning",
            lifespan="off",
            server_header=False,
            backlog=_BACKLOG,
            # A laptop keeps its connection for half of that (`sync.last_client`), so that it is seldom the one to learn
            # that its request came to a closed door.
            timeout_keep_alive=60,
            # Whose address counts is decided by `rates` alone.
            proxy_headers=False,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and say so."""
        await super().startup(sockets)
        self._ready(self.url)

    def serve_until_told(self) -> None:
        """Answer until `should_exit` is set or a signal comes; blocks."""
        with self._socket:
            self.run(sockets=[self._socket])
