"""Waiting for PostgreSQL: in a thread, or in the event loop while that goes on with other calls.

A thread that waits gives Python's lock away and must get it back. With eight laptops at once these hand-overs took
about a fifth of the service's processor time. So a short call is worked on where it arrived, in a greenlet of the
loop's own thread: the same functions, which stop where they wait and are gone on with when the answer is there.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Awaitable, Callable
from typing import TypeVar

from greenlet import getcurrent, greenlet

_Found = TypeVar("_Found")


class OnlyInThread(Exception):
    """This would stop the loop, and every other call with it. Nothing of it is kept: do it again, in a thread."""


class _Work(greenlet):
    """Work beside others. What it switches to its parent is awaited for it."""


async def beside_others(work: Callable[[], _Found]) -> _Found:
    """Do work in the loop's thread that gives way wherever it waits. Raises what that raises, and OnlyInThread."""
    its = _Work(work)
    found = its.switch()
    while not its.dead:
        try:
            told = await found
        except BaseException as error:  # noqa: BLE001 (a call that is given up too: the work tidies up after itself)
            found = its.throw(error)
        else:
            found = its.switch(told)
    result: _Found = found
    return result


def is_beside_others() -> bool:
    """Whether whoever asks is part of such work."""
    return isinstance(getcurrent(), _Work)


def refuse_beside_others() -> None:
    """Raise OnlyInThread if whoever asks is part of such work."""
    if is_beside_others():
        raise OnlyInThread


def wait_for(something: Awaitable[_Found]) -> _Found:
    """Wait for what the loop will know, as part of such work."""
    its = getcurrent()
    assert isinstance(its, _Work)  # noqa: S101 (else there is nobody to await it)
    assert its.parent is not None  # noqa: S101 (for the type)
    found: _Found = its.parent.switch(something)
    return found


def wait_until_ready(socket: int, *, to_write: bool = False) -> None:
    """Wait until there is something to read; or something to read or room to write."""
    if is_beside_others():
        wait_for(_ready(socket, to_write))
    else:
        _poll(socket, None, to_write=to_write)


def is_silent(socket: int) -> bool:
    """Whether there is nothing to read now."""
    return not _poll(socket, 0)


def _poll(socket: int, timeout: int | None, *, to_write: bool = False) -> bool:
    """Whether a socket is ready, now (0) or at last (None)."""
    if hasattr(select, "poll"):
        looks = select.poll()
        looks.register(socket, select.POLLIN | select.POLLOUT if to_write else select.POLLIN)
        return bool(looks.poll(timeout))
    # Windows has no other, and takes sockets of any number here.
    return any(select.select([socket], [socket] if to_write else [], [], timeout))


async def _ready(socket: int, to_write: bool) -> None:
    loop = asyncio.get_running_loop()
    is_ready = loop.create_future()

    def tell() -> None:
        if not is_ready.done():
            is_ready.set_result(None)

    loop.add_reader(socket, tell)
    if to_write:
        loop.add_writer(socket, tell)
    try:
        await is_ready
    finally:
        loop.remove_reader(socket)
        if to_write:
            loop.remove_writer(socket)
