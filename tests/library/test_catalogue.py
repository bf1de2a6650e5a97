"""The library as a whole: shelves, pages, and an index that can be lost at any time."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.catalogue import Library
from omi_desktop.library.index import FILE_NAME, content_key
from tests.library.small_library import Write


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_shelves_are_in_order_and_items_come_back_as_written(root: Path, write: Write, cache: Path) -> None:
    write("handbook", "later", order="20")
    write("handbook", "sooner", order="10")
    write("activity", "b", title="beta")
    write("activity", "a", title="Alpha", ages=None, stages='["en.y5"]', minutes="40")
    write("career", "lawyer", person='"Ora"')

    for _start in ("indexes", "reads the index"):
        with Library.open(cache, root) as library:
            assert [chapter.id for chapter in library.chapters()] == ["sooner", "later"]
            assert [activity.title for activity in library.activities()] == ["Alpha", "beta"]
            alpha, beta = library.activities()
            assert (alpha.ages, beta.ages, alpha.stages, alpha.minutes) == (None, (8, 12), ("en.y5",), 40)
            assert library.chapters()[0].sources[0].read_on.isoformat() == "2026-11-22"
            assert library.careers()[0].summary == "Ora, legal analyst"
            assert [one and one.id for one in library.neighbours("sooner")] == [None, "later"]
            assert [one and one.id for one in library.neighbours("later")] == ["sooner", None]


def test_a_chapters_page_has_its_text_what_to_read_next_and_its_sources(
    root: Path, write: Write, cache: Path
) -> None:
    write("handbook", "one", title="One & only", related='["activity/rocket"]', body="## Part\n\nText\n")
    write("activity", "rocket", title="Rocket")

    with Library.open(cache, root) as library:
        page = library.page("handbook", "one")

    assert page.title == "One & only"
    assert page.html.startswith("<h1>One &amp; only</h1>")
    assert [heading.text for heading in page.contents] == ["Part", "Read next", "Sources"]
    assert [link.target for link in page.links] == ["omi:activity/rocket", "https://example.org/source"]
    assert "Checked on Sun 22 Nov 2026." in page.html


def test_a_resources_page_says_what_is_known_and_nothing_else(root: Path, write: Write, cache: Path) -> None:
    write("activity", "rocket", stages='["sc.p6"]', minutes="1", status='"closed"', cost='"unknown"')
    write("activity", "plain", ages=None)

    with Library.open(cache, root) as library:
        rocket, plain = library.page("activity", "rocket").html, library.page("activity", "plain").html

    for words in (
        "<th>Ages</th><td>8 to 12</td>",
        "<td>P6 in Scotland</td>",
        "<td>1 minute</td>",
        "Closed: it can&#x27;t be joined",
    ):
        assert words in rocket
    assert "Cost" not in rocket
    assert "Ages" not in plain
    assert '<a href="https://example.org/activity">Open at example.org</a>' in plain


def test_the_second_start_reads_no_markdown_and_needs_no_checker(
    root: Path, write: Write, cache: Path
) -> None:
    write("handbook", "one")
    start = (
        "import sys, pathlib; from omi_desktop.library import Library; "
        "library = Library.open(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])); "
        "library.page('handbook', 'one'); library.search('words'); library.close(); "
        "print([name for name in ('pydantic', 'markdown_it') if name in sys.modules])"
    )

    ran = [
        subprocess.run(
            [sys.executable, "-c", start, cache, root], capture_output=True, text=True, check=True, timeout=60
        )
        for _ in range(2)
    ]

    assert [one.stdout.strip() for one in ran] == ["['pydantic', 'markdown_it']", "[]"]


def test_changed_content_is_indexed_again(root: Path, write: Write, cache: Path) -> None:
    write("handbook", "one", body="before")
    with Library.open(cache, root) as library:
        assert library.search("before").hits
    write("handbook", "one", body="after")
    write("handbook", "two", order="20")

    with Library.open(cache, root) as library:
        assert not library.search("before").hits
        assert library.search("after").hits
        assert len(library.chapters()) == 2
    assert [path.name for path in cache.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("rubbish", [b"", b"not a database", b"SQLite format 3\x00" + b"\xff" * 8_000])
def test_a_damaged_index_is_made_anew(root: Path, write: Write, cache: Path, rubbish: bytes) -> None:
    write("handbook", "one")
    cache.mkdir()
    (cache / FILE_NAME).write_bytes(rubbish)
    (cache / f"{FILE_NAME}.0123.new").write_bytes(b"left by a crash")

    with Library.open(cache, root) as library:
        assert library.search("words").hits

    assert [path.name for path in cache.iterdir()] == [FILE_NAME]
    assert (cache / FILE_NAME).read_bytes().startswith(b"SQLite format 3")


def test_an_index_cut_short_or_overwritten_is_made_anew(root: Path, write: Write, cache: Path) -> None:
    for number in range(20):
        write("activity", f"a{number}", body="words " * 400)
    Library.open(cache, root).close()
    whole = (cache / FILE_NAME).read_bytes()

    for damaged in (whole[: len(whole) // 2], whole[:12_288] + b"\xa5" * 8_192 + whole[20_480:]):
        (cache / FILE_NAME).write_bytes(damaged)
        with Library.open(cache, root) as library:
            assert len(library.search("words").hits) == 20


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    root: Path, write: Write, tmp_path: Path
) -> None:
    write("handbook", "one")
    (tmp_path / "file").write_text("a file where the folder should be", encoding="utf-8")

    with Library.open(tmp_path / "file", root) as library:
        assert library.search("words").hits
        assert library.page("handbook", "one").title == "One"


def test_a_lock_that_someone_else_holds_does_not_stop_reading(
    root: Path, write: Write, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write("handbook", "one")
    Library.open(cache, root).close()
    made = (cache / FILE_NAME).stat().st_mtime_ns
    other = sqlite3.connect(cache / FILE_NAME, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        with Library.open(cache, root) as library:
            assert library.search("words").hits
    finally:
        other.close()

    assert (cache / FILE_NAME).stat().st_mtime_ns == made
    assert "kept in memory" not in caplog.text


def test_an_index_that_goes_bad_while_open_is_replaced_from_memory(
    root: Path, write: Write, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(20):
        write("activity", f"a{number}", body="words " * 400)
    with Library.open(cache, root) as library:
        library._connection.execute("PRAGMA shrink_memory")  # or SQLite would answer from its own copy
        size = (cache / FILE_NAME).stat().st_size
        with (cache / FILE_NAME).open("r+b") as file:
            file.seek(4_096)
            file.write(b"\xa5" * (size - 4_096))

        assert len(library.search("words").hits) == 20
        assert library.page("activity", "a3").title == "A3"

    assert "is damaged; it is kept in memory" in caplog.text


def test_a_faulty_file_is_left_out_and_the_rest_is_there(root: Path, write: Write, cache: Path) -> None:
    write("handbook", "good")
    write("handbook", "hostile", order="20", body=">" * 100 + "deep")
    write("activity", "wrong", cost='"cheap"')
    write("activity", "one")
    write("career", "one")

    with Library.open(cache, root) as library:
        assert [chapter.id for chapter in library.chapters()] == ["good"]
        assert [fault.split(": ")[0] for fault in library.faults()] == [
            "handbook/hostile.md:1",
            "resources/activities/wrong.md:2",
            "resources/careers/one.md:2",
        ]
        assert [hit.id for hit in library.search("one").hits] == ["one"]


def test_a_chapter_leads_to_the_ones_around_it_first(root: Path, write: Write, cache: Path) -> None:
    write("handbook", "a", order="10")
    write("handbook", "b", order="20", related='["handbook/a", "activity/rocket"]')
    write("handbook", "c", order="30")
    write("activity", "rocket")

    with Library.open(cache, root) as library:
        links = {name: library.page("handbook", name).links[:-1] for name in "abc"}

    assert [link.text for link in links["a"]] == ["Next chapter: B"]
    assert [link.text for link in links["b"]] == ["Next chapter: C", "Previous chapter: A", "Rocket"]
    assert [link.text for link in links["c"]] == ["Previous chapter: B"]


def test_a_page_for_the_browser_leads_to_the_others_and_fetches_nothing(
    root: Path, write: Write, cache: Path
) -> None:
    write("handbook", "one", title="One & only", body="## Part\n\n[Rocket](omi:activity/rocket)\n")
    write("activity", "rocket")

    with Library.open(cache, root) as library:
        file = library.web_page("handbook", "one")
        text = file.read_text(encoding="utf-8")

    assert "<title>One &amp; only" in text
    assert '<li><a href="#part">Part</a></li>' in text
    assert "default-src 'none'" in text
    (target,) = re.findall(r'href="(\.\.[^"]*)"', text)
    assert (file.parent / target).resolve().is_file()


def test_a_page_for_the_browser_that_cannot_be_written_is_told(
    root: Path, write: Write, tmp_path: Path
) -> None:
    write("handbook", "one")
    (tmp_path / "file").touch()

    with Library.open(tmp_path / "file", root) as library, pytest.raises(LibraryProblem, match="written"):
        library.web_page("handbook", "one")


def test_a_page_that_does_not_exist_is_told_to_a_person(root: Path, write: Write, cache: Path) -> None:
    write("handbook", "good")

    with Library.open(cache, root) as library, pytest.raises(LibraryProblem, match="not in the library"):
        library.page("activity", "good")


def test_empty_shelves_are_no_fault(root: Path, cache: Path) -> None:
    with Library.open(cache, root) as library:
        assert (library.chapters(), library.activities(), library.careers()) == ((), (), ())
        assert library.search("anything").hits == []


def test_the_index_is_made_anew_when_a_word_of_the_search_tables_changes(root: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "index.py").write_text("", encoding="utf-8")
    (ours / "alike.txt").write_text("iss, space station\n", encoding="utf-8")
    before = content_key(root, ours)
    assert content_key(root, ours) == before

    (ours / "alike.txt").write_text("iss, space station, orbital laboratory\n", encoding="utf-8")

    assert content_key(root, ours) != before
