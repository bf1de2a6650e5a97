"""Content packs over HTTP, on both databases: what is published is what laptops get, and nothing else is."""

from __future__ import annotations

import base64
import hashlib

import pytest
import requests
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from omi_desktop.central import packs, rates
from omi_desktop.central.packs import PackNotPublished
from omi_desktop.central.rates import Rates
from omi_desktop.wire.pack_keys import statement
from omi_desktop.wire.pack_making import SigningKey
from tests.central.laptop import NOW, PATIENCE, Laptop
from tests.central.test_contract import problem
from tests.kit.centre import Centre, running_centre
from tests.kit.packs import KEY, STRANGER, pages, signed_pack


def publish(centre: Centre, data: bytes) -> None:
    with centre.database.writing() as connection:
        packs.publish(connection, data, NOW)


def ask(laptop: Laptop, tag: str = "") -> requests.Response:
    headers = {"If-None-Match": tag} if tag else {}
    return laptop.session.get(f"{laptop.url}/v1/packs/newest", headers=headers, timeout=PATIENCE)


def fetch(laptop: Laptop, version: int) -> requests.Response:
    return laptop.session.get(f"{laptop.url}/v1/packs/{version}", timeout=PATIENCE)


def test_before_anything_is_published_there_is_no_pack(laptop: Laptop) -> None:
    assert problem(ask(laptop)) == (404, "no_pack")
    assert problem(fetch(laptop, 7)) == (404, "no_pack")


def test_the_newest_pack_is_offered_and_fetched_byte_for_byte(centre: Centre, laptop: Laptop) -> None:
    publish(centre, signed_pack(6))
    data = signed_pack(7)
    publish(centre, data)
    found = ask(laptop).json()
    assert '"version": 7' in found["manifest"]
    assert (found["size"], found["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert found["centre_id"] == laptop.enrolment["centre_id"]
    whole = fetch(laptop, 7)
    assert whole.headers["Content-Type"] == "application/zip"
    assert whole.content == data
    assert fetch(laptop, 6).content == signed_pack(6)


def test_the_centre_vouches_for_the_key_with_its_own(centre: Centre, laptop: Laptop) -> None:
    publish(centre, signed_pack())
    endorsement = base64.b64decode(ask(laptop).json()["endorsement"])
    own = Ed25519PublicKey.from_public_bytes(base64.b64decode(laptop.enrolment["centre_key"]))
    own.verify(endorsement, statement(KEY.public))


def test_a_laptop_that_knows_the_newest_is_told_so_without_a_body(centre: Centre, laptop: Laptop) -> None:
    publish(centre, signed_pack(7))
    tag = ask(laptop).headers["ETag"]
    again = ask(laptop, tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    publish(centre, signed_pack(8))
    assert ask(laptop, tag).status_code == 200


def test_whoever_is_not_signed_in_gets_no_pack(centre: Centre) -> None:
    publish(centre, signed_pack())
    for path in ("newest", "7"):
        answer = requests.get(f"{centre.url}/v1/packs/{path}", timeout=PATIENCE)
        assert problem(answer) == (401, "unauthorised")


@pytest.mark.parametrize("version", ["0", "x", "99999999999999", "-1"])
def test_what_is_no_version_is_refused(centre: Centre, laptop: Laptop, version: str) -> None:
    answer = laptop.session.get(f"{laptop.url}/v1/packs/{version}", timeout=PATIENCE)
    assert problem(answer) == (422, "bad_envelope")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (signed_pack(7), "version 7 is here already"),
        (signed_pack(6), "version 7 is here already"),
        (signed_pack(8, key=STRANGER), "a key that is not trusted here"),
        (signed_pack(8, pack_id="other"), "called omi, not other"),
        (signed_pack(8, expires_at="2026-11-24T11:00:00Z"), "it expired"),
        (signed_pack(8)[:-1], "cut short"),
    ],
)
def test_a_pack_that_laptops_would_refuse_is_not_published(centre: Centre, data: bytes, why: str) -> None:
    publish(centre, signed_pack(7))
    with pytest.raises(PackNotPublished, match=why):
        publish(centre, data)
    with centre.database.reading() as connection:
        assert [row[1] for row in packs.published(connection)] == [7]


def test_a_key_that_follows_by_the_word_of_the_old_one_goes_on(centre: Centre) -> None:
    publish(centre, signed_pack(7))
    publish(centre, signed_pack(8, key=SigningKey.make(after=KEY)))
    with pytest.raises(PackNotPublished, match="not trusted"):
        publish(centre, signed_pack(9))


def test_the_newest_three_are_kept(centre: Centre, laptop: Laptop) -> None:
    for version in range(1, 6):
        publish(centre, signed_pack(version, files=pages()))
    with centre.database.reading() as connection:
        assert [row[1] for row in packs.published(connection)] == [5, 4, 3]
    assert problem(fetch(laptop, 2)) == (404, "no_pack")


def test_an_account_that_asks_too_often_is_told_to_wait(database_url: str) -> None:
    with (
        time_machine.travel(NOW, tick=False),
        running_centre(database_url, limited=Rates()) as centre,
    ):
        laptop = Laptop.enrol(centre.url, centre.invite())
        publish(centre, signed_pack())
        answers = [ask(laptop).status_code for _ in range(rates.PACKS.amount)]
        assert set(answers) == {200}
        assert problem(fetch(laptop, 7)) == (429, "rate_limited")
