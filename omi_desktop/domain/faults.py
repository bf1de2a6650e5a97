"""The one validator of bodies: the form, the store and OMI online all call it.

`faults` names every fault at once, each with its field, in the order of the form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from omi_desktop.domain import canonical, join_code, stages
from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.revision import SIZE_LIMIT, Kind, is_id
from omi_desktop.domain.session import (
    FOUR_CONDITIONS,
    Activity,
    CancelledBecause,
    Delivery,
    Fault,
    Mode,
    Outcome,
    PlaceKind,
)
from omi_desktop.domain.stages import Nation

NAME_LIMIT = 200
"""Characters in a name."""
TEXT_LIMIT = 2000
"""Characters in a longer text."""
COUNT_LIMIT = 100_000
"""Greatest number of people in one line."""
REVIEW_ABOVE = 5_000
"""A record with more counts in the upper figure only, until the hub confirms it."""
SAME, DIFFERENT, NOT_SURE = "same", "different", "not_sure"
"""What a person may say to "perhaps the same young people"."""
ERASED_AT_ONCE = 200
"""Records that one erasure may name."""
EARLIEST = date(2000, 1, 1)
FIRST_RELEASE = date(2026, 11, 1)
"""A clock that shows an earlier day is wrong, and can't say what is still to come. What was recorded under it is judged
by OMI online's clock; refusing it here would lose it."""
MINUTES_LIMIT = 24 * 60
_LIST_LIMIT = 200
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def faults(
    body: Mapping[str, Any], *, today: date, kind: str = Kind.SESSION, is_canonical: bool = False
) -> list[Fault]:
    """Every fault of a body; an empty list when it can be kept.

    `today` is the date in the United Kingdom. Unknown fields and unknown kinds are legal. `is_canonical` says that
    the body is a Revision's, whose form and size are judged already.
    """
    found = _Faults(body)
    if kind == Kind.SESSION:
        _session(found, today)
    elif kind == Kind.PLAN:
        _plan(found)
    elif kind == Kind.GROUP_ANSWER:
        _group_answer(found)
    elif kind == Kind.ERASURE:
        _erasure(found)
    if not is_canonical:
        _size(found)
    return found.list


@cache
def _values(kind: type[StrEnum]) -> frozenset[str]:
    return frozenset(kind)


class _Faults:
    """Collects faults while a body is read."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body
        self.list: list[Fault] = []

    def add(self, field: str, code: str, message: str) -> None:
        self.list.append(Fault(field, code, message))

    def choice(self, field: str, value: object, kind: type[StrEnum], message: str) -> None:
        if not isinstance(value, str) or value not in _values(kind):
            self.add(field, "unknown", message)

    def text(self, field: str, value: object, name: str, limit: int = NAME_LIMIT) -> None:
        if value is None:
            return
        if not isinstance(value, str):
            self.add(field, "not_text", f"{name} should be text")
        elif len(value) > limit:
            self.add(field, "too_long", f"{name} is too long: {len(value)} characters, at most {limit}")

    def number(self, field: str, value: object, name: str, high: int = COUNT_LIMIT, low: int = 0) -> bool:
        """Whether a value is a whole number within its bounds; None is refused too."""
        if type(value) is not int:
            self.add(field, "not_a_number", f"{name} should be a whole number")
        elif value < low:
            self.add(field, "too_small", f"{name} can't be less than {low}")
        elif value > high:
            self.add(field, "too_large", f"{name} can't be more than {high:,}")
        else:
            return True
        return False

    def perhaps_number(self, field: str, value: object, name: str, high: int = COUNT_LIMIT) -> None:
        if value is not None:
            self.number(field, value, name, high)


def _session(found: _Faults, today: date) -> None:
    body = found.body
    found.choice("outcome", body.get("outcome"), Outcome, "Say whether the session happened")
    is_delivered = body.get("outcome") == Outcome.DELIVERED
    nations = _places(found)
    day = _when(found)
    if day and is_delivered and day > today >= FIRST_RELEASE:
        message = f"This date is still to come (it is after {shown_date(today)}): plan the session instead"
        found.add("date", "in_future", f"{message}, or set the clock if that is wrong")
    _what(found)
    _young_people(found, nations, is_delivered=is_delivered)
    if is_delivered and body.get("cancelled_because") is not None:
        found.add("cancelled_because", "unexpected", "A session that happened has no reason for being off")
    if body.get("outcome") == Outcome.CANCELLED:
        reason = body.get("cancelled_because")
        found.choice("cancelled_because", reason, CancelledBecause, "Say why it didn't happen")
    _more(found)


def _plan(found: _Faults) -> None:
    nations = _places(found)
    _when(found)
    _what(found)
    for index, line in enumerate(_objects(found, "young_people")):
        field = f"young_people.{index}"
        _stages(found, field, line, nations)
        found.perhaps_number(f"{field}.expected", line.get("expected"), "The number expected")
    _about(found)
    _resources(found)


def _group_answer(found: _Faults) -> None:
    if not is_id(found.body.get("question")):
        found.add("question", "unknown", "The question that this answers can't be found")
    if found.body.get("answer") not in (SAME, DIFFERENT, NOT_SURE):
        found.add("answer", "unknown", "Say whether they were the same young people, or that you aren't sure")


def _erasure(found: _Faults) -> None:
    records = found.body.get("records")
    if not isinstance(records, list) or not records or not all(is_id(record) for record in records):
        found.add("records", "missing", "What to erase can't be found")
    elif len(records) > ERASED_AT_ONCE:
        message = f"Too much to erase at once: {len(records)} records, at most {ERASED_AT_ONCE}"
        found.add("records", "too_many", message)


def _places(found: _Faults) -> dict[object, object]:
    """Check the places; the nation by ref."""
    nations: dict[object, object] = {}
    places = _objects(found, "places")
    if not found.body.get("places"):
        found.add("places", "missing", "Say where it was")
    for index, place in enumerate(places):
        field = f"places.{index}"
        ref, name = place.get("ref"), place.get("name")
        if (
            found.number(f"{field}.ref", ref, "The place's number", high=_LIST_LIMIT, low=1)
            and ref in nations
        ):
            found.add(f"{field}.ref", "twice", "The same place number is used twice")
        if not isinstance(name, str) or not name.strip():
            found.add(f"{field}.name", "missing", "Say where it was")
        found.text(f"{field}.name", name, "The place's name")
        nation = place.get("nation")
        found.choice(f"{field}.nation", nation, Nation, "Choose the nation of the place")
        found.choice(f"{field}.kind", place.get("kind"), PlaceKind, "Choose what kind of place it is")
        found.text(f"{field}.town", place.get("town"), "The town")
        found.text(f"{field}.postcode", place.get("postcode"), "The postcode", 12)
        found.text(f"{field}.scheme", place.get("scheme"), "The kind of school number", 20)
        found.text(f"{field}.id", place.get("id"), "The school number", 40)
        if type(ref) is int:
            nations[ref] = nation
    return nations


def _when(found: _Faults) -> date | None:
    body = found.body
    value, day = body.get("date"), None
    if value is None:
        found.add("date", "missing", "Give the date")
    else:
        day = _iso_date(value)
        if day is None:
            found.add("date", "not_a_date", "The date can't be read")
        elif day < EARLIEST:
            found.add("date", "too_early", f"The date is before {EARLIEST.year}")
        elif day.year > 2100:
            found.add("date", "too_late", "The date is too far ahead")
    start = body.get("start")
    if start is not None and not (isinstance(start, str) and _CLOCK.fullmatch(start)):
        found.add("start", "not_a_time", "The start time can't be read")
    if body.get("minutes") is not None:
        found.number("minutes", body["minutes"], "The length in minutes", high=MINUTES_LIMIT, low=1)
    return day


def _what(found: _Faults) -> None:
    body = found.body
    found.choice("activity", body.get("activity"), Activity, "Choose what kind of session it was")
    found.choice("delivery", body.get("delivery"), Delivery, "Choose in person, online or both")


def _young_people(found: _Faults, nations: Mapping[object, object], *, is_delivered: bool) -> None:
    lines = _objects(found, "young_people")
    total = 0
    for index, line in enumerate(lines):
        field = f"young_people.{index}"
        _stages(found, field, line, nations)
        found.choice(
            f"{field}.mode", line.get("mode"), Mode, "Say whether they took part, watched or passed by"
        )
        count = line.get("count")
        if count is None:
            found.add(f"{field}.count", "missing", "How many young people came?")
        elif found.number(f"{field}.count", count, "The number of young people"):
            total += count
            if line.get("girls") is not None:
                found.number(f"{field}.girls", line["girls"], "The number of girls", high=count)
        if type(line.get("estimated", False)) is not bool:
            found.add(f"{field}.estimated", "not_yes_or_no", "Say whether it was counted or an estimate")
    is_training = found.body.get("activity") == Activity.TEACHER_CPD
    has_number_fault = any(fault.field.endswith(".count") for fault in found.list)
    if is_delivered and not is_training and total == 0 and not has_number_fault:
        if lines:
            found.add(
                "young_people.0.count", "nobody", "If nobody came, choose “It didn't happen” instead of 0"
            )
        else:
            found.add("young_people", "missing", "How many young people came?")


def _stages(found: _Faults, field: str, line: Mapping[str, Any], nations: Mapping[object, object]) -> None:
    ref = line.get("place")
    if type(ref) is not int or ref not in nations:
        found.add(f"{field}.place", "unknown", "These young people belong to no place")
        ref = None
    codes = line.get("stages")
    if not isinstance(codes, list) or not codes or len(codes) > len(stages.BY_CODE):
        found.add(f"{field}.stages", "missing", "Choose a year group, or “Not known”")
        return
    nation = _nation(nations.get(ref))
    for code in codes:
        if not isinstance(code, str) or code not in stages.BY_CODE:
            found.add(f"{field}.stages", "unknown", "This year group is not known")
        elif nation and not stages.fits(code, nation):
            message = f"{stages.BY_CODE[code].label} of another nation: this place is in {nation.label}"
            found.add(f"{field}.stages", "other_nation", message)


def _more(found: _Faults) -> None:
    body = found.body
    adults = _object(found, "adults")
    for name in ("parents", "teachers", "others") if adults else ():
        found.perhaps_number(f"adults.{name}", adults.get(name), "The number of adults")
    if body.get("space_professionals") is not None:
        found.number("space_professionals", body["space_professionals"], "The number of ambassadors", 1000, 1)
    group = body.get("group")
    if group is not None and not (isinstance(group, str) and join_code.is_valid(group)):
        found.add("group", "bad_code", "This code is mistyped. Check each character")
    found.perhaps_number("agreed", body.get("agreed"), "The number agreed")
    found.perhaps_number("regulars", body.get("regulars"), "The number of regulars")
    spent = _object(found, "time")
    for name, label in (("prepare", "Preparation time"), ("travel", "Travel time")) if spent else ():
        found.perhaps_number(f"time.{name}", spent.get(name), label, high=100 * 60)
    four = _object(found, "four")
    for name in FOUR_CONDITIONS if four else ():
        if type(four.get(name)) is not bool:
            found.text(f"four.{name}", four.get(name), "This answer", TEXT_LIMIT)
    _about(found)
    if body.get("plan_id") is not None and not is_id(body["plan_id"]):
        found.add("plan_id", "unknown", "The plan this belongs to can't be found")
    _resources(found)


def _about(found: _Faults) -> None:
    """What a plan and the session that follows it both say of themselves."""
    for name, label in (("class_name", "The class name"), ("programme", "The programme")):
        found.text(name, found.body.get(name), label)
    if type(found.body.get("others_there", False)) is not bool:
        found.add("others_there", "not_yes_or_no", "Say whether other ambassadors were there")


def _resources(found: _Faults) -> None:
    for index, resource in enumerate(_objects(found, "resources")):
        for name in ("id", "version"):
            found.text(f"resources.{index}.{name}", resource.get(name), "The resource", 100)


def _size(found: _Faults) -> None:
    try:
        size = len(canonical.encode(dict(found.body)))
    except canonical.NotCanonical as error:
        found.add("", "not_kept", f"Something here can't be kept: {error}")
        return
    # The fields around the body take some hundred bytes more; `compose` judges the whole.
    if size > SIZE_LIMIT:
        found.add("", "too_large", f"This session is too long to keep ({size:,} bytes): shorten the texts")


def _objects(found: _Faults, field: str) -> list[Mapping[str, Any]]:
    value = found.body.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _LIST_LIMIT or not all(isinstance(p, dict) for p in value):
        found.add(field, "not_a_list", "This list can't be read")
        return []
    return value


def _object(found: _Faults, field: str) -> Mapping[str, Any]:
    value = found.body.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        found.add(field, "not_an_object", "This can't be read")
        return {}
    return value


def _iso_date(value: object) -> date | None:
    # fromisoformat alone would take a week date such as 2026-W48-2.
    try:
        return date.fromisoformat(value) if isinstance(value, str) and _DATE.fullmatch(value) else None
    except ValueError:
        return None


def _nation(value: object) -> Nation | None:
    return Nation(value) if isinstance(value, str) and value in list(Nation) else None
