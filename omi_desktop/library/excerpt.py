"""One section of a page as a page of its own, such as the pupil sheet of an activity, to print it alone."""

from __future__ import annotations

import re
from html import escape

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.items import Page

_HEADING = re.compile(r'<h2 id="([^"]*)">.*?</h2>\n', re.DOTALL)
_SOURCE_MARK = re.compile(r'<sup>(?:, |<a href="#source-[^"]*">\d+</a>)</sup>')


def section(page: Page, anchor: str) -> Page:
    """The section of level 2 that has this anchor, such as `pupil-sheet`: its heading below the page's title.

    Marks are left out, since their sources are. Raises LibraryProblem when there is no such section.
    """
    headings = list(_HEADING.finditer(page.html))
    for number, found in enumerate(headings):
        if found[1] == anchor:
            end = headings[number + 1].start() if number + 1 < len(headings) else len(page.html)
            body = _SOURCE_MARK.sub("", page.html[found.end() : end])
            break
    else:
        raise LibraryProblem(
            "This page has no such part", detail="", hint="Open the page, and print all of it."
        )
    heading = next(one for one in page.contents if one.anchor == anchor)
    return Page(
        heading.text,
        f"<h1>{escape(page.title)}</h1>\n{found[0]}{body}",
        tuple(one for one in page.contents if f' id="{escape(one.anchor)}"' in body),
        tuple(link for link in page.links if f'href="{escape(link.target)}"' in body),
        {source: png for source, png in page.pictures.items() if f'src="{source}"' in body},
    )
