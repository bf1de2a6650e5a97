"""What is told from the rest as a session like most is what the domain takes, to the byte; and nothing else is.

Every place of a session is filled with every one of many values, and random places with random ones.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.central import common_sessions
from omi_desktop.central.common_sessions import read_common
from omi_desktop.domain import join_code
from omi_desktop.domain.faults import faults
from omi_desktop.domain.revision import BadRevision, Kind, Revision, compose
from omi_desktop.domain.session import Activity, Details, Mode, Place, PlaceKind, YoungPeople, write
from omi_desktop.domain.stages import BY_CODE, Nation
from tests.central.laptop import NOW

LATEST = date(2026, 11, 25)
Path = tuple[str | int, ...]

VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, -1, 13, 28, 200, 201, 1000, 1001, 1440, 1441, 6000, 6001, 100_000, 100_001),
    *(1_000_000, 1_000_001, 2**53 - 1, 2**53, 2**64, -(2**53), 0.0, 1.0, 28.5, float("nan")),
    *("", " ", "\t\u2003", "\x1c", "x", "x" * 20, "x" * 21, "x" * 40, "x" * 41, "x" * 100, "x" * 101),
    *("x" * 200, "x" * 201, "x" * 2000, "x" * 2001, "\U0001f600" * 200, "\U0001f600" * 201, "é" * 12),
    *("\0", "a\0b", "\\u0000", "\ud800", "\udfff", "\u2028", "Ysgol Tŷ"),
    *("a" * 32, "A" * 32, "a" * 31, "a" * 33, "a" * 32 + "\n", "٣" * 32, "b" * 64),
    *("2026-11-24", "2026-11-25", "2026-11-26", "2026-02-29", "2024-02-29", "2026-02-30", "2026-04-31"),
    *("1999-12-31", "2000-01-01", "2099-12-31", "2100-12-31", "2101-01-01", "2026-W48-2", "20261124"),
    *("2026-11-24\n", "2026-11-24T10:00:00Z", "2026-02-29T10:00:00Z", "2026-11-24T24:00:00Z"),
    *("2026-11-24T23:59:60Z", "2026-11-24T10:00:00z", "0000-01-01T00:00:00Z", "２０２６-11-24"),
    *("10:40", "24:00", "23:59", "10:60", "10:40\n", "1:40", "10:40:00", "١٠:40"),
    *("live", "withdrawn", "session", "plan", "erasure", "group_answer", "delivered", "cancelled", "school"),
    *(*Activity, *Mode, *PlaceKind, *Nation, *sorted(BY_CODE), "in_person", "online", "both", "nobody"),
    *("HK7M2Q9X", join_code.make(), "hk7m2q9x"),
    *([], [None], ["a" * 32], ["a" * 32, "b" * 32], ["b" * 32, "a" * 32], ["a" * 32] * 2, ["en.y8"]),
    *(["en.y8", "wa.y4"], ["sc.p1"], ["age.mixed"], [1], [[]], [{}], {}, {"a": 1}, {"A": 1}),
]  # fmt: skip


def sessions() -> list[dict[str, Any]]:
    """As the form writes them: one like most, one with much in it, and a correction of it."""
    hall = Place(3, "Y Neuadd", PlaceKind.OTHER, Nation.WALES, "Bangor", "LL57 1AA", "wales", "660")
    plain = Details(
        day=date(2026, 11, 24),
        places=(Place(1, "Ashby", PlaceKind.SECONDARY_SCHOOL, Nation.ENGLAND),),
        young_people=(YoungPeople(1, ("en.y8",), 28),),
    )
    full = Details(
        day=date(2026, 2, 28),
        minutes=50,
        activity=Activity.STEM_CLUB,
        plan_id="c" * 32,
        programme="OMI",
        class_name="8B",
        places=(hall,),
        young_people=(
            YoungPeople(3, ("wa.y4", "wa.y5"), 12, Mode.WATCHED, True, 6),
            YoungPeople(3, ("age.mixed",), 3, Mode.PASSED_BY),
        ),
        teachers=1,
        is_joint=True,
        group=join_code.make(),
        regulars=4,
        four={"purpose": True, "outcomes": "They built it"},
        prepare_minutes=30,
        resources=(("rockets", "1"),),
    )
    made = [
        compose(kind=Kind.SESSION, body=write(each), app="omi-desktop/1", device="Work laptop", now=NOW)
        for each in (plain, full)
    ]
    corrected = compose(
        kind=Kind.SESSION, body=write(full), parents=[made[1]], app="omi-desktop/1", device="Home", now=NOW
    )
    return [one.to_object() for one in (*made, corrected)]


SESSIONS = sessions()


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a JSON value."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


def changed(found: Any, path: Path, value: Any) -> Any:
    """The same with another value in one place; what is beside the way there is shared."""
    if not path:
        return value
    made = copy.copy(found)
    made[path[0]] = changed(found[path[0]], path[1:], value)
    return made


def fault(found: Any) -> str | None:
    """What the domain has against it."""
    try:
        revision = Revision.from_object(found)
    except BadRevision as error:
        return str(error)
    named = faults(revision.body, today=LATEST, kind=revision.kind, is_canonical=True)
    return named[0].message if named else None


def check(found: Any) -> bool:
    """Whether it is taken for a session like most; then the domain agrees in everything."""
    common = read_common(found, LATEST)
    if common is None:
        return False
    assert fault(found) is None, f"{fault(found)}: {found}"
    assert common == Revision.from_object(found)
    assert common.is_countable
    return True


def test_what_the_form_writes_is_told_from_the_rest() -> None:
    assert all(check(found) for found in SESSIONS)


@pytest.mark.parametrize("number", range(len(SESSIONS)))
def test_whatever_stands_in_one_place_the_domain_agrees_with_what_is_taken(number: int) -> None:
    found = SESSIONS[number]
    taken = [check(changed(found, path, value)) for path in places(found) for value in VALUES]
    assert sum(taken) > 200
    assert not all(taken)


@pytest.mark.parametrize("number", range(len(SESSIONS)))
def test_a_field_left_out_or_added_is_judged_by_the_domain(number: int) -> None:
    found = SESSIONS[number]
    for path in places(found):
        if path and isinstance(path[-1], str):
            made = copy.deepcopy(found)
            spot: Any = made
            for key in path[:-1]:
                spot = spot[key]
            del spot[path[-1]]
            assert not check(made)
            spot |= {path[-1]: 1, "later": 1}
            assert not check(made)


def part_of(found: Any, path: Path) -> Any:
    for key in path:
        found = found[key]
    return found


@pytest.mark.parametrize("number", range(len(SESSIONS)))
@pytest.mark.parametrize("more", [{"later": 1}, {"later": 1.5}, {"Later": None}])
def test_whatever_has_one_field_more_is_judged_by_the_domain(number: int, more: dict[str, Any]) -> None:
    found = SESSIONS[number]
    objects = [path for path in places(found) if isinstance(part_of(found, path), dict)]
    assert len(objects) > 6
    for path in objects:
        assert not check(changed(found, path, part_of(found, path) | more) if path else found | more)


@given(st.data())
def test_whatever_stands_in_several_places_the_domain_agrees(data: st.DataObject) -> None:
    found: Any = data.draw(st.sampled_from(SESSIONS))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from([path for path in places(found) if path]))
        found = changed(found, path, data.draw(st.sampled_from(VALUES) | st.text() | st.integers()))
        if not isinstance(found, dict):
            break
    check(found)


def test_one_that_is_too_long_to_keep_is_left_to_the_domain() -> None:
    lines = [{"id": "\U0001f600" * 100, "version": "\U0001f600" * 100}] * 20
    found = changed(SESSIONS[0], ("body", "resources"), lines)
    assert check(found) is False
    assert "can be kept" in (fault(found) or "")


def every_check() -> None:
    for number in range(len(SESSIONS)):
        test_whatever_stands_in_one_place_the_domain_agrees_with_what_is_taken(number)
        test_whatever_has_one_field_more_is_judged_by_the_domain(number, {"later": 1.5})
    test_one_that_is_too_long_to_keep_is_left_to_the_domain()


@pytest.mark.parametrize(
    ("rule", "lenient"),
    [
        ("_fit", lambda *_: True),
        ("_is_right", lambda *_: True),
        ("_has_no_more", lambda _: True),
        ("_is_common", lambda found, _latest: common_sessions._common.isinstance_python(found)),
        ("SIZE_LIMIT", 10**6),
    ],
)
def test_a_rule_that_takes_too_much_is_noticed(
    monkeypatch: pytest.MonkeyPatch, rule: str, lenient: object
) -> None:
    """The checks above can fail: with one rule taken out they do."""
    monkeypatch.setattr(common_sessions, rule, lenient)
    with pytest.raises(AssertionError):
        every_check()


def test_it_reads_what_json_gives() -> None:
    assert all(check(json.loads(json.dumps(found))) for found in SESSIONS)
