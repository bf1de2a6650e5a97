"""Codes let one device in, once and in time; tokens can be ended one by one."""

from __future__ import annotations

import base64

import pytest
import requests
from sqlalchemy import select

from omi_desktop.central import accounts
from omi_desktop.central.tables import code, device
from tests.central.laptop import HandClock, Laptop, recorded
from tests.central.test_contract import problem
from tests.central.test_ingest import at_once
from tests.kit.centre import Centre


def enrol(centre: Centre, typed: str, device_name: str = "Work laptop") -> requests.Response:
    return requests.post(f"{centre.url}/v1/devices", json={"code": typed, "device": device_name}, timeout=10)


def test_enrolling_tells_all_that_a_laptop_needs(centre: Centre) -> None:
    found = enrol(centre, centre.invite(name="Sam Patel")).json()
    assert found["account"] == {"id": found["account"]["id"], "name": "Sam Patel", "hub": "Leicester"}
    assert len(base64.b64decode(found["centre_key"])) == 32
    assert len(base64.b64decode(found["carry_key"])) == 32
    assert len(found["token"]) >= 43
    assert found["centre_id"] == requests.get(f"{centre.url}/healthz", timeout=5).json()["centre_id"]


def test_ambassadors_without_a_name_are_numbered_within_their_hub(centre: Centre) -> None:
    names = [enrol(centre, centre.invite()).json()["account"]["name"] for _ in range(2)]
    elsewhere = enrol(centre, centre.invite(hub="Cardiff")).json()["account"]
    assert names == ["Ambassador 1", "Ambassador 2"]
    assert (elsewhere["name"], elsewhere["hub"]) == ("Ambassador 1", "Cardiff")


def test_a_code_is_read_as_people_type_it(centre: Centre) -> None:
    made = centre.invite()
    typed = "-".join(made[start : start + 4] for start in range(0, 16, 4)).lower().replace("0", "o")
    assert enrol(centre, f" {typed} ").status_code == 200


def test_a_code_works_once(centre: Centre) -> None:
    made = centre.invite()
    assert enrol(centre, made).status_code == 200
    assert problem(enrol(centre, made)) == (403, "code_refused")


def test_of_sixteen_that_use_one_code_at_once_one_gets_in(centre: Centre) -> None:
    made = centre.invite()
    answers = at_once(16, lambda _index: enrol(centre, made).status_code)
    assert sorted(map(str, answers)) == ["200"] + ["403"] * 15


def test_a_code_of_the_hub_works_for_thirty_days(centre: Centre, clock: HandClock) -> None:
    in_time, too_late = centre.invite(), centre.invite()
    clock.move(days=29, hours=23)
    assert enrol(centre, in_time).status_code == 200
    clock.move(hours=1)
    assert problem(enrol(centre, too_late)) == (403, "code_refused")


def test_a_code_for_the_next_laptop_works_for_fifteen_minutes(laptop: Laptop, clock: HandClock) -> None:
    answer = laptop.session.post(f"{laptop.url}/v1/devices/code", timeout=5).json()
    assert answer["expires_at"] == "2026-11-24T12:15:00Z"
    assert laptop.another().account == laptop.account
    clock.move(minutes=15)
    late = requests.post(
        f"{laptop.url}/v1/devices", json={"code": answer["code"], "device": "Late"}, timeout=5
    )
    assert problem(late) == (403, "code_refused")


def test_laptops_of_one_account_have_its_carry_key(laptop: Laptop) -> None:
    assert laptop.another().enrolment["carry_key"] == laptop.enrolment["carry_key"]


@pytest.mark.parametrize("typed", ["", "x", "0" * 16, "Ä" * 16])
def test_a_code_that_nobody_made_is_refused(centre: Centre, typed: str) -> None:
    assert problem(enrol(centre, typed)) == (403, "code_refused")


def test_an_enrolment_that_cannot_be_read_uses_up_no_code(centre: Centre) -> None:
    made = centre.invite()
    assert problem(enrol(centre, made, "x" * 101)) == (422, "bad_envelope")
    assert problem(enrol(centre, made, "a\x00b")) == (422, "bad_envelope")
    wrong = requests.post(f"{centre.url}/v1/devices", json={"code": made, "device": 3}, timeout=5)
    assert problem(wrong) == (422, "bad_envelope")
    assert enrol(centre, made).status_code == 200


def test_a_revoked_laptop_is_out_and_the_others_stay(centre: Centre, laptop: Laptop) -> None:
    other = laptop.another("Lost laptop")
    other.sync([recorded()])
    with centre.database.writing() as connection:
        (lost,) = [row[0] for row in accounts.devices(connection) if row[3] == "Lost laptop"]
        assert accounts.revoke(connection, lost, clock_now := HandClock().now())
        assert not accounts.revoke(connection, lost, clock_now)
    assert problem(other.ask()) == (401, "unauthorised")
    assert problem(other.session.post(f"{other.url}/v1/devices/code", timeout=5)) == (401, "unauthorised")
    laptop.pull_all()
    assert laptop.cursor.n == 1


def test_the_database_holds_neither_codes_nor_tokens(centre: Centre, laptop: Laptop) -> None:
    made = centre.invite()
    with centre.database.reading() as connection:
        rows = [*connection.execute(select(code)), *connection.execute(select(device))]
    kept = str(rows)
    assert made not in kept
    assert laptop.enrolment["token"] not in kept


def test_a_hub_is_added_once_and_must_be_there_to_invite(centre: Centre) -> None:
    now = HandClock().now()
    with centre.database.writing() as connection:
        accounts.add_hub(connection, "  Rhondda   Cynon Taf ", now)
        with pytest.raises(accounts.HubRefused):
            accounts.add_hub(connection, "Rhondda Cynon Taf", now)
        with pytest.raises(accounts.HubRefused):
            accounts.invite(connection, "Nowhere", 1, now)
        assert len(set(accounts.invite(connection, "Rhondda Cynon Taf", 20, now))) == 20
