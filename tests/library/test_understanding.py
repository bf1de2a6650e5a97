"""Year groups, ages, times, kit, place and cost are read as people type them, and as they mean them where they live."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain.stages import BY_CODE, Nation
from omi_desktop.library.alike import lines
from omi_desktop.library.understanding import TABLE, understand, without
from omi_desktop.library.wishes import Wish, fits, label
from tests.library.small_library import activity

ENGLAND, SCOTLAND, WALES, NORTHERN_IRELAND = (
    Nation.ENGLAND,
    Nation.SCOTLAND,
    Nation.WALES,
    Nation.NORTHERN_IRELAND,
)


def read(text: str, nation: Nation = ENGLAND) -> list[tuple[str, str]]:
    return [(meaning.wish.field, meaning.wish.value) for meaning in understand(text, nation).meanings]


@pytest.mark.parametrize(
    ("text", "nation", "codes"),
    [
        ("Year 8", ENGLAND, "en.y8"),
        ("Year 8", WALES, "wa.y8"),
        ("Year 8", NORTHERN_IRELAND, "ni.y8"),
        ("y8", ENGLAND, "en.y8"),
        ("yr 5", ENGLAND, "en.y5"),
        ("YEAR-5", ENGLAND, "en.y5"),
        ("years 7 to 9", ENGLAND, "en.y7 en.y8 en.y9"),
        ("Y9-Y7", ENGLAND, "en.y7 en.y8 en.y9"),
        ("P7", SCOTLAND, "sc.p7"),
        ("P7", NORTHERN_IRELAND, "ni.p7"),
        ("primary 7", SCOTLAND, "sc.p7"),
        ("S2", SCOTLAND, "sc.s2"),
        ("s1-s3", SCOTLAND, "sc.s1 sc.s2 sc.s3"),
        ("first level", SCOTLAND, "sc.p2 sc.p3 sc.p4"),
        ("KS3", NORTHERN_IRELAND, "ni.y8 ni.y9 ni.y10"),
    ],
)
def test_a_year_group_is_that_of_the_persons_nation(text: str, nation: Nation, codes: str) -> None:
    assert read(text, nation) == [("years", codes)]


def test_a_year_group_of_another_nation_says_which() -> None:
    assert [m.label for m in understand("S2 or p7", ENGLAND).meanings] == ["P7 (Scotland)"]
    assert [m.label for m in understand("S2", ENGLAND).meanings] == ["S2 (Scotland)"]
    assert [m.label for m in understand("year 8", SCOTLAND).meanings] == ["Year 8 (England)"]
    assert [m.label for m in understand("year 8", ENGLAND).meanings] == ["Year 8"]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("Year 8 in Northern Ireland", "ni.y8", "Year 8 (Northern Ireland)"),
        ("P3, northern ireland", "ni.p3", "P3 (Northern Ireland)"),
        ("year 8 wales", "wa.y8", "Year 8 (Wales)"),
        ("S2 in Scotland", "sc.s2", "S2 (Scotland)"),
        ("Year 8 in England", "en.y8", "Year 8"),
    ],
)
def test_a_nation_that_is_named_behind_a_year_group_is_the_one_meant(text: str, code: str, said: str) -> None:
    understood = understand(f"{text}, rockets", ENGLAND)

    assert [(m.wish.value, m.label) for m in understood.meanings] == [(code, said)]
    assert understood.rest.strip(" ,") == "rockets"


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("age 12", "ages", "12-12"),
        ("12-year-olds", "ages", "12-12"),
        ("12 year old", "ages", "12-12"),
        ("8 to 11 year olds", "ages", "8-11"),
        ("ages 8-11", "ages", "8-11"),
        ("aged 8 to 11", "ages", "8-11"),
        ("ks3", "ages", "11-14"),
        ("KS 3", "ages", "11-14"),
        ("Key Stage 3", "ages", "11-14"),
        ("key-stage three", "ages", "11-14"),
        ("sixth form", "ages", "16-18"),
        ("reception", "ages", "4-5"),
        ("primary", "ages", "4-11"),
        ("30 minutes", "minutes", "30"),
        ("30-minute", "minutes", "30"),
        ("under 20 min", "minutes", "20"),
        ("up to 45 mins", "minutes", "45"),
        ("half an hour", "minutes", "30"),
        ("in half an hour", "minutes", "30"),
        ("an hour", "minutes", "60"),
        ("1.5 hours", "minutes", "90"),
        ("2 hours", "minutes", "120"),
        ("no kit", "kit", "none"),
        ("kit-free", "kit", "none"),
        ("free", "cost", "free"),
        ("outdoors", "place", "outdoors"),
        ("online", "place", "online"),
        ("complete activity", "type", "complete"),
    ],
)
def test_ages_times_kit_place_and_cost_are_read(text: str, field: str, value: str) -> None:
    assert read(text) == [(field, value)]
    assert understand(text, ENGLAND).rest.split() == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "moon",
            "2024",
            "year 2024",
            "year 99",
            "s7",
            "p0",
            "sentinel-2",
            "freedom",
            "non-free",
            "y",
            "ks",
        ),
        *("300 minutes", "0 min", "age 99", "offline", "the 8 planets", "kit", "apollo 11", "5g"),
    ],
)
def test_what_is_no_wish_stays_a_word(text: str) -> None:
    understood = understand(text, ENGLAND)

    assert understood.meanings == ()
    assert understood.rest == text


def test_several_wishes_are_read_from_one_line_and_the_rest_is_left_to_look_for() -> None:
    understood = understand("30 minutes, Year 5, no kit, about the Moon", ENGLAND)

    assert [meaning.label for meaning in understood.meanings] == ["Up to 30 minutes", "Year 5", "No kit"]
    assert re.findall(r"\w+", understood.rest) == ["about", "the", "Moon"]


def test_what_was_understood_can_be_taken_out_of_the_text() -> None:
    text = "moon, year 5, half an hour"
    first, second = understand(text, ENGLAND).meanings

    assert without(text, first) == "moon half an hour"
    assert without(text, second) == "moon, year 5"
    assert without("KS3", understand("KS3", ENGLAND).meanings[0]) == ""


def test_a_phrase_says_the_ages_that_it_was_read_as() -> None:
    assert understand("KS3", ENGLAND).meanings[0].label == "KS3: ages 11 to 14"
    assert understand("first level", SCOTLAND).meanings[0].label == "first level: P2–P4"


def test_two_different_ages_are_one_wish_and_a_word() -> None:
    assert read("year 5 year 8") == [("years", "en.y5")]


@given(st.text(max_size=80), st.sampled_from(Nation))
def test_any_text_can_be_read(text: str, nation: Nation) -> None:
    for meaning in understand(f"30 min {text}", nation).meanings:
        assert meaning.label
        assert 0 <= meaning.start < meaning.end
        without(text, meaning)


def test_every_line_of_the_table_says_something_that_can_be_asked_of_an_activity() -> None:
    said = {line.partition(" = ")[2] for line in lines(TABLE) if not line.startswith("[")}
    assert len(said) > 20
    for each in said:
        field, _, value = each.partition(" ")
        if field == "years":
            assert all(code in BY_CODE for code in value.split()), each
        wish = Wish("activity", field, value)
        assert label(wish) != value, each
        assert fits(activity(), wish) in (True, False, None)
