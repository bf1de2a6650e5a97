"""From a content file to its front matter and Markdown; every fault names file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.items import Kind

FOLDERS: dict[str, Kind] = {
    "handbook": "handbook",
    "resources/activities": "activity",
    "resources/careers": "career",
}
FENCE = "+++"

_TOML_PLACE = re.compile(r" \(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in a content file, where to look and what to change."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class FaultyContent(LibraryProblem):
    """A content file cannot be used; `faults` says where and why."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(hint="\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Document:
    """A content file split in two. Line numbers count from 1 in the file."""

    kind: Kind
    file: str
    front: dict[str, Any]
    front_lines: tuple[str, ...]
    body: str
    body_line: int

    def line_of(self, *path: str | int) -> int:
        """The line of a field such as `("title",)` or `("sources", 1, "url")`; the first line if it is absent."""
        name, *rest = path
        start = 0
        if rest and isinstance(rest[0], int):
            headers = [
                n for n, line in enumerate(self.front_lines) if re.match(rf"\s*\[\[\s*{name}\s*\]\]", line)
            ]
            if rest[0] < len(headers):
                start = headers[rest[0]]
                if len(rest) == 1:
                    return start + 2
                name = rest[1]
        for number, line in enumerate(self.front_lines[start:], start):
            if re.match(rf"\s*\"?{re.escape(str(name))}\"?\s*=", line):
                return number + 2
            if number > start and line.lstrip().startswith("["):
                break
        return start + 2 if start else 1


def content_files(root: Path) -> Iterator[tuple[Kind, Path]]:
    """Every Markdown file of the three kinds, in a stable order."""
    for folder, kind in FOLDERS.items():
        for path in sorted((root / folder).glob("*.md")):
            yield kind, path


def read(path: Path, kind: Kind, root: Path) -> Document:
    """Split one file. Raises FaultyContent."""
    file = path.relative_to(root).as_posix()
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FaultyContent([Fault(file, line, "not UTF-8 text")]) from error
    return split(text, kind, file)


def split(text: str, kind: Kind, file: str) -> Document:
    """Split a file's text. Raises FaultyContent."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        raise FaultyContent([Fault(file, 1, f"the first line must be {FENCE}")])
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        raise FaultyContent([Fault(file, 1, f"the front matter is not closed with a line {FENCE}")])
    try:
        front = tomllib.loads("\n".join(lines[1:end]) + "\n")
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        line = int(place[1]) + 1 if place else end + 1
        raise FaultyContent([Fault(file, line, f"front matter: {_TOML_PLACE.sub('', message)}")]) from error
    return Document(kind, file, front, tuple(lines[1:end]), "\n".join(lines[end + 1 :]), end + 2)
