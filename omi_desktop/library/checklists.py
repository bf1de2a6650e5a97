"""The lists of boxes to tick on a page, to print them alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from omi_desktop.library.items import Page

_HEADING = re.compile(r"<h([2-4]) id=\"[^\"]*\">(.*?)</h\1>\n")
_TASKS = re.compile(r'<ul class="tasks">.*?</ul>\n', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


class Checklist(NamedTuple):
    """A list of boxes to tick; both are HTML, the heading of what stands inside the heading alone."""

    heading: str
    html: str


def checklists(page: Page) -> tuple[Checklist, ...]:
    """The lists of boxes on a page, in its order. A list without a heading of its own has the page's title."""
    found = []
    for tasks in _TASKS.finditer(page.html):
        above = [heading[2] for heading in _HEADING.finditer(page.html, 0, tasks.start())]
        found.append(Checklist(_TAG.sub("", above[-1]) if above else page.title, tasks[0]))
    return tuple(found)
