"""The limit of a centre: takes gzip JSON batches and inserts them, one commit a batch.

`python -m tests.bench.limit_server DATABASE_URL` says where it listens and ends when its standard input closes.
"""

from __future__ import annotations

import gzip
import json
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from sqlalchemy import make_url

_TABLE = """CREATE TABLE batch (account text NOT NULL, rev_id text NOT NULL, record_id text NOT NULL,
 kind text NOT NULL, saved_at text NOT NULL, revision text NOT NULL, PRIMARY KEY (account, rev_id))"""
_INSERT = "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_PRAGMAS = ("journal_mode=TRUNCATE", "synchronous=EXTRA", "foreign_keys=ON", "mmap_size=0")

Rows = Sequence[tuple[str, ...]]


def sqlite_writer(file: str) -> Callable[[Rows], None]:
    """As durable as the centre."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(_TABLE)

    def write(rows: Rows) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_INSERT, rows)
        connection.execute("COMMIT")

    return write


def postgres_writer(url: str) -> Callable[[Rows], None]:
    """On the same server as the centre."""
    import psycopg

    connection = psycopg.connect(url, autocommit=True)
    connection.execute(_TABLE)
    insert = _INSERT.replace("?", "%s")

    def write(rows: Rows) -> None:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(insert, rows)

    return write


def create_app(write: Callable[[Rows], None]) -> FastAPI:
    """One call."""
    app = FastAPI()

    @app.post("/batches/{account}")
    async def take(account: str, request: Request) -> Response:
        found: list[dict[str, Any]] = json.loads(gzip.decompress(await request.body()))
        write(
            [
                (account, one["rev_id"], one["record_id"], one["kind"], one["saved_at"], json.dumps(one))
                for one in found
            ]
        )
        return Response(b'{"taken":%d}' % len(found), media_type="application/json")

    return app


def main(database_url: str) -> None:
    """Serve on a free port."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        write = sqlite_writer(url.database or "")
    else:
        write = postgres_writer(url.set(drivername="postgresql").render_as_string(hide_password=False))
    listening = socket.create_server(("127.0.0.1", 0))
    # Accepted connections inherit it. asyncio sets it only on sockets made with IPPROTO_TCP, and without it an answer
    # on a kept connection waits 40 ms for the other end's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = uvicorn.Server(uvicorn.Config(create_app(write), log_level="warning", access_log=False))

    def end_with_stdin() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=end_with_stdin, daemon=True).start()
    sys.stdout.write(f"listening on http://127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1])
