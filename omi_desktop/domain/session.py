"""A session as people describe it, and the body of the revision that keeps it.

`Details` is what the form shows; `read` and `write` go between it and the body. A body may hold fields that
this version does not know: `write` starts from the body before the edit and changes only what the form shows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from omi_desktop.domain.stages import Nation

_Value = TypeVar("_Value", bound=StrEnum)
_Default = TypeVar("_Default")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MINUTE = re.compile(r"[0-9]{2}:[0-9]{2}")


class Outcome(StrEnum):
    """What became of a session."""

    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class CancelledBecause(StrEnum):
    """Why it did not happen. It counts nobody and keeps the hours."""

    SCHOOL = "school"
    ME = "me"
    MOVED = "moved"
    NOBODY_CAME = "nobody_came"


class Activity(StrEnum):
    """What kind of session it was."""

    CLASS_SESSION = "class_session"
    STEM_CLUB = "stem_club"
    CAREERS_TALK = "careers_talk"
    SPEED_NETWORKING = "speed_networking"
    ONLINE_MENTORING = "online_mentoring"
    SITE_VISIT = "site_visit"
    WORK_EXPERIENCE = "work_experience"
    FESTIVAL = "festival"
    ASSEMBLY = "assembly"
    YOUTH_GROUP = "youth_group"
    PROJECT_MENTORING = "project_mentoring"
    FAMILY_EVENT = "family_event"
    TEACHER_CPD = "teacher_cpd"
    OTHER = "other"


class Delivery(StrEnum):
    """How it was given; a property of the session, not a place."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    BOTH = "both"


class Mode(StrEnum):
    """What young people did. Those who passed by never count."""

    TOOK_PART = "took_part"
    WATCHED = "watched"
    PASSED_BY = "passed_by"


class PlaceKind(StrEnum):
    """What kind of place it is: it decides which year groups are offered."""

    PRIMARY_SCHOOL = "primary_school"
    SECONDARY_SCHOOL = "secondary_school"
    ALL_THROUGH_SCHOOL = "all_through_school"
    SPECIAL_SCHOOL = "special_school"
    NURSERY = "nursery"
    COLLEGE = "college"
    YOUTH_GROUP = "youth_group"
    FESTIVAL = "festival"
    SCIENCE_CENTRE = "science_centre"
    WORKPLACE = "workplace"
    OTHER = "other"


ACTIVITY_LABELS: Mapping[Activity, str] = {
    Activity.CLASS_SESSION: "Class session",
    Activity.STEM_CLUB: "STEM club",
    Activity.CAREERS_TALK: "Careers talk",
    Activity.SPEED_NETWORKING: "Speed networking",
    Activity.ONLINE_MENTORING: "Online mentoring",
    Activity.SITE_VISIT: "Site visit",
    Activity.WORK_EXPERIENCE: "Work experience",
    Activity.FESTIVAL: "Festival or fair",
    Activity.ASSEMBLY: "Assembly",
    Activity.YOUTH_GROUP: "Youth group",
    Activity.PROJECT_MENTORING: "Project mentoring",
    Activity.FAMILY_EVENT: "Family event",
    Activity.TEACHER_CPD: "Training for teachers",
    Activity.OTHER: "Something else",
}
DELIVERY_LABELS: Mapping[Delivery, str] = {
    Delivery.IN_PERSON: "In person",
    Delivery.ONLINE: "Online",
    Delivery.BOTH: "Both",
}
CANCELLED_LABELS: Mapping[CancelledBecause, str] = {
    CancelledBecause.SCHOOL: "The school cancelled",
    CancelledBecause.ME: "I couldn't come",
    CancelledBecause.MOVED: "It moved to another day",
    CancelledBecause.NOBODY_CAME: "Nobody came",
}
PLACE_LABELS: Mapping[PlaceKind, str] = {
    PlaceKind.PRIMARY_SCHOOL: "Primary school",
    PlaceKind.SECONDARY_SCHOOL: "Secondary school",
    PlaceKind.ALL_THROUGH_SCHOOL: "All-through school",
    PlaceKind.SPECIAL_SCHOOL: "Special school",
    PlaceKind.NURSERY: "Nursery",
    PlaceKind.COLLEGE: "College",
    PlaceKind.YOUTH_GROUP: "Youth group",
    PlaceKind.FESTIVAL: "Festival or public event",
    PlaceKind.SCIENCE_CENTRE: "Science centre or museum",
    PlaceKind.WORKPLACE: "Workplace",
    PlaceKind.OTHER: "Another place",
}
FOUR_CONDITIONS = ("purpose", "outcomes", "two_way", "reflection")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field. `field` is a path in the body such as `places.0.name`; `code` is stable."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session was. `ref` ties lines of young people to it within one session."""

    ref: int = 1
    name: str = ""
    kind: PlaceKind = PlaceKind.SECONDARY_SCHOOL
    nation: Nation | None = None
    town: str = ""
    postcode: str = ""
    scheme: str | None = None
    id: str | None = None

    @property
    def key(self) -> str:
        """The same for the same place: the scheme's number if it has one, else name with postcode or town.

        Names are compared by their letters and digits: "St. Mary's" is "St Mary’s".
        """
        return _place_key(self.scheme, self.id, self.name, self.town, self.postcode, self.nation)

    @property
    def label(self) -> str:
        """Name with postcode or town, as in "Ashby Academy, LE65"."""
        near = self.postcode.split(" ")[0] if self.postcode else self.town
        return f"{self.name}, {near}" if near else self.name


@dataclass(frozen=True, slots=True)
class YoungPeople:
    """One number of young people. `count` is None until someone gives it: numbers are never prefilled."""

    place: int = 1
    stages: tuple[str, ...] = ()
    count: int | None = None
    mode: Mode = Mode.TOOK_PART
    is_estimated: bool = False
    girls: int | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """Everything the Record form shows. Times are UK civil time; durations are in minutes."""

    outcome: Outcome = Outcome.DELIVERED
    cancelled_because: CancelledBecause | None = None
    day: date | None = None
    start: time | None = None
    minutes: int | None = None
    activity: Activity = Activity.CLASS_SESSION
    delivery: Delivery = Delivery.IN_PERSON
    plan_id: str | None = None
    programme: str | None = None
    class_name: str | None = None
    places: tuple[Place, ...] = ()
    young_people: tuple[YoungPeople, ...] = ()
    parents: int = 0
    teachers: int = 0
    other_adults: int = 0
    space_professionals: int = 1
    is_joint: bool = False
    group: str | None = None
    regulars: int | None = None
    four: Mapping[str, str | bool | None] = field(default_factory=dict)
    prepare_minutes: int | None = None
    travel_minutes: int | None = None
    resources: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> int:
        """Young people who took part or watched: rule omi/1 for one session."""
        if self.outcome is Outcome.CANCELLED:
            return 0
        return sum(line.count or 0 for line in self.young_people if line.mode is not Mode.PASSED_BY)

    @property
    def is_estimated(self) -> bool:
        """Whether any number is an estimate."""
        return any(line.is_estimated for line in self.young_people)

    @property
    def place_label(self) -> str:
        """The first place, and how many more."""
        if not self.places:
            return "No place yet"
        more = len(self.places) - 1
        return self.places[0].label + (f" and {more} more" if more else "")


@dataclass(frozen=True, slots=True)
class PlanDetails:
    """What the Plan form shows: a session to come. `expected` is a hint for later and never becomes a count."""

    day: date | None = None
    start: time | None = None
    minutes: int | None = None
    activity: Activity = Activity.CLASS_SESSION
    delivery: Delivery = Delivery.IN_PERSON
    programme: str | None = None
    class_name: str | None = None
    places: tuple[Place, ...] = ()
    expected: tuple[YoungPeople, ...] = ()
    is_joint: bool = False
    resources: tuple[tuple[str, str], ...] = ()

    @property
    def expected_total(self) -> int | None:
        """About how many are expected, or None if nobody said."""
        known = [line.count for line in self.expected if line.count is not None]
        return sum(known) if known else None

    @property
    def place_label(self) -> str:
        """The first place, and how many more."""
        return Details(places=self.places).place_label

    def to_session(self) -> Details:
        """The record form's start for this plan: year groups from the plan, numbers left for the person."""
        return Details(
            day=self.day,
            start=self.start,
            minutes=self.minutes,
            activity=self.activity,
            delivery=self.delivery,
            programme=self.programme,
            class_name=self.class_name,
            places=self.places,
            young_people=tuple(replace(line, count=None) for line in self.expected),
            is_joint=self.is_joint,
            resources=self.resources,
        )


def write(details: Details, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of a session: `base` with what the form shows laid over it. Unknown fields stay."""
    base = base or {}
    body = dict(base)
    body |= {
        "outcome": details.outcome.value,
        "cancelled_because": details.cancelled_because.value if details.cancelled_because else None,
        "date": details.day.isoformat() if details.day else None,
        "start": details.start.strftime("%H:%M") if details.start else None,
        "minutes": details.minutes,
        "activity": details.activity.value,
        "delivery": details.delivery.value,
        "plan_id": details.plan_id,
        "programme": details.programme,
        "class_name": details.class_name,
        "places": _write_places(details.places, base.get("places")),
        "young_people": _write_lines(details.young_people, base.get("young_people")),
        "adults": _over(
            base.get("adults"),
            {"parents": details.parents, "teachers": details.teachers, "others": details.other_adults},
        ),
        "space_professionals": details.space_professionals,
        "others_there": details.is_joint,
        "group": details.group,
        "regulars": details.regulars,
        "four": _over(base.get("four"), {name: details.four.get(name) for name in FOUR_CONDITIONS}),
        "time": _over(
            base.get("time"), {"prepare": details.prepare_minutes, "travel": details.travel_minutes}
        ),
        "resources": _write_resources(details.resources, base.get("resources")),
    }
    body.setdefault("agreed", None)
    body.setdefault("hands_up", [])
    body.setdefault("confirmed", None)
    return body


def read(body: Mapping[str, Any]) -> Details:
    """What a session's body says. For bodies without faults; anything unexpected reads as not given."""
    adults, spent, four = (_mapping(body.get(name)) for name in ("adults", "time", "four"))
    return Details(
        outcome=_choice(Outcome, body.get("outcome"), Outcome.DELIVERED),
        cancelled_because=_choice(CancelledBecause, body.get("cancelled_because"), None),
        day=_date(body.get("date")),
        start=_time(body.get("start")),
        minutes=_whole(body.get("minutes")),
        activity=_choice(Activity, body.get("activity"), Activity.OTHER),
        delivery=_choice(Delivery, body.get("delivery"), Delivery.IN_PERSON),
        plan_id=_text(body.get("plan_id")),
        programme=_text(body.get("programme")),
        class_name=_text(body.get("class_name")),
        places=_places(body.get("places")),
        young_people=_lines(body.get("young_people"), "count"),
        parents=_whole(adults.get("parents")) or 0,
        teachers=_whole(adults.get("teachers")) or 0,
        other_adults=_whole(adults.get("others")) or 0,
        space_professionals=_whole(body.get("space_professionals")) or 1,
        is_joint=body.get("others_there") is True,
        group=_text(body.get("group")),
        regulars=_whole(body.get("regulars")),
        four={name: four.get(name) for name in FOUR_CONDITIONS},
        prepare_minutes=_whole(spent.get("prepare")),
        travel_minutes=_whole(spent.get("travel")),
        resources=_resources(body.get("resources")),
    )


def people_counted(body: Mapping[str, Any]) -> int:
    """`total` of what `read` says, without reading the rest: counting needs no more of a body."""
    if body.get("outcome") == Outcome.CANCELLED:
        return 0
    found = 0
    for part in _mappings(body.get("young_people")):
        count = part.get("count")
        if type(count) is int and part.get("mode") != _PASSED_BY:
            found += count
    return found


def place_keys(body: Mapping[str, Any]) -> frozenset[str]:
    """The keys of the places of what `read` says, without reading the rest."""
    return frozenset(
        [_written_key(*map(_text, map(part.get, _OF_KEY))) for part in _mappings(body.get("places"))]
    )


def moment(body: Mapping[str, Any]) -> tuple[date | None, time | None, int | None]:
    """Day, start and length in minutes of what `read` says, without reading the rest."""
    return _date(body.get("date")), _time(body.get("start")), _whole(body.get("minutes"))


def write_plan(details: PlanDetails, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of a plan, laid over `base`. Its numbers are called `expected`, so that no reader counts them."""
    base = base or {}
    kept = _lines_before(details.expected, base.get("young_people"))
    lines = [
        part | {"place": line.place, "stages": list(line.stages), "expected": line.count}
        for line, part in zip(details.expected, kept, strict=True)
    ]
    return dict(base) | {
        "date": details.day.isoformat() if details.day else None,
        "start": details.start.strftime("%H:%M") if details.start else None,
        "minutes": details.minutes,
        "activity": details.activity.value,
        "delivery": details.delivery.value,
        "programme": details.programme,
        "class_name": details.class_name,
        "places": _write_places(details.places, base.get("places")),
        "young_people": lines,
        "others_there": details.is_joint,
        "resources": _write_resources(details.resources, base.get("resources")),
    }


def read_plan(body: Mapping[str, Any]) -> PlanDetails:
    """What a plan's body says."""
    return PlanDetails(
        day=_date(body.get("date")),
        start=_time(body.get("start")),
        minutes=_whole(body.get("minutes")),
        activity=_choice(Activity, body.get("activity"), Activity.OTHER),
        delivery=_choice(Delivery, body.get("delivery"), Delivery.IN_PERSON),
        programme=_text(body.get("programme")),
        class_name=_text(body.get("class_name")),
        places=_places(body.get("places")),
        expected=_lines(body.get("young_people"), "expected"),
        is_joint=body.get("others_there") is True,
        resources=_resources(body.get("resources")),
    )


def _over(base: object, shown: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_mapping(base)) | dict(shown)


def _write_places(places: Sequence[Place], base: object) -> list[dict[str, Any]]:
    before = {part.get("ref"): part for part in _mappings(base)}
    return [
        dict(before.get(place.ref, {}))
        | {
            "ref": place.ref,
            "kind": place.kind.value,
            "nation": place.nation.value if place.nation else None,
            "name": place.name,
            "town": place.town,
            "postcode": place.postcode,
            "scheme": place.scheme,
            "id": place.id,
        }
        for place in places
    ]


def _write_lines(lines: Sequence[YoungPeople], base: object) -> list[dict[str, Any]]:
    return [
        part
        | {
            "place": line.place,
            "stages": list(line.stages),
            "mode": line.mode.value,
            "count": line.count,
            "estimated": line.is_estimated,
            "girls": line.girls,
        }
        for line, part in zip(lines, _lines_before(lines, base), strict=True)
    ]


def _lines_before(lines: Sequence[YoungPeople], base: object) -> list[dict[str, Any]]:
    """What each line said before the edit: the line of the same place and year groups, else the one in its row."""
    before = dict(enumerate(_mappings(base)))
    is_row_telling = len(lines) >= len(before)  # else a row was taken out and those below moved up

    def likeness(row: int, old: int) -> int:
        line, part = lines[row], before[old]
        if part.get("place") != line.place:
            return 0
        if part.get("stages") == list(line.stages):
            return 3 if part.get("mode", line.mode) == line.mode else 2
        return int(row == old and is_row_telling)

    found: dict[int, dict[str, Any]] = {}
    for wanted in (3, 2, 1):
        for row in range(len(lines)):
            old = next((old for old in before if row not in found and likeness(row, old) == wanted), None)
            if old is not None:
                found[row] = before.pop(old)
    return [dict(found.get(row, {})) for row in range(len(lines))]


def _write_resources(resources: Sequence[tuple[str, str]], base: object) -> list[dict[str, Any]]:
    before = {str(part.get("id")): part for part in _mappings(base)}
    return [dict(before.get(item, {})) | {"id": item, "version": version} for item, version in resources]


def _places(value: object) -> tuple[Place, ...]:
    return tuple(
        Place(
            ref=_whole(part.get("ref")) or 1,
            name=_text(part.get("name")) or "",
            kind=_choice(PlaceKind, part.get("kind"), PlaceKind.OTHER),
            nation=_choice(Nation, part.get("nation"), None),
            town=_text(part.get("town")) or "",
            postcode=_text(part.get("postcode")) or "",
            scheme=_text(part.get("scheme")),
            id=_text(part.get("id")),
        )
        for part in _mappings(value)
    )


def _lines(value: object, number: str) -> tuple[YoungPeople, ...]:
    return tuple(
        YoungPeople(
            place=_whole(part.get("place")) or 1,
            stages=tuple(code for code in _list(part.get("stages")) if isinstance(code, str)),
            count=_whole(part.get(number)),
            mode=_choice(Mode, part.get("mode"), Mode.TOOK_PART),
            is_estimated=part.get("estimated") is True,
            girls=_whole(part.get("girls")),
        )
        for part in _mappings(value)
    )


def _resources(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((_text(part.get("id")) or "", _text(part.get("version")) or "") for part in _mappings(value))


def _choice(kind: type[_Value], value: object, default: _Default) -> _Value | _Default:
    try:
        return kind(value)  # type: ignore[arg-type]
    except ValueError:
        return default


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mappings(value: object) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _whole(value: object) -> int | None:
    return value if type(value) is int else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _date(value: object) -> date | None:
    return _date_of(value) if isinstance(value, str) else None


@lru_cache(maxsize=2048)
def _date_of(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        return None


def _time(value: object) -> time | None:
    return _time_of(value) if isinstance(value, str) else None


@lru_cache(maxsize=2048)
def _time_of(written: str) -> time | None:
    # Without the pattern a time with an offset could come out, which cannot be compared with the others.
    try:
        return time.fromisoformat(written) if _MINUTE.fullmatch(written) else None
    except ValueError:
        return None


_PASSED_BY = Mode.PASSED_BY.value
_OF_KEY = ("scheme", "id", "name", "town", "postcode", "nation")
"""The fields of a place that `_written_key` takes, in its order."""
_TEXTS = frozenset((str, type(None)))


@lru_cache(maxsize=1024)
def _written_key(  # noqa: PLR0917 (a cache keys by position)
    scheme: str | None,
    number: str | None,
    name: str | None,
    town: str | None,
    postcode: str | None,
    nation: str | None,
) -> str:
    # Its own cache: to take a nation for a key of a dictionary takes as long as all of these texts.
    return _place_key(scheme, number, name or "", town or "", postcode or "", _choice(Nation, nation, None))


@lru_cache(maxsize=1024)
def _place_key(  # noqa: PLR0917 (a cache keys by position)
    scheme: str | None, number: str | None, name: str, town: str, postcode: str, nation: Nation | None
) -> str:
    # Kept for the places met last: an ambassador comes back to the same ones, and letters take long to compare.
    if scheme and number:
        return f"{scheme}:{number}"
    where = "".join(postcode.upper().split()) or _letters(town)
    return f"{_letters(name)}|{where}|{nation or ''}"


def _letters(text: str) -> str:
    """Text for telling names apart: case, apostrophes, punctuation and the way accents are typed do not matter."""
    plain = unicodedata.normalize("NFKC", text.casefold())
    kept = "".join(
        c if c.isalnum() or unicodedata.category(c).startswith("M") else " "
        for c in plain
        if c not in "'’‘ʼ`"
    )
    return " ".join(kept.split() or plain.split())
