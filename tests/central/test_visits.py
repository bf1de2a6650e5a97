"""Who met whom: told to both, however the two come, and never forgotten; and an account's past is not gone through."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from contextlib import closing

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from omi_desktop.central.database import Database
from omi_desktop.central.tables import visit
from omi_desktop.central.visits import Visit, add_visits, days_met
from tests.central.laptop import HandClock, Laptop, place, recorded
from tests.central.test_ingest import at_once
from tests.kit.centre import Centre

PEOPLE = ("1" * 32, "2" * 32, "3" * 32)
DAYS = [f"2026-11-{day:02}" for day in range(1, 8)]
PLACES = ["a" * 32, "b" * 32]


def met(visits: dict[str, set[Visit]], whose: str) -> set[str]:
    """By the words of the definition."""
    others: set[Visit] = set().union(*(found for name, found in visits.items() if name != whose))
    return {day for day, place in visits[whose] & others}


@pytest.fixture
def database(centre: Centre) -> Database:
    return centre.database


@pytest.mark.parametrize("seed", range(10))
def test_the_days_met_are_those_of_the_definition_in_whatever_order_visits_come(
    database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    visits: dict[str, set[Visit]] = {person: set() for person in PEOPLE}
    for _ in range(20):
        person = chance.choice(PEOPLE)
        came = [(chance.choice(DAYS), chance.choice(PLACES)) for _ in range(chance.randrange(1, 4))]
        with database.writing(person) as connection:
            add_visits(connection, person, came)
        visits[person].update(came)
        with database.reading() as connection:
            for each in PEOPLE:
                found = days_met(connection, each)
                assert len(found) == len(set(found))
                assert set(found) == met(visits, each)


def test_accounts_that_come_to_many_places_at_the_same_moment_all_hear_of_each_other(
    database: Database,
) -> None:
    """Each in a transaction that the others do not see into until it ends."""
    everywhere = [(day, place) for day in DAYS for place in PLACES]

    def come(index: int) -> None:
        came = list(everywhere)
        random.Random(index).shuffle(came)
        with database.writing(f"{index:032}") as connection:
            add_visits(connection, f"{index:032}", came)

    at_once(8, come)
    with database.reading() as connection:
        for index in range(8):
            assert sorted(days_met(connection, f"{index:032}")) == DAYS


def test_one_who_comes_while_another_is_not_committed_waits_and_hears_of_it(centre: Centre) -> None:
    """The two transactions overlap on purpose: without the database's own rule neither would see the other."""
    day: Iterable[Visit] = [(DAYS[0], PLACES[0])]
    wrote, may_end = threading.Event(), threading.Event()
    first, second = PEOPLE[:2]

    def come(index: int) -> None:
        if index == 0:
            with centre.database.writing(first) as connection:
                add_visits(connection, first, day)
                wrote.set()
                may_end.wait(2)
        else:
            wrote.wait()
            with closing(Database(centre.database_url)) as other, other.writing(second) as connection:
                threading.Timer(0.2, may_end.set).start()
                add_visits(connection, second, day)

    at_once(2, come)
    with centre.database.reading() as connection:
        assert days_met(connection, first) == days_met(connection, second) == [DAYS[0]]


def test_two_accounts_can_not_both_be_alone_at_one_place(database: Database) -> None:
    def alone(connection: Connection, whose: str) -> None:
        connection.execute(insert(visit).values(account_id=whose, day=DAYS[0], place=PLACES[0], is_met=False))

    with database.writing() as connection:
        alone(connection, PEOPLE[0])
    with pytest.raises(IntegrityError), database.writing() as connection:
        alone(connection, PEOPLE[1])


def test_a_place_that_was_corrected_is_asked_about_no_more(
    centre: Centre, laptop: Laptop, clock: HandClock
) -> None:
    """The visit stays until something is erased; it is no meeting that anyone is asked about."""
    other = Laptop.enrol(centre.url, centre.invite())
    first = recorded(28, places=[place("Ashby")])
    laptop.sync([first])
    assert len(other.sync([recorded(27, places=[place("Ashby")])]).questions) == 1
    laptop.sync([recorded(28, [first], places=[place("Beacon")])])
    assert laptop.sync().questions == other.sync().questions == []
    with centre.database.reading() as connection:
        mine = select(visit.c.place).where(visit.c.account_id == laptop.account)
        assert len(connection.execute(mine).all()) == 2
