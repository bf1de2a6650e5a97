"""Rule omi/1: ranges that hold the truth, whatever the order in which records arrive."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain import join_code, session
from omi_desktop.domain.counting import (
    Count,
    Range,
    Record,
    count_mine,
    count_programme,
    group_key,
    in_year,
    leaf_of,
    record_of,
    record_range,
)
from omi_desktop.domain.faults import DIFFERENT, NOT_SURE, SAME
from omi_desktop.domain.revision import Revision
from omi_desktop.domain.session import Details, Mode, Outcome, Place, YoungPeople
from tests.kit.bodies import ASHBY, TODAY, details, hex_id, json_values, revision, spoilt_bodies

CODE, OTHER_CODE = "0000001Y", join_code.make()


def body(count: int = 30, *, agreed: int | None = None, **changed: Any) -> dict[str, Any]:
    """What a session of so many young people says."""
    return session.write(details(count, **changed)) | {"agreed": agreed}


def record(account: str, *leaves: dict[str, Any] | Revision, name: object = None) -> Record:
    """A session record of an account with one leaf for each body."""
    name = account if name is None else name
    revisions = [
        leaf if isinstance(leaf, Revision) else revision((name, index), record=name, body=leaf)
        for index, leaf in enumerate(leaves)
    ]
    made = record_of(account, revisions)
    assert made is not None
    return made


def removed(name: object) -> Revision:
    """A leaf that removes a record."""
    return revision((name, "removed"), record=name, state="withdrawn")


@given(
    st.one_of(spoilt_bodies(body()), st.fixed_dictionaries({}, optional=dict.fromkeys(body(), json_values)))
)
def test_what_counting_reads_of_a_body_is_what_the_form_would_show(spoilt: dict[str, Any]) -> None:
    """However badly it is filled: counting reads only some of it, and by a way of its own."""
    read, shown = leaf_of(revision()._replace(body=spoilt)), session.read(spoilt)
    assert (read.day, read.minutes, read.group, read.young) == (
        shown.day,
        shown.minutes,
        shown.group,
        shown.total,
    )
    assert read.agreed is None or type(read.agreed) is int  # True is none, though Python takes it for 1.
    assert read.place_keys == {place.key for place in shown.places}
    assert read.start_minute == (shown.start.hour * 60 + shown.start.minute if shown.start else None)


class TestOneRecord:
    """What a single record counts."""

    def test_a_session_counts_those_who_took_part_or_watched(self) -> None:
        lines = tuple(YoungPeople(1, ("age.mixed",), n, m) for n, m in zip((20, 8, 400), Mode, strict=True))
        assert record_range(record("a", body(young_people=lines, teachers=3, parents=9))) == (28, 28)

    def test_removed_and_cancelled_sessions_count_nobody(self) -> None:
        assert record_range(record("a", removed("a"))) == (0, 0)
        assert record_range(record("a", body(30, outcome=Outcome.CANCELLED))) == (0, 0)

    def test_a_conflict_is_a_range_from_its_least_to_its_greatest_version(self) -> None:
        assert record_range(record("a", body(28), body(31), body(30))) == (28, 31)

    def test_a_removal_beside_an_edit_may_be_nobody_or_all(self) -> None:
        assert record_range(record("a", body(28), removed("a"))) == (0, 28)

    def test_more_than_5000_count_in_the_high_end_only(self) -> None:
        assert record_range(record("a", body(5000))) == (5000, 5000)
        assert record_range(record("a", body(5001))) == (0, 5001)

    def test_a_body_of_a_later_schema_is_not_counted(self) -> None:
        assert leaf_of(revision(body=body(30), schema=2)).young == 0

    def test_a_plan_is_no_session(self) -> None:
        assert record_of("a", [revision(kind="plan")]) is None
        assert record_of("a", []) is None

    def test_a_version_in_another_year_counts_there_only(self) -> None:
        moved = record("a", body(28), body(31, day=date(2025, 11, 24)))
        assert record_range(moved, in_year(2026)) == (0, 28)
        assert record_range(moved, in_year(2025)) == (0, 31)
        assert record_range(moved, in_year(2024)) == (0, 0)


class TestGroups:
    """Several ambassadors, the same young people."""

    def test_thirty_young_people_with_three_ambassadors_are_thirty(self) -> None:
        joint = [record(name, body(30, group=CODE)) for name in "abc"]
        assert count_programme(joint) == Count(Range(30, 30))
        assert count_mine(joint[:1]) == (30, 30)

    def test_a_group_takes_the_greatest_low_and_the_greatest_high(self) -> None:
        joint = [record("a", body(28, group=CODE), body(33, group=CODE)), record("b", body(30, group=CODE))]
        assert count_programme(joint).range == (30, 33)

    def test_one_code_on_two_days_is_two_groups(self) -> None:
        days = (TODAY, date(2026, 11, 17))
        assert count_programme([record(str(d), body(30, group=CODE, day=d)) for d in days]).range == (60, 60)

    def test_what_all_who_state_it_agreed_on_is_the_count(self) -> None:
        joint = [
            record("a", body(28, group=CODE, agreed=29)),
            record("b", body(31, group=CODE, agreed=29)),
            record("c", body(25, group=CODE)),
        ]
        assert count_programme(joint).range == (29, 29)

    def test_what_they_state_differently_is_not_agreed(self) -> None:
        joint = [record("a", body(28, group=CODE, agreed=29)), record("b", body(31, group=CODE, agreed=30))]
        assert count_programme(joint).range == (31, 31)

    def test_what_a_removed_record_stated_is_not_heard(self) -> None:
        joint = [
            record("a", body(28, group=CODE, agreed=99), removed("a")),
            record("b", body(31, group=CODE)),
        ]
        assert count_programme(joint).range == (31, 31)

    def test_an_agreed_number_over_5000_waits_for_the_hub_too(self) -> None:
        assert count_programme([record("a", body(30, group=CODE, agreed=6000))]).range == (0, 6000)

    def test_a_record_whose_versions_name_two_groups_only_widens_the_range(self) -> None:
        torn = record("a", body(30, group=CODE), body(30, group=OTHER_CODE))
        assert count_programme([torn]).range == (0, 30)
        assert count_programme([torn, record("b", body(30, group=CODE))]).range == (30, 60)


class TestQuestions:
    """The same place at the same time with no code."""

    def test_two_ambassadors_in_one_room_without_a_code_may_be_thirty_or_sixty(self) -> None:
        found = count_programme([record("a", body(30)), record("b", body(28))])
        assert found.range == (30, 58)
        (question,) = found.open_questions
        assert set(question.accounts) == {"a", "b"}
        assert (question.day, question.start) == (TODAY, "10:40")

    def test_the_answer_same_counts_them_once_and_different_twice(self) -> None:
        pair = [record("a", body(30)), record("b", body(28))]
        (question,) = count_programme(pair).open_questions
        for answers, expected in (
            ([SAME], (30, 30)),
            ([SAME, SAME], (30, 30)),
            ([DIFFERENT], (58, 58)),
            ([SAME, NOT_SURE], (30, 30)),
            ([NOT_SURE], (30, 58)),
            ([SAME, DIFFERENT], (30, 58)),
            ([], (30, 58)),
        ):
            found = count_programme(pair, {question.id: answers})
            assert found.range == expected, answers
            assert bool(found.open_questions) == (expected[0] != expected[1])

    def test_nobody_is_asked_about_another_place_day_or_time_or_their_own_sessions(self) -> None:
        mine = record("a", body(30))
        for other in (
            record("b", body(30, places=(replace(ASHBY, postcode="LE1 1AA"),))),
            record("b", body(30, day=date(2026, 11, 23))),
            record("b", body(30, start=time(11, 30))),
            record("b", body(30, start=time(9, 40), minutes=60)),
            record("a", body(30), name="second"),
        ):
            assert count_programme([mine, other]) == Count(Range(60, 60))

    def test_an_unknown_time_may_have_been_the_same_time(self) -> None:
        pair = [record("a", body(30)), record("b", body(30, start=None, minutes=None))]
        assert count_programme(pair).range == (30, 60)

    def test_one_shared_place_of_several_is_enough_to_ask(self) -> None:
        hall = Place(2, "Town hall", nation=ASHBY.nation)
        pair = [record("a", body(30, places=(ASHBY, hall))), record("b", body(30, places=(hall,)))]
        assert len(count_programme(pair).open_questions) == 1

    def test_a_version_that_is_not_shown_but_was_there_then_asks_as_well(self) -> None:
        # Which of the two starts is true is open, and so is whether they met.
        for starts in ((time(10, 40), time(14, 0)), (time(14, 0), time(10, 40))):
            torn = record("a", *(body(30, start=start) for start in starts))
            assert count_programme([torn, record("b", body(30))]).range == (30, 60)

    def test_three_in_one_room_of_whom_two_used_a_code(self) -> None:
        three = [record(name, body(30, group=CODE)) for name in "ab"] + [record("c", body(30))]
        found = count_programme(three)
        assert (found.range, len(found.open_questions)) == ((30, 60), 1)
        (question,) = found.open_questions
        assert count_programme(three, {question.id: [SAME]}).range == (30, 30)

    def test_what_is_counted_nowhere_asks_nothing(self) -> None:
        cancelled = record("b", body(30, outcome=Outcome.CANCELLED))
        passers = record("c", body(young_people=(YoungPeople(1, ("age.mixed",), 9, Mode.PASSED_BY),)))
        found = count_programme([record("a", body(30)), cancelled, passers, record("d", removed("d"))])
        assert found == Count(Range(30, 30))


def test_a_year_holds_its_own_days_and_no_others() -> None:
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    records = [record(str(day), body(10 + index, day=day)) for index, day in enumerate(days)]
    assert count_programme(records, period=in_year(2026)).range == (11 + 12, 11 + 12)
    assert count_mine(records, in_year(2025)) == (10, 10)
    assert count_programme(records).range == (46, 46)


@dataclass(frozen=True)
class Room:
    """What really happened: so many young people at one place, day and time, each room its own set."""

    place: int
    day: date
    start: int
    minutes: int
    young: int


rooms = st.builds(
    Room,
    st.integers(0, 1),
    st.sampled_from([TODAY, date(2026, 11, 17), date(2025, 11, 24)]),
    st.integers(9 * 60, 12 * 60),
    st.integers(20, 90),
    st.integers(1, 40) | st.sampled_from([5000, 5001, 7000]),
)


@st.composite
def truthful_weeks(draw: st.DrawFn) -> tuple[list[Room], list[Record]]:
    """Rooms, and what the ambassadors who were there recorded: all true, with a code or without, the time left
    out perhaps, a slip by someone who corrected it on another laptop perhaps (then both versions are there)."""
    happened = draw(st.lists(rooms, min_size=1, max_size=4))
    records = []
    for number, room in enumerate(happened):
        there = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True))
        code = draw(st.none() | st.just(join_code.normalise(f"0000{number}0").zfill(8)))
        for account in there:
            has_time = draw(st.booleans())
            truth = details(
                room.young,
                day=room.day,
                start=time(room.start // 60, room.start % 60) if has_time else None,
                minutes=room.minutes if has_time else None,
                places=(replace(ASHBY, name=f"School {room.place}"),),
                group=code if code and draw(st.booleans()) else None,
            )
            versions = [truth]
            if draw(st.booleans()):
                versions.insert(draw(st.integers(0, 1)), draw(slips(truth)))
            leaves = [session.write(version) for version in versions]
            records.append(record(account, *leaves, name=(number, account)))
    return happened, records


def slips(truth: Details) -> st.SearchStrategy[Details]:
    """A version with one thing wrong in it."""
    return st.sampled_from(
        [
            details(truth.total + 3, day=truth.day, places=truth.places, start=truth.start),
            replace(truth, start=time(15, 0)),
            replace(truth, day=date(2026, 11, 10)),
            replace(truth, group=None),
            replace(truth, group=OTHER_CODE),
            replace(truth, places=(replace(ASHBY, name="Elsewhere"),)),
            replace(truth, outcome=Outcome.CANCELLED),
        ]
    )


@given(truthful_weeks(), st.sampled_from([None, 2025, 2026]))
def test_given_truthful_records_the_truth_lies_in_the_range(
    week: tuple[list[Room], list[Record]], year: int | None
) -> None:
    happened, records = week
    period = None if year is None else in_year(year)
    truth = sum(room.young for room in happened if year in (None, room.day.year))
    found = count_programme(records, period=period).range
    assert found.low <= truth <= found.high


@given(truthful_weeks(), st.data())
def test_true_answers_narrow_the_range_and_keep_the_truth_in_it(
    week: tuple[list[Room], list[Record]], data: st.DataObject
) -> None:
    happened, records = week
    before = count_programme(records)
    numbers = {hex_id((number, account)): number for number in range(len(happened)) for account in "abcd"}
    rooms_of = defaultdict(set)
    for each in records:
        for leaf in each.leaves:
            rooms_of[group_key(leaf, each.record_id)].add(numbers[each.record_id])
    answers = {}
    for question in before.open_questions:
        one, two = (rooms_of[group] for group in question.groups)
        if len(one) == len(two) == 1 and data.draw(st.booleans()):
            answers[question.id] = [SAME if one == two else DIFFERENT]
    after = count_programme(records, answers)
    truth = sum(room.young for room in happened)
    assert before.range.low <= after.range.low <= truth <= after.range.high <= before.range.high


@given(truthful_weeks(), st.randoms())
def test_no_figure_or_question_depends_on_the_order_of_the_records(
    week: tuple[list[Room], list[Record]], by: Any
) -> None:
    _, records = week
    mixed = records[:]
    by.shuffle(mixed)
    assert count_programme(mixed) == count_programme(records)
    assert count_mine(mixed) == count_mine(records)


@given(truthful_weeks())
def test_the_programme_never_counts_more_than_all_ambassadors_together(
    week: tuple[list[Room], list[Record]],
) -> None:
    _, records = week
    everyone, mine = count_programme(records).range, count_mine(records)
    assert everyone.low <= mine.low
    assert everyone.high <= mine.high


@given(truthful_weeks())
def test_a_second_copy_of_every_revision_changes_nothing(week: tuple[list[Room], list[Record]]) -> None:
    _, records = week
    again = {each.record_id: each for each in (*records, *records)}
    assert count_programme(again.values()) == count_programme(records)
