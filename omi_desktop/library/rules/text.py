"""Rules over one text: headings, what Markdown we show, how long it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from omi_desktop.library.items import Chapter
from omi_desktop.library.read import Fault
from omi_desktop.library.rules.entry import Entry

WORDS_A_MINUTE: Final = 180
MINUTES: Final = (3, 8)
SUMMARY: Final = (120, 220)
"""Characters: two lines."""

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_SENTENCE = re.compile(r"[.?!](?=\s|$)")


def body(one: Entry) -> Iterator[Fault]:
    """The text is there and would be shown as it is written."""
    if not one.tokens:
        yield one.fault_in_body("there is no text", 1)
    before = 1
    line = 1
    for token in one.tokens:
        if token.map:
            line = token.map[0] + 1
        if token.type == "heading_open":
            level = int(token.tag[1])
            if level == 1:
                yield one.fault_in_body("headings start at ##: the title is the page's only #", line)
            elif level > before + 1:
                yield one.fault_in_body(f"heading of level {level} below one of level {before}", line)
            before = max(level, 2)
        for child in token.children or ():
            if child.type == "text" and _TAG.search(child.content):
                yield one.fault_in_body("HTML is shown as text: write Markdown", line)
    if not one.is_ours and one.sections:
        yield one.fault_in_body("a resource has no headings, only paragraphs and lists", 1)


def length(one: Entry) -> Iterator[Fault]:
    """A chapter takes three to eight minutes, and says how many; its summary fills two lines."""
    if not isinstance(one.item, Chapter):
        return
    shortest, longest = MINUTES
    words = len(one.words)
    minutes = round(words / WORDS_A_MINUTE)
    if not shortest <= minutes <= longest:
        yield one.fault_in_body(
            f"{words} words take {minutes} minutes to read: a chapter takes {shortest} to {longest}", 1
        )
    elif abs(one.item.minutes - words / WORDS_A_MINUTE) > 1:
        yield one.fault(f"minutes is {one.item.minutes}, but {words} words take {minutes}", "minutes")
    least, most = SUMMARY
    if not least <= len(one.item.summary) <= most:
        size = len(one.item.summary)
        yield one.fault(f"summary has {size} characters: two lines are {least} to {most}", "summary")
    if len(_SENTENCE.findall(one.item.summary)) != 2:
        yield one.fault("summary must be two sentences", "summary")
