"""Which year groups are offered, and what a few keys mean among them."""

from __future__ import annotations

import pytest

from omi_desktop.domain.session import Activity, PlaceKind
from omi_desktop.domain.stages import UNKNOWN, Nation
from omi_desktop.ui.record.year_groups import candidates, offered, said

CLASS = Activity.CLASS_SESSION
SECONDARY = offered(Nation.ENGLAND, PlaceKind.SECONDARY_SCHOOL, CLASS)


def labels(nation: Nation | None, kind: PlaceKind | None, activity: Activity = CLASS) -> list[str]:
    return [stage.label for stage in offered(nation, kind, activity)]


@pytest.mark.parametrize(
    ("nation", "kind", "first", "last"),
    [
        (Nation.ENGLAND, PlaceKind.PRIMARY_SCHOOL, "Reception", "Year 6"),
        (Nation.ENGLAND, PlaceKind.SECONDARY_SCHOOL, "Year 7", "Year 13"),
        (Nation.WALES, PlaceKind.ALL_THROUGH_SCHOOL, "Reception", "Year 13"),
        (Nation.NORTHERN_IRELAND, PlaceKind.PRIMARY_SCHOOL, "P1", "P7"),
        (Nation.NORTHERN_IRELAND, PlaceKind.SECONDARY_SCHOOL, "Year 8", "Year 14"),
        (Nation.SCOTLAND, PlaceKind.PRIMARY_SCHOOL, "P1", "P7"),
        (Nation.SCOTLAND, PlaceKind.SECONDARY_SCHOOL, "S1", "S6"),
    ],
)
def test_schools_offer_the_years_of_their_nation(
    nation: Nation, kind: PlaceKind, first: str, last: str
) -> None:
    found = labels(nation, kind)
    assert (found[0], found[-2], found[-1]) == (first, last, "Not known")


@pytest.mark.parametrize("kind", list(PlaceKind))
@pytest.mark.parametrize("nation", [None, *Nation])
def test_not_known_is_always_offered_once(nation: Nation | None, kind: PlaceKind) -> None:
    assert labels(nation, kind).count(UNKNOWN.label) == 1


def test_clubs_and_festivals_offer_ages_and_mixed_ages() -> None:
    assert labels(None, None)[:2] == ["Under 5", "5 to 7"]
    assert "Mixed ages" in labels(Nation.ENGLAND, PlaceKind.FESTIVAL)
    assert "Mixed ages" in labels(Nation.ENGLAND, PlaceKind.SECONDARY_SCHOOL, Activity.STEM_CLUB)
    assert "Mixed ages" not in labels(Nation.ENGLAND, PlaceKind.SECONDARY_SCHOOL)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("8", ("en.y8",)),
        ("y8", ("en.y8",)),
        ("Year 8", ("en.y8",)),
        ("1", ("en.y10",)),
        ("7-11", ("en.y7", "en.y8", "en.y9", "en.y10", "en.y11")),
        ("years 7 to 9", ("en.y7", "en.y8", "en.y9")),
        ("9, 8", ("en.y8", "en.y9")),
        ("8 and 9", ("en.y8", "en.y9")),
        ("not", ("age.unknown",)),
        ("?", ("age.unknown",)),
    ],
)
def test_few_keys_name_a_year_group_or_several(typed: str, meant: tuple[str, ...]) -> None:
    assert candidates(typed, SECONDARY)[0] == meant


@pytest.mark.parametrize("typed", ["6", "14", "7-14", "8, 6", "-", ",", "to", "rocket"])
def test_what_the_place_does_not_have_is_not_found(typed: str) -> None:
    assert candidates(typed, SECONDARY) == []


def test_an_age_band_is_itself_before_it_is_a_range() -> None:
    club = offered(Nation.ENGLAND, PlaceKind.PRIMARY_SCHOOL, Activity.STEM_CLUB)
    assert candidates("5-7", club)[0] == ("age.5-7",)
    assert candidates("mix", club)[0] == ("age.mixed",)
    assert said(("en.y7", "en.y8", "en.y9")) == "Years 7–9"
