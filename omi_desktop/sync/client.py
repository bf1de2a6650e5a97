"""HTTP to OMI online. Whatever is not certainly its answer is "not yet": captive portals, proxies, half answers."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import orjson
import requests
import urllib3
from pydantic import ValidationError
from requests.adapters import BaseAdapter

from omi_desktop.domain.errors import (
    AccountErased,
    Busy,
    CodeRefused,
    Misunderstood,
    NotOurs,
    ProxyAsks,
    SignedOut,
    SyncProblem,
    Unreachable,
)
from omi_desktop.sync.addresses import checked_address
from omi_desktop.sync.packing import Parcel
from omi_desktop.sync.routes import Proxies, Routes
from omi_desktop.sync.wires import Adapter, Wires
from omi_desktop.wire import limits, problems
from omi_desktop.wire.messages import (
    CarryAnswer,
    CarryRequest,
    CodeAnswer,
    DeviceAnswer,
    DeviceRequest,
    Health,
    Message,
    PackAnswer,
    ProblemDocument,
    SyncAnswer,
    SyncRequest,
    TotalsAnswer,
)

CONNECT_SECONDS = 6.0
READ_SECONDS = 30.0
CALL_SECONDS = 40.0
"""For a whole call, however slowly its answer comes."""
PACK_SECONDS = 600.0
"""For a content pack, which nobody waits for."""
_ALWAYS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "omi-desktop"}
_ENVELOPE_BYTES = 64 * 1024
_OTHERS_ASK_AT_MOST = 60.0
"""Seconds that a proxy or a portal may ask us to wait."""
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_Answer = TypeVar("_Answer", bound=Message)
_Read = TypeVar("_Read")


class TooMuch(Misunderstood):
    """The service asks for smaller batches (413), or cannot read the envelope (422)."""

    code = "too_much"


class NoPack(Misunderstood):
    """OMI online has no such content pack (404)."""

    code = "no_pack"


class CarryRefused(Misunderstood):
    """A relayed piece of a sync file that OMI online can't open (403)."""

    code = "carry_refused"


class Line:
    """The connections of one call at a time.

    There is no session of requests around them: it would send a password for this host from the person's .netrc in the
    place of the sign-in, and cookies that a portal set in our name. Proxies and certificates of the system are seen to
    by `routes` and `wires`.
    """

    def __init__(self, wires: Wires, adapter: BaseAdapter) -> None:
        self.wires = wires
        self.adapter = adapter

    def close(self) -> None:
        """Let them go. A call under way on another thread ends at once, unanswered."""
        self.adapter.close()
        self.wires.close()


class Client:
    """Calls to one OMI online, by the way that `routes` says. Several threads may call at once, each on a line of its
    own.

    Raises ValueError for an address that is neither https nor on this computer.
    """

    def __init__(self, url: str, routes: Routes | None = None) -> None:
        self.url = checked_address(url)
        self._routes = routes or Routes()
        self._lining_up = threading.Lock()
        self._lines: list[Line] = []
        self._free: list[Line] = []
        self._blanks: dict[tuple[str, str], requests.PreparedRequest] = {}
        self._is_closed = False

    def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        """`POST /v1/sync` with the canonical bytes of the revisions to push. Raises SyncProblem."""
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        packed = Parcel.of(push).sealed(request)
        return self._call("POST", "/v1/sync", SyncAnswer, token=token, data=packed, headers=headers)

    def enrol(self, code: str, device: str) -> DeviceAnswer:
        """`POST /v1/devices`. Raises CodeRefused, SyncProblem."""
        body = DeviceRequest(code=code, device=device).model_dump_json().encode()
        headers = {"Content-Type": "application/json"}
        return self._call("POST", "/v1/devices", DeviceAnswer, data=body, headers=headers)

    def code_for_next_laptop(self, token: str) -> CodeAnswer:
        """`POST /v1/devices/code`. Raises SyncProblem."""
        return self._call("POST", "/v1/devices/code", CodeAnswer, token=token)

    def carry(self, token: str, account_id: str, sealed: str) -> CarryAnswer:
        """`POST /v1/carry`: relay one piece of the sync file of an account. Raises CarryRefused, SyncProblem."""
        body = CarryRequest(account_id=account_id, sealed=sealed).model_dump_json().encode()
        headers = {"Content-Type": "application/json"}
        return self._call("POST", "/v1/carry", CarryAnswer, token=token, data=body, headers=headers)

    def newest_pack(self, token: str, tag: str = "") -> tuple[PackAnswer, str] | None:
        """`GET /v1/packs/newest`, with the tag of the answer; None when `tag` is that of the newest already.

        Raises NoPack, SyncProblem.
        """
        headers = {"If-None-Match": tag} if tag else {}
        found = self._exchange("GET", "/v1/packs/newest", _read_unless_known, token=token, headers=headers)
        return (_understood(PackAnswer, found[0]), found[1]) if found else None

    def pack(self, token: str, version: int, size: int) -> bytes:
        """`GET /v1/packs/{version}`, of just so many bytes. Raises NoPack, NotOurs, SyncProblem."""

        def read(response: requests.Response) -> bytes:
            _refuse(response, "application/zip")
            found = _bounded(response, size)
            if len(found) != size:
                raise NotOurs
            return found

        headers = {"Accept": "application/zip"}
        path = f"/v1/packs/{version}"
        return self._exchange("GET", path, read, token=token, headers=headers, seconds=PACK_SECONDS)

    def totals(self, year: int) -> TotalsAnswer:
        """`GET /v1/totals`. Raises SyncProblem."""
        return self._call("GET", f"/v1/totals?year={year}", TotalsAnswer)

    def health(self) -> Health:
        """`GET /healthz`: whose centre this is. Nothing of ours is sent. Raises SyncProblem."""
        try:
            return self._call("GET", "/healthz", Health)
        except SignedOut as error:  # Nobody has to be signed in for this.
            raise NotOurs from error

    def close(self) -> None:
        """Let the connections go. A call under way on another thread ends at once, unanswered; one that is about to
        begin there never does."""
        with self._lining_up:
            self._is_closed = True
        for line in self._lines:
            line.close()

    def _call(
        self,
        method: str,
        path: str,
        kind: type[_Answer],
        *,
        token: str | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        found = self._exchange(method, path, _read, token=token, data=data, headers=headers)
        return _understood(kind, found)

    def _exchange(
        self,
        method: str,
        path: str,
        read: Callable[[requests.Response], _Read],
        *,
        token: str | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> _Read:
        """One request, and what `read` makes of its answer."""
        sent = {**_ALWAYS, **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        proxies = self._routes.to(self.url)
        try:
            prepared = self._prepared(method, path, sent, data)
            with (
                self._line() as line,
                line.wires.within(CALL_SECONDS if seconds is None else seconds),
                line.adapter.send(
                    prepared,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    proxies=dict(proxies),
                    stream=True,
                ) as response,
            ):
                found = read(response)
        except SyncProblem as problem:
            if isinstance(problem, NotOurs):
                self._failed(proxies)
            raise
        except requests.exceptions.SSLError as error:
            self._failed(proxies)
            raise NotOurs from error
        except (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            self._failed(proxies)
            raise _unreached(error) from error
        self._routes.held(self.url)
        return found

    def _prepared(
        self, method: str, path: str, headers: Mapping[str, str], data: bytes | None
    ) -> requests.PreparedRequest:
        """A request. The address, whose reading takes longest, is read for the first one alone."""
        blank = self._blanks.get((method, path))
        if blank is None:
            blank = self._blanks[method, path] = requests.Request(method, self.url + path).prepare()
        made = blank.copy()
        made.prepare_headers(headers)
        made.prepare_body(data, None)
        return made

    @contextmanager
    def _line(self) -> Iterator[Line]:
        """A line that nobody else calls on. Raises Unreachable once the client is closed."""
        with self._lining_up:
            if self._is_closed:
                raise Unreachable
            if self._free:
                line = self._free.pop()
            else:
                line = self.new_line()
                self._lines.append(line)
        try:
            yield line
        finally:
            self._free.append(line)

    def new_line(self) -> Line:
        """One more line."""
        wires = Wires()
        return Line(wires, Adapter(wires, is_secure=self.url.startswith("https")))

    def _failed(self, way: Proxies) -> None:
        """Nobody was reached, and not because nobody wants the answer any more."""
        if not self._is_closed:
            self._routes.failed(self.url, way)


def _understood(kind: type[_Answer], found: Any) -> _Answer:
    """An answer's JSON as a message. Raises Misunderstood."""
    try:
        return kind.model_validate(found)
    except ValidationError as error:
        raise Misunderstood from error


def _unreached(error: Exception) -> SyncProblem:
    """What it means that no answer came. A proxy that refuses to connect us says so by a status."""
    refused = _TUNNEL.search(str(error)) if isinstance(error, requests.exceptions.ProxyError) else None
    if refused is None:
        return Unreachable()
    return ProxyAsks() if refused.group(1) == "407" else NotOurs()


def _read(response: requests.Response) -> Any:
    """The JSON of an answer that is ours. Raises SyncProblem."""
    _refuse(response, "application/json")
    try:
        return orjson.loads(_bounded(response))
    except orjson.JSONDecodeError as error:
        raise NotOurs from error


def _read_unless_known(response: requests.Response) -> tuple[Any, str] | None:
    """The same with its tag; None for 304, which is an answer only to a request that named a tag."""
    if response.status_code == 304 and "If-None-Match" in response.request.headers:
        return None
    return _read(response), response.headers.get("ETag", "")


def _refuse(response: requests.Response, expected: str) -> None:
    """Raise the SyncProblem of an answer that is not a whole one of ours of the expected kind."""
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if response.status_code == 407:
        raise ProxyAsks
    if response.is_redirect or 300 <= response.status_code < 400:
        raise NotOurs
    if kind == problems.MEDIA_TYPE and response.status_code >= 400:
        _refused(response)
    if response.status_code in (429, 502, 503, 504):
        raise Busy(min(_retry_after(response) or 0.0, _OTHERS_ASK_AT_MOST))
    if response.status_code >= 500:
        raise Unreachable
    if kind != expected or response.status_code != 200:
        raise NotOurs


def _bounded(response: requests.Response, most: int = limits.ANSWER_BYTES + _ENVELOPE_BYTES) -> bytes:
    """The body, inflated, as long as it is no longer than it may be."""
    parts, size = [], 0
    for part in response.iter_content(64 * 1024):
        size += len(part)
        if size > most:
            raise NotOurs
        parts.append(part)
    return b"".join(parts)


_BY_CODE: Mapping[str, type[SyncProblem]] = {
    problems.Code.UNAUTHORISED: SignedOut,
    problems.Code.ACCOUNT_ERASED: AccountErased,
    problems.Code.CODE_REFUSED: CodeRefused,
    problems.Code.CARRY_REFUSED: CarryRefused,
    problems.Code.NO_PACK: NoPack,
    problems.Code.TOO_LARGE: TooMuch,
    problems.Code.BAD_ENVELOPE: TooMuch,
    problems.Code.INTERNAL: Unreachable,
}


def _refused(response: requests.Response) -> NoReturn:
    """Raise what a problem document says."""
    try:
        document = ProblemDocument.model_validate_json(_bounded(response))
    except ValidationError as error:
        raise NotOurs from error
    if document.code in (problems.Code.RATE_LIMITED, problems.Code.UNAVAILABLE):
        raise Busy(_retry_after(response))
    raise _BY_CODE.get(document.code, Misunderstood)


def _retry_after(response: requests.Response) -> float | None:
    """Seconds to wait, when they are given as a number."""
    value = response.headers.get("Retry-After", "")
    return min(float(value), 3600.0) if value.isascii() and value.isdigit() else None
