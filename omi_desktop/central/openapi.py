"""The OpenAPI document. The bodies are read by our own strict reader, so FastAPI is told of them here.

`python -m omi_desktop.central.openapi` writes `openapi.json` anew; a test compares it with the service.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from omi_desktop.wire.messages import Message, ProblemDocument
from omi_desktop.wire.pack import MEDIA_TYPE as PACK_TYPE
from omi_desktop.wire.problems import MEDIA_TYPE

COMMITTED = Path(__file__).parent / "openapi.json"
_BYTES = {"type": "string", "format": "binary"}
_SCHEMAS = "#/components/schemas/"


def call(
    request: type[Message] | None, answer: type[Message] | None, *, is_signed_in: bool = False
) -> dict[str, Any]:
    """What a route tells FastAPI: its answer (None for a content pack), and by `openapi_extra` its request."""
    extra: dict[str, Any] = {}
    if request:
        content = {"application/json": {"schema": {"$ref": _SCHEMAS + request.__name__}}}
        extra["requestBody"] = {"required": True, "content": content}
    if is_signed_in:
        extra["security"] = [{"token": []}]
    problem = {"schema": {"$ref": _SCHEMAS + ProblemDocument.__name__}}
    done = {"model": answer} if answer else {"content": {PACK_TYPE: {"schema": _BYTES}}}
    responses: dict[int | str, dict[str, Any]] = {
        200: {**done, "description": "Done"},
        "default": {"description": "An error", "content": {MEDIA_TYPE: problem}},
    }
    return {"responses": responses, "openapi_extra": extra, "response_model": None}


def describe(app: FastAPI, requests: Sequence[type[Message]]) -> None:
    """Make the service's document name the requests that `call` refers to."""

    def document() -> dict[str, Any]:
        found = get_openapi(title=app.title, version=app.version, routes=app.routes)
        wanted = [(model, "validation") for model in (*requests, ProblemDocument)]
        _, schemas = models_json_schema(wanted, ref_template=_SCHEMAS + "{model}")  # type: ignore[arg-type]
        parts = found.setdefault("components", {})
        parts["schemas"] = dict(sorted((parts.get("schemas", {}) | schemas["$defs"]).items()))
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        return found

    app.openapi = document  # type: ignore[method-assign]


def text() -> str:
    """The document of the service as it is, as `openapi.json` holds it."""
    from omi_desktop.central.app import create_app  # noqa: PLC0415 (it imports this module)
    from omi_desktop.central.database import Database  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'central.db'}")
        try:
            database.migrate()
            return json.dumps(create_app(database).openapi(), indent=1, ensure_ascii=False) + "\n"
        finally:
            database.close()


if __name__ == "__main__":
    COMMITTED.write_text(text(), encoding="utf-8")
