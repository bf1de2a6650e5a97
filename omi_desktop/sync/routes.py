"""Which way to OMI online: straight, through the system's proxy, or as a PAC file says.

The system's settings are read before every call, since a laptop moves between networks. What a PAC file named by the
system says is kept for a while. Without one the network is asked for one (WPAD) only when nothing else leads anywhere:
whoever answers that decides who sees where we call, though never what is said.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

from omi_desktop.sync import pac
from omi_desktop.sync.addresses import is_loopback
from omi_desktop.sync.wires import Adapter, Wires

KEPT = 900.0
"""Seconds for which what a PAC file said, or that there is none, is taken to hold."""
LOOK_SECONDS = 10.0
"""For finding a PAC file and asking it together."""
_FETCH_SECONDS = 4.0
_CANDIDATES = 4
_PAC_TYPES = ("application/x-ns-proxy-autoconfig", "application/x-javascript-config")

Proxies = Mapping[str, str]
"""By scheme, as requests takes them; empty for the straight way."""
STRAIGHT: Proxies = {}
_Found = TypeVar("_Found")


@dataclass(slots=True)
class _Plan:
    """The ways that a PAC file names to one address, none without a file; and whose turn it is."""

    ways: Sequence[Proxies] = ()
    turn: int = 0
    until: float = 0.0
    is_lost: bool = False


class Routes:
    """Ways to addresses, kept over runs. For the thread that syncs, and safe for others."""

    def __init__(
        self,
        *,
        named: Callable[[], str | None] | None = None,
        searched: Callable[[], list[str]] | None = None,
    ) -> None:
        """`named` gives the address or path of the PAC file that the system names, `searched` where a network may
        keep one. Both are the system's unless given."""
        self._named = named or _named_by_system
        self._searched = searched or _searched_by_name
        self._lock = threading.Lock()
        self._plans: dict[str, _Plan] = {}

    def to(self, url: str) -> Proxies:
        """The way to take now; an address on this computer is reached straight."""
        if is_loopback(urlsplit(url).hostname or ""):
            return STRAIGHT
        with self._lock:
            plan = self._plans.setdefault(url, _Plan())
            if time.monotonic() >= plan.until:
                plan.ways = self._ways(url, is_lost=plan.is_lost)
                plan.turn, plan.until = 0, time.monotonic() + KEPT
            return plan.ways[plan.turn % len(plan.ways)] if plan.ways else _by_system(url)

    def failed(self, url: str, way: Proxies) -> None:
        """Nobody was reached by a way: the next try takes the next one. Once all were tried, look around anew."""
        with self._lock:
            plan = self._plans.setdefault(url, _Plan())
            if plan.ways and way != plan.ways[plan.turn % len(plan.ways)]:
                return  # Of two calls under way the other has said so.
            plan.turn += 1
            is_first = not plan.is_lost
            if plan.turn >= len(plan.ways):
                plan.is_lost = True
                if plan.ways or is_first:
                    plan.until = 0.0

    def held(self, url: str) -> None:
        """OMI online was reached that way."""
        with self._lock:
            self._plans.setdefault(url, _Plan()).is_lost = False

    def _ways(self, url: str, *, is_lost: bool) -> list[Proxies]:
        said = _bounded(lambda: self._ask(url, is_lost=is_lost), LOOK_SECONDS)
        return [STRAIGHT if way == "DIRECT" else {"http": way, "https": way} for way in said or ()]

    def _ask(self, url: str, *, is_lost: bool) -> list[str] | None:
        """What a PAC file says, if there is one."""
        named = self._named()
        if named:
            script = _fetched(named, is_named=True)
            return pac.ask(script, url, urlsplit(url).hostname or "") if script else None
        if is_lost and not _by_system(url):
            for place in self._searched()[:_CANDIDATES]:
                if script := _fetched(place, is_named=False):
                    return pac.ask(script, url, urlsplit(url).hostname or "")
        return None


def _by_system(url: str) -> Proxies:
    """The proxies that the environment, the registry or the network preferences name for an address."""
    found: Proxies = get_environ_proxies(url)
    return found


def _named_by_system() -> str | None:
    """The PAC file of the registry or the network preferences; on Linux there is no one place for it."""
    from pypac import os_settings  # noqa: PLC0415 - seldom needed

    if os_settings.ON_WINDOWS:
        named = os_settings.autoconfig_url_from_registry()
    elif os_settings.ON_DARWIN:
        named = os_settings.autoconfig_url_from_preferences()
    else:
        return None
    if named and named.lower().startswith("file://"):
        named = os_settings.file_url_to_local_path(named)
    return named or None


def _searched_by_name() -> list[str]:
    """Where the network of this computer's name may keep a PAC file."""
    from pypac.wpad import proxy_urls_from_dns  # noqa: PLC0415

    found: list[str] = proxy_urls_from_dns()
    return found


def _fetched(place: str, *, is_named: bool) -> str | None:
    """The text of a PAC file, if it can be read and is no longer than one may be. One that was only searched for has to
    say that it is one: portals answer anything."""
    try:
        if not place.lower().startswith(("http://", "https://")):
            data = Path(place).read_bytes()[: pac.SCRIPT_BYTES + 1]
            return data.decode("utf-8", "replace") if len(data) <= pac.SCRIPT_BYTES else None
        wires = Wires()
        with closing(wires), requests.Session() as session, wires.within(_FETCH_SECONDS):
            session.trust_env = False
            session.max_redirects = 3
            for scheme in ("http", "https"):
                session.mount(f"{scheme}://", Adapter(wires, is_secure=place.lower().startswith("https")))
            with session.get(place, timeout=_FETCH_SECONDS, stream=True) as answer:
                kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
                if answer.status_code != 200 or not (is_named or kind in _PAC_TYPES):
                    return None
                data = b""
                for part in answer.iter_content(16 * 1024):
                    data += part
                    if len(data) > pac.SCRIPT_BYTES:
                        return None
        return data.decode("utf-8", "replace")
    except (requests.exceptions.RequestException, OSError, ValueError):
        return None


def _bounded(work: Callable[[], _Found], seconds: float) -> _Found | None:
    """What some work finds within a time; None if it takes longer or fails. Looking up names can't be cut short."""
    found: list[_Found] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception:  # noqa: BLE001 - the system's settings may be anything; the straight way is left
            return

    thread = threading.Thread(target=run, name="routes", daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else None
