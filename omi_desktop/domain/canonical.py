"""The canonical form (RFC 8785, for the values that a revision may hold) and the strict reading of JSON.

Only strings, integers within ±(2^53−1), booleans, null, lists and objects with keys `[a-z0-9_]{1,64}` exist
here; floats, duplicate keys, lone surrogates and U+0000 are refused. For such values RFC 8785 asks for keys
sorted by UTF-16 code units (the same as sorting these ASCII keys), no white space, and the shortest string
escapes. orjson writes just that, ten times as fast as the standard library; the tests hold the two the same.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NoReturn

import orjson

SAFE_INTEGER = 2**53 - 1
DEPTH_LIMIT = 32

_KEY = re.compile(r"[a-z0-9_]{1,64}")
_UNSAFE_TEXT = re.compile("[\x00\ud800-\udfff]")


class NotCanonical(ValueError):
    """A value that no revision may hold; the message names the place."""


def check(value: object) -> None:
    """Raise NotCanonical unless `value` may be part of a revision."""
    if not _is_plainly_allowed(value):
        _name_fault(value, "", 0)


def _is_plainly_allowed(value: object) -> bool:
    """A quick look, level by level; only what it does not pass is gone through place by place. Every save and every
    revision that is synced comes by here, nearly all of them without a fault."""
    level: list[Any] = [value]
    texts: list[str] = []
    for depth in range(DEPTH_LIMIT + 1):
        deeper: list[Any] = []
        for part in level:
            kind = type(part)
            if kind is str:
                texts.append(part)
            elif kind is int:
                if not -SAFE_INTEGER <= part <= SAFE_INTEGER:
                    return False
            elif kind is dict and depth < DEPTH_LIMIT:
                if not _are_keys(tuple(part)):
                    return False
                deeper += part.values()
            elif kind is list and depth < DEPTH_LIMIT:
                deeper += part
            elif part is not None and kind is not bool:
                return False
        if not deeper:
            return _are_safe(texts)
        level = deeper
    return False


@lru_cache(maxsize=256)
def _are_keys(names: tuple[object, ...]) -> bool:
    """Whether these may be the keys of one object. Most objects have the keys of one that came before."""
    return all(type(name) is str and _KEY.fullmatch(name) is not None for name in names)


def _are_safe(texts: list[str]) -> bool:
    """Whether all texts may be kept, looked at as one: joining makes no lone surrogate whole."""
    whole = "".join(texts)
    try:
        whole.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in whole


def _name_fault(value: object, path: str, depth: int) -> None:
    """Raise NotCanonical for the first place that is not allowed."""
    if isinstance(value, str):
        if _UNSAFE_TEXT.search(value):
            raise NotCanonical(f"{path or 'value'} holds a character that cannot be kept")
    elif isinstance(value, dict):
        _check_depth(path, depth)
        for key, part in value.items():
            if type(key) is not str or not _KEY.fullmatch(key):
                raise NotCanonical(f"{path or 'value'} has a name that is not allowed")
            _name_fault(part, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        _check_depth(path, depth)
        for index, part in enumerate(value):
            _name_fault(part, f"{path}.{index}" if path else str(index), depth + 1)
    elif type(value) is int:
        if not -SAFE_INTEGER <= value <= SAFE_INTEGER:
            raise NotCanonical(f"{path or 'value'} is too large a number")
    elif value is not None and type(value) is not bool:
        raise NotCanonical(f"{path or 'value'} is of a kind that cannot be kept")


def _check_depth(path: str, depth: int) -> None:
    if depth >= DEPTH_LIMIT:
        raise NotCanonical(f"{path or 'value'} is nested too deeply")


def encode(value: object) -> bytes:
    """The canonical bytes of a value. Raises NotCanonical."""
    check(value)
    return encode_checked(value)


def encode_checked(value: object) -> bytes:
    """The same, of what `check` would certainly pass."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def decode(data: bytes | str) -> Any:
    """Read JSON strictly: UTF-8 without a mark, no floats, no duplicate keys, nothing that `check` refuses.

    Raises NotCanonical.
    """
    if isinstance(data, bytes) and (found := lossless(data)) is not None and _is_plainly_allowed(found):
        return found
    return _decode_strictly(data)


def lossless(data: bytes) -> Any:
    """The value of JSON that is written without spaces, repeated names or escapes that are not needed, else None.

    orjson would pass over repeated names. Bytes that it writes again just as they were hid nothing of the kind: such
    JSON, which all of our own is, needs no slower reading. What the values may be is not looked at here.
    """
    try:
        found = orjson.loads(data)
        return found if orjson.dumps(found) == data else None
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None


def _decode_strictly(data: bytes | str) -> Any:
    try:
        # Given bytes, json.loads would guess: UTF-16, UTF-32 and byte order marks would be read too.
        text = data.decode() if isinstance(data, bytes) else data
        value = json.loads(
            text, object_pairs_hook=_no_duplicates, parse_float=_no_float, parse_constant=_no_float
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical("not JSON that can be read") from error
    check(value)
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("a name appears twice in one object")
    return found


def _no_float(text: str) -> NoReturn:
    raise NotCanonical(f"{text} is not a whole number")
