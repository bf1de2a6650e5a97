"""Who spoke is remembered, and that lets nobody in: a sign-in that ends is refused by the very next call."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import Connection, select

from omi_desktop.central import accounts, rates, speakers
from omi_desktop.central.database import Database
from omi_desktop.central.rates import Rates
from omi_desktop.central.refusal import Refusal
from omi_desktop.central.speakers import Speakers
from omi_desktop.central.tables import device, log
from tests.central.laptop import NOW, Laptop, recorded
from tests.central.test_contract import problem
from tests.kit.centre import Centre, running_centre


def revoke_elsewhere(centre: Centre) -> None:
    """As the operator's command does, in a process of its own: the service hears nothing of it."""
    with closing(Database(centre.database_url)) as database, database.writing() as connection:
        for each in connection.execute(select(device.c.id)).scalars().all():
            accounts.revoke(connection, each, NOW)


@pytest.mark.parametrize("pushed", [0, 1])
def test_a_sign_in_that_ended_elsewhere_is_refused_by_the_next_call(
    centre: Centre, laptop: Laptop, pushed: int
) -> None:
    laptop.sync([recorded()])
    laptop.sync()
    revoke_elsewhere(centre)
    push = [recorded() for _ in range(pushed)]
    assert problem(laptop.ask(push)) == (401, "unauthorised")
    with centre.database.reading() as connection:
        assert len(connection.execute(select(log.c.n)).all()) == 1


def test_a_remembered_token_that_ended_is_counted_against_its_address(database_url: str) -> None:
    counted: list[object] = []

    class Counting(Rates):
        def count(self, rate: object, who: str) -> None:
            counted.append(rate)

    with running_centre(database_url, limited=Counting()) as centre:
        laptop = Laptop.enrol(centre.url, centre.invite())
        laptop.sync()
        assert rates.TOKENS_REFUSED not in counted
        revoke_elsewhere(centre)
        assert problem(laptop.ask([])) == (401, "unauthorised")
        assert counted.count(rates.TOKENS_REFUSED) == 1


def test_a_laptop_is_looked_up_once_and_again_after_it_was_forgotten(
    centre: Centre, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def look(connection: Connection, token: str) -> accounts.Device:
        looked.append(token)
        return accounts.device_of(connection, token)

    monkeypatch.setattr(speakers, "device_of", look)
    known = Speakers(centre.database)
    token = laptop.enrolment["token"]
    assert known.of(token) == known.of(token)
    assert len(looked) == 1
    known.forget(token)
    known.forget(token)
    assert known.of(token).account_id == laptop.account
    assert len(looked) == 2


def test_tokens_that_nobody_has_are_not_remembered_and_the_memory_is_bounded(
    centre: Centre, laptop: Laptop
) -> None:
    known = Speakers(centre.database, most=2)
    for name in ("x", "y"):
        with pytest.raises(Refusal):
            known.of(name)
    assert known._known == {}
    tokens = [laptop.another(f"Laptop {number}").enrolment["token"] for number in range(5)]
    for token in tokens:
        known.of(token)
        assert len(known._known) <= 2
