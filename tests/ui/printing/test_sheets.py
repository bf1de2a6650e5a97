"""What comes out: the right number of pages, in words that a program can read, with nothing of the window in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from omi_desktop.library.catalogue import Library
from omi_desktop.library.items import OWN, Activity, Chapter
from omi_desktop.ui import theme, tokens
from omi_desktop.ui.printing import face, handouts, invitation, poster, poster_words, slips, tally
from omi_desktop.ui.printing.pages import page_sheet
from omi_desktop.ui.printing.printables import printables
from omi_desktop.ui.printing.sheet import Paper, Sheet, picture
from tests.kit.poppler import fonts_of, images_of, info_of, text_of

Printed = Callable[[Sheet], Path]
SIZES = {Paper.A4: "595 x 842 pts (A4)", Paper.A3: "842 x 1191 pts (A3)"}
NO_NAMES = re.compile(r"\b(your|my|child['’]s|pupil['’]s|first|last) name\b|\bname:|\bname _", re.IGNORECASE)


def the_poster(library: Library, paper: Paper, own_line: str = "") -> Sheet:
    return poster.poster(poster_words.poster_words(library.careers()), paper, own_line)


def item_of(library: Library, item_id: str) -> Activity:
    item = library.item("activity", item_id)
    assert isinstance(item, Activity)
    return item


@pytest.mark.parametrize("paper", Paper)
def test_the_poster_is_one_page_of_its_paper_in_lines_and_letters(
    library: Library, printed: Printed, paper: Paper
) -> None:
    pdf = printed(the_poster(library, paper, "how to fix a satellite"))

    info = info_of(pdf)
    assert (info["Pages"], info["Page size"], info["Title"]) == ("1", SIZES[paper], poster.TITLE)
    assert images_of(pdf) == 0
    fonts = fonts_of(pdf)
    assert fonts
    assert all(fonts.values())
    words = text_of(pdf)
    assert "Why choose" in words
    assert "how to fix a satellite" in words
    for fact in poster_words.FACTS:
        assert fact.number in words
        assert fact.source.split(",")[0] in words


def test_the_poster_shows_twelve_jobs_of_our_cards_by_their_names(library: Library, printed: Printed) -> None:
    said = poster_words.poster_words(library.careers())
    words = text_of(printed(the_poster(library, Paper.A4))).split()

    assert len(said.jobs) == len(poster_words.ICONS) == 12
    for job in said.jobs:
        assert set(job.title.split()) <= set(words)
    roles = [card for card in library.careers() if card.medium == "role" and card.provider == OWN]
    assert said.cards == len(roles)
    assert [way.cards for way in said.ways] == [
        sum(route in card.routes for card in roles)
        for route in ("school", "fe", "apprenticeship", "degree", "sideways")
    ]


def test_every_figure_of_the_poster_stands_in_the_handbook_with_its_source(library: Library) -> None:
    page = library.page("handbook", "talking-about-space-careers")

    for fact in poster_words.FACTS:
        assert fact.number in page.html
        assert fact.address in page.html
        assert re.search(r"\b20\d\d\b", fact.source)


def test_the_poster_can_be_read_in_black_and_white() -> None:
    for ink in (face.INK, face.SOFT, face.TEAL):
        for paper in ("#ffffff", face.WASH, "#cfe0dc"):
            assert tokens.contrast(ink, paper) >= tokens.TEXT


@pytest.mark.parametrize("words", ["WWWWWW ", "W"])
def test_the_longest_own_line_stays_in_its_frame(library: Library, words: str) -> None:
    long = (words * poster_words.ASK_LIMIT)[: poster_words.ASK_LIMIT]

    empty, full = (picture(the_poster(library, Paper.A4, line), 600) for line in ("", long))

    differs = [
        y for y in range(full.height()) if any(full.pixel(x, y) != empty.pixel(x, y) for x in range(600))
    ]
    assert differs
    assert full.height() * 720 / 842 < min(differs)
    assert max(differs) < full.height() * 768 / 842
    right = round(600 * 555 / 595)
    assert all(full.pixel(x, y) == empty.pixel(x, y) for x in range(right, 600) for y in differs)


def test_slips_are_one_page_each_and_ask_for_no_name(printed: Printed) -> None:
    pdf = printed(slips.young_people())
    assert info_of(pdf)["Pages"] == "1"
    words = text_of(pdf)
    assert words.count("Before you go") == 4
    assert words.count(slips.STATEMENTS[2]) == 4
    assert not NO_NAMES.search(words)

    pdf = printed(slips.teacher())
    assert info_of(pdf)["Pages"] == "1"
    assert text_of(pdf).count("how many") == 2


def test_the_statements_are_those_of_the_handbook(library: Library) -> None:
    html = library.page("handbook", "evaluation-in-60-seconds").html

    for statement in slips.STATEMENTS:
        assert statement in html


def test_the_tally_sheet_is_one_page_without_names(printed: Printed) -> None:
    pdf = printed(tally.tally())

    assert info_of(pdf)["Pages"] == "1"
    assert "No names" in text_of(pdf)
    assert not NO_NAMES.search(text_of(pdf))


def test_the_invitation_says_what_was_typed_and_leaves_lines_for_the_rest(printed: Printed) -> None:
    typed = invitation.Invitation(what="Rocket evening", when="Thu 3 Dec 2026, 17:30 to 19:00")
    pdf = printed(invitation.invitation(typed))

    words = text_of(pdf)
    assert info_of(pdf)["Pages"] == "1"
    assert "Rocket evening" in words
    assert "17:30 to 19:00" in words
    assert "Where" in words
    assert not NO_NAMES.search(words)


@pytest.mark.parametrize("words", ["an extraordinarily long answer ", "W" * 39 + " "])
def test_the_longest_answers_stay_on_the_invitation(words: str) -> None:
    long = (words * invitation.LINE_LIMIT)[: invitation.LINE_LIMIT]
    full = picture(invitation.invitation(invitation.Invitation(long, long, long, long)), 420)
    empty = picture(invitation.invitation(invitation.Invitation("x", "x", "x", "x")), 420)

    # The frame with the promises stands where it stood, and nothing reaches into it.
    for y in range(round(full.height() * 0.725), full.height()):
        assert all(full.pixel(x, y) == empty.pixel(x, y) for x in range(420)), y
    for x in (*range(20), *range(400, 420)):
        assert all(full.pixel(x, y) == empty.pixel(x, y) for y in range(full.height())), x


def test_every_pupil_sheet_is_one_page_with_all_its_words(library: Library, printed: Printed) -> None:
    own = [item for item in library.activities() if item.provider == OWN]
    assert len(own) >= 13
    wrong = []
    for item in own:
        part = library.section("activity", item.id, handouts.ANCHOR)
        pdf = printed(handouts.pupil_sheet(item, part))
        words = text_of(pdf)
        asked = re.sub(r"<h[12].*?</h[12]>|<p class=.caption.>.*?</p>", "", part.html)
        wanted = re.findall(r"[a-z]{5,}", re.sub(r"<[^>]+>|&[^;]+;", " ", asked))
        missing = [word for word in wanted if word not in words.replace("- ", "-")]
        if info_of(pdf)["Pages"] != "1" or missing or NO_NAMES.search(words):
            wrong.append((item.id, info_of(pdf)["Pages"], missing))
    assert not wrong


def test_a_checklist_has_every_box_of_its_chapter(library: Library, printed: Printed) -> None:
    item = library.item("handbook", "first-visit")
    assert isinstance(item, Chapter)
    page = library.page("handbook", "first-visit")

    words = text_of(printed(handouts.checklist(item, page)))

    assert words.count("☐") == page.html.count("☐") > 5
    assert "On the day" in words


def test_a_page_has_numbers_its_date_and_its_addresses(library: Library, printed: Printed) -> None:
    page = library.page("activity", "crater-drop")
    pdf = printed(page_sheet(library.item("activity", "crater-drop"), page))

    count = int(info_of(pdf)["Pages"])
    assert count > 2
    for number in range(1, count + 1):
        words = text_of(pdf, number)
        assert f"Page {number} of {count}" in words
        assert "Crater drop · Checked on Wed 25 Nov 2026" in words
    together = text_of(pdf, by_line=True).replace("- ", "-").replace(" ", "")
    for link in page.links:
        if link.target.startswith("https://"):
            assert link.target in together


def test_a_page_shows_its_diagrams_sharp(library: Library, printed: Printed) -> None:
    pdf = printed(
        page_sheet(library.item("activity", "crater-drop"), library.page("activity", "crater-drop"))
    )

    assert images_of(pdf) >= 2


def test_a_page_of_somebody_else_lists_its_address(library: Library, printed: Printed) -> None:
    item = item_of(library, "rocket-mice")
    words = text_of(printed(page_sheet(item, library.page("activity", item.id))), by_line=True)

    assert "Web addresses" in words
    assert item.url in words.replace("- ", "-").replace(" ", "")


def test_neither_theme_nor_text_size_changes_what_is_printed(library: Library) -> None:
    def all_of_them() -> list[Sheet]:
        page = library.page("handbook", "year-groups-in-four-nations")
        return [
            the_poster(library, Paper.A4),
            slips.young_people(),
            invitation.invitation(invitation.Invitation("A", "B", "C", "D")),
            page_sheet(library.item("handbook", "year-groups-in-four-nations"), page),
            handouts.pupil_sheet(
                item_of(library, "crater-drop"),
                library.section("activity", "crater-drop", handouts.ANCHOR),
            ),
        ]

    light = [(len(sheet.pages), picture(sheet, 400)) for sheet in all_of_them()]
    theme.current().choose("contrast", 2.0)
    dark = [(len(sheet.pages), picture(sheet, 400)) for sheet in all_of_them()]

    assert light == dark
    for _pages, image in dark:
        assert image.pixelColor(2, image.height() // 2).lightnessF() > 0.85


def test_each_thing_of_the_list_can_be_made(library: Library) -> None:
    things = printables(library)

    assert len({thing.id for thing in things}) == len(things) > 40
    assert len({thing.file_name(Paper.A4) for thing in things}) == len(things)
    for thing in things:
        assert re.fullmatch(r"[\w ,()\-]+\.pdf", thing.file_name(thing.papers[0]))
        typed = {question.name: "" for question in thing.questions}
        for paper in thing.papers:
            assert thing.make(paper, typed).paper is paper
