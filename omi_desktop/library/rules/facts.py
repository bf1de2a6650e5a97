"""Rules over facts: marks lead to sources, sources are used, and every figure has a source and a year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from omi_desktop.library.markdown import OWN_MARK, inline
from omi_desktop.library.read import Fault
from omi_desktop.library.rules.entry import Entry, blocks

_COUNT: Final = r"(?:one|two|three|four|five|six|seven|eight|nine|ten)"
_YEAR: Final = re.compile(r"\b(?:1[6-9]|20)\d\d\b")
FIGURE: Final = re.compile(
    rf"""
      £\s?\d[\d.,]*                                        # an amount of money
    | \d[\d.,]*\s?(?:%|per\s?cent\b)                       # a share
    | \d{{1,3}}(?:,\d{{3}})+                               # a number so large that it has a comma
    | \d[\d.,]*\s(?:million|billion|trillion)\b
    | \b\d+\s(?:in|out\sof)\s(?:every\s)?(?!(?:1[6-9]|20)\d\d\b)\d+\b
    | \b{_COUNT}\s(?:in|out\sof)\s(?:every\s)?{_COUNT}\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What can't be said without a source: see README.md."""


def marks(one: Entry) -> Iterator[Fault]:
    """Every mark leads to a source, and every source is led to."""
    unused: dict[str, int] = {}
    for number, source in enumerate(one.item.sources):
        if source.key == OWN_MARK:
            yield one.fault(f"the key {OWN_MARK} is kept for what is our own", "sources", number, "key")
        elif unused.setdefault(source.key, number) != number:
            yield one.fault("key is already used by another source", "sources", number, "key")
    known = {*unused, OWN_MARK}
    for token, line in inline(one.tokens):
        if token.type == "source_mark":
            unused.pop(token.content, None)
            if token.content not in known:
                yield one.fault_in_body(f"[^{token.content}]: no source has this key", line)
    for key, number in unused.items():
        yield one.fault(f"no [^{key}] in the text leads to this source", "sources", number, "key")


def figures(one: Entry) -> Iterator[Fault]:
    """In a text of ours, a block with a figure has a mark, and itself or one of its sources a year."""
    if not one.is_ours:
        return
    # An undated page that says so is shown with the year it was read in.
    dated = {source.key for source in one.item.sources if source.year or "undated" in source.note.casefold()}
    for block in blocks(one.tokens):
        found = FIGURE.search(block.text)
        if found is None:
            continue
        if not block.keys:
            yield one.fault_in_body(f'"{found[0]}" has no source: add [^key], or [^{OWN_MARK}]', block.line)
        elif set(block.keys) != {OWN_MARK} and not dated & set(block.keys) and not _YEAR.search(block.text):
            yield one.fault_in_body(
                f'"{found[0]}" has no year: say it, give its source a year, or note that it is undated',
                block.line,
            )
