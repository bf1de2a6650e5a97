"""The requests of one run that are not answered yet: the next one, and perhaps the one ahead of it.

A request ahead goes on from where the answer before it will lead if nothing else happens to the log. If something did,
the service takes nothing of it, and its answer counts for nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

from omi_desktop.domain.revision import chain
from omi_desktop.store.revisions import Outgoing
from omi_desktop.sync.packing import Parcel
from omi_desktop.wire.messages import Cursor, SyncAnswer, SyncRequest


class Asks(Protocol):
    """What a run needs of the network: one call, which raises SyncProblem when there is no certain answer. Where calls
    go ahead, two threads may call at once."""

    def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        """`POST /v1/sync`; `push` holds canonical bytes."""
        ...


class Pending(Protocol):
    """A call under way."""

    def result(self) -> SyncAnswer:
        """Wait for its answer. Raises what the call raised."""
        ...


Begin = Callable[[Callable[[], SyncAnswer]], Pending]
"""Begins a call, and goes on before it is answered."""
_MOST = 2


@dataclass
class Call:
    """One request. `is_last`: nothing was left to send after `push`. `is_ahead`: the one before was not answered yet
    when this was made."""

    request: SyncRequest
    push: Sequence[Outgoing]
    is_last: bool
    is_ahead: bool
    ask: Callable[[], SyncAnswer]
    pending: Pending | None = None

    def answer(self) -> SyncAnswer:
        """Its answer, waited for here. Raises SyncProblem."""
        return self.pending.result() if self.pending else self.ask()

    @cached_property
    def end(self) -> Cursor:
        """Where its answer leads if all that it pushes is taken, and nothing else came."""
        n, h = self.request.cursor.n, self.request.cursor.h
        for revision in self.push:
            n, h = n + 1, chain(h, revision.rev_id, revision.sha)
        return Cursor(n=n, h=h)


class Calls:
    """Calls in the order in which they are to be answered, at most two."""

    def __init__(self, asks: Asks, token: str, begin: Begin | None) -> None:
        """Without `begin` there is one call at a time."""
        self._asks = asks
        self._token = token
        self._begin = begin
        self._waiting: deque[Call] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def last(self) -> Call | None:
        """The latest of them."""
        return self._waiting[-1] if self._waiting else None

    @property
    def has_room(self) -> bool:
        """Whether one more may go while something else is done."""
        return self._begin is not None and len(self._waiting) < _MOST

    def add(self, request: SyncRequest, push: Sequence[Outgoing], parcel: Parcel, *, is_last: bool) -> Call:
        """Prepare a call, which begins when its answer is waited for."""
        ask = partial(self._asks.sync, self._token, request, parcel)
        self._waiting.append(Call(request, push, is_last, bool(self._waiting), ask))
        return self._waiting[-1]

    def begin(self, call: Call) -> None:
        """Let a call go now."""
        if self._begin is not None:
            call.pending = self._begin(call.ask)

    def next(self) -> Call:
        """The call whose answer is due, which is no longer among them."""
        return self._waiting.popleft()
