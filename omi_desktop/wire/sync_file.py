"""The sync file: what waits on a laptop, sealed for its account, to travel by stick or e-mail.

Text, one JSON object a line. The first line says what it is, whose, and how many pieces follow; each further line is
one piece, AES-256-GCM under the account's `carry_key` over gzip of a JSON list of revisions, within the limits of one
push. What it is and whose is authenticated with every piece. Whoever has no key can relay the pieces
(`POST /v1/carry`) but not read them.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from omi_desktop.domain.revision import is_id
from omi_desktop.wire import limits

FORMAT = "omi-sync-file/1"
SUFFIX = ".omisync"
FILE_BYTES = 64 * 1024 * 1024
"""A longer file is not read."""
PIECE_BYTES = 2 * limits.REQUEST_BYTES
"""A longer line is not read."""
_NONCE_BYTES = 12


class BadSyncFile(ValueError):
    """Not a sync file, damaged, or sealed with another key."""


@dataclass(frozen=True, slots=True)
class SyncFile:
    """A sync file as anyone can read it: whose it is, and its sealed pieces (base64). `is_whole` unless it was cut
    short."""

    centre_id: str
    account_id: str
    pieces: tuple[str, ...]
    is_whole: bool = True


def write(centre_id: str, account_id: str, carry_key: bytes, canonicals: Iterable[bytes]) -> bytes:
    """The file for these revisions, in their order."""
    lines = [
        json.dumps({"sealed": seal(centre_id, account_id, carry_key, part)}) for part in _parts(canonicals)
    ]
    head = {"format": FORMAT, "centre_id": centre_id, "account_id": account_id, "pieces": len(lines)}
    lines.insert(0, json.dumps(head))
    return ("\n".join(lines) + "\n").encode()


def read(data: bytes) -> SyncFile:
    """What a file is and holds, still sealed. Raises BadSyncFile; a file cut short keeps its whole pieces."""
    if len(data) > FILE_BYTES:
        raise BadSyncFile("too long for a sync file")
    first, *rest = data.split(b"\n")
    head = _object(first)
    if head.get("format") != FORMAT or not is_id(head.get("centre_id")) or not is_id(head.get("account_id")):
        raise BadSyncFile("not a sync file")
    pieces = []
    for line in rest[:-1]:  # What follows the last line feed was cut short.
        sealed = _object(line).get("sealed")
        if not isinstance(sealed, str):
            raise BadSyncFile("damaged")
        pieces.append(sealed)
    is_whole = head.get("pieces") == len(pieces)
    return SyncFile(head["centre_id"], head["account_id"], tuple(pieces), is_whole)


def seal(centre_id: str, account_id: str, carry_key: bytes, canonicals: Sequence[bytes]) -> str:
    """One piece, base64."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - seldom needed

    nonce = secrets.token_bytes(_NONCE_BYTES)
    packed = gzip.compress(b"[" + b",".join(canonicals) + b"]", mtime=0)
    sealed = AESGCM(carry_key).encrypt(nonce, packed, _bound_to(centre_id, account_id))
    return base64.b64encode(nonce + sealed).decode()


def unseal(centre_id: str, account_id: str, carry_key: bytes, piece: str) -> bytes:
    """The JSON list of a piece, no longer than a request may be. Raises BadSyncFile."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    try:
        data = base64.b64decode(piece, validate=True)
        packed = AESGCM(carry_key).decrypt(
            data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bound_to(centre_id, account_id)
        )
        inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        found = inflater.decompress(packed, limits.REQUEST_BYTES + 1)
    except (binascii.Error, ValueError, InvalidTag, zlib.error) as error:
        raise BadSyncFile("damaged, or sealed with another key") from error
    if len(found) > limits.REQUEST_BYTES or not inflater.eof:
        raise BadSyncFile("damaged")
    return found


def _bound_to(centre_id: str, account_id: str) -> bytes:
    return f"{FORMAT} {centre_id} {account_id}".encode()


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > PIECE_BYTES:
        raise BadSyncFile("damaged")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadSyncFile("not a sync file, or damaged") from error
    if not isinstance(found, dict):
        raise BadSyncFile("not a sync file")
    return found


def _parts(canonicals: Iterable[bytes]) -> Iterable[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for canonical in canonicals:
        if part and (len(part) == limits.PUSH_COUNT or size + len(canonical) > limits.PUSH_BYTES):
            yield part
            part, size = [], 0
        part.append(canonical)
        size += len(canonical)
    if part:
        yield part
