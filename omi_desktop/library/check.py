"""Checks all content and prints each fault as `file:line: message`. Run as `python -m omi_desktop.library.check`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it.token import Token

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.items import Activity, Career, Chapter, Item
from omi_desktop.library.locate import content_root
from omi_desktop.library.model import to_item
from omi_desktop.library.read import FOLDERS, Document, Fault, FaultyContent, content_files, read
from omi_desktop.library.render import OWN_MARK, TooDeep, inline, parse
from omi_desktop.library.targets import diagram_in, inside, is_allowed

DIAGRAMS = "resources/diagrams"

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")


@dataclass(frozen=True, slots=True)
class _Sound:
    """A file that could be read, to be compared with the others."""

    document: Document
    item: Item
    tokens: Sequence[Token]

    def fault(self, message: str, *path: str | int) -> Fault:
        return Fault(self.document.file, self.document.line_of(*path), message)

    def fault_in_body(self, message: str, line: int) -> Fault:
        return Fault(self.document.file, self.document.body_line + line - 1, message)


def faults(root: Path) -> list[Fault]:
    """Everything that is wrong with the content under `root`, in the order of files and lines."""
    found: list[Fault] = list(_stray(root))
    sound: list[_Sound] = []
    for kind, path in content_files(root):
        try:
            document = read(path, kind, root)
        except FaultyContent as error:
            found += error.faults
            continue
        try:
            tokens = parse(document.body)
        except TooDeep as error:
            found.append(Fault(document.file, document.body_line, error.title))
            continue
        try:
            sound.append(_Sound(document, to_item(document), tokens))
        except FaultyContent as error:
            found += error.faults
    known = {f"{one.item.kind}/{one.item.id}" for one in sound}
    known |= {f"{kind}/{path.stem}" for kind, path in content_files(root)}
    for one in sound:
        found += _names(one)
        found += _links(one, known)
        found += _body(one)
        found += _marks(one)
        found += _pictures(one, root)
    found += _twice(sound)
    return sorted(set(found))


def _stray(root: Path) -> Iterator[Fault]:
    for folder in FOLDERS:
        for path in (root / folder).glob("*"):
            if path.suffix != ".md" and not path.name.startswith("."):
                yield Fault(path.relative_to(root).as_posix(), 1, "not a content file: only .md belongs here")


def _names(one: _Sound) -> Iterator[Fault]:
    stem = Path(one.document.file).stem
    if stem != one.item.id:
        yield one.fault(f'id is "{one.item.id}" but the file is called "{stem}.md"', "id")


def _twice(sound: Iterable[_Sound]) -> Iterator[Fault]:
    seen: dict[tuple[str, str | int], str] = {}
    for one in sound:
        marks: list[tuple[str, str | int]] = [("id", one.item.id), ("title", one.item.title.casefold())]
        if isinstance(one.item, Chapter):
            marks.append(("order", one.item.order))
        for field, value in marks:
            other = seen.setdefault((field, value), one.document.file)
            if other != one.document.file:
                yield one.fault(f"{field} is already used by {other}", field)


def _links(one: _Sound, known: set[str]) -> Iterator[Fault]:
    for token, line in inline(one.tokens):
        if token.type != "link_open":
            continue
        target = str(token.attrs["href"])
        if not is_allowed(target):
            yield one.fault_in_body(f"link to {target}: only omi:<kind>/<id> and https links work", line)
        elif (place := inside(target)) and f"{place[0]}/{place[1]}" not in known:
            yield one.fault_in_body(f"link to {target}: there is no such page", line)
    if isinstance(one.item, Chapter):
        for name in one.item.related:
            if name not in known:
                yield one.fault(f"related: there is no page {name}", "related")
            if name == f"handbook/{one.item.id}":
                yield one.fault("related names the chapter itself", "related")


def _body(one: _Sound) -> Iterator[Fault]:
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
    if (
        isinstance(one.item, Activity | Career)
        and one.item.url
        and any(token.type == "heading_open" for token in one.tokens)
    ):
        yield one.fault_in_body("a resource has no headings, only paragraphs and lists", 1)


def _marks(one: _Sound) -> Iterator[Fault]:
    unused: dict[str, int] = {}
    for number, source in enumerate(one.item.sources):
        if source.key and unused.setdefault(source.key, number) != number:
            yield one.fault("key is already used by another source", "sources", number, "key")
    known = {*unused, OWN_MARK}
    for token, line in inline(one.tokens):
        if token.type == "source_mark":
            unused.pop(token.content, None)
            if token.content not in known:
                yield one.fault_in_body(f"[^{token.content}]: no source has this key", line)
    for key, number in unused.items():
        yield one.fault(f"no [^{key}] in the text leads to this source", "sources", number, "key")


def _pictures(one: _Sound, root: Path) -> Iterator[Fault]:
    for token, line in inline(one.tokens):
        if token.type != "image":
            continue
        diagram = diagram_in(str(token.attrs.get("src", "")))
        if diagram is None:
            yield one.fault_in_body("a picture is a diagram of ours: ![what it shows](diagram:<id>)", line)
        elif not (root / DIAGRAMS / f"{diagram}.svg").is_file():
            yield one.fault_in_body(f"diagram:{diagram}: there is no {DIAGRAMS}/{diagram}.svg", line)


def main() -> int:
    """Print the faults of the app's own content; 1 when there are any."""
    try:
        found = faults(content_root())
    except LibraryProblem as error:
        sys.stdout.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
