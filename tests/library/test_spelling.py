"""Spelling by a British dictionary, and how old a reader must be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from omi_desktop.library import check
from omi_desktop.library.locate import content_root
from omi_desktop.library.rules import spelling
from omi_desktop.library.rules.reading import AIM, TOO_OLD, readings, syllables_of
from tests.library.sound import NAMES, plant


@pytest.fixture(autouse=True)
def _has_a_dictionary() -> None:
    try:
        spelling.dictionary()
    except spelling.NoDictionary as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


def unknown(root: Path) -> list[str]:
    return [str(fault) for fault in spelling.unknown_words(check.read_all(root)[0], root)]


@pytest.mark.slow
def test_every_word_of_the_app_is_known() -> None:
    assert unknown(content_root()) == []


def test_a_slip_is_found_with_file_and_line(root: Path) -> None:
    line = plant(root, "chapter", "## How to count", "## How to count teh colors")

    assert unknown(root) == [
        f'{NAMES["chapter"]}:{line}: "{word}" is in no dictionary: mend it, or add it to resources/words.txt'
        for word in ("teh", "colors")
    ]


@pytest.mark.parametrize("words", ["WXYZ", "https://exmaple.org/qwx", "the Moon’s edge", "r²", "`qwx`"])
def test_what_is_no_word_is_not_spelt(root: Path, words: str) -> None:
    plant(root, "chapter", "Read [", f"{words} Read [")

    assert unknown(root) == []


def test_our_own_list_knows_names(root: Path) -> None:
    plant(root, "role", "You count.", "You count for Astroscale.")
    (root / "resources" / "words.txt").write_text("Astroscale\n", encoding="utf-8")

    assert unknown(root) == []


def test_our_own_list_is_in_order_and_needed(root: Path) -> None:
    plant(root, "role", "You count.", "You count.")
    (root / "resources" / "words.txt").write_text("Hwb\nastroscale\ntwo words\nwindow\n", encoding="utf-8")

    assert unknown(root) == [
        'resources/words.txt:2: "astroscale" must come before "Hwb", and once',
        'resources/words.txt:3: "two words" is not one word',
        'resources/words.txt:4: "window" is in the dictionary already',
    ]


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("make", 1),
        ("table", 2),
        ("ambassador", 4),
        ("wanted", 2),
        ("looked", 1),
        ("the", 1),
    ],
)
def test_syllables(word: str, count: int) -> None:
    assert syllables_of(word) == count


def test_long_words_and_sentences_want_an_older_reader(root: Path) -> None:
    hard = (
        "Organisational considerations necessitate comprehensive documentation, " * 12 + "notwithstanding. "
    )
    plant(root, "activity", "- A tail is pushed.", hard * 3)
    ages = {one.file: one.age for one in readings(check.read_all(root)[0])}

    assert ages[NAMES["chapter"]] < AIM
    assert ages[NAMES["activity"]] > TOO_OLD
    assert NAMES["role"] not in ages


def test_the_command_reports_ages_and_unknown_words() -> None:
    for option in ("--reading-age", "--unknown-words"):
        ran = subprocess.run(
            [sys.executable, "-m", "omi_desktop.library.check", option],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ran.stderr == ""
        assert (option == "--reading-age") == ("handbook/first-visit.md" in ran.stdout)
