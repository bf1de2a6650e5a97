"""Rules over pictures: each is a diagram of ours that is there, and says in words what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from omi_desktop.library.drawing import DIAGRAMS
from omi_desktop.library.markdown import inline
from omi_desktop.library.read import Fault
from omi_desktop.library.rules.entry import Entry
from omi_desktop.library.svg import troubles
from omi_desktop.library.targets import diagram_in, is_id

ALT_WORDS: Final = 4
"""Fewer say hardly what there is to see."""


def diagrams(entries: Iterable[Entry], root: Path) -> Iterator[Fault]:
    """Every file in the folder of diagrams is one that is safe to draw, and is shown somewhere."""
    shown = {
        diagram_in(str(token.attrs.get("src", "")))
        for one in entries
        for token, _line in inline(one.tokens)
        if token.type == "image"
    }
    for path in sorted((root / DIAGRAMS).glob("*")):
        file = path.relative_to(root).as_posix()
        if path.suffix != ".svg" or not is_id(path.stem):
            yield Fault(file, 1, "not a diagram: only <id>.svg belongs here")
            continue
        for trouble in troubles(path.read_bytes()):
            yield Fault(file, trouble.line, trouble.message)
        if path.stem not in shown:
            yield Fault(file, 1, "no page shows this diagram")


def pictures(one: Entry, root: Path) -> Iterator[Fault]:
    """A picture in a text is a diagram that there is, alone in its paragraph, with words that say what it shows."""
    for token in one.tokens:
        if len(token.children or ()) > 1 and any(child.type == "image" for child in token.children or ()):
            yield one.fault_in_body(
                "a picture stands alone on its line", token.map[0] + 1 if token.map else 1
            )
    for token, line in inline(one.tokens):
        if token.type != "image":
            continue
        diagram = diagram_in(str(token.attrs.get("src", "")))
        if diagram is None:
            yield one.fault_in_body("a picture is a diagram of ours: ![what it shows](diagram:<id>)", line)
        elif len(token.content.split()) < ALT_WORDS:
            yield one.fault_in_body(f"diagram:{diagram}: say in [ ] what it shows", line)
        elif not (root / DIAGRAMS / f"{diagram}.svg").is_file():
            yield one.fault_in_body(f"diagram:{diagram}: there is no {DIAGRAMS}/{diagram}.svg", line)
