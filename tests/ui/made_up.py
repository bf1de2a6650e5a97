"""Made-up plans and sessions, and a clock that stands still, for the tests of Today and Sync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from omi_desktop.domain.counting import group_key, leaf_of
from omi_desktop.domain.revision import Kind, Revision, State, compose
from omi_desktop.domain.session import (
    Activity,
    Details,
    Place,
    PlaceKind,
    PlanDetails,
    YoungPeople,
    write,
)
from omi_desktop.domain.stages import Nation
from omi_desktop.services.desk import Desk
from omi_desktop.services.sessions import SessionView
from omi_desktop.store import accounts, erasures, questions, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.revisions import Owner

WEDNESDAY = datetime(2026, 11, 25, 18, 2, tzinfo=UTC)
"""Wed 25 Nov 2026, 18:02 in the United Kingdom."""

ASHBY = Place(1, "Ashby Academy", PlaceKind.SECONDARY_SCHOOL, Nation.ENGLAND, "Ashby", "LE65 1AA")
ST_MARYS = Place(1, "St Mary's", PlaceKind.PRIMARY_SCHOOL, Nation.ENGLAND, "Leicester", "LE2 3AA")
LIBRARY = Place(1, "Coalville Library", PlaceKind.OTHER, Nation.ENGLAND, "Coalville", "LE67 3EA")


class StoppedClock:
    """Always the same moment, until a test moves it."""

    def __init__(self, moment: datetime = WEDNESDAY) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, time_passed: timedelta) -> None:
        """Let time pass."""
        self.moment += time_passed


CLUB = PlanDetails(
    day=date(2026, 11, 23),
    start=time(15, 30),
    minutes=60,
    activity=Activity.STEM_CLUB,
    class_name="Rocket Club",
    places=(LIBRARY,),
    expected=(YoungPeople(1, ("age.8-11",), 30),),
)
LESSON = PlanDetails(
    day=date(2026, 11, 26),
    start=time(10, 40),
    minutes=50,
    places=(ASHBY,),
    expected=(YoungPeople(1, ("en.y8",), 30),),
)


def delivered(
    day: date, place: Place = ASHBY, count: int = 28, stage: str = "en.y8", **more: object
) -> Details:
    """A session that happened."""
    lines = (YoungPeople(1, (stage,), count),)
    details = Details(day=day, start=time(10, 40), minutes=50, places=(place,), young_people=lines)
    return replace(details, **more)  # type: ignore[arg-type]


def club_of(day: date, count: int) -> Details:
    """The Rocket Club on a day."""
    return delivered(day, LIBRARY, count, "age.8-11", activity=Activity.STEM_CLUB, class_name="Rocket Club")


OWNER = Owner("c" * 32, "a" * 32)


def sign_in(desk: Desk) -> None:
    """An account that owns everything recorded so far."""
    with desk.store.write() as connection:
        accounts.use(
            connection, Account(OWNER, "Asha Patel", "East Midlands hub", "https://omi.example", "0" * 64)
        )
        revisions.claim(connection, OWNER)


def read_back(desk: Desk, *views: SessionView) -> None:
    """These came back from OMI online: they are synced."""
    with desk.store.write() as connection:
        places = [(view.record.head.rev_id, at) for at, view in enumerate(views, 1)]
        revisions.set_read_back(connection, places, OWNER)


def refuse(desk: Desk, view: SessionView, message: str) -> None:
    """OMI online refused this one."""
    with desk.store.write() as connection:
        revisions.reject(
            connection,
            view.record.head.rev_id,
            code="invalid",
            field="date",
            message=message,
            today="2026-11-25",
        )


def save_twice(desk: Desk, view: SessionView, counts: tuple[int | None, int | None]) -> None:
    """Two laptops corrected a session without knowing of each other. None: that one removed it."""
    line = view.details.young_people[0]
    head = view.record.head
    bodies = [
        None
        if count is None
        else write(replace(view.details, young_people=(replace(line, count=count),)), head.body)
        for count in counts
    ]
    save_bodies(desk, head, bodies)


def save_in_two_ways(desk: Desk, view: SessionView, *said: Details) -> None:
    """Two laptops saved a session in different ways."""
    save_bodies(desk, view.record.head, [write(details, view.record.head.body) for details in said])


def save_bodies(desk: Desk, head: Revision, bodies: Sequence[dict[str, Any] | None]) -> None:
    """A work laptop and one at home saved a record, each without knowing of the other. None: that one removed it."""
    with desk.store.write() as connection:
        for body, device in zip(bodies, ("Work laptop", "Home laptop"), strict=True):
            made = compose(
                kind=Kind(head.kind),
                body=head.body if body is None else body,
                parents=(head,),
                state=State.WITHDRAWN if body is None else State.LIVE,
                app="omi-desktop/test",
                device=device,
                now=WEDNESDAY,
            )
            revisions.add(connection, made, OWNER)


def ask_whether_the_same(desk: Desk, view: SessionView) -> None:
    """OMI online asks whether another ambassador counted the same young people."""
    details = view.details
    asked = questions.Asked(
        "9" * 32,
        group_key(leaf_of(view.record.head), view.record_id),
        "8" * 32,
        details.day.isoformat() if details.day else "",
        details.start.strftime("%H:%M") if details.start else None,
        details.places[0].name,
    )
    with desk.store.write() as connection:
        questions.replace_all(connection, OWNER, [asked], "2026-11-25T18:02:00Z")


def ask_to_erase(desk: Desk, view: SessionView) -> None:
    """The person erased a session on the laptop at home."""
    asking = compose(
        kind=Kind.ERASURE,
        body={"records": [view.record_id]},
        app="omi-desktop/test",
        device="Home laptop",
        now=WEDNESDAY,
    )
    with desk.store.write() as connection:
        revisions.add(connection, asking, OWNER)
        erasures.note(connection, OWNER, [asking])
