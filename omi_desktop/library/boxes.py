"""The boxes of a checklist in a rendered page: what each is called, and the page with boxes that can be ticked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html import unescape

OPEN, TICKED = "☐", "☑"
_BOX = re.compile(rf"(<li>(?:<p>)?)([{OPEN}{TICKED}]) (.*?)(?=</li>|</p>|<ul|<ol)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def boxes(html: str) -> tuple[str, ...]:
    """The words of every box, in order. Of two that say the same the second is numbered."""
    seen: Counter[str] = Counter()
    names = []
    for box in _BOX.finditer(html):
        words = " ".join(unescape(_TAG.sub("", box[3])).split())
        seen[words] += 1
        names.append(words if seen[words] == 1 else f"{words} ({seen[words]})")
    return tuple(names)


def with_boxes(html: str, draw: Callable[[int, str], str]) -> str:
    """The page with each box drawn by `draw` from its number and its words as HTML, which `draw` returns with it."""
    number = -1

    def replace(box: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return f"{box[1]}{draw(number, box[3])}"

    return _BOX.sub(replace, html)
