"""Any text is a valid query, and the right page comes first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omi_desktop.domain.stages import Nation
from omi_desktop.library.alike import spell_out
from omi_desktop.library.catalogue import Library
from omi_desktop.library.search import Found
from omi_desktop.library.wishes import Wish, label
from tests.library.small_library import Write

ODD_QUERIES = [
    *(
        "",
        "   ",
        '"',
        "'",
        '"' * 4,
        '"a" OR "',
        "*",
        "**",
        "a*b",
        "^a",
        "-",
        "a - b",
        "+",
        "(",
        ")",
        "\\",
        ";",
        "--",
    ),
    *(
        "NEAR(",
        "NEAR(a b, 3)",
        "AND",
        "OR NOT",
        "title:x",
        "{title}: x",
        "%",
        "_",
        "\x00",
        "a\x00b",
        "\ud800",
    ),
    *(
        "é",
        "\u0301",
        "\ufb01",
        "½",
        "İ",
        "日本",
        "👩‍🚀",
        "👩‍🚀 rocket",
        "👩‍🚀" * 2_000,
        "x" * 10_000,
        "x " * 5_000,
    ),
]


@pytest.fixture
def library(root: Path, write: Write, tmp_path: Path) -> Iterator[Library]:
    write(
        "handbook",
        "first-visit",
        title="Your first visit",
        body="Wear your badge. Plan two activities for café day.\n",
    )
    write(
        "handbook", "recording", order="20", title="Recording and why", body="Count everyone at the visit.\n"
    )
    write("activity", "paper-rocket", title="Paper rockets", keywords='["launcher"]', body="Fold and blow.\n")
    write(
        "activity",
        "moon-game",
        title="Moon game",
        good_for='"Rockets are mentioned here."',
        body="Dice on a board.\n",
    )
    write(
        "career",
        "lawyer",
        title="A lawyer for satellites",
        body="Sees a rocket once. Writes contracts. Sarah O'Neil's day.\n",
    )
    for number in range(12):
        write("career", f"filler-{number}", title=f"Filler number {number}", body="Nothing of interest.\n")
    with Library.open(tmp_path / "cache", root) as opened:
        yield opened


def ids(found: Found) -> list[str]:
    return [hit.id for hit in found.hits]


def test_title_counts_more_than_summary_and_summary_more_than_text(library: Library) -> None:
    assert ids(library.search("rocket")) == ["paper-rocket", "moon-game", "lawyer"]


def test_keywords_count_though_the_text_does_not_have_them(library: Library) -> None:
    assert ids(library.search("launcher")) == ["paper-rocket"]


@pytest.mark.parametrize(
    "typed", ["ac", "act", "activ", "activi", "activit", "activiti", "activitie", "activities", "activity"]
)
def test_a_word_is_found_at_every_letter_while_it_is_typed(library: Library, typed: str) -> None:
    assert "first-visit" in ids(library.search(typed))


@pytest.mark.parametrize(
    "typed", ["two activit", "badge activiti", "visit rec", "CAFE", "café", "cafe\u0301", "o'neil", "O’Neil"]
)
def test_earlier_words_accents_and_apostrophes_do_not_stop_it(library: Library, typed: str) -> None:
    assert library.search(typed).hits


def test_all_words_must_match_when_they_can(library: Library) -> None:
    assert ids(library.search("count visit")) == ["recording"]


def test_some_words_are_enough_when_no_page_has_them_all(library: Library) -> None:
    assert set(ids(library.search("blow dice"))) == {"paper-rocket", "moon-game"}


def test_a_hit_shows_the_words_around_the_match(library: Library) -> None:
    snippet = library.search("wear").hits[0].snippet

    assert [snippet.text[start:end] for start, end in snippet.marks] == ["Wear"]
    assert "\x02" not in snippet.text
    assert snippet.text.startswith("Wear your badge. ")


def test_a_search_can_keep_to_some_shelves(library: Library) -> None:
    assert ids(library.search("rocket", kinds=["career", "handbook"])) == ["lawyer"]
    assert ids(library.search("rocket", kinds=[])) == []
    assert len(library.search("filler", limit=5).hits) == 5


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_no_query_is_an_error(library: Library, query: str) -> None:
    assert isinstance(library.search(query).hits, list)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_text_at_all_is_an_error(library: Library, query: str) -> None:
    library.search(query)
    library.search(f"rocket {query}", kinds=["activity"])


def test_several_threads_may_ask_at_once(library: Library) -> None:
    expected = ids(library.search("rocket"))
    answers: list[list[str]] = []

    def ask() -> None:
        answers.extend(ids(library.search("rocket")) for _ in range(50))
        library.page("handbook", "recording")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [expected] * 400


def test_words_that_say_nothing_do_not_narrow_a_search(library: Library) -> None:
    assert ids(library.search("something about rockets for the class")) == ids(
        library.search("rockets class")
    )
    assert ids(library.search("the")) == ids(library.search("the"))


@pytest.mark.parametrize("typed", ["lancher", "laucnher", "launchr", "lanch"])
def test_a_slip_is_read_as_the_word_that_was_meant_and_said(library: Library, typed: str) -> None:
    found = library.search(typed)

    assert "paper-rocket" in ids(found)
    assert found.read_as[0][0] == typed
    assert found.read_as[0][1].startswith("launch")


def test_a_word_that_is_there_is_not_read_as_another(library: Library) -> None:
    assert library.search("rocket").read_as == ()
    assert library.search("rocke").read_as == ()


@pytest.fixture
def moon(root: Path, write: Write, tmp_path: Path) -> Iterator[Library]:
    """A shelf about the Moon."""
    write(
        "handbook",
        "planning",
        title="Planning by age",
        body="In Year 5 the Moon is a good choice. Half an hour is enough on the ISS.\n",
    )
    write("activity", "phases", title="Moon phases", ages="[7, 11]", minutes="30", kit='["paper"]')
    write(
        "activity", "craters", title="Moon craters", ages="[7, 11]", minutes="45", kit='["flour", "marbles"]'
    )
    write("activity", "orbits", title="Moon orbits", ages="[14, 18]", minutes="20", kit='["paper"]')
    write("activity", "rocks", title="Moon rocks to borrow", type='"loan"', ages="[5, 18]")
    write("activity", "old", title="Moon tree", ages="[7, 11]", minutes="30", status='"closed"')
    write(
        "activity",
        "own",
        title="Walk to the Moon",
        ages="[7, 11]",
        minutes="25",
        provider='"OMI"',
        url=None,
        place='["outdoors"]',
    )
    write("career", "geologist", title="A Moon geologist", body="Looks at rocks of the Moon.\n")
    with Library.open(tmp_path / "cache", root) as opened:
        yield opened


def test_a_year_group_brings_its_activities_first_our_own_before_others_and_closed_ones_last(
    moon: Library,
) -> None:
    found = moon.search("moon year 5")

    assert ids(found)[0] == "own"
    assert [hit.kind for hit in found.hits[:5]] == ["activity"] * 5
    assert ids(found)[:5][-1] == "old"
    assert "orbits" not in ids(found)
    assert {"planning", "geologist"} <= set(ids(found))
    assert [meaning.label for meaning in found.meanings] == ["Year 5"]


def test_the_nation_decides_which_year_is_meant(moon: Library) -> None:
    assert "orbits" in ids(moon.search("moon year 10", nation=Nation.ENGLAND))
    assert "orbits" not in ids(moon.search("moon year 10", nation=Nation.NORTHERN_IRELAND))
    assert "phases" in ids(moon.search("moon p6", nation=Nation.SCOTLAND))


def test_every_wish_narrows_and_what_an_activity_does_not_say_is_told(moon: Library) -> None:
    found = moon.search("moon, year 5, 30 minutes, no kit")

    assert ids(found)[:2] == ["own", "phases"]
    assert "craters" not in ids(found)
    assert "rocks" not in ids(found)
    assert found.doubts["activity", "old"] == "Does not say which kit"
    rocks = moon.search("moon rocks, year 5, 30 minutes")
    assert rocks.doubts["activity", "rocks"] == "Does not say how long it takes"


def test_wishes_alone_find_every_activity_that_is_so(moon: Library) -> None:
    assert set(ids(moon.search("20 minutes"))) >= {"orbits"}
    assert ids(moon.search("age 16 20 min"))[0] == "orbits"
    assert ids(moon.search("outdoors"))[0] == "own"


def test_when_no_activity_is_as_wished_it_says_what_there_is_without_one_of_the_wishes(moon: Library) -> None:
    found = moon.search("moon year 5, 5 minutes, no kit", kinds=["activity"])

    assert ids(found) == []
    assert [(label(wish), count) for wish, count in found.instead] == [("Up to 5 minutes", 2)]


def test_activities_without_the_words_follow_when_none_has_them_and_each_says_so(moon: Library) -> None:
    found = moon.search("zeppelins in 20 minutes", kinds=["activity"])

    assert "orbits" in ids(found)
    assert found.doubts["activity", "orbits"] == "Fits, but does not say “zeppelins”"
    assert "orbits" in ids(moon.search("orbits in 20 minutes"))
    assert ("activity", "orbits") not in moon.search("orbits in 20 minutes").doubts


def test_how_many_there_will_be_is_no_word_to_look_for(moon: Library) -> None:
    assert ids(moon.search("moon for 200")) == ids(moon.search("moon"))


def test_chosen_wishes_narrow_their_own_shelf_and_leave_the_others(moon: Library) -> None:
    found = moon.search("moon", wishes=[Wish("activity", "minutes", "20")])

    assert [
        hit.id for hit in found.hits if hit.kind == "activity" and (hit.kind, hit.id) not in found.doubts
    ] == ["orbits"]
    assert {"planning", "geologist"} <= set(ids(found))


def test_a_chapter_that_speaks_of_the_year_is_found_too(moon: Library) -> None:
    assert "planning" in ids(moon.search("year 5"))


def test_words_that_mean_the_same_find_each_other(moon: Library) -> None:
    assert ids(moon.search("space station")) == ["planning"]


def test_the_words_to_mark_in_a_page_are_those_that_were_found(moon: Library, library: Library) -> None:
    assert moon.matched("handbook", "planning", "moon year 5") == {"moon"}
    assert moon.matched("handbook", "planning", "space station") == {"iss"}
    assert moon.matched("career", "geologist", "rock") == {"rocks"}
    assert library.matched("handbook", "first-visit", "badgs") == {"badge"}
    assert moon.matched("handbook", "planning", "year 5") == frozenset()
    assert moon.matched("handbook", "planning", "") == frozenset()


def test_a_long_chapter_whose_title_has_the_words_goes_before_short_texts_that_have_them(
    root: Path, write: Write, tmp_path: Path
) -> None:
    write("handbook", "long", title="Site visits and work experience", body="Many other words here. " * 100)
    write("activity", "short", title="Craters", body="Work, then experience.\n")
    for number in range(20):
        write(
            "career", f"other-{number}", title=f"Other {number}", body="It takes work and some experience.\n"
        )
    with Library.open(tmp_path / "cache", root) as library:
        assert ids(library.search("work experience"))[0] == "long"


def test_of_a_sentence_pages_with_some_of_the_words_follow_those_with_all(library: Library) -> None:
    found = ids(library.search("count everyone visit"))

    assert found[0] == "recording"
    assert "first-visit" in found[1:]


@pytest.fixture
def asked(root: Path, write: Write, tmp_path: Path) -> Iterator[Library]:
    """A long chapter among short pages that have its words."""
    long = "Many other words stand here. " * 100
    write(
        "handbook",
        "joining",
        title="Joining",
        order="1",
        asked='["am I insured", "what age is P7"]',
        body=long,
    )
    write(
        "handbook",
        "needs",
        title="Everyone",
        order="2",
        asked='["SEND", "nobody talks"]',
        body=f"SEND. {long}",
    )
    write("career", "insurer", title="Insurance for satellites", body="Insurance is dear.\n")
    write("career", "talker", title="Why nobody talks of satellite jobs", body="Insurers talk to nobody.\n")
    write("activity", "pixels", title="Send a picture", ages="[8, 12]", body="Send it. We don't say more.\n")
    write("activity", "p7", title="For P7", ages="[10, 12]", body="An age of P7.\n")
    for number in range(12):
        write("career", f"filler-{number}", title=f"Filler number {number}", body="Nothing of interest.\n")
    with Library.open(tmp_path / "cache", root) as opened:
        yield opened


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("am I insured", "joining"),
        ("insurance", "joining"),
        ("insuran", "joining"),
        ("insurence", "joining"),
        ("nobody talks", "needs"),
        ("no one talks", "needs"),
        ("What age is P7?", "joining"),
        ("what age is P6", "joining"),
        ("insurance for satellites", "insurer"),
        ("why nobody talks of satellite jobs", "talker"),
    ],
)
def test_the_chapter_that_is_asked_it_goes_before_pages_that_have_the_words(
    asked: Library, typed: str, first: str
) -> None:
    assert ids(asked.search(typed, nation=Nation.SCOTLAND))[0] == first


def test_a_chapter_that_is_asked_it_stays_away_from_the_other_shelves(asked: Library) -> None:
    assert "joining" not in ids(asked.search("am I insured", kinds=["career"]))
    assert "joining" not in ids(asked.search("what age is P7", kinds=["activity"]))


def test_an_abbreviation_in_capitals_is_no_verb(asked: Library) -> None:
    assert ids(asked.search("SEND"))[0] == "needs"
    assert ids(asked.search("send"))[0] == "pixels"
    assert "pixels" not in ids(asked.search("SEND"))
    assert ids(asked.search("SEND A PICTURE"))[0] == "pixels"
    assert spell_out("SEND A PICTURE") == "SEND A PICTURE"
    assert "send" in asked.matched("handbook", "needs", "SEND")


def test_a_wish_keeps_its_place_in_what_is_typed(asked: Library) -> None:
    typed = "What's there for SEND in year 5?"
    (meaning,) = asked.search(typed).meanings

    assert typed[meaning.start : meaning.end] == "year 5"


def test_no_more_pages_are_found_than_wanted(asked: Library) -> None:
    assert ids(asked.search("am I insured", limit=1)) == ["joining"]


def test_what_an_apostrophe_leaves_of_a_word_is_no_word_to_look_for(asked: Library) -> None:
    assert ids(asked.search("I'm what nobody's talks")) == ids(asked.search("nobody talks what"))
    assert ids(asked.search("doesn’t talk")) == ids(asked.search("talk"))
