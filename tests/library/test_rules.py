"""One planted fault for each rule: it is found, with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from omi_desktop.library import check
from tests.library.sound import ACTIVITY, NAMES, plant


def messages(root: Path) -> list[str]:
    return [str(fault) for fault in check.faults(root)]


def test_the_sound_files_have_no_faults(root: Path) -> None:
    plant(root, "chapter", "Counting stars", "Counting stars")

    assert messages(root) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "below", "message"),
    [
        # sources and figures
        ("chapter", 'key = "catalogue"\n', "", -1, "sources.0.key is missing"),
        ("chapter", 'key = "catalogue"', 'key = "undated"', 7, "key is already used by another source"),
        ("chapter", "dim.[^undated]", "dim.[^catalogue]", -6, "no [^undated] in the text leads to this source"),
        ("chapter", "dim.[^undated]", "dim.[^undated][^gone]", 0, "[^gone]: no source has this key"),
        ("chapter", "stars.[^own]", "stars.", 0, '"1,200" has no source: add [^key], or [^own]'),
        ("chapter", "In 2023 a page said 45%", "[^own]\n\nA page said 45 %", 2,
         '"45 %" has no year: say it, give its source a year, or note that it is undated'),
        ("chapter", "In 2023 a page said 45%", "[^own]\n\nA page said 4.5 million", 2,
         '"4.5 million" has no year: say it, give its source a year, or note that it is undated'),
        ("chapter", "Read [", "One in five looks up.\n\nRead [", 0,
         '"One in five" has no source: add [^key], or [^own]'),
        ("activity", "- Paper cuts.", "- 3 in 10 get paper cuts.", 0,
         '"3 in 10" has no source: add [^key], or [^own]'),
        ("activity", "about £1 in 2026 [^own]", "about £1", 0, '"£1" has no source: add [^key], or [^own]'),
        ("activity", 'key = "comets"', 'key = "own"', 0, "the key own is kept for what is our own"),
        # a chapter's length
        ("chapter", "minutes = 3", "minutes = 5", 0, "minutes is 5, but 592 words take 3"),
        ("chapter", " and a class can do it.", ".", 0, "summary has 104 characters: two lines are 120 to 220"),
        ("chapter", "pencil. It takes", "pencil. Truly. It takes", 0, "summary must be two sentences"),
        ("chapter", "Look up and count what you see, then write the number down at once. " * 40, "", -9,
         "32 words take 0 minutes to read: a chapter takes 3 to 8"),
        ("chapter", "## How to count", "word " * 1_100 + "\n\n## How to count", -3,
         "1692 words take 9 minutes to read: a chapter takes 3 to 8"),
        # our own activities
        ("activity", 'group = "Pairs"\n', "", None, "an activity by OMI needs group"),
        ("activity", 'kit = ["paper"]\n', "", None, "an activity by OMI needs kit: [] when it takes none"),
        ("activity", 'cost = "low"', 'cost = "unknown"', 0, "an activity by OMI has a cost that we know"),
        ("activity", '"CC BY 4.0"', '"CC0"', 0, 'licence must be "CC BY 4.0"'),
        ("activity", ', "sc.p5"', "", 0, "no year group of Scotland is named"),
        ("activity", "## Risks", "## Dangers", 0, '"## Risks" must come here, not "## Dangers"'),
        ("activity", "## Pupil sheet", "## Pupil sheet\n\nx\n\n## More", 4, '"## More" is one section too many'),
        ("activity", "\n- Paper cuts.\n", "", -1, '"## Risks" is empty'),
        ("activity", "### Online", "### On a screen", -14,
         '"## Make it fit" must have exactly: ### Younger, ### Older, ### SEND, ### Online'),
        ("activity", "Use a fan.\n", "", -2, '"### SEND" is empty'),
        ("activity", "- **Reflection:** they", "- They", -5, '"Four conditions" needs a line that begins "Reflection"'),
        ("activity", "5–20 min", "5–15 min", -5, "the steps take 15 minutes, but minutes is 20"),
        ("activity", "5–20 min", "6–20 min", 0, "this step starts at 6, but the one before ends at 5"),
        ("activity", "5–20 min", "15 min", -5, "timings must be all lengths or all from–to"),
        ("activity", "result = 3.1416", "result = 3.2", 0,
         "result is 3.2, but the formula gives 3.14159, more than 0.5% away"),
        ("activity", "2 * pi * radius_m", "2 * pi * radius_km", 0,
         "the formula names radius_km, which is not in values"),
        ("activity", 'shown = "3.14 m"', 'shown = "3.1 m"', 0, '"3.1 m" does not stand in "Check the physics"'),
        ("activity", "My comet's", "Name: ____\n\nMy comet's", 0, '"Name:": a sheet never asks for a name'),
        ("activity", "My comet's", "Your name ____\n\nMy comet's", 0, '"Your name": a sheet never asks for a name'),
        ("activity", "____", "____ " + "word " * 327, -2, '"Pupil sheet" has 332 words: at most 330 fit on a page'),
        # role cards
        ("role", 'kind = "role"', 'kind = "video"', 0, 'what is by OMI is a role card: kind must be "role"'),
        ("role", 'interests = ["night"]\n', "", None, "a role card needs interests"),
        ("role", "## A day", "## One day", 0, '"## A day" must come here, not "## One day"'),
        ("role", '"fe", ', '"fe", "school", ', 0, 'routes names school: "### From school" is missing'),
        ("role", "### Degree", "### University", -6,
         '"## Ways in" must have exactly: ### From college'),
        ("role", "About £30,000 in 2020.[^pay]\n\n## Try it", "It is fair.\n\n## Try it\n\nSee.[^pay]", -2,
         "Pay needs a source: add [^key], or leave the section out"),
        # pictures
        ("chapter", "Read [", "![A star in the sky](diagram:star)\n\nRead [", 0,
         "diagram:star: there is no resources/diagrams/star.svg"),
        ("chapter", "Read [", "![A star in the sky](https://example.org/star.png)\n\nRead [", 0,
         "a picture is a diagram of ours: ![what it shows](diagram:<id>)"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found_where_it_is(
    root: Path, name: str, old: str, new: str, below: int | None, message: str
) -> None:
    planted = plant(root, name, old, new)

    found = messages(root)
    assert f"{NAMES[name]}:{1 if below is None else planted + below}: {message}" in found
    # A second one may follow from the first, such as a mark whose source has lost its name.
    assert len(found) <= 2, found
    assert all(fault.startswith(NAMES[name]) for fault in found), found


def test_a_figure_of_an_undated_page_that_says_so_is_sound(root: Path) -> None:
    plant(
        root,
        "chapter",
        'url = "https://example.org/undated"\n',
        'url = "https://example.org/"\nnote = "Undated page."\n',
    )
    path = root / NAMES["chapter"]
    path.write_text(path.read_text(encoding="utf-8").replace("In 2023 a", "A"), encoding="utf-8")

    assert messages(root) == []


def test_a_worked_example_is_shown_as_its_result(root: Path) -> None:
    plant(root, "activity", 'shown = "3.14 m"', 'shown = "0.5 m"')

    assert [fault.split(": ", 1)[1] for fault in messages(root)] == ['"0.5 m" is not 3.14159 rounded']


def test_steps_may_be_a_list_of_lengths(root: Path) -> None:
    start, end = ACTIVITY.index("| Time |"), ACTIVITY.index("## What to say")
    plant(root, "activity", ACTIVITY[start:end], "1. **5 min** Hello\n2. **15 minutes:** Make and blow\n\n")

    assert messages(root) == []


def test_a_table_of_minutes_needs_no_unit_in_each_row(root: Path) -> None:
    start, end = ACTIVITY.index("| Time |"), ACTIVITY.index("## What to say")
    table = "| Minutes | What |\n| --- | --- |\n| 5 | Hello |\n| 15 | Make |\n| After | Tidy |\n\n"
    plant(root, "activity", ACTIVITY[start:end], table)

    assert messages(root) == []


def test_steps_without_timings_are_a_fault(root: Path) -> None:
    start, end = ACTIVITY.index("| Time |"), ACTIVITY.index("## What to say")
    line = plant(root, "activity", ACTIVITY[start:end], "Make and blow.\n\n")

    assert messages(root) == [
        f'{NAMES["activity"]}:{line - 2}: "Step by step" has no timings such as "5 min" or "0–5 min"'
    ]
