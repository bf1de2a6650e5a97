"""Between the form and the body: nothing typed is lost, and nothing unknown is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain import session
from omi_desktop.domain.faults import faults
from omi_desktop.domain.session import Activity, Details, Mode, Outcome, Place, YoungPeople
from omi_desktop.domain.stages import Nation
from tests.kit.bodies import (
    ASHBY,
    TODAY,
    canonical_objects,
    details,
    json_values,
    plan_body,
    plan_details,
    session_body,
    spoilt_bodies,
    texts,
)

MOON = Place(2, "St. Mary’s", nation=Nation.WALES, town="Caernarfon")


@st.composite
def filled_forms(draw: st.DrawFn) -> Details:
    """Any form that somebody may fill."""
    count = st.none() | st.integers(0, 500)
    return Details(
        day=draw(st.none() | st.dates(date(2000, 1, 1), TODAY)),
        start=draw(st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59))),
        minutes=draw(st.none() | st.integers(1, 1440)),
        activity=draw(st.sampled_from(Activity)),
        class_name=draw(st.none() | texts),
        places=tuple(
            Place(ref, draw(texts), nation=draw(st.none() | st.sampled_from(Nation)), town=draw(texts))
            for ref in range(1, draw(st.integers(1, 4)))
        ),
        young_people=tuple(
            YoungPeople(place, ("age.mixed",), draw(count), draw(st.sampled_from(Mode)), draw(st.booleans()))
            for place in draw(st.lists(st.integers(1, 3), max_size=4))
        ),
        teachers=draw(st.integers(0, 9)),
        is_joint=draw(st.booleans()),
        four=dict.fromkeys(session.FOUR_CONDITIONS)
        | draw(st.fixed_dictionaries({"purpose": texts, "two_way": st.booleans()})),
        prepare_minutes=draw(count),
        resources=tuple(draw(st.lists(st.tuples(texts, texts), max_size=3, unique=True))),
    )


@given(filled_forms())
def test_what_a_form_shows_is_read_back_as_it_was_written(form: Details) -> None:
    assert session.read(session.write(form)) == form


@given(filled_forms(), filled_forms())
def test_an_edit_replaces_everything_that_the_form_shows(before: Details, after: Details) -> None:
    assert session.read(session.write(after, session.write(before))) == after


@given(canonical_objects)
def test_fields_that_nobody_knows_survive_an_edit(unknown: dict[str, Any]) -> None:
    unknown = {f"new_{name}"[:64]: value for name, value in unknown.items()}
    for written in (
        session.write(details(31), session_body() | unknown),
        session.write_plan(plan_details(minutes=55), plan_body() | unknown),
    ):
        assert {name: written[name] for name in unknown} == unknown


def marked(body: dict[str, Any]) -> dict[str, Any]:
    """A body with an unknown field in each of its objects."""
    for name in ("places", "young_people", "resources"):
        body[name] = [part | {"mark": f"{name} {index}"} for index, part in enumerate(body[name])]
    for name in ("adults", "time", "four"):
        if name in body:
            body[name] = body[name] | {"mark": name}
    return body


def marks(parts: list[dict[str, Any]]) -> list[str | None]:
    """The unknown field of each part."""
    return [part.get("mark") for part in parts]


TWO_YEARS = (YoungPeople(1, ("en.y8",), 28), YoungPeople(1, ("en.y9",), 25))


def test_unknown_fields_survive_inside_places_year_groups_resources_and_the_rest() -> None:
    shown = details(
        places=(ASHBY, MOON), young_people=TWO_YEARS, resources=(("rocket-mice", "1"), ("moon", "2"))
    )
    base = marked(session.write(shown))
    written = session.write(replace(shown, class_name="8C", teachers=3), base)
    assert marks(written["places"]) == ["places 0", "places 1"]
    assert marks(written["young_people"]) == ["young_people 0", "young_people 1"]
    assert marks(written["resources"]) == ["resources 0", "resources 1"]
    assert [written[name]["mark"] for name in ("adults", "time", "four")] == ["adults", "time", "four"]


def test_unknown_fields_survive_inside_a_plan() -> None:
    shown = plan_details(expected=TWO_YEARS, resources=(("rocket-mice", "1"),))
    written = session.write_plan(replace(shown, minutes=55), marked(session.write_plan(shown)))
    assert marks(written["places"]) == ["places 0"]
    assert marks(written["young_people"]) == ["young_people 0", "young_people 1"]
    assert marks(written["resources"]) == ["resources 0"]


def test_what_is_unknown_about_one_year_group_never_moves_to_another() -> None:
    base = marked(session.write(details(young_people=TWO_YEARS)))
    without_first = session.write(details(young_people=TWO_YEARS[1:]), base)
    assert marks(without_first["young_people"]) == ["young_people 1"]
    turned = session.write(details(young_people=TWO_YEARS[::-1]), base)
    assert marks(turned["young_people"]) == ["young_people 1", "young_people 0"]
    moved_up = session.write(details(young_people=(YoungPeople(1, ("en.y10",), 25),)), base)
    assert marks(moved_up["young_people"]) == [None]
    one_more = session.write(details(young_people=(YoungPeople(1, ("en.y7",), 5), *TWO_YEARS)), base)
    assert marks(one_more["young_people"]) == [None, "young_people 0", "young_people 1"]


def test_a_year_group_that_is_corrected_in_its_row_keeps_what_is_unknown_about_it() -> None:
    base = marked(session.write(details(young_people=TWO_YEARS)))
    corrected = (replace(TWO_YEARS[0], stages=("en.y7",), count=27), TWO_YEARS[1])
    written = session.write(details(young_people=corrected), base)
    assert marks(written["young_people"]) == ["young_people 0", "young_people 1"]


def test_what_was_agreed_and_hands_up_are_not_touched_by_a_form_that_does_not_show_them() -> None:
    base = session_body() | {"agreed": 29, "hands_up": [{"q": 1}], "confirmed": {"by": "slip"}}
    written = session.write(details(31), base)
    assert (written["agreed"], written["hands_up"], written["confirmed"]) == (29, [{"q": 1}], {"by": "slip"})


@given(spoilt_bodies(session_body()) | st.dictionaries(st.text(max_size=4), json_values, max_size=3))
def test_any_body_at_all_can_be_read_and_looked_at(body: dict[str, Any]) -> None:
    found = session.read(body)
    assert isinstance(found.place_label, str)
    assert found.start is None or found.start.tzinfo is None
    assert all(place.key and place.label is not None for place in found.places)
    assert type(found.total) is int


@given(spoilt_bodies(plan_body()) | st.dictionaries(st.text(max_size=4), json_values, max_size=3))
def test_any_plan_at_all_can_be_read_and_looked_at(body: dict[str, Any]) -> None:
    found = session.read_plan(body)
    assert isinstance(found.place_label, str)
    assert found.start is None or found.start.tzinfo is None
    assert found.expected_total is None or type(found.expected_total) is int
    assert found.to_session().total == 0


@pytest.mark.parametrize("typed", ["10:40+01:00", "10:40Z", "10", "1040", "10:40:30", "25:00", "١٠:٤٠"])
def test_a_time_that_is_not_a_plain_civil_time_reads_as_not_given(typed: str) -> None:
    assert session.read({"start": typed}).start is None
    assert session.read_plan({"start": typed}).start is None


def test_resources_without_an_id_or_version_read_as_empty_text() -> None:
    assert session.read({"resources": [{"id": None}]}).resources == (("", ""),)


class TestTotal:
    """Rule omi/1 for one session."""

    def test_those_who_took_part_and_watched_count_and_passers_by_never(self) -> None:
        lines = tuple(
            YoungPeople(1, ("age.mixed",), n, mode) for n, mode in zip((20, 8, 400), Mode, strict=True)
        )
        assert details(young_people=lines).total == 28

    def test_adults_never_count(self) -> None:
        assert details(28, teachers=2, parents=30, other_adults=4).total == 28

    def test_a_cancelled_session_counts_nobody(self) -> None:
        assert details(28, outcome=Outcome.CANCELLED).total == 0

    def test_a_number_not_given_yet_counts_nobody(self) -> None:
        assert details(None).total == 0

    def test_one_estimate_makes_the_figure_an_estimate(self) -> None:
        lines = (TWO_YEARS[0], replace(TWO_YEARS[1], is_estimated=True))
        assert details(young_people=lines).is_estimated
        assert not details(young_people=TWO_YEARS).is_estimated


class TestPlan:
    """A session to come."""

    def test_the_number_expected_never_becomes_a_count(self) -> None:
        plan = plan_details()
        assert plan.expected_total == 30
        begun = plan.to_session()
        assert [line.count for line in begun.young_people] == [None]
        assert begun.young_people[0].stages == ("en.y8",)
        assert "30" not in str(session.write(begun)["young_people"])
        assert [fault.field for fault in faults(session.write(begun), today=TODAY)] == [
            "young_people.0.count"
        ]

    def test_nobody_expected_is_not_the_same_as_nought(self) -> None:
        assert plan_details(expected=()).expected_total is None

    def test_a_plan_reads_back_as_it_was_written(self) -> None:
        shown = plan_details(places=(ASHBY, MOON), expected=TWO_YEARS, is_joint=True, class_name="8B ŷ😀")
        assert session.read_plan(session.write_plan(shown)) == shown


class TestPlace:
    """Whether two places are the same."""

    @pytest.mark.parametrize(
        "same",
        [
            replace(ASHBY, postcode="le651aa"),
            replace(ASHBY, name="  ASHBY   academy "),
            replace(ASHBY, ref=3, town="Ashby-de-la-Zouch"),
        ],
    )
    def test_case_spaces_and_the_town_beside_a_postcode_do_not_matter(self, same: Place) -> None:
        assert same.key == ASHBY.key

    def test_the_same_letters_typed_on_another_keyboard_are_the_same_name(self) -> None:
        one, two = (replace(ASHBY, name=name) for name in ("Ysgol T\u0177", "Ysgol Ty\u0302"))
        assert one.key == two.key

    def test_apostrophes_and_full_stops_do_not_make_another_school(self) -> None:
        names = ("St Mary's", "St. Mary’s", "ST MARYʼS", "St. Marys")
        assert len({replace(ASHBY, name=name).key for name in names}) == 1
        assert len({Place(name=name).key for name in ("🚀", "🌍", "!", "École", "Ecole")}) == 5

    @pytest.mark.parametrize(
        "other",
        [
            replace(ASHBY, postcode="LE65 1AB"),
            replace(ASHBY, name="Ashby School"),
            replace(ASHBY, nation=Nation.SCOTLAND),
            replace(ASHBY, scheme="urn", id="138182"),
        ],
    )
    def test_another_name_postcode_nation_or_number_is_another_place(self, other: Place) -> None:
        assert other.key != ASHBY.key

    def test_a_school_number_is_enough(self) -> None:
        one = replace(ASHBY, scheme="urn", id="138182")
        assert replace(one, name="Ashby Acad.", postcode="").key == one.key

    def test_a_label_is_the_name_with_the_first_half_of_the_postcode_or_the_town(self) -> None:
        assert ASHBY.label == "Ashby Academy, LE65"
        assert MOON.label == "St. Mary’s, Caernarfon"
        assert Place(name="Scouts").label == "Scouts"
        assert details(places=(ASHBY, MOON)).place_label == "Ashby Academy, LE65 and 1 more"
        assert details(places=()).place_label == "No place yet"
