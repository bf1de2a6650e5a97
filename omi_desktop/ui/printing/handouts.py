"""Handouts from the library: the pupil sheet of an activity on one page, and the checklists of a chapter."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from PySide6.QtGui import QPainter

from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.errors import PrintProblem
from omi_desktop.library.checklists import checklists
from omi_desktop.library.items import Activity, Chapter, Page
from omi_desktop.ui.printing.pages import Column, column, foot
from omi_desktop.ui.printing.paper_style import for_paper
from omi_desktop.ui.printing.sheet import MM, Paper, Sheet

PUPIL_SHEET: Final = "Pupil sheet"
ANCHOR: Final = "pupil-sheet"
"""The section of an activity that young people get."""
_SIDE: Final = 20 * MM
_TOP: Final = 17 * MM
_BOTTOM: Final = 21 * MM
_TRIES: Final = (
    *((12.0, loose / 10, 1.0) for loose in range(24, 9, -1)),
    *((11.0, loose / 10, 0.9) for loose in range(14, 8, -1)),
    *((10.0, loose / 10, 0.8) for loose in range(12, 6, -1)),
    *((9.0, loose / 10, width) for loose, width in ((8, 0.7), (6, 0.6), (5, 0.5))),
)
"""Size of text, width between the lines, width of pictures: the first that fits one page, so that pencils have room."""
_HEADINGS: Final = re.compile(r"^<h1>.*?</h1>\n<h2 .*?</h2>\n")
_FIRST: Final = re.compile(r"^<p><strong>(.*?)</strong>(.*?)</p>\n")


def pupil_sheet(item: Activity, part: Page) -> Sheet:
    """One A4 page of the section `pupil-sheet`. Raises PrintProblem when it takes more than a page."""
    # What it is called stands at the foot; its first line is its title.
    html = _HEADINGS.sub("", part.html)
    html = _FIRST.sub(
        lambda found: f"<h1>{found[1]}</h1>\n" + (f"<p>{found[2]}</p>\n" if found[2] else ""), html
    )
    size = Paper.A4.size
    width, height = size.width() - 2 * _SIDE, size.height() - _TOP - _BOTTOM
    for points, loose, picture_width in _TRIES:
        text = column(
            for_paper(html),
            part.pictures,
            width,
            height,
            size=points,
            loose=loose,
            picture_width=picture_width,
            has_captions=False,
        )
        if len(text.slices) == 1:
            said = f"From the activity “{item.title}” · OMI Desktop · {item.licence}"
            return Sheet(
                f"{PUPIL_SHEET}: {item.title}",
                Paper.A4,
                (partial(_draw, text, said),),
            )
    raise PrintProblem(
        "This pupil sheet takes more than a page", detail="", hint="Print the activity's whole page instead."
    )


def checklist(item: Chapter, page: Page) -> Sheet:
    """The boxes of a chapter with the headings that they stand under, and a line to write on at the end."""
    html = f"<h1>{page.title}</h1>\n"
    heading = ""
    for found in checklists(page):
        if found.heading not in {heading, page.title}:
            html += f"<h2>{found.heading}</h2>\n"
        heading = found.heading
        html += found.html
    size = Paper.A4.size
    text = column(
        for_paper(html),
        {},
        size.width() - 2 * _SIDE,
        size.height() - _TOP - _BOTTOM,
        size=11.5,
        loose=1.3,
    )
    count = len(text.slices)
    said = f"Checklist · {page.title} · Checked on {shown_date(item.checked_on)} · OMI Desktop"
    return Sheet(
        f"Checklist: {page.title}",
        Paper.A4,
        tuple(partial(_draw, text, said, number=number, count=count) for number in range(count)),
    )


def _draw(text: Column, said: str, painter: QPainter, number: int = 0, count: int = 1) -> None:
    text.draw(painter, number, _SIDE, _TOP)
    foot(painter, Paper.A4, said, f"Page {number + 1} of {count}" if count > 1 else "", _SIDE)
