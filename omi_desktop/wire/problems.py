"""The one table of stable error codes and their HTTP statuses, and the codes for a single revision.

Every error answer is an RFC 9457 document (`application/problem+json`) whose `code` is one of these. A revision's
own fault is never an HTTP error: it comes back under `rejected` with a `Rejection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

MEDIA_TYPE = "application/problem+json"


class Code(StrEnum):
    """What went wrong with a whole call."""

    BAD_REQUEST = "bad_request"
    BAD_ENVELOPE = "bad_envelope"
    PROTOCOL_UNKNOWN = "protocol_unknown"
    TOO_LARGE = "too_large"
    ENCODING_UNKNOWN = "encoding_unknown"
    UNAUTHORISED = "unauthorised"
    ACCOUNT_ERASED = "account_erased"
    CODE_REFUSED = "code_refused"
    CARRY_REFUSED = "carry_refused"
    NO_PACK = "no_pack"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class Meaning(NamedTuple):
    """The HTTP status of a code, and its sentence for people who read logs."""

    status: int
    title: str


TABLE: Mapping[Code, Meaning] = {
    Code.BAD_REQUEST: Meaning(400, "This is no HTTP request"),
    Code.BAD_ENVELOPE: Meaning(422, "The request can't be read"),
    Code.PROTOCOL_UNKNOWN: Meaning(400, "This protocol version is not spoken here"),
    Code.TOO_LARGE: Meaning(413, "The request is too large; send less at once"),
    Code.ENCODING_UNKNOWN: Meaning(415, "Only gzip and plain bodies are read"),
    Code.UNAUTHORISED: Meaning(401, "The sign-in is missing or no longer valid"),
    Code.ACCOUNT_ERASED: Meaning(401, "This account was erased"),
    Code.CODE_REFUSED: Meaning(403, "This code is unknown, used or too old"),
    Code.CARRY_REFUSED: Meaning(403, "This sync file can't be opened here"),
    Code.NO_PACK: Meaning(404, "There is no such content pack here"),
    Code.NOT_FOUND: Meaning(404, "There is nothing here"),
    Code.METHOD_NOT_ALLOWED: Meaning(405, "This method is not offered here"),
    Code.RATE_LIMITED: Meaning(429, "Too many requests; wait and try again"),
    Code.UNAVAILABLE: Meaning(503, "Not available for the moment; wait and try again"),
    Code.INTERNAL: Meaning(500, "A fault of the service; it was written to its log"),
}


class Rejection(StrEnum):
    """Why one pushed revision was not taken. The others of the push are not affected."""

    INVALID = "invalid"
    TOO_LARGE = "too_large"
    ID_REUSE = "id_reuse"
    SCHEMA_UNKNOWN = "schema_unknown"
