"""The canonical form: RFC 8785 for the values that a revision may hold, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain import canonical
from omi_desktop.domain.canonical import DEPTH_LIMIT, SAFE_INTEGER, NotCanonical
from tests.kit.bodies import canonical_values, json_values


def nested(depth: int) -> Any:
    """So many lists inside each other."""
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


@given(canonical_values)
def test_what_is_encoded_reads_back_the_same(value: Any) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@given(canonical_values)
def test_the_form_does_not_depend_on_the_order_in_which_keys_were_given(value: Any) -> None:
    def turned(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: turned(part[key]) for key in reversed(part)}
        return [turned(item) for item in part] if isinstance(part, list) else part

    assert canonical.encode(turned(value)) == canonical.encode(value)


@given(canonical_values)
def test_any_spelling_of_the_same_json_gives_the_same_bytes(value: Any) -> None:
    spelt_out = json.dumps(value, ensure_ascii=True, indent=3)
    assert canonical.encode(canonical.decode(spelt_out)) == canonical.encode(value)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('"', rb'"\""'),
        ("\\", rb'"\\"'),
        ("/", b'"/"'),
        ("\b\t\n\f\r", rb'"\b\t\n\f\r"'),
        ("\x01\x0b\x1f", rb'"\u0001\u000b\u001f"'),
        ("\x7f", b'"\x7f"'),
        ("\u2028\u2029", b'"\xe2\x80\xa8\xe2\x80\xa9"'),
        ("ŷ", b'"\xc5\xb7"'),
        ("y\u0302", b'"y\xcc\x82"'),
        ("😀", b'"\xf0\x9f\x98\x80"'),
        ("\ufeff", b'"\xef\xbb\xbf"'),
    ],
)
def test_text_is_escaped_where_rfc_8785_says_and_nowhere_else(text: str, written: bytes) -> None:
    assert canonical.encode(text) == written


def test_keys_stand_in_order_and_nothing_stands_between_the_parts() -> None:
    value = {"b": 1, "a": [True, False, None], "a_": -1, "a0": {}, "_": 0, "0": "x"}
    assert canonical.encode(value) == b'{"0":"x","_":0,"a":[true,false,null],"a0":{},"a_":-1,"b":1}'


def test_the_greatest_whole_numbers_that_every_language_keeps_are_the_limit() -> None:
    for value in (SAFE_INTEGER, -SAFE_INTEGER):
        assert canonical.decode(canonical.encode(value)) == value
        with pytest.raises(NotCanonical):
            canonical.encode(value + (1 if value > 0 else -1))


@pytest.mark.parametrize(
    "text",
    [
        "1.0",
        "1e2",
        "-0.0",
        "NaN",
        "Infinity",
        "-Infinity",
        "9007199254740992",
        "9" * 5000,
        '{"a":1,"a":1}',
        '[{"b":{"a":1,"a":2}}]',
        r'"\ud800"',
        r'"\udc00\ud800"',
        r'"\u0000"',
        '"\x00"',
        '{"A":1}',
        '{"":1}',
        '{"a b":1}',
        '{"é":1}',
        r'{"a\n":1}',
        '{"' + "a" * 65 + '":1}',
        "[" * 100_000,
        "",
        "{",
        "[1,]",
        "'a'",
        "{} {}",
    ],
)
def test_json_that_no_revision_may_hold_is_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        canonical.decode(text)


@pytest.mark.parametrize(
    "data",
    [b'"\xff"', b'"\xed\xa0\x80"', b'\xef\xbb\xbf"a"', '"a"'.encode("utf-16"), '"a"'.encode("utf-32-le")],
)
def test_bytes_that_are_not_plain_utf_8_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        canonical.decode(data)


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), b"a", (1, 2), {1}, {1: 2}, {None: 2}, object(), "\ud83d", "a\0"]
)
def test_values_that_no_revision_may_hold_are_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical.encode({"inside": [value]})


def test_nesting_has_a_limit_that_both_directions_keep() -> None:
    deepest = nested(DEPTH_LIMIT)
    assert canonical.decode(canonical.encode(deepest)) == deepest
    with pytest.raises(NotCanonical):
        canonical.encode(nested(DEPTH_LIMIT + 1))
    with pytest.raises(NotCanonical):
        canonical.decode(json.dumps(nested(DEPTH_LIMIT + 1)))


def test_the_message_names_the_place() -> None:
    with pytest.raises(NotCanonical, match=r"body\.places\.1\.name"):
        canonical.encode({"body": {"places": [{}, {"name": "a\0"}]}})


@given(canonical_values)
def test_the_quick_writer_writes_what_the_standard_library_does(value: Any) -> None:
    plain = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    assert canonical.encode(value) == plain.encode()


def told(read: Callable[[Any], Any], data: bytes) -> str:
    """What a reader says of bytes: the value with the types in it, or the fault."""
    try:
        return repr(read(data))
    except NotCanonical as error:
        return f"NotCanonical: {error}"


NEAR_JSON = [
    b"1.0",
    b"-0",
    b"-0.0",
    b"1e400",
    b"1e2",
    b"9007199254740993",
    b"18446744073709551616",
    b"9" * 30,
    b"NaN",
]
NEAR_JSON += [
    rb'"\u0000"',
    rb'"\ud800"',
    rb'"\u0041"',
    rb'"\/"',
    b'"\x00"',
    b'"\xed\xa0\x80"',
    b'"\x7f"',
    b" 1",
    b"1 ",
]
NEAR_JSON += [b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'{"b":1,"a":2}', b'{"A":1}', b'{"":1}', b"{} {}", b"[1,]"]


@pytest.mark.parametrize("data", NEAR_JSON)
@pytest.mark.parametrize("inside", [b"%s", b"[%s]", b'{"a":%s}', b'{"x":"y","a":[%s,1]}'])
def test_the_quick_reader_reads_what_the_strict_one_does_in_bytes_that_are_near_json(
    data: bytes, inside: bytes
) -> None:
    assert told(canonical.decode, inside % data) == told(canonical._decode_strictly, inside % data)


@given(
    value=json_values,
    ascii_only=st.booleans(),
    separators=st.sampled_from([(",", ":"), (", ", ": ")]),
    data=st.data(),
)
def test_the_quick_reader_reads_what_the_strict_one_does(
    value: Any, ascii_only: bool, separators: tuple[str, str], data: st.DataObject
) -> None:
    """For JSON in any form, with one byte of it changed perhaps."""
    text = json.dumps(value, ensure_ascii=ascii_only, separators=separators)
    written = bytearray(text.encode("utf-8", "surrogatepass"))
    if data.draw(st.booleans()):
        written[data.draw(st.integers(0, len(written) - 1))] = data.draw(st.integers(0, 255))
    assert told(canonical.decode, bytes(written)) == told(canonical._decode_strictly, bytes(written))


@given(json_values | st.dictionaries(st.text(max_size=3), json_values, max_size=3))
def test_anything_at_all_is_either_kept_or_refused(value: Any) -> None:
    try:
        data = canonical.encode(value)
    except NotCanonical:
        return
    assert canonical.decode(data) == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=2),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(max_size=4) | st.sampled_from("ab"), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_what_is_not_allowed_is_always_named(value: object) -> None:
    """The quick look passes nothing that the slow one, which names the place, refuses."""
    try:
        canonical._name_fault(value, "", 0)
    except canonical.NotCanonical as error:
        with pytest.raises(canonical.NotCanonical, match="^" + re.escape(str(error)) + "$"):
            canonical.check(value)
    else:
        canonical.check(value)
