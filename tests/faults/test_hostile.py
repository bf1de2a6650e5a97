"""The centre's door: who may do what, held over every route there is; and that the rig sees what it looks for."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi.routing import APIRoute
from sqlalchemy import select

from omi_desktop.central import accounts, ingest, outermost
from omi_desktop.central.answers import Entry
from omi_desktop.central.app import create_app
from omi_desktop.central.tables import device
from omi_desktop.domain.revision import Kind
from tests.central.laptop import Laptop, recorded, saved
from tests.faults.hostile import Hostile
from tests.kit.centre import Centre, running_centre

PUBLIC, SIGNED_IN = "public", "signed in"
DOORS = {
    ("POST", "/v1/sync"): SIGNED_IN,
    ("POST", "/v1/devices"): PUBLIC,
    ("POST", "/v1/devices/code"): SIGNED_IN,
    ("POST", "/v1/carry"): SIGNED_IN,
    ("GET", "/v1/packs/newest"): SIGNED_IN,
    ("GET", "/v1/packs/{version}"): SIGNED_IN,
    ("GET", "/v1/totals"): PUBLIC,
    ("GET", "/v1/totals/breakdown"): PUBLIC,
    ("GET", "/healthz"): PUBLIC,
}
"""Every route of the service, and who may use it."""
_PATIENCE = 30


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with running_centre(f"sqlite:///{tmp_path / 'central.db'}") as found:
        yield found


def test_every_route_has_a_door_in_the_table(centre: Centre) -> None:
    routes = {
        (method, route.path)
        for route in create_app(centre.database).routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert routes == set(DOORS)


@pytest.mark.parametrize(("method", "path"), [door for door, who in DOORS.items() if who == SIGNED_IN])
@pytest.mark.parametrize("role", ["nobody", "malformed", "unknown", "code as token", "revoked"])
def test_who_is_not_signed_in_gets_nothing(centre: Centre, method: str, path: str, role: str) -> None:
    laptop, code = Laptop.enrol(centre.url, centre.invite()), centre.invite()
    sent = {
        "nobody": None,
        "malformed": "Bearer",
        "unknown": f"Bearer {secrets.token_urlsafe(32)}",
        "code as token": f"Bearer {code}",
        "revoked": f"Bearer {laptop.enrolment['token']}",
    }[role]
    with centre.database.writing() as connection:
        device_id = connection.execute(select(device.c.id)).scalar_one()
        accounts.revoke(connection, device_id, centre._clock.now())
    url = centre.url + path.format(version=1)
    answer = requests.request(
        method, url, json={}, headers={"Authorization": sent} if sent else {}, timeout=_PATIENCE
    )
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthorised"


def test_a_revoked_token_ends_at_once_and_the_others_of_the_account_stay(centre: Centre) -> None:
    one = Laptop.enrol(centre.url, centre.invite())
    two = one.another()
    with centre.database.writing() as connection:
        first = connection.execute(
            select(device.c.id).order_by(device.c.added_at, device.c.name.desc())
        ).scalars()
        accounts.revoke(connection, next(iter(first)), centre._clock.now())
    assert one.ask().status_code == 401
    assert two.ask().status_code == 200


def test_neither_codes_nor_tokens_are_in_the_database(centre: Centre, tmp_path: Path) -> None:
    code = centre.invite()
    laptop = Laptop.enrol(centre.url, code)
    unused = centre.invite()
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert laptop.enrolment["account"]["id"].encode() in data, (
        "the file that is looked at is not the database"
    )
    for secret in (laptop.enrolment["token"], code, unused):
        assert secret.encode() not in data


@pytest.mark.parametrize(
    "push",
    [
        lambda theirs: recorded(3).to_object() | {"rev_id": theirs["rev_id"]},
        lambda theirs: recorded(3).to_object() | {"record_id": theirs["record_id"]},
        lambda theirs: (
            saved(Kind.SESSION, {}).to_object()
            | {
                "record_id": theirs["record_id"],
                "parents": [theirs["rev_id"]],
                "depth": 2,
                "state": "withdrawn",
            }
        ),
        lambda theirs: saved(Kind.ERASURE, {"records": [theirs["record_id"]]}).to_object(),
    ],
    ids=["their rev_id", "their record_id", "a removal of theirs", "an erasure of theirs"],
)
def test_somebody_elses_ids_change_nothing_of_theirs(
    centre: Centre, push: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    victim, attacker = (Laptop.enrol(centre.url, centre.invite()) for _ in range(2))
    own = recorded(27)
    victim.sync([own])
    before = requests.get(f"{centre.url}/v1/totals?year=2026", timeout=_PATIENCE).json()["low"]
    answer = attacker.ask([push(own.to_object())])
    assert answer.status_code == 200
    assert own.to_object()["body"]["places"][0]["name"] not in answer.text
    victim.held.clear()
    victim.restart()
    victim.pull_all()
    assert victim.held == {own.rev_id: own.to_object()}
    after = requests.get(f"{centre.url}/v1/totals?year=2026", timeout=_PATIENCE).json()["low"]
    assert after in (before, before + 3), "the attacker's own three may count, never fewer of the victim's"


def _crashing(*_args: object) -> Any:
    raise RuntimeError("planted")


def _telling(_refusal: object) -> Any:
    from fastapi import Response

    return Response(b'Traceback: File "ingest.py"', 422, media_type="text/plain")


def _everyones(connection: Any, _account_id: str, after: int, until: int) -> list[Entry]:
    from omi_desktop.central.tables import log

    rows = connection.execute(select(log.c.n, log.c.rev_id, log.c.sha, log.c.h, log.c.canonical))
    return [Entry(*row) for row in rows if after < row.n <= until]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name", "planted"),
    [
        (ingest, "read_request", _crashing),
        (outermost, "_problem", _telling),
        (ingest, "_entries", _everyones),
    ],
    ids=["a crash", "a trace", "a log without an owner"],
)
def test_the_rig_sees_a_planted(
    module: Any, name: str, planted: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, planted)
    with Hostile(tmp_path) as rig, pytest.raises(AssertionError):
        [rig.trial(seed) for seed in range(4)]


@pytest.mark.slow
def test_the_same_seed_sends_the_same(tmp_path: Path) -> None:
    with Hostile(tmp_path) as rig:
        assert json.dumps(rig.trial(7)) == json.dumps(rig.trial(7))
