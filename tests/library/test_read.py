"""Front matter and text, and faults that say where to look."""

from __future__ import annotations

from pathlib import Path

import pytest

from omi_desktop.library.model import to_item
from omi_desktop.library.read import FaultyContent, read, split

GOOD = '+++\ntitle = "A"\n[[sources]]\nurl = "a"\n[[sources]]\nurl = "b"\n+++\n\nText\n'


def faults_of(text: str) -> list[str]:
    with pytest.raises(FaultyContent) as caught:
        to_item(split(text, "handbook", "handbook/a.md"))
    return [str(fault) for fault in caught.value.faults]


def test_a_file_splits_into_facts_and_text() -> None:
    document = split(GOOD, "handbook", "handbook/a.md")

    assert document.front["sources"] == [{"url": "a"}, {"url": "b"}]
    assert document.body == "\nText\n"
    assert document.body_line == 8


def test_a_field_of_the_second_source_is_found_on_its_own_line() -> None:
    document = split(GOOD, "handbook", "handbook/a.md")

    assert document.line_of("title") == 2
    assert document.line_of("sources", 0, "url") == 4
    assert document.line_of("sources", 1, "url") == 6
    assert document.line_of("sources", 1, "read_on") == 5
    assert document.line_of("absent") == 1


def test_windows_line_ends_and_a_byte_order_mark_are_read_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())

    assert read(path, "handbook", tmp_path).body == "\nText\n"


def test_text_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b'+++\ntitle = "caf\xe9"\n+++\n')

    with pytest.raises(FaultyContent) as caught:
        read(path, "handbook", tmp_path)
    assert [str(fault) for fault in caught.value.faults] == ["a.md:2: not UTF-8 text"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "handbook/a.md:1: the first line must be +++"),
        ("# Title\n", "handbook/a.md:1: the first line must be +++"),
        ('+++\nid = "a"\n', "handbook/a.md:1: the front matter is not closed with a line +++"),
        ('+++\nid = "a"\ntitle = no\n+++\n', "handbook/a.md:3: front matter: Invalid value"),
        ('+++\nid = "a"\nid = "b"\n+++\n', "handbook/a.md:3: front matter: Cannot overwrite a value"),
    ],
)
def test_front_matter_that_cannot_be_read_names_its_line(text: str, fault: str) -> None:
    assert faults_of(text) == [fault]


def test_every_wrong_field_is_named_at_once_with_its_line() -> None:
    text = """\
+++
id = "Not Kebab"
title = "A title"
summary = ""
order = "ten"
minutes = 6
audience = ["ambassador", "pupil"]
keywords = ["a", "A"]
checked_on = "2026-11-22"
related = ["recording"]
colour = "red"
[[sources]]
title = "One"
url = "http://example.org"
read_on = 2026-11-22
+++
"""
    assert sorted(faults_of(text)) == sorted(
        [
            "handbook/a.md:2: id: must be kebab-case: a-z, 0-9 and single hyphens",
            "handbook/a.md:4: summary: String should have at least 1 character",
            "handbook/a.md:5: order: Input should be a valid integer",
            "handbook/a.md:7: audience.1: Input should be 'ambassador', 'employer', 'teacher' or 'partnership'",
            "handbook/a.md:8: keywords: names something twice",
            "handbook/a.md:9: checked_on: Input should be a valid date",
            "handbook/a.md:12: sources.0.key is missing",
            'handbook/a.md:10: related.0: must look like "handbook/recording", "activity/..." or "career/..."',
            "handbook/a.md:11: colour is not a field of this kind of file",
            "handbook/a.md:14: sources.0.url: must be an https address",
        ]
    )
