"""The one validator: every fault at once, each with its field, and never an exception."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain import join_code, session
from omi_desktop.domain.faults import COUNT_LIMIT, NAME_LIMIT, TEXT_LIMIT, faults
from omi_desktop.domain.revision import SIZE_LIMIT, BadRevision, Kind, Revision
from omi_desktop.domain.session import Activity, CancelledBecause, Delivery, Outcome, Place, PlaceKind
from omi_desktop.domain.stages import BY_CODE, BY_NATION, Nation
from tests.kit.bodies import (
    TODAY,
    details,
    hex_id,
    json_values,
    plan_body,
    put,
    revision_object,
    session_body,
    spoilt_bodies,
)

KINDS = (Kind.SESSION, Kind.PLAN, Kind.GROUP_ANSWER, Kind.ERASURE)


def found(body: dict[str, Any], kind: str = Kind.SESSION) -> dict[str, str]:
    """The faults' codes by field."""
    return {fault.field: fault.code for fault in faults(body, today=TODAY, kind=kind)}


def spoilt(*path: str | int, value: object) -> dict[str, Any]:
    """A session's body with one value replaced."""
    return put(session_body(), path, value)


def test_a_usual_session_and_a_usual_plan_have_no_fault() -> None:
    assert not found(session_body())
    assert not found(plan_body(), Kind.PLAN)


def test_the_example_of_the_contract_has_no_fault() -> None:
    body = session_body() | {
        "minutes": 50,
        "four": {"purpose": "why rockets", "outcomes": True, "two_way": False, "reflection": None},
        "time": {"prepare": 30, "travel": 40},
        "adults": {"parents": 0, "teachers": 1, "others": 0},
        "resources": [{"id": "balloon-rockets", "version": "1"}],
        "hands_up": [],
        "confirmed": None,
        "unknown": {"deep": [1]},
    }
    assert not found(body)


def test_every_fault_is_named_at_once_with_its_field() -> None:
    body = session_body() | {
        "date": None,
        "activity": "juggling",
        "delivery": None,
        "places": [
            {"ref": 1, "name": "x" * 300, "kind": "secondary_school", "nation": "england"},
            {"ref": 2, "name": " ", "kind": "castle", "nation": "france"},
        ],
        "young_people": [
            {"place": 1, "stages": ["en.y8"], "mode": "took_part", "count": None},
            {"place": 1, "stages": ["sc.s2"], "mode": "took_part", "count": -1},
            {"place": 1, "stages": [], "mode": "slept", "count": 10**9},
            {"place": 9, "stages": ["en.y99"], "mode": "watched", "count": 3},
        ],
        "start": "25:00",
        "minutes": 0,
        "group": "AAAAAAAA",
        "agreed": -4,
    }
    assert found(body) == {
        "date": "missing",
        "activity": "unknown",
        "delivery": "unknown",
        "places.0.name": "too_long",
        "places.1.name": "missing",
        "places.1.kind": "unknown",
        "places.1.nation": "unknown",
        "young_people.0.count": "missing",
        "young_people.1.count": "too_small",
        "young_people.1.stages": "other_nation",
        "young_people.2.count": "too_large",
        "young_people.2.mode": "unknown",
        "young_people.2.stages": "missing",
        "young_people.3.place": "unknown",
        "young_people.3.stages": "unknown",
        "start": "not_a_time",
        "minutes": "too_small",
        "group": "bad_code",
        "agreed": "too_small",
    }


def test_an_empty_body_asks_for_everything_that_the_form_asks() -> None:
    assert set(found({})) == {"outcome", "date", "places", "activity", "delivery"}
    assert set(found({"outcome": "delivered"})) >= {"date", "places", "young_people"}


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        (spoilt("date", value=None), "date", "missing"),
        (spoilt("date", value=""), "date", "not_a_date"),
        (spoilt("date", value="24/11/2026"), "date", "not_a_date"),
        (spoilt("date", value="2026-02-29"), "date", "not_a_date"),
        (spoilt("date", value="2026-W48-2"), "date", "not_a_date"),
        (spoilt("date", value="20261124"), "date", "not_a_date"),
        (spoilt("date", value=20261124), "date", "not_a_date"),
        (spoilt("date", value="1999-12-31"), "date", "too_early"),
        (spoilt("date", value="2026-11-25"), "date", "in_future"),
        (spoilt("start", value="9:30"), "start", "not_a_time"),
        (spoilt("start", value="24:00"), "start", "not_a_time"),
        (spoilt("start", value="10:40\n"), "start", "not_a_time"),
        (spoilt("minutes", value=24 * 60 + 1), "minutes", "too_large"),
        (spoilt("minutes", value="50"), "minutes", "not_a_number"),
        (spoilt("outcome", value="postponed"), "outcome", "unknown"),
        (spoilt("outcome", value=["delivered"]), "outcome", "unknown"),
        (spoilt("cancelled_because", value="school"), "cancelled_because", "unexpected"),
        (spoilt("places", 0, "name", value="x" * (NAME_LIMIT + 1)), "places.0.name", "too_long"),
        (spoilt("places", 0, "name", value=5), "places.0.name", "not_text"),
        (spoilt("places", 0, "nation", value=None), "places.0.nation", "unknown"),
        (spoilt("places", 0, "postcode", value="LE65 1AA LE65"), "places.0.postcode", "too_long"),
        (spoilt("young_people", value=[]), "young_people", "missing"),
        (spoilt("young_people", 0, "count", value=None), "young_people.0.count", "missing"),
        (spoilt("young_people", 0, "count", value=0), "young_people.0.count", "nobody"),
        (spoilt("young_people", 0, "count", value=-1), "young_people.0.count", "too_small"),
        (spoilt("young_people", 0, "count", value=COUNT_LIMIT + 1), "young_people.0.count", "too_large"),
        (spoilt("young_people", 0, "count", value="28"), "young_people.0.count", "not_a_number"),
        (spoilt("young_people", 0, "count", value=True), "young_people.0.count", "not_a_number"),
        (spoilt("young_people", 0, "girls", value=29), "young_people.0.girls", "too_large"),
        (spoilt("young_people", 0, "estimated", value=1), "young_people.0.estimated", "not_yes_or_no"),
        (spoilt("young_people", 0, "place", value=2), "young_people.0.place", "unknown"),
        (spoilt("young_people", 0, "place", value=[1]), "young_people.0.place", "unknown"),
        (spoilt("young_people", 0, "place", value=True), "young_people.0.place", "unknown"),
        (spoilt("young_people", 0, "stages", value=[]), "young_people.0.stages", "missing"),
        (spoilt("young_people", 0, "stages", value="en.y8"), "young_people.0.stages", "missing"),
        (spoilt("young_people", 0, "stages", value=["en.y14"]), "young_people.0.stages", "unknown"),
        (spoilt("young_people", 0, "stages", value=["wa.y8"]), "young_people.0.stages", "other_nation"),
        (spoilt("adults", value=[]), "adults", "not_an_object"),
        (spoilt("adults", "teachers", value=-1), "adults.teachers", "too_small"),
        (spoilt("space_professionals", value=0), "space_professionals", "too_small"),
        (spoilt("others_there", value=None), "others_there", "not_yes_or_no"),
        (spoilt("group", value="ABCDEFGH"), "group", "bad_code"),
        (spoilt("regulars", value=-1), "regulars", "too_small"),
        (spoilt("time", "travel", value=6001), "time.travel", "too_large"),
        (spoilt("four", "purpose", value="x" * (TEXT_LIMIT + 1)), "four.purpose", "too_long"),
        (spoilt("four", "purpose", value=1), "four.purpose", "not_text"),
        (spoilt("class_name", value="x" * 300), "class_name", "too_long"),
        (spoilt("programme", value=[]), "programme", "not_text"),
        (spoilt("plan_id", value="the plan"), "plan_id", "unknown"),
        (spoilt("resources", value=[{"id": 4}]), "resources.0.id", "not_text"),
        (spoilt("class_name", value="8B\0"), "", "not_kept"),
        (spoilt("class_name", value="8B\ud83d"), "", "not_kept"),
        (session_body(share=0.5), "", "not_kept"),
        (session_body(**{"Not a name": 1}), "", "not_kept"),
        (session_body(notes="x" * SIZE_LIMIT), "", "too_large"),
    ],
)
def test_one_wrong_value_gives_one_fault_that_names_its_field(
    body: dict[str, Any], field: str, code: str
) -> None:
    assert found(body) == {field: code}


@pytest.mark.parametrize(
    ("places", "field", "code"),
    [
        ([], "places", "missing"),
        (None, "places", "missing"),
        ({"ref": 1}, "places", "not_a_list"),
        (["here"], "places", "not_a_list"),
        ([{"ref": 1}] * 201, "places", "not_a_list"),
        ([session_body()["places"][0] | {"ref": 0}], "places.0.ref", "too_small"),
        ([session_body()["places"][0] | {"ref": True}], "places.0.ref", "not_a_number"),
    ],
)
def test_young_people_whose_place_is_missing_are_named_beside_the_place(
    places: Any, field: str, code: str
) -> None:
    assert found(session_body(places=places)) == {field: code, "young_people.0.place": "unknown"}


def test_a_number_with_a_fraction_is_no_number_and_cannot_be_kept() -> None:
    assert found(spoilt("young_people", 0, "count", value=28.0)) == {
        "young_people.0.count": "not_a_number",
        "": "not_kept",
    }


def test_a_date_beyond_this_century_is_a_slip_in_a_plan_too() -> None:
    assert found(plan_body(date="2101-01-01"), Kind.PLAN) == {"date": "too_late"}


def test_the_messages_are_sentences_for_people() -> None:
    for body in ({}, spoilt("young_people", 0, "count", value=-1), spoilt("date", value="2027-01-01")):
        for fault in faults(body, today=TODAY):
            assert fault.message[0].isupper()
            assert not {"stage", "line", "payload", "null"} & set(fault.message.casefold().split())


def test_today_can_be_recorded_and_tomorrow_only_planned_or_called_off() -> None:
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    assert not found(session_body(date=TODAY.isoformat()))
    assert found(session_body(date=tomorrow)) == {"date": "in_future"}
    assert not found(plan_body(date=tomorrow), Kind.PLAN)
    called_off = session_body(date=tomorrow, outcome="cancelled", cancelled_because="school", young_people=[])
    assert not found(called_off)


def test_a_cancelled_session_needs_a_reason_and_no_number() -> None:
    body = session_body(outcome="cancelled", young_people=[])
    assert found(body) == {"cancelled_because": "unknown"}
    for reason in CancelledBecause:
        assert not found(body | {"cancelled_because": reason.value})


def test_training_for_teachers_needs_no_young_people() -> None:
    assert not found(session_body(activity="teacher_cpd", young_people=[]))


def test_one_place_number_cannot_be_used_twice() -> None:
    body = session_body()
    body["places"] *= 2
    assert found(body) == {"places.1.ref": "twice"}


def test_a_year_group_must_belong_to_the_nation_of_its_own_place() -> None:
    body = session.write(
        details(places=(Place(1, "A", nation=Nation.ENGLAND), Place(2, "B", nation=Nation.SCOTLAND)))
    )
    line = body["young_people"][0]
    body["young_people"] = [line | {"place": 2, "stages": ["sc.s2"]}, line | {"place": 2}]
    assert found(body) == {"young_people.1.stages": "other_nation"}


@pytest.mark.parametrize("nation", list(Nation))
def test_every_year_group_of_a_nation_and_every_age_band_can_be_recorded_there(nation: Nation) -> None:
    for code, stage in BY_CODE.items():
        body = put(spoilt("places", 0, "nation", value=nation), ("young_people", 0, "stages"), [code])
        assert bool(found(body)) == (stage.nation not in (None, nation))
    assert sum(len(group) for group in BY_NATION.values()) == 14 + 14 + 14 + 13


def test_each_choice_that_the_form_offers_can_be_recorded() -> None:
    for activity in Activity:
        assert not found(session_body(activity=activity.value))
    for delivery in Delivery:
        assert not found(session_body(delivery=delivery.value))
    for kind in PlaceKind:
        assert not found(spoilt("places", 0, "kind", value=kind.value))
    assert len(Outcome) == 2


def test_a_true_join_code_is_taken() -> None:
    for _ in range(50):
        assert not found(session_body(group=join_code.make()))


def test_every_body_that_a_revision_can_hold_is_taken_whoever_wrote_it() -> None:
    """The limit is the revision's: a body that another laptop could send is never refused for its length."""
    low, high = 0, SIZE_LIMIT
    while high - low > 1:
        middle = (low + high) // 2
        try:
            Revision.from_object(revision_object(body=session_body(notes="x" * middle)))
        except BadRevision:
            high = middle
        else:
            low = middle
    assert not found(session_body(notes="x" * low))


def test_what_a_plan_says_is_held_to_the_limits_of_the_session_that_follows_it() -> None:
    for name, value in (("class_name", "x" * 300), ("programme", 5), ("others_there", "yes")):
        assert list(found(plan_body(**{name: value}), Kind.PLAN)) == [name]
    assert found(put(plan_body(), ("young_people", 0, "expected"), -1), Kind.PLAN) == {
        "young_people.0.expected": "too_small"
    }
    assert not found(put(plan_body(), ("young_people", 0, "expected"), None), Kind.PLAN)


def test_an_answer_names_its_question_and_is_one_of_three() -> None:
    for answer in ("same", "different", "not_sure"):
        assert not found({"question": hex_id("q"), "answer": answer}, Kind.GROUP_ANSWER)
    bad: list[Any] = ["Same", "", None, 1, ["same"], {}]
    for value in bad:
        assert found({"question": hex_id("q"), "answer": value}, Kind.GROUP_ANSWER) == {"answer": "unknown"}
    questions: list[Any] = [None, "", "x" * 32, hex_id("q").upper(), [hex_id("q")]]
    for question in questions:
        assert found({"question": question, "answer": "same"}, Kind.GROUP_ANSWER) == {"question": "unknown"}


def test_an_erasure_names_one_to_two_hundred_records() -> None:
    for count in (1, 200):
        assert not found({"records": [hex_id(number) for number in range(count)]}, Kind.ERASURE)
    assert found({"records": [hex_id(number) for number in range(201)]}, Kind.ERASURE) == {
        "records": "too_many"
    }
    bad: list[Any] = [None, [], hex_id("r"), {hex_id("r"): 1}, [hex_id("r"), None], [hex_id("r").upper()]]
    for records in bad:
        assert found({"records": records}, Kind.ERASURE) == {"records": "missing"}


def test_kinds_that_are_not_known_here_are_only_held_to_what_can_be_kept() -> None:
    assert not found({"whatever": [1, None]}, "from_the_future")
    assert found({"whatever": 0.5}, "from_the_future") == {"": "not_kept"}


@pytest.mark.parametrize("kind", KINDS)
@given(body=st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_arbitrary_json_has_faults_and_never_raises(kind: Kind, body: dict[str, Any]) -> None:
    assert faults(body, today=TODAY, kind=kind)


@given(spoilt_bodies(session_body()))
def test_a_session_spoilt_anywhere_never_raises_and_what_passes_can_be_kept(body: dict[str, Any]) -> None:
    if not faults(body, today=TODAY):
        assert Revision.from_object(revision_object(body=body)).body == body
        assert session.read(body).day


@given(spoilt_bodies(plan_body()))
def test_a_plan_spoilt_anywhere_never_raises_and_what_passes_can_be_kept(body: dict[str, Any]) -> None:
    if not faults(body, today=TODAY, kind=Kind.PLAN):
        assert Revision.from_object(revision_object(body=body, kind="plan")).body == body
        assert session.read_plan(body).day


def test_a_clock_from_before_this_version_was_made_does_not_say_what_is_to_come() -> None:
    body = session_body(date="2026-11-24")
    assert faults(body, today=date(1970, 1, 1)) == []
    assert [fault.code for fault in faults(body, today=date(2026, 11, 23))] == ["in_future"]


def test_who_is_told_that_a_date_is_to_come_is_told_the_day_of_the_clock() -> None:
    told = faults(session_body(date="2026-11-24"), today=date(2026, 11, 23))[0].message
    assert "Mon 23 Nov 2026" in told
    assert "clock" in told
