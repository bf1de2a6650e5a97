"""What a wish asks of an item: yes, no, or it does not say."""

from __future__ import annotations

import pytest

from omi_desktop.domain.stages import Nation
from omi_desktop.library.items import Activity
from omi_desktop.library.wishes import Wish, filters, fits, label
from tests.library.small_library import activity


def ask(item: Activity, field: str, value: str) -> bool | None:
    return fits(item, Wish("activity", field, value))


@pytest.mark.parametrize(
    ("ages", "value", "answer"),
    [
        ((7, 11), "en.y5", True),
        ((7, 11), "en.y6", True),
        ((7, 11), "en.y7", False),
        ((7, 11), "en.y2", False),
        ((11, 14), "en.y6", False),
        ((11, 14), "en.y7", True),
        ((7, 11), "sc.p7", True),
        ((11, 14), "sc.p7", True),
        ((11, 14), "sc.p6", False),
        ((5, 99), "en.y13", True),
        ((12, 12), "en.y8", True),
        (None, "en.y5", None),
    ],
)
def test_ages_and_year_groups_meet_as_teachers_mean_them(
    ages: tuple[int, int] | None, value: str, *, answer: bool | None
) -> None:
    assert ask(activity(ages=ages), "years", value) is answer


def test_year_groups_that_are_listed_decide_in_their_nation_and_ages_in_the_others() -> None:
    listed = activity(ages=(7, 11), stages=("en.y3", "en.y4"))

    assert ask(listed, "years", "en.y5") is False
    assert ask(listed, "years", "en.y3") is True
    assert ask(listed, "years", "sc.p6") is True
    assert ask(activity(stages=("en.y3", "en.y4")), "years", "sc.p4") is True
    assert ask(activity(stages=("en.y3", "en.y4")), "years", "sc.s1") is False


@pytest.mark.parametrize(
    ("fields", "value", "answer"),
    [
        ({"kit": ("paper", "2 pencils for each pair")}, "none", True),
        ({"kit": ("printed pupil sheet",)}, "none", True),
        ({"kit": ("balloons",)}, "none", False),
        ({"kit": ("balloons",)}, "simple", True),
        ({"kit": ("balloons",), "cost": "paid"}, "simple", False),
        ({"kit": (), "provider": "OMI"}, "none", True),
        ({"kit": ()}, "none", None),
        ({"kit": (), "type": "loan"}, "none", False),
    ],
)
def test_no_kit_is_what_lies_in_every_room(
    fields: dict[str, object], value: str, *, answer: bool | None
) -> None:
    assert ask(activity(**fields), "kit", value) is answer


def test_other_wishes() -> None:
    item = activity(minutes=30, place=("hall",), cost="low", subjects=("Physics",), provider="OMI")

    assert ask(item, "minutes", "30") is True
    assert ask(item, "minutes", "20") is False
    assert ask(activity(), "minutes", "20") is None
    assert ask(item, "place", "indoors") is True
    assert ask(item, "place", "outdoors") is False
    assert ask(activity(), "place", "outdoors") is None
    assert ask(item, "cost", "free") is False
    assert ask(item, "cost", "low") is True
    assert ask(activity(cost="unknown"), "cost", "free") is None
    assert ask(item, "subject", "physics") is True
    assert ask(item, "type", "complete") is True
    assert ask(activity(), "type", "complete") is False
    assert fits(item, Wish("career", "route", "degree")) is True


def test_a_shelf_offers_only_what_some_page_of_it_has() -> None:
    shelf = [
        activity(minutes=25, subjects=("Physics", "Maths"), ages=(7, 9)),
        activity(subjects=("physics",), cost="unknown"),
    ]
    offered = {
        one.field: [text for _value, text in one.options]
        for one in filters("activity", shelf, Nation.ENGLAND)
    }

    assert offered["minutes"] == [
        "Up to 30 minutes",
        "Up to 45 minutes",
        "Up to 60 minutes",
        "Up to 90 minutes",
    ]
    assert offered["years"] == ["Year 3", "Year 4"]
    assert [text.casefold() for text in offered["subject"]] == ["maths", "physics"]
    assert offered["type"] == ["Hands-on activity"]
    assert "place" not in offered
    assert {one.field for one in filters("activity", shelf, Nation.SCOTLAND)} == set(offered)


def test_a_wish_has_words() -> None:
    assert label(Wish("activity", "years", "en.y7 en.y8 en.y9")) == "Years 7–9"
    assert label(Wish("activity", "ages", "12-12")) == "Age 12"
    assert label(Wish("activity", "place", "home")) == "At home"
    assert label(Wish("career", "route", "fe")) == "College"
    assert label(Wish("activity", "subject", "Physics")) == "Physics"
