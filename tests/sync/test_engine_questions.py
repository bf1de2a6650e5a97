"""Perhaps the same young people: what OMI online asks, and how an answer gets there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from omi_desktop.central.programme import count, records_where, said
from omi_desktop.central.tables import leaf
from omi_desktop.domain.counting import Range
from omi_desktop.services.records import RecordGone
from omi_desktop.wire.messages import SyncAnswer, SyncRequest
from tests.kit.laptop import Cable, Laptop
from tests.sync.conftest import MakeLaptop, sign_in
from tests.sync.test_engine import details, save


def programme(cable: Cable) -> Range:
    """What the programme counts."""
    with cable.database.reading() as connection:
        return count(records_where(connection, leaf.c.depth > 0), said(connection)).range


@pytest.fixture
def asha(make_laptop: MakeLaptop) -> Laptop:
    return make_laptop("asha")


@pytest.fixture
def asked(asha: Laptop, make_laptop: MakeLaptop, cable: Cable) -> str:
    """A question that Asha was asked: Ben recorded 30 where she recorded 28."""
    ben = make_laptop("ben")
    save(ben, 30)
    ben.sync(cable)
    save(asha, 28)
    asha.sync(cable)
    (question,) = asha.desk.questions.open()
    return question.id


def test_what_is_asked_says_which_session_of_mine_and_nothing_of_the_other(asha: Laptop, asked: str) -> None:
    (question,) = asha.desk.questions.open()
    (mine,) = asha.desk.sessions.all()
    assert (question.id, question.record_id, question.mine, question.answer) == (
        asked,
        mine.record_id,
        28,
        None,
    )
    assert (question.date, question.start) == (mine.details.day, mine.details.start)
    assert question.place == "Ysgol Tŷ Seren"


@pytest.mark.parametrize(
    ("answer", "counted"),
    [("same", Range(30, 30)), ("different", Range(58, 58)), ("not_sure", Range(30, 58))],
)
def test_an_answer_closes_it_here_at_once_and_counts_once_it_is_synced(
    asha: Laptop, cable: Cable, asked: str, answer: str, counted: Range
) -> None:
    asha.desk.questions.answer(asked, answer)
    assert asha.desk.questions.open() == []
    assert [each.answer for each in asha.desk.questions.answered()] == [answer]
    assert programme(cable) == Range(30, 58)
    asha.sync(cable)
    assert programme(cable) == counted
    assert [each.answer for each in asha.desk.questions.answered()] == [answer]


def test_an_answer_taken_back_opens_it_again_on_both_sides(asha: Laptop, cable: Cable, asked: str) -> None:
    asha.desk.questions.answer(asked, "same")
    asha.sync(cable)
    asha.desk.questions.undo(asked)
    assert [each.id for each in asha.desk.questions.open()] == [asked]
    asha.sync(cable)
    assert programme(cable) == Range(30, 58)
    assert [each.id for each in asha.desk.questions.open()] == [asked]


def test_an_answer_changed_counts_as_changed(asha: Laptop, cable: Cable, asked: str) -> None:
    for answer in ("not_sure", "same", "different"):
        asha.desk.questions.answer(asked, answer)
    asha.sync(cable)
    assert programme(cable) == Range(58, 58)
    asha.desk.questions.undo(asked)
    assert [each.answer for each in asha.desk.questions.answered()] == ["same"]


def test_two_laptops_that_answer_differently_are_asked_again_and_one_answer_settles_it(
    asha: Laptop, make_laptop: MakeLaptop, cable: Cable, asked: str
) -> None:
    home = make_laptop("home", like=asha)
    home.sync(cable)
    asha.desk.questions.answer(asked, "same")
    home.desk.questions.answer(asked, "different")
    for laptop in (asha, home, asha):
        laptop.sync(cable)
    assert [each.id for each in asha.desk.questions.open()] == [asked]
    assert [each.id for each in home.desk.questions.open()] == [asked]
    home.desk.questions.answer(asked, "same")
    for laptop in (home, asha):
        laptop.sync(cable)
        assert laptop.desk.questions.open() == []
        assert [each.answer for each in laptop.desk.questions.answered()] == ["same"]
    assert programme(cable) == Range(30, 30)


def test_what_is_asked_no_more_goes_and_what_was_answered_stays_to_be_undone(
    asha: Laptop, make_laptop: MakeLaptop, cable: Cable, asked: str
) -> None:
    asha.desk.questions.answer(asked, "same")
    asha.sync(cable)
    asha.sync(cable)
    assert [each.id for each in asha.desk.questions.answered()] == [asked]
    (mine,) = asha.desk.sessions.all()
    asha.desk.questions.undo(asked)
    asha.desk.sessions.remove(mine.record_id)
    asha.sync(cable)
    assert (asha.desk.questions.open(), asha.desk.questions.answered()) == ([], [])


def test_a_page_in_the_middle_says_nothing_of_questions(
    asha: Laptop, make_laptop: MakeLaptop, cable: Cable, asked: str
) -> None:
    home = make_laptop("home", like=asha)
    home.sync(cable)
    for _ in range(250):
        asha.desk.sessions.save(details(day=date(2025, 11, 25)))
    asha.sync(cable)
    calls: list[tuple[bool, list[str]]] = []

    class Watched:
        """The cable, with a look at what is kept before each answer."""

        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            answer = cable.sync(token, request, push)
            calls.append((answer.more, [question.id for question in home.desk.questions.open()]))
            return answer

    home.engine.run(Watched(), home.token)
    assert calls == [(True, [asked]), (False, [asked])]
    assert [question.id for question in home.desk.questions.open()] == [asked]


@pytest.mark.parametrize("field", [{"date": "yesterday"}, {"start": "25:99"}])
def test_a_question_that_cannot_be_shown_does_not_hold_up_the_page(
    asha: Laptop, cable: Cable, asked: str, field: dict[str, str]
) -> None:
    save(asha)

    class Spoilt:
        """The cable, with questions that no laptop can show."""

        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            answer = cable.sync(token, request, push)
            spoilt = [question.model_copy(update=field) for question in answer.questions]
            assert spoilt
            return answer.model_copy(update={"questions": spoilt})

    report = asha.engine.run(Spoilt(), asha.token)
    assert report.read_back == 1
    assert asha.desk.questions.open() == []


def test_what_was_never_asked_cannot_be_answered(asha: Laptop) -> None:
    with pytest.raises(RecordGone):
        asha.desk.questions.answer("a" * 32, "same")
    with pytest.raises(RecordGone):
        asha.desk.questions.undo("a" * 32)


def test_another_account_of_the_laptop_is_not_shown_the_question(
    asha: Laptop, cable: Cable, asked: str, make_laptop: MakeLaptop
) -> None:
    sign_in(asha, cable)
    assert asha.desk.questions.open() == []
    with pytest.raises(RecordGone):
        asha.desk.questions.answer(asked, "same")


def test_a_session_corrected_to_another_time_is_asked_about_no_more(
    asha: Laptop, cable: Cable, asked: str
) -> None:
    (mine,) = asha.desk.sessions.all()
    start = details().start
    assert start
    asha.desk.sessions.correct(mine.record_id, replace(mine.details, start=start.replace(hour=15)))
    asha.sync(cable)
    assert asha.desk.questions.open() == []
    assert programme(cable) == Range(58, 58)


def test_a_question_that_was_asked_before_its_session_was_erased_does_not_stay(
    asha: Laptop, cable: Cable, asked: str
) -> None:
    (mine,) = asha.desk.sessions.all()

    class Slow:
        """The session is erased while the answer is on its way."""

        def sync(self, token: str, request: SyncRequest, push: Sequence[bytes]) -> SyncAnswer:
            answer = cable.sync(token, request, push)
            asha.desk.erasures.erase([mine.record_id])
            return answer

    asha.engine.run(Slow(), asha.token)
    assert asha.desk.questions.open() == []
    asha.sync(cable)
    assert asha.desk.questions.open() == []
