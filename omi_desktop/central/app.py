"""The calls over HTTP: who speaks, what comes in, what goes out. What they mean is in the modules beside this one."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Path, Query, Request, Response
from sqlalchemy import Connection, text
from starlette.types import ASGIApp, Receive, Scope, Send

from omi_desktop.central import accounts, openapi, packs, rates
from omi_desktop.central.breakdowns import Breakdowns, By
from omi_desktop.central.carry import by_device, take_piece
from omi_desktop.central.database import Database
from omi_desktop.central.envelope import Inflation, read_message, read_object
from omi_desktop.central.erasure import prepare
from omi_desktop.central.identity import Identity
from omi_desktop.central.ingest import answer_sync
from omi_desktop.central.outermost import Outermost, add_problems
from omi_desktop.central.rates import Rates
from omi_desktop.central.refusal import Refusal, unauthorised
from omi_desktop.central.speakers import Speakers
from omi_desktop.central.totals import Totals
from omi_desktop.central.turns import Turns
from omi_desktop.central.waiting import OnlyInThread, beside_others
from omi_desktop.domain.clock import Clock, SystemClock, stamp
from omi_desktop.wire import limits
from omi_desktop.wire.messages import (
    AccountInfo,
    BreakdownAnswer,
    CarryAnswer,
    CarryRequest,
    CodeAnswer,
    DeviceAnswer,
    DeviceRequest,
    Health,
    PackAnswer,
    SyncAnswer,
    SyncRequest,
    TotalsAnswer,
)
from omi_desktop.wire.messages import Message as WireMessage
from omi_desktop.wire.pack import MEDIA_TYPE as PACK_TYPE
from omi_desktop.wire.pack import VERSION_LIMIT
from omi_desktop.wire.problems import Code

_Found = TypeVar("_Found")
_Endpoint = Callable[[Request], Awaitable[Response]]

_MOST_AT_ONCE = 40
"""Calls that are worked on at the same time in threads; further ones wait."""
_MOST_AGAIN = 10
_ENDED = (Code.UNAUTHORISED, Code.ACCOUNT_ERASED)
_PACK_FROM = 512
"""Bytes from which an answer is worth packing."""
_SHORT = 64 * 1024
"""Bytes of a body, or of an answer, up to which the loop may be kept from other calls by it: some milliseconds."""
_PACK_LEVEL = 1
"""Three times quicker than the default level, for a fifth more bytes."""


def create_app(database: Database, clock: Clock | None = None, limited: Rates | None = None) -> FastAPI:
    """The service on a migrated database. Callers are limited unless `limited` says otherwise."""
    clock = clock or SystemClock()
    limited = limited or Rates()
    identity = prepare(database, clock.now())
    app = _Centre(
        title="OMI central service",
        version=str(limits.PROTOCOL),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    add_problems(app)
    openapi.describe(app, requests=(SyncRequest, DeviceRequest, CarryRequest))

    workers = ThreadPoolExecutor(_MOST_AT_ONCE, "omi-central")
    workers_again = ThreadPoolExecutor(_MOST_AGAIN, "omi-central-again")
    service = _Service(database, clock, limited, identity, workers, workers_again)
    sync = _add_sync(app, service)
    app.add_middleware(Outermost, limited=limited)
    app.direct["POST", "/v1/sync"] = Outermost(_answered_by(sync), limited)
    _add_devices(app, service)
    _add_packs(app, service)
    _add_public(app, service)
    return app


class _Centre(FastAPI):
    """FastAPI, with a short way past its layers: nearly all calls are syncs, and those take as long as one's body takes
    to judge. `direct`: what answers a method and path, under ours of the layers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.direct: dict[tuple[str, str], ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        direct = self.direct.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        await (direct or super().__call__)(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Service:
    """What every call needs."""

    database: Database
    clock: Clock
    limited: Rates
    identity: Identity
    workers: ThreadPoolExecutor
    workers_again: ThreadPoolExecutor
    """For what had to be given up in the loop: all other workers may be waiting for the turn that it has."""

    async def work(self, work: Callable[[], _Found], workers: ThreadPoolExecutor | None = None) -> _Found:
        """Do what waits for the database in a thread."""
        return await asyncio.get_running_loop().run_in_executor(workers or self.workers, work)

    async def answer(self, request: Request, work: Callable[[bytes], bytes | WireMessage]) -> Response:
        """Read the body, do the work in a thread, and answer with its JSON, packed if the other end can unpack."""
        return await self.answer_to(request, await _body(request), work)

    async def answer_to(
        self,
        request: Request,
        body: bytes,
        work: Callable[[bytes], bytes | WireMessage],
        workers: ThreadPoolExecutor | None = None,
    ) -> Response:
        """The same, of a body that was read."""

        def answer() -> Response:
            found = work(body)
            return _packed(request, found if isinstance(found, bytes) else found.model_dump_json().encode())

        return await self.work(answer, workers)

    async def answer_beside_others(self, request: Request, work: Callable[[], bytes]) -> Response:
        """The same of short work, in the loop. Raises OnlyInThread."""
        found = await beside_others(work)
        if len(found) > _SHORT:
            return await self.work(partial(_packed, request, found))
        return _packed(request, found)

    @contextmanager
    def counting_ended(self, request: Request) -> Iterator[None]:
        """Count against the address a call whose sign-in turns out to be none, or ended."""
        try:
            yield
        except Refusal as refusal:
            if refusal.code in _ENDED:
                self.limited.count(rates.TOKENS_REFUSED, self.limited.address(request.scope))
            raise

    def known(self, connection: Connection, token: str, request: Request) -> accounts.Device:
        """Who speaks. Raises Refusal, and counts that against the address."""
        with self.counting_ended(request):
            return accounts.device_of(connection, token)


def _add_sync(app: FastAPI, service: _Service) -> _Endpoint:
    """The calls that bring revisions; `/v1/sync` itself, for the short way."""
    speakers, turns = Speakers(service.database), Turns()
    database, clock, limited, identity = service.database, service.clock, service.limited, service.identity

    @app.post("/v1/sync", **openapi.call(SyncRequest, SyncAnswer, is_signed_in=True))
    async def sync(request: Request) -> Response:
        """Take a laptop's revisions in, and give it the next page of its account's log."""
        token = _token(request)
        body = await _body(request)
        with turns.line_up(token) as turn:
            is_counted = False

            def work(body: bytes) -> bytes:
                nonlocal is_counted
                with service.counting_ended(request):
                    speaker = speakers.of(token)
                    if not is_counted:
                        limited.count(rates.SYNCS, speaker.account_id)
                    is_counted = True
                    try:
                        found = answer_sync(
                            database, identity.centre_id, speaker, body, clock.now(), in_turn=turn.wait
                        )
                    except Refusal:
                        speakers.forget(token)
                        raise
                turn.is_over.set()
                return found

            if (
                len(body) <= _SHORT
                and turn.is_first
                and speakers.is_quick(token)
                and database.works_beside_others
            ):
                try:
                    return await service.answer_beside_others(request, partial(work, body))
                except OnlyInThread:
                    speakers.remember_as_slow(token)
                    return await service.answer_to(request, body, work, service.workers_again)
            return await service.answer_to(request, body, work)

    @app.post("/v1/carry", **openapi.call(CarryRequest, CarryAnswer, is_signed_in=True))
    async def carry(request: Request) -> Response:
        """Take in one piece of a sync file for the account it is of; any signed-in laptop may relay it, unread."""
        token = _token(request)

        def work(body: bytes) -> WireMessage:
            with database.glancing() as connection:
                speaker = service.known(connection, token, request)
            limited.count(rates.SYNCS, speaker.account_id)
            asked = read_message(read_object(body), CarryRequest)
            carrier = by_device(speaker.id)
            found = take_piece(
                database,
                identity.centre_id,
                asked.account_id,
                asked.sealed,
                carrier=carrier,
                now=clock.now(),
            )
            return CarryAnswer(centre_id=identity.centre_id, **found._asdict())

        return await service.answer(request, work)

    return sync


def _add_devices(app: FastAPI, service: _Service) -> None:
    """The calls that let laptops in."""
    database, clock, limited, identity = service.database, service.clock, service.limited, service.identity

    @app.post("/v1/devices", **openapi.call(DeviceRequest, DeviceAnswer))
    async def enrol(request: Request) -> Response:
        """Use up a code from the hub, or from another laptop, and let this one in."""

        def work(body: bytes) -> WireMessage:
            asked = read_message(read_object(body), DeviceRequest)
            address = limited.address(request.scope)
            limited.check(rates.CODES_REFUSED, address)
            try:
                with database.writing() as connection:
                    found = accounts.enrol(connection, asked.code, asked.device, clock.now())
            except Refusal:
                limited.count(rates.CODES_REFUSED, address)
                raise
            return DeviceAnswer(
                token=found.token,
                centre_id=identity.centre_id,
                centre_key=identity.centre_key,
                carry_key=found.carry_key,
                account=AccountInfo(id=found.account_id, name=found.account_name, hub=found.hub),
            )

        return await service.answer(request, work)

    @app.post("/v1/devices/code", **openapi.call(None, CodeAnswer, is_signed_in=True))
    async def next_device(request: Request) -> Response:
        """A code for one's next laptop, for 15 minutes."""
        token = _token(request)

        def work(_body: bytes) -> WireMessage:
            with database.writing() as connection:
                speaker = service.known(connection, token, request)
                limited.count(rates.CODES_MADE, speaker.account_id)
                code, expires_at = accounts.invite_next_device(connection, speaker.account_id, clock.now())
            return CodeAnswer(code=code, expires_at=stamp(expires_at))

        return await service.answer(request, work)


def _add_packs(app: FastAPI, service: _Service) -> None:
    """The calls by which laptops learn of new handbook pages and fetch them."""
    database, limited, identity = service.database, service.limited, service.identity

    @app.get("/v1/packs/newest", **openapi.call(None, PackAnswer, is_signed_in=True))
    async def newest_pack(request: Request) -> Response:
        """The manifest of the newest content pack; 304 if `If-None-Match` names it."""
        token = _token(request)

        def work() -> Response:
            with database.glancing() as connection:
                speaker = service.known(connection, token, request)
            limited.count(rates.PACKS, speaker.account_id)
            with database.reading() as connection:
                found = packs.offer(connection, identity.centre_id)
            tag = _tag(found.sha256)
            if tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers={"ETag": tag})
            return _packed(request, found.model_dump_json().encode(), etag=tag)

        return await service.work(work)

    @app.get("/v1/packs/{version}", **openapi.call(None, None, is_signed_in=True))
    async def whole_pack(request: Request, version: Annotated[int, Path(ge=1, le=VERSION_LIMIT)]) -> Response:
        """A content pack, as it was published."""
        token = _token(request)

        def work() -> Response:
            with database.glancing() as connection:
                speaker = service.known(connection, token, request)
            limited.count(rates.PACKS, speaker.account_id)
            with database.reading() as connection:
                sha, data = packs.whole(connection, version)
            return _packed(request, data, kind=PACK_TYPE, etag=_tag(sha))

        return await service.work(work)


def _add_public(app: FastAPI, service: _Service) -> None:
    """The calls that anyone may make."""
    database, clock, identity = service.database, service.clock, service.identity
    totals = Totals(database)
    breakdowns = Breakdowns(database)

    @app.get("/v1/totals", **openapi.call(None, TotalsAnswer))
    async def total(request: Request, year: Annotated[int, Query(ge=2000, le=2100)]) -> Response:
        """The programme's interactions in one calendar year. Public."""
        return await service.answer(request, lambda _body: totals.of(year, clock.now()))

    @app.get("/v1/totals/breakdown", **openapi.call(None, BreakdownAnswer))
    async def breakdown(request: Request, year: Annotated[int, Query(ge=2000, le=2100)], by: By) -> Response:
        """The low end of a year's total by nation, activity or month, without small numbers. Public."""
        return await service.answer(request, lambda _body: breakdowns.of(year, by, clock.now()))

    @app.get("/healthz", **openapi.call(None, Health))
    async def health(request: Request) -> Response:
        """Whether the service and its database answer."""

        def work(_body: bytes) -> WireMessage:
            with database.reading() as connection:
                connection.execute(text("SELECT 1"))
            return Health(status="ok", centre_id=identity.centre_id, protocol=limits.PROTOCOL)

        return await service.answer(request, work)


def _packed(request: Request, content: bytes, *, kind: str = "application/json", etag: str = "") -> Response:
    """An answer with this content, packed if the other end can unpack."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if etag:
        headers["ETag"] = etag
    if len(content) >= _PACK_FROM and _unpacks(request):
        content = gzip.compress(content, _PACK_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=kind, headers=headers)


def _tag(sha: str) -> str:
    return f'"{sha}"'


async def _body(request: Request) -> bytes:
    inflation = Inflation(request.headers.get("content-encoding", ""))
    async for part in request.stream():
        inflation.feed(part)
    return inflation.body() if request.method == "POST" else b""


def _unpacks(request: Request) -> bool:
    accepted = request.headers.get("accept-encoding", "").replace(" ", "").lower().split(",")
    return any(name == "gzip" or (name.startswith("gzip;") and name != "gzip;q=0") for name in accepted)


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorised()
    return token.strip()


def _answered_by(endpoint: _Endpoint) -> ASGIApp:
    """An endpoint that needs nothing of what lies between it and the server."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint(Request(scope, receive))
        await response(scope, receive, send)

    return answer
