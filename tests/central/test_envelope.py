"""Bodies are unpacked under a limit and read so that a fault stays in its place."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.central.envelope import Inflation, Unreadable, _read_slowly, read_object
from omi_desktop.central.judging import judge
from omi_desktop.central.refusal import Refusal
from omi_desktop.domain import canonical
from omi_desktop.sync.packing import sync_body
from omi_desktop.wire.limits import REQUEST_BYTES
from omi_desktop.wire.messages import ROOT_CURSOR, Holding, SyncRequest
from omi_desktop.wire.problems import Code
from tests.kit.bodies import TODAY, json_values, revision, revision_object, session_body, spoilt_bodies

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.SAFE_INTEGER, canonical.SAFE_INTEGER) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner),
    max_leaves=20,
)


def inflated(packed: bytes, step: int) -> bytes:
    inflation = Inflation("gzip")
    for start in range(0, len(packed), step):
        inflation.feed(packed[start : start + step])
    return inflation.body()


@given(body=st.binary(max_size=2000), step=st.integers(1, 500))
def test_a_packed_body_is_whole_however_it_is_cut_on_its_way(body: bytes, step: int) -> None:
    assert inflated(gzip.compress(body), step) == body


def test_a_body_of_exactly_the_limit_is_read_and_one_more_byte_is_not() -> None:
    assert len(inflated(gzip.compress(b" " * REQUEST_BYTES), 100)) == REQUEST_BYTES
    with pytest.raises(Refusal) as refused:
        inflated(gzip.compress(b" " * (REQUEST_BYTES + 1)), 100)
    assert refused.value.code is Code.TOO_LARGE


def test_a_bomb_is_stopped_while_it_unpacks() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)
    tracemalloc.start()
    with pytest.raises(Refusal):
        inflated(bomb, len(bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * REQUEST_BYTES


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b"{}")[:-1],
        gzip.compress(b"{}") + b"x",
        gzip.compress(b"{}") * 2,
        b"{}",
        zlib.compress(b"{}"),
    ],
    ids=len,  # gzip writes the time into its header, and ids must be the same in every worker
)
@pytest.mark.parametrize("step", [1, 1000])
def test_gzip_that_is_cut_or_goes_on_is_refused(packed: bytes, step: int) -> None:
    with pytest.raises(Refusal) as refused:
        inflated(packed, step)
    assert refused.value.code is Code.BAD_ENVELOPE


@given(
    spoilt=spoilt_bodies(session_body()),
    field=st.sampled_from([*revision_object(), "new"]),
    value=json_values,
)
def test_a_revision_is_judged_the_same_whether_its_json_was_read_quickly_or_slowly(
    spoilt: dict[str, Any], field: str, value: Any
) -> None:
    for found in (revision_object(body=spoilt), revision_object() | {field: value}):
        data = json.dumps({"push": [found]}, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        )
        quickly, slowly = read_object(data), _read_slowly(data)
        assert isinstance(slowly, dict)
        assert outcome(quickly["push"]) == outcome(slowly["push"])


def outcome(push: list[object]) -> list[object]:
    """What each object is, or why it is refused."""
    return [
        (one.revision, one.fault and (one.fault.rev_id, one.fault.code, one.fault.field))
        for one in judge(push, TODAY)
    ]


def test_json_as_our_laptops_write_it_is_read_quickly() -> None:
    request = SyncRequest(nonce="a" * 32, cursor=ROOT_CURSOR, holding=Holding(unsent=1, oldest="2026-11-24"))
    body = sync_body(request, [revision().canonical])
    assert canonical.lossless(body) == _read_slowly(body)


@given(found=st.dictionaries(st.text(min_size=1), VALUES))
def test_what_may_be_kept_is_read_as_it_is(found: dict[str, object]) -> None:
    assert read_object(json.dumps(found).encode()) == found


def test_a_repeated_name_spoils_its_own_value_and_no_other() -> None:
    found = read_object(b'{"a": [{"x": 1, "y": 2, "x": 1}, {"x": 1}], "b": 1.5, "c": 99999999999999999999}')
    assert isinstance(found["a"][0]["x"], Unreadable)
    assert (found["a"][0]["y"], found["a"][1]) == (2, {"x": 1})
    assert isinstance(found["b"], Unreadable)
    assert isinstance(found["c"], Unreadable)
