"""Who calls too often is told when to come again: by account, by address, and never for what others did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import time_machine

from omi_desktop.central import rates
from omi_desktop.central.rates import Rates
from omi_desktop.central.refusal import Refusal
from omi_desktop.domain.errors import Busy
from omi_desktop.sync.client import Client
from tests.central.laptop import NOW, HandClock, Laptop, recorded
from tests.central.test_contract import problem
from tests.kit.centre import Centre, running_centre


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as found:
        yield found


@pytest.fixture
def limited(time: time_machine.Traveller) -> Rates:
    """The limits as they are unless told otherwise."""
    return Rates()


@pytest.fixture
def guarded(tmp_path: Path, clock: HandClock, limited: Rates) -> Iterator[Centre]:
    """A centre that limits its callers."""
    with running_centre(f"sqlite:///{tmp_path / 'central.db'}", clock, limited) as found:
        yield found


def scope(client: str | None, *forwarded: str) -> dict[str, object]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"type": "http", "client": (client, 1) if client else None, "headers": headers}


def call_often(limited: Rates, *, left: int) -> None:
    """Let this computer make all the calls that one address may but a few."""
    for _ in range(rates.CALLS.amount - left):
        limited.count(rates.CALLS, "127.0.0.1")


def test_one_call_too_many_is_refused_until_the_oldest_is_a_window_ago(
    time: time_machine.Traveller, limited: Rates
) -> None:
    limited.count(rates.SYNCS, "one")
    time.shift(20)
    for _ in range(rates.SYNCS.amount - 1):
        limited.count(rates.SYNCS, "one")
    with pytest.raises(Refusal) as refused:
        limited.count(rates.SYNCS, "one")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "40"})
    limited.count(rates.SYNCS, "another")
    time.shift(41)
    limited.count(rates.SYNCS, "one")
    with pytest.raises(Refusal):
        limited.count(rates.SYNCS, "one")


def test_who_is_remembered_is_bounded(time: time_machine.Traveller) -> None:
    limited = Rates(most_callers=10)
    for number in range(100):
        limited.count(rates.CALLS, str(number))
    assert len(limited._storage.events) <= 12


def test_an_account_that_syncs_too_often_waits_and_others_do_not(
    guarded: Centre, time: time_machine.Traveller
) -> None:
    busy, calm = (Laptop.enrol(guarded.url, guarded.invite()) for _ in range(2))
    for _ in range(rates.SYNCS.amount):
        assert busy.ask().status_code == 200
    answer = busy.ask([recorded()])
    assert problem(answer) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "60"
    assert busy.another().ask().status_code == 429
    assert calm.ask().status_code == 200
    time.shift(61)
    busy.restart()
    assert busy.sync().pull == []


def test_a_first_sync_of_ten_thousand_revisions_is_not_held_up(guarded: Centre) -> None:
    laptop = Laptop.enrol(guarded.url, guarded.invite())
    for _ in range(50):
        assert laptop.ask().status_code == 200


def test_codes_cannot_be_guessed_by_trying(guarded: Centre, time: time_machine.Traveller) -> None:
    def knock(code: str) -> requests.Response:
        return requests.post(f"{guarded.url}/v1/devices", json={"code": code, "device": "Laptop"}, timeout=30)

    good = [guarded.invite() for _ in range(rates.CODES_REFUSED.amount + 2)]
    for code in good[:-1]:
        assert knock(code).status_code == 200, "a roomful signs in"
    for number in range(rates.CODES_REFUSED.amount):
        assert problem(knock(f"{number:016}")) == (403, "code_refused")
    assert problem(knock("0" * 16)) == (429, "rate_limited")
    assert problem(knock(good[-1])) == (429, "rate_limited"), "or a guess that is right would still get in"
    time.shift(601)
    assert knock(good[-1]).status_code == 200


def test_calls_without_a_sign_in_are_limited_and_those_with_one_go_on(guarded: Centre) -> None:
    laptop = Laptop.enrol(guarded.url, guarded.invite())
    stranger = Laptop(guarded.url, laptop.enrolment | {"token": "nobody's"})
    for _ in range(rates.TOKENS_REFUSED.amount):
        assert problem(stranger.ask()) == (401, "unauthorised")
    assert problem(stranger.ask()) == (429, "rate_limited")
    assert laptop.ask().status_code == 200


def test_codes_for_a_next_laptop_are_not_made_without_end(guarded: Centre) -> None:
    laptop = Laptop.enrol(guarded.url, guarded.invite())
    for _ in range(rates.CODES_MADE.amount):
        assert laptop.session.post(f"{guarded.url}/v1/devices/code", timeout=30).status_code == 200
    answer = laptop.session.post(f"{guarded.url}/v1/devices/code", timeout=30)
    assert problem(answer) == (429, "rate_limited")


def test_all_calls_of_an_address_are_counted_those_to_nowhere_too(guarded: Centre, limited: Rates) -> None:
    call_often(limited, left=3)
    for path in ("/healthz", "/nowhere", "/v1/totals"):
        assert requests.get(guarded.url + path, timeout=30).status_code != 429
    answer = requests.get(f"{guarded.url}/nowhere", timeout=30)
    assert problem(answer) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) == 60


def test_a_laptop_hears_when_to_come_again(guarded: Centre, limited: Rates) -> None:
    call_often(limited, left=1)
    client = Client(guarded.url)
    client.totals(2026)
    with pytest.raises(Busy) as told:
        client.totals(2026)
    client.close()
    assert told.value.retry_after == 60.0


@pytest.mark.parametrize(
    ("client", "forwarded", "alone", "behind_a_proxy"),
    [
        ("192.0.2.1", (), "192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", ("198.51.100.7",), "192.0.2.1", "198.51.100.7"),
        ("192.0.2.1", ("203.0.113.9, 198.51.100.7",), "192.0.2.1", "198.51.100.7"),
        ("192.0.2.1", ("203.0.113.9", "198.51.100.7 "), "192.0.2.1", "198.51.100.7"),
        ("192.0.2.1", ("unknown",), "192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", ("203.0.113.9,",), "192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", (), "192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", (), "2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        (None, (), "unknown", "unknown"),
    ],
)
def test_the_address_is_the_sockets_unless_a_proxy_is_trusted(
    client: str | None, forwarded: tuple[str, ...], alone: str, behind_a_proxy: str
) -> None:
    assert Rates().address(scope(client, *forwarded)) == alone
    assert Rates(trusts_proxy=True).address(scope(client, *forwarded)) == behind_a_proxy


def test_an_unannounced_proxy_is_told_to_the_operator_once(caplog: pytest.LogCaptureFixture) -> None:
    limited = Rates()
    for _ in range(3):
        limited.address(scope("192.0.2.1", "198.51.100.7"))
    assert caplog.text.count("--trust-proxy") == 1
    assert "198.51.100.7" not in caplog.text
