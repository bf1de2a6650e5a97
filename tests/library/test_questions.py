"""What people in a hurry type, and the page that answers it: first, or for a few among the first three.

The table is of questions as they came to mind, not as the chapters put them (`asked`): those are tried below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from omi_desktop.library.catalogue import Library

_JOIN = "handbook/becoming-an-ambassador"
_VISIT = "handbook/first-visit"
_WRONG = "handbook/when-things-go-wrong"
_SAFE = "handbook/keeping-everyone-safe"
_ALL = "handbook/including-everyone"
_JOBS = "handbook/talking-about-space-careers"
_OFFICE = "handbook/for-employers"
_HOST = "handbook/site-visits-and-work-experience"


class Question(NamedTuple):
    """`first`: pages of which one must be first. `near`: of which one must be among the first three instead."""

    text: str
    first: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


QUESTIONS = (
    # A volunteer, before the first visit
    Question("insurance", (_JOIN,)),
    Question("am I insured", (_JOIN,)),
    Question("public liability insurance", (_JOIN, _HOST, "handbook/festivals")),
    Question("expenses", (_JOIN,)),
    Question("travel expenses", (_JOIN,)),
    Question("who pays for my petrol?", (_JOIN,)),
    Question("do I need a DBS check", (_JOIN, _SAFE)),
    Question("how long does a PVG take", (_JOIN,)),
    Question("how do I sign up", (_JOIN,)),
    Question("how many visits a year do I have to do", (_JOIN,)),
    Question("time off work to volunteer", (_JOIN, _OFFICE)),
    Question("what do I wear", (_VISIT,)),
    Question("dress code", (_VISIT,)),
    Question("parking", (_VISIT, "handbook/for-teachers-and-schools")),
    Question("where can I park at the school", (_VISIT, "handbook/for-teachers-and-schools")),
    Question("what should I bring", (_VISIT,)),
    Question("I am nervous", (_VISIT,)),
    Question("allergies", (_SAFE,)),
    Question("nut allergy", (_SAFE,)),
    Question("risk assessment", (_SAFE, _HOST)),
    Question("can I give out sweets", (_SAFE,)),
    # A volunteer, in the room
    Question("photos", (_WRONG, _SAFE)),
    Question("can I take photos of the children", (_WRONG, _SAFE)),
    Question("can I be alone with a pupil", (_SAFE,)),
    Question("first aid", (_WRONG,)),
    Question("a pupil has an accident", (_WRONG,)),
    Question("swearing", (_WRONG,)),
    Question("a boy swears at me", (_WRONG,)),
    Question("shy class", (_WRONG, _VISIT)),
    Question("nobody talks", (_WRONG, _VISIT)),
    Question("badly behaved class", (_WRONG, "handbook/class-sessions")),
    Question("the projector doesn't work", (_WRONG,)),
    Question("fire alarm", (_WRONG,)),
    Question("teacher left the room", (_WRONG, _SAFE)),
    Question("my train is late", (_WRONG,)),
    Question("cancel", (_WRONG,)),
    Question("I'm ill and can't come", (_WRONG,)),
    Question("nobody turned up", (_WRONG,)),
    Question("lost children", ("handbook/festivals",)),
    Question("online call breaks down", ("handbook/safe-online",)),
    Question("Zoom drops out", ("handbook/safe-online",)),
    Question("a girl asks for my Instagram", near=(_SAFE, "handbook/online-mentoring")),
    Question("a child said his dad hits him", (_SAFE,)),
    Question("a pupil follows me on TikTok", (_SAFE, "handbook/safe-online")),
    Question("what do I say at reception", (_SAFE,)),
    Question("what if I'm running late", (_WRONG,)),
    Question("pupils with hearing loss", (_ALL,)),
    Question("how old are S3 pupils", ("handbook/year-groups-in-four-nations",)),
    Question("SEND", (_ALL,)),
    Question("SEND pupils", (_ALL,)),
    Question("wheelchair user", (_ALL,)),
    Question("children who don't speak English", (_ALL,)),
    Question("what if I don't know the answer", ("handbook/questions-children-ask",)),
    Question("do astronauts poo in space", ("handbook/questions-children-ask",)),
    Question("bring a meteorite", near=("activity/borrow-the-moon", "activity/borrow-the-moon-box")),
    Question("can I talk to pupils after class", (_SAFE,)),
    Question("panic attack", (_WRONG,)),
    Question("what can I offer a nursery", ("handbook/planning-early-years-and-primary",)),
    Question("minimum age", ("handbook/planning-early-years-and-primary",)),
    # Afterwards
    Question("wrong class size", ("handbook/recording",)),
    Question("what is OMI", ("handbook/glossary",)),
    Question("I typed the wrong number", ("handbook/recording",)),
    Question("do parents count", near=("handbook/recording", "handbook/family-celebrations")),
    Question("what does the app know about me", ("handbook/data-protection",)),
    Question("my laptop was stolen", ("handbook/data-protection", _WRONG)),
    Question("how do I get feedback from the class", ("handbook/evaluation-in-60-seconds",)),
    # A teacher
    Question("how do I book an ambassador", ("handbook/for-teachers-and-schools",)),
    Question("is it free for schools", ("handbook/for-teachers-and-schools",)),
    Question("does it count for Gatsby", ("handbook/gatsby-benchmarks",)),
    Question("T level", ("handbook/planning-secondary-and-sixth-form",)),
    Question("T levels", ("handbook/planning-secondary-and-sixth-form",)),
    Question("what A levels do I need", (_JOBS,)),
    Question("what year is P7 in England", ("handbook/year-groups-in-four-nations",)),
    # A young person at a careers stand
    Question("how do I become an engineer", (_JOBS,)),
    Question("what grades do I need", (_JOBS,)),
    Question("salary", (_JOBS,)),
    Question("how much do space engineers earn", (_JOBS,)),
    Question("I'm not good at maths", (_JOBS,)),
    # What has a page of its own is not drowned by the handbook; a slip and a job beside the same word
    Question("insurence", (_JOIN,)),
    Question("insurance job", ("career/role-space-insurer",)),
    Question("space insurance underwriter", ("career/role-space-insurer",)),
    Question("send a picture", ("activity/pixels-from-space",)),
    Question("rocket", ("activity/balloon-rocket-race", "activity/paper-rockets-fair-test")),
    Question("space food", ("activity/astronaut-food-plan",)),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("cache")) as opened:
        yield opened


def first_three(library: Library, text: str) -> list[str]:
    return [f"{hit.kind}/{hit.id}" for hit in library.search(text).hits[:3]]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.text.replace(" ", "-"))
def test_the_page_that_answers_is_found(library: Library, question: Question) -> None:
    found = first_three(library, question.text)

    if question.first:
        assert found[0] in question.first, found
    else:
        assert not set(found).isdisjoint(question.near), found


def test_a_chapter_comes_first_for_what_it_says_it_is_asked(library: Library) -> None:
    asked = [(chapter.id, text) for chapter in library.chapters() for text in chapter.asked]
    wrong = [
        f"{text}: {found} before {name}" for name, text in asked if (found := first(library, text)) != name
    ]

    assert {name for name, _text in asked} == {chapter.id for chapter in library.chapters()}
    assert not wrong, "\n".join(wrong)


def first(library: Library, text: str) -> str:
    return library.search(text).hits[0].id
