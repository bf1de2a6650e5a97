"""What was packed ahead is what would have been packed at once."""

from __future__ import annotations

import gzip
import json

from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.sync.packing import Parcel, sync_body
from omi_desktop.wire.messages import Cursor, SyncRequest

REQUEST = SyncRequest(nonce="a" * 32, cursor=Cursor(n=3, h="b" * 64))
pushes = st.lists(st.text().map(lambda text: json.dumps({"a": text}).encode()), max_size=30)


@given(pushes, st.booleans())
def test_a_parcel_holds_the_whole_request(push: list[bytes], is_begun: bool) -> None:
    parcel = Parcel(push)
    if is_begun:
        parcel.begin()
    body = gzip.decompress(parcel.sealed(REQUEST))
    assert body == sync_body(REQUEST, push)
    found = json.loads(body)
    assert found["push"] == [json.loads(each) for each in push]
    assert SyncRequest.model_validate(found | {"push": []}) == REQUEST


def test_a_parcel_can_be_sealed_again_for_another_request() -> None:
    parcel = Parcel([b'{"a":1}'])
    parcel.sealed(REQUEST)
    other = REQUEST.model_copy(update={"nonce": "c" * 32})
    assert gzip.decompress(parcel.sealed(other)) == sync_body(other, parcel)


def test_no_time_stands_in_the_header() -> None:
    assert Parcel([b"{}"]).sealed(REQUEST)[4:8] == bytes(4)
