"""Pages of our own stand in full; those of others lead to theirs."""

from __future__ import annotations

import re
from pathlib import Path

from omi_desktop.library.browser import web_page
from omi_desktop.library.catalogue import Library
from tests.library.small_library import Write
from tests.library.sound import plant


def test_an_activity_of_our_own_says_what_it_takes_and_then_all_of_it(root: Path, tmp_path: Path) -> None:
    plant(root, "activity", "Purpose", "Purpose")
    with Library.open(tmp_path, root) as library:
        page = library.page("activity", "paper-comet")

    headings = [heading.text for heading in page.contents if heading.level == 2]
    assert headings[:3] == ["About this activity", "Purpose", "What they will learn"]
    assert headings[-2:] == ["Pupil sheet", "Sources"]
    assert "Open at" not in page.html
    for fact in (
        "<th>From</th><td>OMI</td>",
        "<td>Year 5 in England and Wales, P6 in Northern Ireland, P5 in Scotland</td>",
        "<th>In the room</th><td>20 minutes</td>",
        "<th>Licence</th><td>CC BY 4.0</td>",
    ):
        assert fact in page.html
    assert '<a href="#source-comets" aria-label="Source 1">1</a>' in web_page(page)
    marks = re.findall(r'<a href="#(source-[a-z]+)">(\d+)</a>', page.html)
    assert marks == [("source-comets", "1"), ("source-own", "2"), ("source-own", "2")]
    assert re.findall(r'<li id="(source-[a-z]+)">', page.html) == ["source-comets", "source-own"]


def test_a_role_card_says_for_whom_it_is(root: Path, tmp_path: Path) -> None:
    plant(root, "role", 'interests = ["night"]', 'interests = ["night", "quiet", "numbers", "tea"]')
    with Library.open(tmp_path, root) as library:
        [card] = library.careers()
        page = library.page("career", card.id)

    assert card.summary == "For people who like night, quiet and numbers"
    assert page.contents[0].text == "About this job"
    assert "<th>Job</th>" not in page.html
    assert "<td>College, degree</td>" in page.html
    assert "Open at" not in page.html


def test_what_others_made_leads_to_their_page(root: Path, tmp_path: Path, write: Write) -> None:
    write("activity", "rocket")
    with Library.open(tmp_path, root) as library:
        page = library.page("activity", "rocket")

    assert [link.text for link in page.links] == ["Open at example.org"]
    assert page.contents == ()
