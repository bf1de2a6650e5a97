"""From Markdown to HTML that is safe to show."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.items import Heading, Link, Source
from omi_desktop.library.markdown import BODY_LIMIT, TooDeep, parse, plain_text
from omi_desktop.library.render import Writer, render
from omi_desktop.library.targets import diagrams_of

ALLOWED = re.compile(
    r'<img src="omi:diagram/[a-z0-9-]+" alt="[^"<>]*">|'
    r"</?(h[1-4]|p|ul|ol|li|blockquote|table|thead|tbody|tr|th|td|em|strong|s|sup|code|pre|a|br|hr)"
    r'( (id|class|href|align|start)="[^"<>]*")?>'
)


def html(body: str) -> str:
    return render("T", body).html.removeprefix("<h1>T</h1>\n")


def test_headings_make_the_contents_and_each_has_its_own_anchor() -> None:
    page = render("T", "## What *you* need\n\n### Before\n\n## What you need\n")

    assert page.contents == (
        Heading(2, "What you need", "what-you-need"),
        Heading(3, "Before", "before"),
        Heading(2, "What you need", "what-you-need-2"),
    )
    assert '<h2 id="what-you-need">What <em>you</em> need</h2>' in page.html
    assert '<h2 id="what-you-need-2">' in page.html


def test_task_boxes_become_characters_that_can_be_read() -> None:
    assert html("- [ ] Badge\n- [x] Kit\n- plain [ ] text\n") == (
        '<ul class="tasks"><li>☐ Badge</li>\n<li>☑ Kit</li>\n<li>plain [ ] text</li>\n</ul>\n'
    )


def test_a_table_keeps_its_columns_and_their_sides() -> None:
    assert '<th align="right">Minutes</th>' in html("| Step | Minutes |\n|---|--:|\n| Hello | 5 |\n")


def test_links_keep_their_address_only_when_it_is_ours_or_https() -> None:
    page = render(
        "T",
        "[next](omi:handbook/recording) [site](https://example.org/a?b=c&d) [again](https://example.org/a?b=c&d)\n"
        "[bad](javascript:alert(1)) [file](file:///etc/passwd) [plain](http://example.org) [data](data:text/html,x)\n"
        "[fake](https://stem.org.uk@example.net) [up](omi:handbook/../x) ![picture](https://example.org/x.png)",
    )

    assert page.links == (
        Link("next", "omi:handbook/recording"),
        Link("site", "https://example.org/a?b=c&d"),
    )
    assert re.findall(r'href="([^"]*)"', page.html) == [
        "omi:handbook/recording",
        "https://example.org/a?b=c&amp;d",
        "https://example.org/a?b=c&amp;d",
    ]
    for words in ("bad", "file", "plain", "data", "fake", "up", "picture"):
        assert words in page.html


def test_a_mark_stays_with_its_word_and_apart_from_the_mark_before_it() -> None:
    read_on = date(2026, 11, 25)
    writer = Writer(
        "T",
        (
            Source("First", "https://example.org/1", read_on, "first"),
            Source("Second", "https://example.org/2", read_on, "second"),
        ),
    )
    writer.write(parse("A fact. [^first] [^second] More.\n"))

    assert (
        '<p>A fact.<sup><a href="#source-first">1</a></sup><sup>, </sup>'
        '<sup><a href="#source-second">2</a></sup> More.</p>'
    ) in writer.page().html


def test_marks_are_numbers_that_lead_to_their_source() -> None:
    read_on = date(2026, 11, 25)
    writer = Writer(
        "T",
        (
            Source("First", "https://example.org/1", read_on, "first", year=2024),
            Source("Second", "https://example.org/2", read_on, "second", "A note."),
        ),
    )
    writer.write(parse("A fact.[^second][^first] Ours.[^own]\n\n[^gone]: words `[^first]`\n"))
    writer.source_list()
    page = writer.page()

    assert (
        '<sup><a href="#source-second">2</a></sup><sup>, </sup><sup><a href="#source-first">1</a></sup>'
        in page.html
    )
    assert 'Ours.<sup><a href="#source-own">3</a></sup>' in page.html
    assert "<p>[^gone]: words <code>[^first]</code></p>" in page.html
    assert '<li id="source-first"><a href="https://example.org/1">First</a>, 2024</li>' in page.html
    assert (
        '<li id="source-second"><a href="https://example.org/2">Second</a>, read in 2026. A note.</li>'
        in page.html
    )
    assert '<li id="source-own">Our own design, estimate or calculation.</li>' in page.html
    assert [link.text for link in page.links] == ["First", "Second"]


def test_marks_are_no_words_to_search_for() -> None:
    assert plain_text(parse("A fact.[^first] Another[^own].\n")) == "A fact. Another."


def test_a_diagram_is_a_picture_with_its_words_below() -> None:
    page = render("T", "![A *comet* & its tail](diagram:comet)\n\nIn a line ![a dot](diagram:dot) of text.\n")

    assert page.html == (
        '<h1>T</h1>\n<p class="picture"><img src="omi:diagram/comet" alt="A comet &amp; its tail"></p>\n'
        '<p class="caption">A comet &amp; its tail</p>\n<p>In a line a dot of text.</p>\n'
    )
    assert diagrams_of(page.html) == {"omi:diagram/comet": "comet"}


def test_html_in_the_text_is_shown_not_obeyed() -> None:
    page = html("<script>alert(1)</script>\n\nA <b onclick='x'>word</b> and <img src=x>\n")

    assert "<script" not in page
    assert "<b " not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "body",
    [
        "> " * 4 + "deep",
        ">" * 5_000 + "deep",
        "\n".join("  " * depth + "- a" for depth in range(5)),
        "1. " * 5_000,
        "> - " * 30 + "deep",
        "> - > - > - - deep",
        "|a" * 13 + "|\n" + "|-" * 13 + "|\n",
        "*a " * 30 + "a*" * 30,
        "> a\n\n" * 20_000,
        "a" * (BODY_LIMIT + 1),
        "a" * 2_000,
        "[a " * 50,
        ">     a\n<b>\n" * 200,
        "- a\n\n> b\n\n" * 120,
        "![a](diagram:b)\n\n" * 13,
    ],
    ids=[
        "quotes",
        "many quotes",
        "lists",
        "many lists",
        "mixed",
        "mixed but few of each",
        "columns",
        "emphasis",
        "blocks",
        "long",
        "one long word",
        "brackets that stay open",
        "quotations between other lines",
        "many lists and quotations",
        "many pictures",
    ],
)
def test_a_page_that_is_too_deep_or_too_large_is_refused(body: str) -> None:
    with pytest.raises(TooDeep) as caught:
        render("T", body)

    assert isinstance(caught.value, LibraryProblem)
    assert "too deeply nested" in caught.value.title


def test_nesting_that_people_write_is_shown() -> None:
    body = "- a\n  - b\n    - c\n      - d\n\n> one\n>> two\n>>> three\n\n**_bold_ and `code`**\n"

    assert "three" in html(body)
    assert "<code>code</code>" in html(body)


def test_the_words_for_searching_are_one_line_with_blocks_told_apart() -> None:
    body = "## Heading\n\nOne *sentence*\nover two lines.\n\n- [ ] item\n\n```\ncode\n```\n"

    assert plain_text(parse(body)) == "Heading · One sentence over two lines. ☐ item · code"


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("*_~`[]()<>#|-+>!&\\\"' \n\t:.1aé☐\x00\u2028"), st.characters()),
        max_size=400,
    )
)
def test_whatever_the_text_only_allowed_tags_come_out(body: str) -> None:
    try:
        page = render("T", body)
    except TooDeep:
        return

    assert not re.search(r"[<>]", ALLOWED.sub("", page.html))
    assert all(link.target.startswith(("omi:", "https://")) for link in page.links)
    opened = [tag for tag in re.findall(r"<(/?[a-z1-4]+)", page.html) if tag not in ("br", "hr", "img")]
    assert sorted(tag for tag in opened if tag[0] != "/") == sorted(
        tag[1:] for tag in opened if tag[0] == "/"
    )
