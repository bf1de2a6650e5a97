"""Most of what arrives is a session as the form writes it, with nothing wrong. Those are told from the rest here.

What this takes is certainly what `Revision.from_object` takes, with a body in which `faults` finds nothing: a test
holds the three together. It is narrower than they are: whatever it does not take is judged by them, slower and with a
reason. So the rules stay where they are, in the domain, and none needs to be repeated here in full.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from pydantic_core import SchemaValidator, core_schema

from omi_desktop.domain import canonical, join_code, stages
from omi_desktop.domain.faults import COUNT_LIMIT, MINUTES_LIMIT, NAME_LIMIT, TEXT_LIMIT
from omi_desktop.domain.revision import DEPTH_CEILING, SCHEMA, SIZE_LIMIT, Kind, Revision, State
from omi_desktop.domain.session import FOUR_CONDITIONS, Activity, Delivery, Mode, Outcome, PlaceKind
from omi_desktop.domain.stages import Nation

_Schema = core_schema.CoreSchema

_DAY = (
    "20[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_MOST_LINES = 20
_MOST_RESOURCES = 20
_SHORT = 100


def _text(limit: int) -> _Schema:
    return core_schema.str_schema(max_length=limit, strict=True)


def _pattern(pattern: str) -> _Schema:
    return core_schema.str_schema(pattern=f"^{pattern}$", strict=True)


def _number(high: int, low: int = 0) -> _Schema:
    return core_schema.int_schema(ge=low, le=high, strict=True)


def _or_null(schema: _Schema) -> _Schema:
    return core_schema.nullable_schema(schema)


def _one_of(values: Any) -> _Schema:
    return core_schema.literal_schema([str(value) for value in values])


def _object(**fields: _Schema) -> _Schema:
    """All of these fields. That there is no other `_has_no_more` sees: to look for it here takes half as long again."""
    return core_schema.typed_dict_schema(
        {name: core_schema.typed_dict_field(schema, required=True) for name, schema in fields.items()},
        extra_behavior="ignore",
    )


def _count(schema: _Schema) -> int:
    """How many fields an object has."""
    found: int = len(schema["fields"])
    return found


_ID = _pattern("[0-9a-f]{32}")
_YES_OR_NO = core_schema.bool_schema(strict=True)
_PEOPLE = _or_null(_number(COUNT_LIMIT))
_NOTHING = core_schema.none_schema()
_PLACE = _object(
    ref=_number(_SHORT, 1),
    kind=_one_of(PlaceKind),
    nation=_one_of(Nation),
    name=_text(NAME_LIMIT),
    town=_or_null(_text(NAME_LIMIT)),
    postcode=_or_null(_text(12)),
    scheme=_or_null(_text(20)),
    id=_or_null(_text(40)),
)
_LINE = _object(
    place=_number(_SHORT, 1),
    stages=core_schema.list_schema(_text(20), min_length=1, max_length=_MOST_LINES, strict=True),
    mode=_one_of(Mode),
    count=_number(COUNT_LIMIT),
    estimated=_YES_OR_NO,
    girls=_PEOPLE,
)
_RESOURCE = _object(id=_text(_SHORT), version=_text(_SHORT))
_ADULTS = _object(parents=_PEOPLE, teachers=_PEOPLE, others=_PEOPLE)
_TIME = _object(prepare=_or_null(_number(6000)), travel=_or_null(_number(6000)))
_FOUR = _object(
    **{
        name: _or_null(core_schema.union_schema([_YES_OR_NO, _text(TEXT_LIMIT)], mode="left_to_right"))
        for name in FOUR_CONDITIONS
    }
)
_BODY = _object(
    outcome=_one_of([Outcome.DELIVERED]),
    cancelled_because=_NOTHING,
    date=_pattern(_DAY),
    start=_or_null(_pattern(_CLOCK)),
    minutes=_or_null(_number(MINUTES_LIMIT, 1)),
    activity=_one_of(Activity),
    delivery=_one_of(Delivery),
    plan_id=_or_null(_ID),
    programme=_or_null(_text(NAME_LIMIT)),
    class_name=_or_null(_text(NAME_LIMIT)),
    places=core_schema.list_schema(_PLACE, min_length=1, max_length=1, strict=True),
    young_people=core_schema.list_schema(_LINE, min_length=1, max_length=_MOST_LINES, strict=True),
    adults=_ADULTS,
    space_professionals=_or_null(_number(1000, 1)),
    others_there=_YES_OR_NO,
    group=_or_null(_text(join_code.LENGTH)),
    agreed=_PEOPLE,
    regulars=_PEOPLE,
    four=_FOUR,
    time=_TIME,
    resources=core_schema.list_schema(_RESOURCE, max_length=_MOST_RESOURCES, strict=True),
    hands_up=core_schema.list_schema(_NOTHING, max_length=0, strict=True),
    confirmed=_NOTHING,
)
_REVISION = _object(
    rev_id=_ID,
    record_id=_ID,
    kind=_one_of([Kind.SESSION]),
    parents=core_schema.list_schema(_ID, max_length=1, strict=True),
    depth=_number(DEPTH_CEILING, 1),
    state=_one_of([State.LIVE]),
    schema=_number(SCHEMA, 1),
    app=_text(_SHORT),
    device=_text(_SHORT),
    saved_at=_pattern(f"{_DAY}T{_CLOCK}:[0-5][0-9]Z"),
    salt=_ID,
    body=_BODY,
)
_common = SchemaValidator(_REVISION)
_COUNTS = tuple(map(_count, (_REVISION, _BODY, _PLACE, _ADULTS, _FOUR, _TIME)))
_OF_LINES, _OF_RESOURCES = {_count(_LINE)}, {_count(_RESOURCE)}


def read_common(found: Any, latest: date) -> Revision | None:
    """The revision that a pushed object is, if it is a session like most with certainly nothing wrong.

    `latest` is the last day on which a delivered session is not in the future.
    """
    if not _is_common(found, latest.isoformat()):
        return None
    data = canonical.encode_checked(found)
    # An escaped backslash before the same letters is taken for U+0000 too, and judged by the others.
    return None if len(data) > SIZE_LIMIT or b"\\u0000" in data else Revision.from_checked(found, data)


def _has_no_more(found: Any) -> bool:
    """Whether an object that has all fields has no other, nor has any part of it."""
    body = found["body"]
    parts = found, body, body["places"][0], body["adults"], body["four"], body["time"]
    return (
        tuple(map(len, parts)) == _COUNTS
        and set(map(len, body["young_people"])) == _OF_LINES
        and set(map(len, body["resources"])) <= _OF_RESOURCES
    )


def _is_common(found: Any, latest: str) -> bool:
    if not (_common.isinstance_python(found) and _has_no_more(found)):
        return False
    parents, depth, body = found["parents"], found["depth"], found["body"]
    (place,) = body["places"]
    if (
        (depth > 1 and found["rev_id"] not in parents if parents else depth == 1)
        and body["date"] <= latest
        and place["name"].strip()
        and (body["group"] is None or join_code.is_valid(body["group"]))
    ):
        counted = 0
        for line in body["young_people"]:
            if not _is_right(line, place):
                return False
            counted += line["count"]
        return counted > 0
    return False


def _is_right(line: dict[str, Any], place: dict[str, Any]) -> bool:
    girls = line["girls"]
    return (
        line["place"] == place["ref"]
        and (girls is None or girls <= line["count"])
        and _fit(tuple(line["stages"]), place["nation"])
    )


@lru_cache(maxsize=1024)
def _fit(codes: tuple[str, ...], nation: str) -> bool:
    return all(stages.fits(code, Nation(nation)) for code in codes)
