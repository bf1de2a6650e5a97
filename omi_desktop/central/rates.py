"""How often one may call, per account and per address. The figures are here and nowhere else.

A protection, not an accounting: each process counts for itself and in memory, over a moving window. Who calls too
often is told when to come again, and loses nothing: laptops wait and send later.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import time
from functools import lru_cache

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.types import Scope

from omi_desktop.central.refusal import Refusal
from omi_desktop.wire.problems import Code

CALLS = RateLimitItemPerMinute(3000, namespace="calls")
"""All calls of one address, behind which a whole university may sit."""
SYNCS = RateLimitItemPerMinute(600, namespace="syncs")
"""Syncs of one account. A first sync of 10,000 revisions is 50 calls, one after another."""
CODES_MADE = RateLimitItemPerMinute(10, 10, namespace="codes-made")
"""Codes for a next laptop, of one account in ten minutes."""
CODES_REFUSED = RateLimitItemPerMinute(20, 10, namespace="codes-refused")
"""Codes that were wrong, of one address in ten minutes. Right ones are not counted: a hub signs in a roomful."""
PACKS = RateLimitItemPerMinute(20, 10, namespace="packs")
"""Questions for the newest content pack, and packs, of one account in ten minutes. A laptop asks once a day."""
TOKENS_REFUSED = RateLimitItemPerMinute(60, namespace="tokens-refused")
"""Calls without a valid sign-in, of one address. Those with one are let in all the same."""

_MOST_CALLERS = 100_000
_IPV6_PREFIX = 64
"""One household or office has this whole network."""
_log = logging.getLogger(__name__)


class Rates:
    """Counts calls and refuses those that are too many. Safe to use from many threads."""

    def __init__(
        self, *, is_on: bool = True, trusts_proxy: bool = False, most_callers: int = _MOST_CALLERS
    ) -> None:
        """`trusts_proxy`: a proxy of ours stands in front, and the last X-Forwarded-For is what it saw.

        The storage keeps an empty list for everyone who ever called; beyond `most_callers` it starts afresh.
        """
        self._is_on = is_on
        self._trusts_proxy = trusts_proxy
        self._most_callers = most_callers
        self._has_warned = False
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)

    def count(self, rate: RateLimitItem, who: str) -> None:
        """Count one call of an account or address. Raises Refusal (`rate_limited`) when it is one too many."""
        if not self._is_on:
            return
        if len(self._storage.events) > self._most_callers:
            self._storage.reset()
        if not self._limiter.hit(rate, who):
            raise self._refusal(rate, who)

    def check(self, rate: RateLimitItem, who: str) -> None:
        """Raise Refusal (`rate_limited`) if the next one would be too many."""
        if self._is_on and not self._limiter.test(rate, who):
            raise self._refusal(rate, who)

    def address(self, scope: Scope) -> str:
        """The network that a call comes from."""
        client = scope.get("client")
        seen = _network(client[0]) if client else None
        told = Headers(scope=scope).getlist("x-forwarded-for")
        if told and self._trusts_proxy:
            seen = _network(told[-1].rpartition(",")[2]) or seen
        elif told and not self._has_warned:
            self._has_warned = True
            _log.warning("calls come through a proxy: with --trust-proxy each address is limited for itself")
        return seen or "unknown"

    def _refusal(self, rate: RateLimitItem, who: str) -> Refusal:
        ends = self._limiter.get_window_stats(rate, who).reset_time
        wait = min(max(math.ceil(ends - time.time()), 1), rate.get_expiry())
        return Refusal(Code.RATE_LIMITED, headers={"Retry-After": str(wait)})


@lru_cache(maxsize=4096)
def _network(address: str) -> str | None:
    """An address as it is limited: IPv4 alone, IPv6 by its network. None if it is no address."""
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), _IPV6_PREFIX), strict=False))
    return str(found)
