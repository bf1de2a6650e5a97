"""What lies around all calls: who calls too often is turned away, and whatever goes wrong is answered as a problem."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omi_desktop.central import rates
from omi_desktop.central.database import UNREACHABLE
from omi_desktop.central.rates import Rates
from omi_desktop.central.refusal import Refusal
from omi_desktop.domain.trace import describe
from omi_desktop.wire.problems import MEDIA_TYPE, Code

_log = logging.getLogger(__name__)
_RETRY_AFTER = timedelta(seconds=30)


def add_problems(app: FastAPI) -> None:
    """Answer what the framework refuses as everything else is refused."""

    async def no_route(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 (for the type: registered for this class alone)
        code = Code.METHOD_NOT_ALLOWED if error.status_code == 405 else Code.NOT_FOUND
        return _problem(Refusal(code, headers=error.headers))

    async def bad_query(_request: Request, _error: Exception) -> Response:
        return _problem(Refusal(Code.BAD_ENVELOPE, "The query is not as it should be"))

    app.add_exception_handler(HTTPException, no_route)
    app.add_exception_handler(RequestValidationError, bad_query)


class Outermost:
    """Turns away who calls too often, and answers what is refused. Whatever goes wrong in the rest is written to the
    log, and answered without a word of it."""

    def __init__(self, app: ASGIApp, limited: Rates) -> None:
        self._app = app
        self._limited = limited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_started = False

        async def send_on(message: Message) -> None:
            nonlocal is_started
            is_started = is_started or message["type"] == "http.response.start"
            await send(message)

        try:
            self._limited.count(rates.CALLS, self._limited.address(scope))
            await self._app(scope, receive, send_on)
        except Refusal as refusal:
            await _problem(refusal)(scope, receive, send)
        except UNREACHABLE as error:
            _log.error("the database did not answer: %s", getattr(error, "orig", error))
            wait = {"Retry-After": str(int(_RETRY_AFTER.total_seconds()))}
            await _problem(Refusal(Code.UNAVAILABLE, headers=wait))(scope, receive, send)
        except ClientDisconnect:
            _log.info("a laptop hung up while it was sending")
        except Exception as error:  # noqa: BLE001 (the outermost door: nothing may pass)
            _log.error("a call failed\n%s", describe(error))
            if not is_started:
                await _problem(Refusal(Code.INTERNAL))(scope, receive, send)


def _problem(refusal: Refusal) -> Response:
    content = json.dumps(refusal.document(), ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, refusal.status, headers=refusal.headers, media_type=MEDIA_TYPE)
