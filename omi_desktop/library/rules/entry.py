"""A content file that could be read, as every rule sees it: its front matter, its item, and its text in blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from markdown_it.token import Token

from omi_desktop.library.items import OWN, Item
from omi_desktop.library.markdown import plain_text, words_of
from omi_desktop.library.model import ActivityFile, CareerFile, ChapterFile
from omi_desktop.library.read import Document, Fault

_WORD = re.compile(r"\w")


class Block(NamedTuple):
    """A paragraph, a list item or a table row: its words without pictures, its source marks, its line in the body."""

    text: str
    keys: tuple[str, ...]
    line: int


class Section(NamedTuple):
    """A heading of level 2 or 3 and what stands below it, up to the next of its level or above."""

    level: int
    title: str
    line: int
    tokens: Sequence[Token]


@dataclass(frozen=True)
class Entry:
    """A sound file of the content, to be compared with the rules and with the others."""

    document: Document
    file: ChapterFile | ActivityFile | CareerFile
    tokens: Sequence[Token]

    @cached_property
    def item(self) -> Item:
        """The value that readers get."""
        return self.file.item()

    @property
    def name(self) -> str:
        """How a link names it: `handbook/recording`."""
        return f"{self.item.kind}/{self.item.id}"

    @property
    def is_ours(self) -> bool:
        """Whether its whole text is ours: a chapter, an activity or role card of our own."""
        return isinstance(self.file, ChapterFile) or self.file.provider == OWN

    def fault(self, message: str, *path: str | int) -> Fault:
        """Something wrong with a field."""
        return Fault(self.document.file, self.document.line_of(*path), message)

    def fault_in_body(self, message: str, line: int) -> Fault:
        """Something wrong with a line of the body, counted from 1."""
        return Fault(self.document.file, self.document.body_line + line - 1, message)

    @cached_property
    def words(self) -> list[str]:
        """What a reader reads, without source marks and pictures."""
        return [word for word in plain_text(self.tokens).split() if _WORD.search(word)]

    @cached_property
    def sections(self) -> list[Section]:
        """Every heading of level 2 and 3 with its text, in reading order."""
        heads = [number for number, token in enumerate(self.tokens) if token.type == "heading_open"]
        found = []
        for place, start in enumerate(heads):
            level = int(self.tokens[start].tag[1])
            ends = (later for later in heads[place + 1 :] if int(self.tokens[later].tag[1]) <= level)
            title = words_of(self.tokens[start + 1].children or ()).strip()
            body = self.tokens[start + 3 : next(ends, len(self.tokens))]
            found.append(Section(level, title, _line(self.tokens[start]), body))
        return found

    def section(self, title: str) -> Section | None:
        """The section of level 2 of that title."""
        return next((one for one in self.sections if (one.level, one.title) == (2, title)), None)


def blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    """The paragraphs, list items and table rows in `tokens`; headings and code are none."""
    row: list[Token] | None = None
    line = 1
    for number, token in enumerate(tokens):
        if token.map:
            line = token.map[0] + 1
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            yield _block(row, line)
            row = None
        elif token.type == "inline" and row is not None:
            row.append(token)
        elif token.type == "inline" and tokens[number - 1].type != "heading_open":
            yield _block([token], line)


def cells(tokens: Sequence[Token]) -> Iterator[tuple[list[str], int]]:
    """The words of each cell of each table row, with the row's line in the body."""
    row: list[str] = []
    line = 1
    for token in tokens:
        if token.map:
            line = token.map[0] + 1
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append(words_of(token.children or ()).strip())
        elif token.type == "tr_close":
            yield row, line


def _block(inlines: Sequence[Token], line: int) -> Block:
    children = [child for inline in inlines for child in inline.children or ()]
    text = " | ".join(
        words_of(child for child in inline.children or () if child.type != "image") for inline in inlines
    )
    return Block(text, tuple(child.content for child in children if child.type == "source_mark"), line)


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1
