"""Profiles with made-up sessions, made as a person makes them: through the desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import SystemClock, uk_today
from omi_desktop.domain.revision import Kind, compose
from omi_desktop.domain.session import Activity, Details, Place, PlaceKind, PlanDetails, YoungPeople, write
from omi_desktop.domain.stages import Nation
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Desk, Person
from omi_desktop.store import revisions

APP = "omi-desktop/bench"
_PLACES = (
    Place(1, "Kepler Road Primary School", PlaceKind.PRIMARY_SCHOOL, Nation.ENGLAND),
    Place(1, "Lyra Vale Academy", PlaceKind.SECONDARY_SCHOOL, Nation.ENGLAND),
    Place(1, "Ysgol Tŷ Seren", PlaceKind.PRIMARY_SCHOOL, Nation.WALES),
)
_STAGES = ("en.y5", "en.y8", "wa.y4")
_YEAR_OF_SESSIONS = 30


def session(number: int, today: date, town: str = "Lynbury") -> Details:
    """One of a year of sessions. Ambassadors of the same town meet at the same places on the same days."""
    which = number % len(_PLACES)
    return Details(
        day=today - timedelta(days=1 + number * 11 % 360),
        start=time(9 + number % 6, 40),
        minutes=50,
        activity=Activity.CLASS_SESSION,
        places=(replace(_PLACES[which], town=town),),
        young_people=(YoungPeople(1, (_STAGES[which],), 20 + number % 12),),
        teachers=1,
        class_name=f"{number} Science",
    )


@contextmanager
def open_desk(profile: Path) -> Iterator[Desk]:
    """The services on a profile."""
    with closing(Desk.open(profile, clock=SystemClock(), changes=Changes(), app=APP)) as desk:
        yield desk


def made_up_year(data_dir: Path) -> None:
    """A profile whose person has recorded a year, with a visit to record and one to come, and the library's index."""
    today = uk_today(SystemClock())
    with open_desk(data_dir / "profile") as desk:
        desk.save_person(Person("Asha", Nation.ENGLAND, "Example Orbital Ltd"))
        for number in range(_YEAR_OF_SESSIONS):
            desk.sessions.save(session(number, today))
        for days in (-1, 4):
            expected = (YoungPeople(1, (_STAGES[0],), 30),)
            plan = PlanDetails(
                day=today + timedelta(days=days), start=time(10, 40), places=_PLACES[:1], expected=expected
            )
            desk.plans.save(plan)
    Library.open(data_dir / "cache").close()


def recorded(profile: Path, count: int, town: str = "Lynbury") -> None:
    """A profile with so many recorded sessions, none of them synced. One transaction holds them all: a durable
    save each would take longer than what is measured."""
    clock = SystemClock()
    with open_desk(profile) as desk, desk.store.write() as connection:
        for number in range(count):
            body = write(session(number, uk_today(clock), town))
            made = compose(kind=Kind.SESSION, body=body, app=APP, device="Bench laptop", now=clock.now())
            revisions.add(connection, made, None, is_new=True)
