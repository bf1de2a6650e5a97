"""The published total: joint sessions once, removals gone, what is open as a range, answers only from those asked."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from omi_desktop.domain import join_code
from omi_desktop.domain.counting import Range
from omi_desktop.wire.messages import QuestionAsked
from tests.central.laptop import HandClock, Laptop, answered, place, recorded, removed
from tests.kit.centre import Centre

SCHOOL = place("Ashby Academy")


@pytest.fixture
def sam(centre: Centre) -> Laptop:
    return Laptop.enrol(centre.url, centre.invite())


@pytest.fixture
def alex(centre: Centre) -> Laptop:
    return Laptop.enrol(centre.url, centre.invite())


@pytest.fixture
def kim(centre: Centre) -> Laptop:
    return Laptop.enrol(centre.url, centre.invite())


def total(centre: Centre, year: int = 2026) -> Range:
    answer = requests.get(f"{centre.url}/v1/totals?year={year}", timeout=10)
    assert answer.status_code == 200, answer.text
    return Range(answer.json()["low"], answer.json()["high"])


def asked(laptop: Laptop) -> QuestionAsked:
    (question,) = laptop.sync().questions
    return question


def test_a_total_says_what_it_is(centre: Centre) -> None:
    assert requests.get(f"{centre.url}/v1/totals?year=2026", timeout=10).json() == {
        "year": 2026,
        "low": 0,
        "high": 0,
        "adjustments": 0,
        "as_of": "2026-11-24T12:00:00Z",
        "rules": "omi/1",
    }


def test_a_total_that_has_not_changed_is_still_as_of_now(centre: Centre, clock: HandClock) -> None:
    total(centre)
    clock.move(hours=1)
    answer = requests.get(f"{centre.url}/v1/totals?year=2026", timeout=10).json()
    assert answer["as_of"] == "2026-11-24T13:00:00Z"


def test_sessions_of_all_ambassadors_count_in_their_calendar_year(
    centre: Centre, sam: Laptop, alex: Laptop
) -> None:
    sam.sync([recorded(28), recorded(30, date="2025-12-31"), recorded(2, date="2026-01-01")])
    alex.sync([recorded(100)])
    assert total(centre) == (130, 130)
    assert total(centre, 2025) == (30, 30)
    assert total(centre, 2024) == (0, 0)


def test_a_correction_counts_instead_and_a_removal_takes_away(centre: Centre, sam: Laptop) -> None:
    first = recorded(28)
    sam.sync([first])
    corrected = recorded(31, [first])
    sam.sync([corrected])
    assert total(centre) == (31, 31)
    gone = removed(corrected)
    sam.sync([gone])
    assert total(centre) == (0, 0)
    sam.sync([recorded(31, [gone])])
    assert total(centre) == (31, 31)


def test_a_session_moved_to_another_year_leaves_the_first(centre: Centre, sam: Laptop) -> None:
    first = recorded(28)
    sam.sync([first])
    sam.sync([recorded(28, [first], date="2025-11-20")])
    assert (total(centre), total(centre, 2025)) == ((0, 0), (28, 28))


def test_versions_that_differ_make_a_range_until_someone_decides(centre: Centre, sam: Laptop) -> None:
    first = recorded(28)
    left, right = recorded(30, [first]), recorded(33, [first])
    sam.sync([first, left])
    sam.another().sync([right])
    assert total(centre) == (30, 33)
    sam.sync([recorded(33, [left, right])])
    assert total(centre) == (33, 33)


def test_thirty_children_with_three_ambassadors_are_thirty(
    centre: Centre, sam: Laptop, alex: Laptop, kim: Laptop
) -> None:
    code = join_code.make()
    for laptop in (sam, alex, kim):
        laptop.sync([recorded(30, group=code, places=[SCHOOL])])
    assert total(centre) == (30, 30)
    assert sam.sync().questions == []


def test_a_number_that_all_agree_on_counts_for_the_group(centre: Centre, sam: Laptop, alex: Laptop) -> None:
    code = join_code.make()
    sam.sync([recorded(28, group=code, agreed=29)])
    alex.sync([recorded(31, group=code)])
    assert total(centre) == (29, 29)


def test_those_who_passed_by_adults_and_cancelled_sessions_count_nobody(centre: Centre, sam: Laptop) -> None:
    line: dict[str, Any] = {"place": 1, "stages": ["en.y8"], "count": 10, "estimated": False}
    lines = [line | {"mode": mode} for mode in ("took_part", "watched", "passed_by")]
    cancelled: dict[str, Any] = {"outcome": "cancelled", "cancelled_because": "school"}
    answer = sam.sync([recorded(young_people=lines, adults={"teachers": 5}), recorded(28, **cancelled)])
    assert answer.rejected == []
    assert total(centre) == (20, 20)


def test_more_than_five_thousand_count_in_the_high_end_only(centre: Centre, sam: Laptop) -> None:
    sam.sync([recorded(5_001), recorded(5_000)])
    assert total(centre) == (5_000, 10_001)


def test_two_ambassadors_at_one_place_and_time_are_asked(centre: Centre, sam: Laptop, alex: Laptop) -> None:
    sam.sync([recorded(28, places=[SCHOOL], start="10:40")])
    alex.sync([recorded(30, places=[SCHOOL], start="11:00")])
    assert total(centre) == (30, 58)
    mine, theirs = asked(sam), asked(alex)
    assert mine.id == theirs.id
    assert (mine.my_group, mine.other_group) == (theirs.other_group, theirs.my_group)
    assert (mine.date, mine.place) == ("2026-11-20", "Ashby Academy, LE1")
    assert (mine.start, theirs.start) == ("10:40", "11:00")


def test_a_question_shows_only_what_its_own_reader_wrote(sam: Laptop, alex: Laptop) -> None:
    by_number = {"scheme": "urn", "id": "137773"}
    sam.sync([recorded(28, places=[place("Ashby Academy", **by_number)])])
    alex.sync([recorded(30, places=[place("ASHBY (back gate)", **by_number)], start=None)])
    assert (asked(sam).place, asked(sam).start) == ("Ashby Academy, LE1", "10:40")
    assert (asked(alex).place, asked(alex).start) == ("ASHBY (back gate), LE1", None)


@pytest.mark.parametrize(
    "other",
    [
        {"places": [place("Another school")]},
        {"places": [SCHOOL], "date": "2026-11-19"},
        {"places": [SCHOOL], "start": "14:00"},
        {"places": [SCHOOL], "outcome": "cancelled", "cancelled_because": "me"},
    ],
)
def test_nobody_is_asked_when_it_cannot_have_been_the_same(
    centre: Centre, sam: Laptop, alex: Laptop, other: dict[str, Any]
) -> None:
    sam.sync([recorded(28, places=[SCHOOL])])
    alex.sync([recorded(30, **other)])
    assert sam.sync().questions == []
    assert alex.sync().questions == []
    assert total(centre).is_settled


def test_nobody_is_asked_about_their_own_sessions(centre: Centre, sam: Laptop) -> None:
    sam.sync([recorded(28, places=[SCHOOL]), recorded(30, places=[SCHOOL])])
    assert sam.sync().questions == []
    assert total(centre) == (58, 58)


@pytest.mark.parametrize(
    ("answers", "expected", "is_open"),
    [
        (("same", None), (30, 30), False),
        (("same", "same"), (30, 30), False),
        (("different", None), (58, 58), False),
        (("same", "different"), (30, 58), True),
        (("not_sure", None), (30, 58), True),
        (("not_sure", "different"), (58, 58), False),
        (("nonsense", None), (30, 58), True),
    ],
)
def test_an_answer_settles_the_range_unless_the_two_disagree(
    centre: Centre,
    sam: Laptop,
    alex: Laptop,
    answers: tuple[str | None, str | None],
    expected: tuple[int, int],
    *,
    is_open: bool,
) -> None:
    sam.sync([recorded(28, places=[SCHOOL])])
    alex.sync([recorded(30, places=[SCHOOL])])
    question = asked(sam).id
    for laptop, answer in zip((sam, alex), answers, strict=True):
        if answer is not None:
            laptop.sync([answered(question, answer)])
    assert total(centre) == expected
    assert bool(sam.sync().questions) is is_open
    assert bool(alex.sync().questions) is is_open


def test_an_answer_may_be_changed_and_taken_back(centre: Centre, sam: Laptop, alex: Laptop) -> None:
    sam.sync([recorded(28, places=[SCHOOL])])
    alex.sync([recorded(30, places=[SCHOOL])])
    said = answered(asked(sam).id, "same")
    sam.sync([said])
    changed = answered(said.body["question"], "different", [said])
    sam.sync([changed])
    assert total(centre) == (58, 58)
    sam.sync([removed(changed)])
    assert total(centre) == (30, 58)
    assert len(sam.sync().questions) == 1


def test_an_answer_of_someone_who_was_not_there_counts_nothing(
    centre: Centre, sam: Laptop, alex: Laptop, kim: Laptop
) -> None:
    sam.sync([recorded(28, places=[SCHOOL])])
    alex.sync([recorded(30, places=[SCHOOL])])
    kim.sync([answered(asked(sam).id, "same")])
    assert total(centre) == (30, 58)
    assert len(sam.sync().questions) == 1
    assert kim.sync().questions == []


def test_an_answer_of_anyone_in_a_joint_group_counts(
    centre: Centre, sam: Laptop, alex: Laptop, kim: Laptop
) -> None:
    code = join_code.make()
    sam.sync([recorded(28, places=[SCHOOL], group=code)])
    alex.sync([recorded(28, places=[SCHOOL], group=code)])
    kim.sync([recorded(30, places=[SCHOOL])])
    assert asked(sam).id == asked(alex).id == asked(kim).id
    alex.sync([answered(asked(alex).id, "same")])
    assert total(centre) == (30, 30)
    assert sam.sync().questions == kim.sync().questions == []


def test_a_removal_ends_its_question(centre: Centre, sam: Laptop, alex: Laptop) -> None:
    first = recorded(28, places=[SCHOOL])
    sam.sync([first])
    alex.sync([recorded(30, places=[SCHOOL])])
    assert len(alex.sync().questions) == 1
    sam.sync([removed(first)])
    assert alex.sync().questions == []
    assert total(centre) == (30, 30)


def test_questions_wait_for_the_last_page(sam: Laptop, alex: Laptop) -> None:
    alex.sync([recorded(30, places=[SCHOOL])])
    sam.sync([recorded(28, places=[SCHOOL])])
    for _ in range(2):
        sam.sync([recorded(number) for number in range(1, 151)])
    sam.restart()
    first = sam.sync()
    assert (first.more, first.questions) == (True, [])
    assert len(sam.sync().questions) == 1


def test_many_questions_are_told_a_hundred_at_a_time(sam: Laptop, alex: Laptop) -> None:
    sam.sync([recorded(28, places=[SCHOOL]) for _ in range(11)])
    alex.sync([recorded(30, places=[SCHOOL]) for _ in range(11)])
    assert len(sam.sync().questions) == 100
