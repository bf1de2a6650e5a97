"""The checker sees what a writer can get wrong, and the content that ships is sound."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from omi_desktop.library import check
from omi_desktop.library.catalogue import Library
from omi_desktop.library.locate import content_root
from tests.library.small_library import Write
from tests.library.sound import SUMMARY

FILLER = "\nA fact.[^source]\n\n" + "Read one more sentence of what this chapter has to say. " * 60


def chapter(write: Write, item_id: str, body: str, **fields: str | None) -> Path:
    """A sound chapter but for what is given."""
    return write("handbook", item_id, body=body + FILLER, **{"summary": f'"{SUMMARY}"', **fields})


def messages(root: Path) -> list[str]:
    return [str(fault) for fault in check.faults(root)]


def test_the_content_of_the_app_has_no_faults() -> None:
    assert messages(content_root()) == []


def test_every_item_of_the_app_is_on_its_shelf(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        assert library.faults() == ()
        assert library.item("handbook", "first-visit").title == "Your first visit"
        assert library.activities()
        assert library.careers()


def test_sound_content_passes(root: Path, write: Write) -> None:
    chapter(
        write,
        "first-visit",
        "Read [on](omi:activity/rocket) or [out](https://example.org).\n\n## A\n\n### B\n",
    )
    write("activity", "rocket", stages='["en.y5", "sc.p6"]')
    write("career", "lawyer")

    assert messages(root) == []


def test_links_to_nowhere_name_file_and_line(root: Path, write: Write) -> None:
    path = chapter(
        write,
        "first-visit",
        "One\ntwo [gone](omi:activity/gone)\n\n- [plain](http://example.org)\n",
        related='["career/gone", "handbook/first-visit"]',
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    gone = lines.index("two [gone](omi:activity/gone)") + 1

    assert messages(root) == [
        "handbook/first-visit.md:2: related names the chapter itself",
        "handbook/first-visit.md:2: related: there is no page career/gone",
        f"handbook/first-visit.md:{gone}: link to omi:activity/gone: there is no such page",
        f"handbook/first-visit.md:{gone + 2}: link to http://example.org: only omi:<kind>/<id> and https links work",
    ]


def test_a_chapter_without_a_source_is_a_fault(root: Path, write: Write) -> None:
    path = write("handbook", "first-visit")
    text = path.read_text(encoding="utf-8")
    start, end = text.index("[[sources]]"), text.rindex("+++")
    path.write_text(text[:start] + text[end:], encoding="utf-8")

    assert messages(root) == ["handbook/first-visit.md:1: sources is missing"]


def test_names_must_be_the_files_and_nobody_elses(root: Path, write: Write) -> None:
    write("activity", "rocket", id='"rockets"')
    write("activity", "mouse", title="The same")
    write("career", "mouse", title="Another")
    write("career", "cat", title="The same")

    assert messages(root) == [
        'resources/activities/rocket.md:2: id is "rockets" but the file is called "rocket.md"',
        "resources/careers/cat.md:3: title is already used by resources/activities/mouse.md",
        "resources/careers/mouse.md:2: id is already used by resources/activities/mouse.md",
    ]


def test_unknown_year_groups_and_words_are_faults(root: Path, write: Write) -> None:
    write("activity", "rocket", stages='["sc.y5"]', cost='"cheap"', ages="[12, 8]", type="true")

    found = messages(root)

    assert len(found) == 4
    assert (
        "resources/activities/rocket.md:5: stages.0: is not a year group that we know, such as en.y8 or sc.p7"
        in found
    )
    assert any("ages: must be [youngest, oldest]" in fault for fault in found)


def test_text_that_would_not_be_shown_as_written_is_a_fault(root: Path, write: Write) -> None:
    chapter(
        write,
        "first-visit",
        "# Title\n\n#### Far below\n\n<b>bold</b> `<b>`\n\n![picture](https://example.org/a.png)\n",
    )
    write("handbook", "second", order="20", body="> " * 9 + "deep\n")
    write("activity", "third", body="")
    (root / "handbook" / "notes.txt").write_text("x", encoding="utf-8")

    assert [fault.split(": ", 1)[1] for fault in messages(root)] == [
        "headings start at ##: the title is the page's only #",
        "heading of level 4 below one of level 2",
        "HTML is shown as text: write Markdown",
        "a picture is a diagram of ours: ![what it shows](diagram:<id>)",
        "not a content file: only .md belongs here",
        "This page is too large or too deeply nested to show",
        "there is no text",
    ]


def test_only_our_own_has_no_address(root: Path, write: Write) -> None:
    write("activity", "rocket", url=None)
    write("career", "lawyer", provider='"OMI"')

    assert messages(root) == [
        "resources/activities/rocket.md:1: url: is missing: only what is by OMI has no address",
        "resources/careers/lawyer.md:6: url: what is by OMI is carried in full and has no address",
    ]


def test_a_chapter_that_no_page_leads_to_is_a_fault(root: Path, write: Write) -> None:
    chapter(write, "first-visit", "Read [on](omi:handbook/second).\n")
    chapter(write, "second", "", order="20", related='["handbook/third"]')
    chapter(write, "third", "", order="30", related='["handbook/third"]')
    chapter(write, "fourth", "Read [this again](omi:handbook/fourth).\n", order="40")
    write("activity", "rocket", body="See [third](omi:handbook/third).\n")

    found = [message for message in messages(root) if "names the chapter itself" not in message]
    assert found == ["handbook/fourth.md:4: no other page links to this chapter or names it in related"]


def test_the_command_prints_nothing_and_exits_0_when_all_is_sound() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "omi_desktop.library.check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
