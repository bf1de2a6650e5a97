"""Sessions as a spreadsheet: CSV that Excel, LibreOffice and Numbers open, in which no cell can act.

What a person or another laptop typed may begin like a formula. Such a cell gets an apostrophe before it, as OWASP's
page on CSV injection advises; numbers are numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from omi_desktop.domain import stages
from omi_desktop.domain.session import (
    ACTIVITY_LABELS,
    CANCELLED_LABELS,
    DELIVERY_LABELS,
    Details,
    Mode,
    Outcome,
    Place,
    YoungPeople,
)

HEAD = (
    "Date",
    "Start",
    "Minutes",
    "What",
    "How",
    "Place",
    "Town",
    "Postcode",
    "Nation",
    "Class",
    "Year group",
    "Young people",
    "Took part, watched or passed by",
    "Counted or estimate",
    "Teachers",
    "Parents",
    "Other adults",
    "Other ambassadors too",
    "Record",
)
_MODES = {Mode.TOOK_PART: "Took part", Mode.WATCHED: "Watched", Mode.PASSED_BY: "Passed by"}
_ACTS = frozenset("=+-@|%\t\r\n＝＋－＠")
"""What a spreadsheet may take for the beginning of a formula or a command."""

Cell = str | int | None


def sessions(found: Iterable[tuple[Details, str]]) -> bytes:
    """A row for each number of young people, with how its record stands; UTF-8 with a mark that Excel needs."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    for details, standing in found:
        writer.writerows([neutral(cell) for cell in row] for row in _rows(details, standing))
    return text.getvalue().encode("utf-8-sig", "replace")


def neutral(cell: Cell) -> Cell:
    """A cell that nothing happens in. Spaces and invisible characters in front are looked through."""
    if not isinstance(cell, str):
        return cell
    clean = "".join(character for character in cell if character.isprintable() or character in "\t\r\n")
    return f"'{clean}" if clean.lstrip(" \u00a0\u200b\ufeff")[:1] in _ACTS and clean.strip(" ") else clean


def _rows(details: Details, standing: str) -> Iterator[tuple[Cell, ...]]:
    what = ACTIVITY_LABELS[details.activity]
    if details.outcome is Outcome.CANCELLED:
        because = details.cancelled_because
        what += f" – {CANCELLED_LABELS[because] if because else 'Cancelled'}"
    places = {place.ref: place for place in details.places}
    for index, line in enumerate(details.young_people or (None,)):
        place = places.get(line.place) if line else next(iter(details.places), None)
        yield (
            details.day.isoformat() if details.day else None,
            f"{details.start:%H:%M}" if details.start else None,
            details.minutes,
            what,
            DELIVERY_LABELS[details.delivery],
            *_where(place),
            details.class_name,
            *_who(line),
            # Adults belong to the session: named once, so that a sum over the column is right.
            *(
                (details.teachers, details.parents, details.other_adults)
                if index == 0
                else (None, None, None)
            ),
            "Yes" if details.is_joint else "No",
            standing,
        )


def _where(place: Place | None) -> tuple[Cell, ...]:
    if place is None:
        return (None, None, None, None)
    nation = place.nation.value.replace("_", " ").title() if place.nation else None
    return (place.name, place.town, place.postcode, nation)


def _who(line: YoungPeople | None) -> tuple[Cell, ...]:
    if line is None:
        return (None, 0, None, None)
    how = "Estimate" if line.is_estimated else "Counted"
    return (stages.label(line.stages), line.count, _MODES[line.mode], how)
