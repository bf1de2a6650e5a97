"""What a form holds, as a draft, as a session and as a plan."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, time

import pytest

from omi_desktop.domain import join_code
from omi_desktop.domain.session import (
    Activity,
    CancelledBecause,
    Details,
    Mode,
    Outcome,
    Place,
    PlaceKind,
    YoungPeople,
)
from omi_desktop.domain.stages import Nation
from omi_desktop.ui.record import entry as entries
from omi_desktop.ui.record.entry import Entry, LineEntry, PlaceEntry
from tests.kit import bodies
from tests.kit.bodies import ASHBY, TODAY

HIGH_SCHOOL = Place(2, "Ysgol Tŷ “A”", PlaceKind.SECONDARY_SCHOOL, Nation.WALES, "Bangor", "LL57 2DG")
EVERYTHING = bodies.details(
    places=(ASHBY, HIGH_SCHOOL),
    young_people=(
        YoungPeople(1, ("en.y8", "en.y9"), 28, girls=13),
        YoungPeople(2, ("wa.y8",), 40, Mode.WATCHED, is_estimated=True),
    ),
    parents=2,
    teachers=1,
    other_adults=3,
    space_professionals=3,
    is_joint=True,
    group=join_code.normalise("0000 000") + "0",
    regulars=12,
    four={"purpose": "To see a rocket fly", "outcomes": None, "two_way": True, "reflection": None},
    prepare_minutes=30,
    travel_minutes=40,
    class_name="8B Science",
    programme="CanSat",
    resources=(("rocket-mice", "2026-11-22"),),
)


def filled(**changed: object) -> Entry:
    """A form that can be saved."""
    entry = replace(
        entries.of_session(bodies.details()),
        is_estimate_chosen=False,
        lines=(LineEntry(1, ("en.y8",), count="28"),),
    )
    return replace(entry, **changed)  # type: ignore[arg-type]


def fields(entry: Entry, base: Details | None = None) -> list[str]:
    return [fault.field for fault in entries.to_session(entry, today=TODAY, base=base)[1]]


@pytest.mark.parametrize(
    "details",
    [
        EVERYTHING,
        bodies.details(start=None, minutes=45),
        bodies.details(start=time(9, 0), minutes=None),
        bodies.details(
            outcome=Outcome.CANCELLED,
            cancelled_because=CancelledBecause.SCHOOL,
            young_people=(),
            travel_minutes=20,
        ),
    ],
)
def test_a_correction_that_changes_nothing_changes_nothing(details: Details) -> None:
    again, faults = entries.to_session(entries.of_session(details), today=TODAY, base=details)
    assert faults == []
    assert replace(again, four={}) == replace(details, four={})
    assert {name: said for name, said in again.four.items() if said} == {
        name: said for name, said in details.four.items() if said
    }


def test_a_draft_is_plain_json_and_brings_everything_back() -> None:
    entry = replace(entries.of_session(EVERYTHING), their_code="abcd", has_modes=True)
    assert entries.from_form(json.loads(json.dumps(entry.to_form()))) == entry


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"places": "Ashby", "lines": [3, None, {"count": 28, "stages": [1]}], "date": 12, "unheard_of": {}},
        {"places": [{"kind": "castle", "nation": "atlantis", "typed": "Ashby"}], "resources": [["a"], "b"]},
    ],
)
def test_a_draft_of_another_version_is_read_as_far_as_it_goes(form: dict[str, object]) -> None:
    entry = entries.from_form(form)
    entries.to_session(entry, today=TODAY)
    assert entry.places
    assert entry.lines


def test_a_draft_of_yesterday_still_means_the_same_day_tomorrow() -> None:
    assert entries.resolved_date("-1", TODAY, is_past=True) == "Mon 23 Nov 2026"
    assert entries.resolved_date("12/", TODAY, is_past=True) == "12/"


def test_everything_that_cannot_be_read_is_said_at_once_in_the_forms_order() -> None:
    entry = filled(
        date="someday",
        start="late",
        end="later",
        lines=(LineEntry(1, ("en.y8",), count="thirty"),),
        travel="far",
        teachers="-1",
        is_joint=True,
        their_code="nonsense",
        ambassadors="two",
    )
    assert fields(entry) == [
        "date",
        "start",
        "minutes",
        "young_people.0.count",
        "space_professionals",
        "group",
        "adults.teachers",
        "time.travel",
    ]


def test_an_empty_form_says_what_is_missing() -> None:
    assert fields(Entry()) == [
        "places",
        "date",
        "young_people.0.stages",
        "young_people.0.count",
    ]


def test_an_end_before_the_start_and_an_end_alone_are_said() -> None:
    assert fields(filled(start="11:00", end="10:00")) == ["minutes"]
    assert fields(filled(start="", end="10:00")) == ["start"]


def test_a_place_that_was_typed_and_not_chosen_is_said() -> None:
    place = PlaceEntry(typed="Ashb", nation="england")
    assert fields(filled(places=(place,))) == ["places.0.name"]


def test_lines_that_nobody_filled_in_are_left_out() -> None:
    lines = (LineEntry(1, ("en.y8",), count="1,028"), LineEntry(1), LineEntry(1, typed=" "))
    details, faults = entries.to_session(filled(lines=lines), today=TODAY)
    assert faults == []
    assert [line.count for line in details.young_people] == [1028]


def test_estimate_is_preset_over_a_hundred_and_at_festivals() -> None:
    assert entries.preset_estimate(filled()) == entries.COUNTED
    assert entries.preset_estimate(filled(lines=(LineEntry(count="101"),))) == entries.ESTIMATE
    assert entries.preset_estimate(filled(activity=Activity.FESTIVAL.value)) == entries.ESTIMATE
    festival = PlaceEntry(typed="Space Day", is_chosen=True, kind=PlaceKind.FESTIVAL.value)
    assert entries.preset_estimate(filled(places=(festival,))) == entries.ESTIMATE


def test_another_like_it_carries_no_number_and_no_code() -> None:
    another = entries.another_like(entries.of_session(EVERYTHING), date(2026, 12, 1))
    assert [line.count for line in another.lines] == ["", ""]
    assert [line.girls for line in another.lines] == [None, None]
    assert (another.my_code, another.is_joint, another.regulars) == ("", False, "")
    assert another.date == "Tue 1 Dec 2026"
    assert another.lines[0].stages == ("en.y8", "en.y9")


def test_recording_a_plan_takes_everything_but_its_numbers() -> None:
    plan = bodies.plan_details(class_name="8B Science")
    entry = entries.to_record(plan, "a" * 32)
    assert [(line.stages, line.count) for line in entry.lines] == [(("en.y8",), "")]
    assert (entry.start, entry.end, entry.class_name) == ("10:40", "11:30", "8B Science")


def test_a_plan_comes_back_as_it_was_and_needs_no_year_group() -> None:
    plan = bodies.plan_details()
    assert entries.to_plan(entries.of_plan(plan), today=TODAY, base=plan) == (plan, [])
    bare = replace(entries.of_plan(plan), lines=(LineEntry(),))
    assert entries.to_plan(bare, today=TODAY)[0].expected == ()
    assert entries.to_plan(bare, today=TODAY)[1] == []
