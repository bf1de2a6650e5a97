"""Reading a request's body: inflated with a limit, then as JSON in which a fault stays where it is.

A pushed revision that repeats a name or holds a fraction must be refused alone. So nothing raises here for what
only spoils one value: the spot is filled with `Unreadable`, which is of no JSON type. Where it stands in a
revision, the domain's check refuses that revision and names the place; in the envelope the message's check does.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, TypeVar

from pydantic import ValidationError

from omi_desktop.central.refusal import Refusal
from omi_desktop.domain import canonical
from omi_desktop.wire import limits
from omi_desktop.wire.messages import Message
from omi_desktop.wire.problems import Code

_Sort = TypeVar("_Sort", bound=Message)
_INTEGER_DIGITS = 17
"""More than any integer that a revision may hold; Python refuses to read thousands of digits."""


class Unreadable:
    """Stands where the JSON had a value that no message may hold."""

    __slots__ = ()


UNREADABLE = Unreadable()


class Inflation:
    """Collects a body as it arrives, unpacked, and stops once it is over the limit."""

    def __init__(self, encoding: str) -> None:
        """`encoding` is the Content-Encoding. Raises Refusal (`encoding_unknown`)."""
        named = encoding.strip().lower()
        if named not in ("", "identity", "gzip"):
            raise Refusal(Code.ENCODING_UNKNOWN)
        self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if named == "gzip" else None
        self._parts: list[bytes] = []
        self._left = limits.REQUEST_BYTES

    def feed(self, part: bytes) -> None:
        """Take the next bytes of the body. Raises Refusal (`too_large`, `bad_envelope`)."""
        if self._gzip is not None:
            if self._gzip.eof and part:
                raise Refusal(Code.BAD_ENVELOPE, "There is something after the end of the gzip body")
            try:
                part = self._gzip.decompress(part, self._left + 1)
            except zlib.error as error:
                raise Refusal(Code.BAD_ENVELOPE, "The body is not gzip") from error
        self._left -= len(part)
        if self._left < 0:
            raise Refusal(Code.TOO_LARGE, f"More than {limits.REQUEST_BYTES} bytes")
        self._parts.append(part)

    def body(self) -> bytes:
        """All of it. Raises Refusal (`bad_envelope`) when the gzip body is cut short."""
        if self._gzip is not None and (not self._gzip.eof or self._gzip.unused_data):
            raise Refusal(Code.BAD_ENVELOPE, "The gzip body is cut short or has something after its end")
        return b"".join(self._parts)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Refusal (`bad_envelope`)."""
    found = _read(body)
    if not isinstance(found, dict):
        raise Refusal(Code.BAD_ENVELOPE, "The body is not a JSON object")
    return found


def read_list(body: bytes) -> list[Any]:
    """The JSON list of a sync file's piece. Raises Refusal (`bad_envelope`)."""
    found = _read(body)
    if not isinstance(found, list):
        raise Refusal(Code.BAD_ENVELOPE, "The body is not a JSON list")
    return found


def _read(body: bytes) -> object:
    found = canonical.lossless(body)
    return _read_slowly(body) if found is None else found


def _read_slowly(body: bytes) -> object:
    """What a body says that is not JSON as our own laptops write it, or that hides something."""
    try:
        text = body.decode("utf-8", "surrogatepass")
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_unreadable,
            parse_constant=_unreadable,
        )
    except (ValueError, RecursionError) as error:
        raise Refusal(Code.BAD_ENVELOPE, "The body is not JSON that can be read") from error


def read_message(found: dict[str, Any], sort: type[_Sort]) -> _Sort:
    """The object as a message. Raises Refusal (`bad_envelope`) that names the fields, never their values."""
    try:
        return sort.model_validate(found)
    except ValidationError as error:
        fields = [".".join(str(part) for part in fault["loc"])[:100] for fault in error.errors()]
        raise Refusal(Code.BAD_ENVELOPE, f"Not as it should be: {', '.join(fields[:10])}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen = set()
        for name, _ in pairs:
            if name in seen:
                found[name] = UNREADABLE
            seen.add(name)
    return found


def _integer(digits: str) -> int | Unreadable:
    return int(digits) if len(digits) <= _INTEGER_DIGITS else UNREADABLE


def _unreadable(_text: str) -> Unreadable:
    return UNREADABLE
