"""Any text is a valid query, and the right page comes first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omi_desktop.library.catalogue import Library
from omi_desktop.library.items import Hit
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


def ids(hits: list[Hit]) -> list[str]:
    return [hit.id for hit in hits]


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
    assert library.search(typed)


def test_all_words_must_match_when_they_can(library: Library) -> None:
    assert ids(library.search("count visit")) == ["recording"]


def test_some_words_are_enough_when_no_page_has_them_all(library: Library) -> None:
    assert set(ids(library.search("blow dice"))) == {"paper-rocket", "moon-game"}


def test_a_hit_shows_the_words_around_the_match(library: Library) -> None:
    snippet = library.search("wear")[0].snippet

    assert [snippet.text[start:end] for start, end in snippet.marks] == ["Wear"]
    assert "\x02" not in snippet.text
    assert snippet.text.startswith("Wear your badge. ")


def test_a_search_can_keep_to_some_shelves(library: Library) -> None:
    assert ids(library.search("rocket", kinds=["career", "handbook"])) == ["lawyer"]
    assert library.search("rocket", kinds=[]) == []
    assert len(library.search("filler", limit=5)) == 5


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_no_query_is_an_error(library: Library, query: str) -> None:
    assert isinstance(library.search(query), list)


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
