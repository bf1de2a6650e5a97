"""The sync file: what goes in comes out for its account, and for nobody else."""

from __future__ import annotations

import json
import secrets

import pytest

from omi_desktop.wire import limits, sync_file
from tests.kit.bodies import hex_id, revision

CENTRE, ACCOUNT = hex_id("centre"), hex_id("account")
KEY = secrets.token_bytes(32)


def test_what_goes_in_comes_out_in_its_order_and_within_the_limits_of_a_push() -> None:
    made = [revision(number, record=number).canonical for number in range(450)]
    found = sync_file.read(sync_file.write(CENTRE, ACCOUNT, KEY, made))
    assert (found.centre_id, found.account_id) == (CENTRE, ACCOUNT)
    parts = [sync_file.unseal(CENTRE, ACCOUNT, KEY, piece) for piece in found.pieces]
    assert b"[" + b",".join(part[1:-1] for part in parts) + b"]" == b"[" + b",".join(made) + b"]"
    assert all(
        len(json.loads(part)) <= limits.PUSH_COUNT and len(part) <= limits.PUSH_BYTES + 300 for part in parts
    )


@pytest.mark.parametrize("other", ["key", "centre", "account", "bit"])
def test_nobody_else_can_open_a_piece(other: str) -> None:
    piece = sync_file.seal(CENTRE, ACCOUNT, KEY, [revision().canonical])
    key = secrets.token_bytes(32) if other == "key" else KEY
    centre = hex_id("another") if other == "centre" else CENTRE
    account = hex_id("another") if other == "account" else ACCOUNT
    if other == "bit":
        piece = piece[:40] + ("A" if piece[40] != "A" else "B") + piece[41:]
    with pytest.raises(sync_file.BadSyncFile):
        sync_file.unseal(centre, account, key, piece)


def test_a_file_shows_nothing_of_what_is_in_it() -> None:
    found = revision(body={"name": "Ashby Academy"}).canonical
    data = sync_file.write(CENTRE, ACCOUNT, KEY, [found])
    assert b"Ashby" not in data


@pytest.mark.parametrize(
    "data", [b"", b"{}\n", b"[1]\n", b"PK\x03\x04", b"\xff\xfe\n", b'{"format":"omi-sync-file/1"}\n']
)
def test_what_is_no_sync_file_is_refused(data: bytes) -> None:
    with pytest.raises(sync_file.BadSyncFile):
        sync_file.read(data)


def test_a_file_cut_short_keeps_its_whole_pieces() -> None:
    made = [revision(number, record=number).canonical for number in range(250)]
    data = sync_file.write(CENTRE, ACCOUNT, KEY, made)
    assert len(sync_file.read(data).pieces) == 2
    assert len(sync_file.read(data[:-10]).pieces) == 1


def test_a_bomb_is_not_inflated() -> None:
    piece = sync_file.seal(CENTRE, ACCOUNT, KEY, [b'"' + b"a" * (limits.REQUEST_BYTES * 4) + b'"'])
    with pytest.raises(sync_file.BadSyncFile):
        sync_file.unseal(CENTRE, ACCOUNT, KEY, piece)
