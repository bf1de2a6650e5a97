"""Three letters find a place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from omi_desktop.domain.session import Place
from omi_desktop.domain.stages import Nation
from omi_desktop.services.desk import Desk
from omi_desktop.services.places import KnownPlace, match
from tests.kit.bodies import ASHBY, details, plan_details

KNOWN = [
    KnownPlace(Place(name=name, town=town, postcode=postcode, nation=Nation.ENGLAND), None, None)
    for name, town, postcode in (
        ("St. Mary’s RC Primary", "Leicester", "LE1 5AA"),
        ("Ysgol Tŷ Gwyn", "Caerdydd", "CF5 1AA"),
        ("École Jeannine Manuel", "London", "WC1B 3DN"),
        ("Great O'Neill Academy", "Omagh", ""),
        ("Ashby Academy", "Ashby", "LE65 1AA"),
        ("Mary Rose Museum", "Portsmouth", "PO1 3PY"),
    )
]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("mar", ["Mary Rose Museum", "St. Mary’s RC Primary"]),
        ("st mary's", ["St. Mary’s RC Primary"]),
        ("St Mary`s", ["St. Mary’s RC Primary"]),
        ("st. marys", ["St. Mary’s RC Primary"]),
        ("ysgol ty", ["Ysgol Tŷ Gwyn"]),
        ("TY\u0302", ["Ysgol Tŷ Gwyn"]),
        ("eco", ["École Jeannine Manuel"]),
        ("o’nei", ["Great O'Neill Academy"]),
        ("ONEILL", ["Great O'Neill Academy"]),
        ("le65", ["Ashby Academy"]),
        ("le651a", ["Ashby Academy"]),
        ("LE65 1AA", ["Ashby Academy"]),
        ("aca ash", ["Ashby Academy"]),
        ("caer", ["Ysgol Tŷ Gwyn"]),
        ("shby", []),
        ("zzz", []),
        ("mary ashby", []),
    ],
)
def test_words_find_places_by_the_beginnings_of_name_town_and_postcode(typed: str, names: list[str]) -> None:
    assert [found.place.name for found in match(KNOWN, typed, 8)] == names


@pytest.mark.parametrize("typed", ["", "  ", "'", "…"])
def test_nothing_typed_offers_the_most_recent(typed: str) -> None:
    assert match(KNOWN, typed, 2) == KNOWN[:2]


def test_a_known_place_comes_with_the_last_session_there_and_each_only_once(desk: Desk) -> None:
    hall = Place(2, "Town hall", nation=Nation.ENGLAND, town="Ashby")
    desk.sessions.save(details(20, day=date(2026, 11, 3)))
    desk.sessions.save(details(14, day=date(2026, 11, 17), places=(replace(ASHBY, name="ASHBY  ACADEMY"),)))
    desk.sessions.save(details(5, day=date(2026, 11, 10), places=(ASHBY, hall)))
    desk.plans.save(plan_details(places=(Place(name="Scouts", nation=Nation.ENGLAND),)))
    known = desk.places.known()
    assert [(k.place.name, k.last_day) for k in known] == [
        ("ASHBY  ACADEMY", date(2026, 11, 17)),
        ("Town hall", date(2026, 11, 10)),
        ("Scouts", None),
    ]
    assert known[0].last is not None
    assert known[0].last.total == 14
    assert known[2].last is not None
    assert known[2].last.young_people[0].count is None
    assert [k.place.name for k in desk.places.matching("tow")] == ["Town hall"]


def test_the_place_of_a_removed_session_is_forgotten(desk: Desk) -> None:
    saved = desk.sessions.save(details())
    desk.sessions.remove(saved.record_id)
    assert desk.places.known() == []
