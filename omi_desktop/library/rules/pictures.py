"""Rules over pictures: each is a diagram of ours that is there, and says in words what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from omi_desktop.library.read import Fault
from omi_desktop.library.render import inline
from omi_desktop.library.rules.entry import Entry
from omi_desktop.library.targets import diagram_in

DIAGRAMS: Final = "resources/diagrams"


def pictures(one: Entry, root: Path) -> Iterator[Fault]:
    """A picture in a text is a diagram that there is."""
    for token, line in inline(one.tokens):
        if token.type != "image":
            continue
        diagram = diagram_in(str(token.attrs.get("src", "")))
        if diagram is None:
            yield one.fault_in_body("a picture is a diagram of ours: ![what it shows](diagram:<id>)", line)
        elif not (root / DIAGRAMS / f"{diagram}.svg").is_file():
            yield one.fault_in_body(f"diagram:{diagram}: there is no {DIAGRAMS}/{diagram}.svg", line)
