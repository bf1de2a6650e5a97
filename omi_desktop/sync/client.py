"""HTTP to OMI online. Whatever is not certainly its answer is "not yet": captive portals, proxies, half answers."""

from __future__ import annotations

import gzip
import ipaddress
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import orjson
import requests
import truststore
from pydantic import ValidationError
from requests.adapters import HTTPAdapter

from omi_desktop.domain.errors import (
    Busy,
    CodeRefused,
    Misunderstood,
    NotOurs,
    ProxyAsks,
    SignedOut,
    SyncProblem,
    Unreachable,
)
from omi_desktop.wire import limits, problems
from omi_desktop.wire.messages import (
    CarryAnswer,
    CarryRequest,
    CodeAnswer,
    DeviceAnswer,
    DeviceRequest,
    Message,
    ProblemDocument,
    SyncAnswer,
    SyncRequest,
    TotalsAnswer,
)

CONNECT_SECONDS = 6.0
READ_SECONDS = 30.0
_ENVELOPE_BYTES = 64 * 1024
_GZIP_LEVEL = 1
_Answer = TypeVar("_Answer", bound=Message)


class TooMuch(Misunderstood):
    """The service asks for smaller batches (413), or cannot read the envelope (422)."""

    code = "too_much"


class CarryRefused(Misunderstood):
    """A relayed piece of a sync file that OMI online can't open (403)."""

    code = "carry_refused"


class Client:
    """Calls to one OMI online. Not shared between threads.

    Raises ValueError for an address that is neither https nor on this computer.
    """

    def __init__(self, url: str) -> None:
        self.url = checked_address(url)
        self._session = requests.Session()
        if self.url.startswith("https"):
            self._session.mount("https://", _SystemCertificates())

    def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
        """`POST /v1/sync` with the canonical bytes of the revisions to push. Raises SyncProblem."""
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        packed = gzip.compress(sync_body(request, push), _GZIP_LEVEL)
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

    def totals(self, year: int) -> TotalsAnswer:
        """`GET /v1/totals`. Raises SyncProblem."""
        return self._call("GET", f"/v1/totals?year={year}", TotalsAnswer)

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

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
        sent = {"Accept": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        try:
            with self._session.request(
                method,
                self.url + path,
                data=data,
                headers=sent,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                found = _read(response)
        except requests.exceptions.ProxyError as error:
            raise (ProxyAsks if "407" in str(error) else Unreachable) from error
        except requests.exceptions.SSLError as error:
            raise NotOurs from error
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            raise Unreachable from error
        try:
            return kind.model_validate(found)
        except ValidationError as error:
            raise Misunderstood from error


def sync_body(request: SyncRequest, push: Sequence[bytes]) -> bytes:
    """The JSON of a sync request. Revisions go in as they are kept, not written as JSON a second time."""
    envelope = request.model_dump_json(exclude={"push"}).encode()
    return b"".join((envelope[:-1], b',"push":[', b",".join(push), b"]}"))


class _SystemCertificates(HTTPAdapter):
    """Trusts what the operating system trusts: company networks add authorities of their own there."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        kwargs["ssl_context"] = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().init_poolmanager(*args, **kwargs)


def checked_address(url: str) -> str:
    """An address without its last slash. Raises ValueError unless it is https, or http on this computer."""
    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return url.strip().rstrip("/")
    if parts.scheme == "http" and _is_loopback(host):
        return url.strip().rstrip("/")
    raise ValueError("the address of OMI online begins with https://")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(response: requests.Response) -> Any:
    """The JSON of an answer that is ours. Raises SyncProblem."""
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if response.status_code == 407:
        raise ProxyAsks
    if response.is_redirect or 300 <= response.status_code < 400:
        raise NotOurs
    if kind == problems.MEDIA_TYPE and response.status_code >= 400:
        _refused(response)
    if response.status_code in (429, 502, 503, 504):
        raise Busy(_retry_after(response))
    if response.status_code >= 500:
        raise Unreachable
    if kind != "application/json" or response.status_code != 200:
        raise NotOurs
    try:
        return orjson.loads(_bounded(response))
    except orjson.JSONDecodeError as error:
        raise NotOurs from error


def _bounded(response: requests.Response) -> bytes:
    """The body, inflated, as long as it is no longer than an answer may be."""
    parts, size = [], 0
    for part in response.iter_content(64 * 1024):
        size += len(part)
        if size > limits.ANSWER_BYTES + _ENVELOPE_BYTES:
            raise NotOurs
        parts.append(part)
    return b"".join(parts)


_BY_CODE: Mapping[str, type[SyncProblem]] = {
    problems.Code.UNAUTHORISED: SignedOut,
    problems.Code.ACCOUNT_ERASED: SignedOut,
    problems.Code.CODE_REFUSED: CodeRefused,
    problems.Code.CARRY_REFUSED: CarryRefused,
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
