"""Sessions as a spreadsheet."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain.session import CancelledBecause, Mode, Outcome, YoungPeople
from omi_desktop.reports import spreadsheet
from tests.kit.bodies import ASHBY, details


def rows(*found: tuple[object, str]) -> list[dict[str, str]]:
    data = spreadsheet.sessions(found)  # type: ignore[arg-type]
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines(keepends=True)))


def test_each_number_of_young_people_has_a_row_and_adults_are_named_once() -> None:
    both = (
        YoungPeople(1, ("en.y7",), 30),
        YoungPeople(1, ("en.y8",), 12, Mode.WATCHED, is_estimated=True),
    )
    one, two = rows((details(young_people=both, teachers=2), "Synced"))
    assert (one["Date"], one["Start"], one["Place"], one["Year group"]) == (
        "2026-11-24", "10:40", "Ashby Academy", "Year 7"
    )  # fmt: skip
    assert (one["Young people"], two["Young people"]) == ("30", "12")
    assert (two["Took part, watched or passed by"], two["Counted or estimate"]) == ("Watched", "Estimate")
    assert (one["Teachers"], two["Teachers"]) == ("2", "")
    assert one["Record"] == "Synced"


def test_a_session_that_did_not_happen_has_a_row_with_nobody() -> None:
    off = details(young_people=(), outcome=Outcome.CANCELLED, cancelled_because=CancelledBecause.SCHOOL)
    (only,) = rows((off, "Saved"))
    assert only["What"] == "Class session – The school cancelled"
    assert only["Young people"] == "0"


@pytest.mark.parametrize(
    "typed",
    [
        "=1+1",
        "+44 1234",
        "-1",
        "@SUM(A1)",
        "=cmd|'/c calc'!A1",
        "\t=1",
        "\r=1",
        "  =1",
        "\u200b=1",
        "\ufeff=1",
        "＝1+1",
        "|x",
        "%x",
    ],
)
def test_what_looks_like_a_formula_is_made_harmless(typed: str) -> None:
    (only,) = rows((details(places=(replace(ASHBY, name=typed),)), "Saved"))
    assert only["Place"].startswith("'")


@given(st.text(max_size=20))
def test_no_cell_begins_like_a_formula_and_nothing_typed_is_lost(typed: str) -> None:
    (only,) = rows((details(class_name=typed), "Saved"))
    cell = only["Class"]
    assert cell.lstrip(" \u00a0\u200b\ufeff")[:1] not in tuple("=+-@|%\t\r\n＝＋－＠")
    kept = "".join(c for c in typed if c.isprintable() or c in "\t\r\n")
    assert cell.removeprefix("'").replace("\r", "") in (
        kept.replace("\r", ""),
        kept.removeprefix("'").replace("\r", ""),
    )
