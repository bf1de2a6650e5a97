"""Which SVG is a diagram of ours: shapes and words, nothing that runs, nothing from elsewhere, nothing too large."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from xml.parsers import expat

SIZE_LIMIT: Final = 64 * 1024
"""Bytes; the largest has 13,000."""
WIDTHS: Final = (640, 800)
HEIGHT_LIMIT: Final = 1_000
LETTER_LIMIT: Final = 16
"""The smallest letters, in the units of the drawing."""
FAMILY: Final = "Inter, sans-serif"

_NAMESPACE = "http://www.w3.org/2000/svg"
_DEPTH_LIMIT = 8
_SHAPES = frozenset(("rect", "circle", "ellipse", "line", "polyline", "polygon", "path"))
_ELEMENTS = _SHAPES | {"svg", "g", "text", "tspan", "title", "desc", "defs", "clipPath", "marker"}
_ATTRIBUTES = frozenset(
    (
        "viewBox", "width", "height", "id", "transform", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry",
        "dx", "dy", "d", "points", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-dasharray",
        "stroke-linecap", "stroke-linejoin", "stroke-opacity", "opacity", "font-family", "font-size", "font-weight",
        "text-anchor", "dominant-baseline", "letter-spacing", "clip-path", "clip-rule", "marker-start", "marker-mid",
        "marker-end", "markerWidth", "markerHeight", "markerUnits", "refX", "refY", "orient", "role",
    )
)  # fmt: skip
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# A line of very short dashes takes minutes to draw.
_DASHES = re.compile(r"[1-9]\d*(?:\.\d+)?(?:[ ,]+[1-9]\d*(?:\.\d+)?)*")
_OWN_PART = re.compile(r"url\(#[A-Za-z][\w-]*\)")
_PLAIN_VALUE = re.compile(r"(?!.*url\()[\w\s#%.,()+-]*", re.IGNORECASE | re.DOTALL)
# What the lettering of `lettering/` has, so that no word of a diagram comes out as boxes.
_NO_LETTER = re.compile(
    r"[^\n\t -~\u00a0-\u017f\u0218-\u021b\u0370-\u03ff\u1e80-\u1e85\u1ef2\u1ef3\u2010-\u2027\u2030-\u203a\u2044"
    r"\u2070-\u209c\u20ac\u2103\u2116\u2122\u2126\u212b\u2150-\u215f\u2190-\u2199\u2212\u2215\u2219\u221a\u221e"
    r"\u2248\u2260\u2264\u2265\u25a0-\u25ff\u2600-\u2612\u2713\u2717]"
)


class Trouble(NamedTuple):
    """Something that a diagram must not have, and its line."""

    line: int
    message: str


def troubles(data: bytes) -> list[Trouble]:
    """Everything that is wrong with a diagram; none means that it is safe to draw."""
    if len(data) > SIZE_LIMIT:
        return [Trouble(1, f"the diagram has {len(data):,} bytes: at most {SIZE_LIMIT:,}")]
    reading = _Reading()
    try:
        reading.parser.Parse(data, True)
    except expat.ExpatError as error:
        reading.found.append(Trouble(error.lineno, f"not XML: {expat.ErrorString(error.code)}"))
    except _Refused:
        pass
    return reading.found


class _Refused(Exception):
    """The rest is not read."""


class _Reading:
    def __init__(self) -> None:
        self.found: list[Trouble] = []
        self._depth = 0
        self._letters = [0.0]
        # Names come without their namespace only when they are of SVG's own; no document type means no entity.
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = lambda *_: self._refuse("a document type is not allowed")
        self.parser.ProcessingInstructionHandler = lambda *_: self._refuse("<?…?> is not allowed")

    def _say(self, message: str) -> None:
        self.found.append(Trouble(self.parser.CurrentLineNumber, message))

    def _refuse(self, message: str) -> None:
        self._say(message)
        raise _Refused

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        namespace, _, element = name.rpartition(" ")
        if namespace != _NAMESPACE or element not in _ELEMENTS or (element == "svg") != (self._depth == 1):
            self._refuse(f"<{element}> is not allowed in a diagram")
        if self._depth > _DEPTH_LIMIT:
            self._refuse("too deeply nested")
        for attribute, value in attributes.items():
            self._attribute(element, attribute, value)
        if element == "svg":
            self._page(attributes)
        size = attributes.get("font-size")
        self._letters.append(float(size) if size and _NUMBER.fullmatch(size) else self._letters[-1])
        if element in ("text", "tspan") and self._letters[-1] < LETTER_LIMIT:
            self._say(f"letters of {self._letters[-1]:g}: {LETTER_LIMIT} is the smallest")

    def _end(self, _name: str) -> None:
        self._depth -= 1
        self._letters.pop()

    def _text(self, text: str) -> None:
        if found := _NO_LETTER.search(text):
            self._say(f"the lettering has no {found[0]!r}")

    def _attribute(self, element: str, name: str, value: str) -> None:
        if name not in _ATTRIBUTES:
            self._say(f"{name} is not allowed on <{element}>")
        elif name == "font-family" and value != FAMILY:
            self._say(f'font-family must be "{FAMILY}"')
        elif name == "stroke-dasharray" and not _DASHES.fullmatch(value):
            self._say(f'{name}="{value}": dashes are of 1 or more')
        elif not _PLAIN_VALUE.fullmatch(value) and not _OWN_PART.fullmatch(value):
            self._say(f'{name}="{value}" is not allowed')

    def _page(self, attributes: Mapping[str, str]) -> None:
        numbers = attributes.get("viewBox", "").split()
        least, most = WIDTHS
        if len(numbers) != 4 or not all(map(_NUMBER.fullmatch, numbers)):
            self._say('viewBox must be four numbers, such as "0 0 760 400"')
        elif not least <= float(numbers[2]) <= most or not 0 < float(numbers[3]) <= HEIGHT_LIMIT:
            self._say(f"viewBox must be {least} to {most} wide and at most {HEIGHT_LIMIT:,} high")
