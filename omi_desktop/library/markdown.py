"""Markdown read within bounds: its tokens, or a refusal of a page that is too large or too deep to be laid out.

How deep a page may nest is bounded because Qt's layout time doubles with each nested table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from omi_desktop.domain.errors import LibraryProblem

BODY_LIMIT = 24 * 1024
"""Characters; the longest page has some 10,000."""
LINE_LIMIT = 1_500
MARK_LIMIT = 2_000
"""Characters that may begin markup."""
QUOTED_LIMIT = 150
"""Lines that begin a quotation; between others, the parser looks through the rest of the page at each."""
BRACKET_LIMIT = 400
OPEN_LIMIT = 16
"""Brackets open at once: for each the parser looks through all that follows for its end, twice."""
WORD_LIMIT = 1_000
"""Characters without a space, for which Qt looks for a place to break again and again."""
TOKEN_LIMIT = 4_000
FRAME_LIMIT = 150
"""Lists, quotes, tables and code of a page: each is a frame that Qt lays out by itself."""
PICTURE_LIMIT = 12
"""Pictures of a page: each takes some megabytes while it is shown."""
CONTAINER_LIMIT = 6
DEPTH_LIMITS = {"blockquote": 3, "list": 4}
INLINE_DEPTH_LIMIT = 8
COLUMN_LIMIT = 12

OWN_MARK = "own"
"""`[^own]`: the number before it is our own design, estimate or calculation."""

_SOURCE_MARK = re.compile(r"\[\^([a-z0-9]+(?:-[a-z0-9]+)*)\]")
_TASK = re.compile(r"\[([ xX])\] ")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
_FRAMES = frozenset(("blockquote", "bullet_list", "ordered_list", "table", "code_block", "fence"))
_MARK = re.compile(r"[*_~`&<>|\\!]")
_QUOTED = re.compile(r"^ *(?:[-*+] +|\d+[.)] +)*>", re.MULTILINE)
_BRACKETS = re.compile(r"[\[\]]")
_LONG_WORD = re.compile(rf"\S{{{WORD_LIMIT}}}")


class TooDeep(LibraryProblem):
    """A page is too large or too deeply nested to be laid out safely; it is refused, not shown."""

    title = "This page is too large or too deeply nested to show"
    hint = "Choose another page, and tell whoever made this one."


class Written(NamedTuple):
    """A token inside the text with its line in the body, counted from 1."""

    token: Token
    line: int


def parse(body: str) -> list[Token]:
    """The tokens of a body, with its task boxes made text. Raises TooDeep."""
    cleaned = _CONTROL.sub("\ufffd", body) if len(body) <= BODY_LIMIT else body
    _refuse_too_large(cleaned)
    tokens = _markdown().parse(cleaned)
    _refuse_too_deep(tokens)
    _draw_task_boxes(tokens)
    return tokens


def plain_text(tokens: Iterable[Token]) -> str:
    """The words of a body as one line, for the search index and its snippets."""
    blocks = (" ".join((words_of(token.children or ()) or token.content).split()) for token in tokens)
    ended = (
        block if block.endswith((".", "?", "!", ":", ";", ",")) else f"{block} ·" for block in blocks if block
    )
    return " ".join(ended).removesuffix(" ·")


def words_of(children: Iterable[Token]) -> str:
    """The words of tokens inside a text, those of pictures as well."""
    parts = []
    for child in children:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type == "image":
            parts.append(words_of(child.children or ()))
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)


def inline(tokens: Iterable[Token]) -> Iterator[Written]:
    """Every token inside the text, such as links, pictures and marks, as written: what rendering drops as well."""
    line = 1
    for token in tokens:
        if token.map:
            line = token.map[0] + 1
        below = 0
        for child in token.children or ():
            if child.type in ("softbreak", "hardbreak"):
                below += 1
            else:
                yield Written(child, line + below)


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    # A line `[^key]: words`, a footnote elsewhere, would vanish as a definition; all else that we know links in place.
    markdown.disable("reference")
    markdown.inline.ruler.before("link", "source_mark", _read_source_mark)
    # The parser would print a link that it refuses as raw Markdown; the writer keeps the words, not the address.
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    return markdown


def _read_source_mark(state: StateInline, silent: bool) -> bool:
    found = _SOURCE_MARK.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("source_mark", "", 0).content = found[1]
    state.pos = found.end()
    return True


def _refuse_too_large(body: str) -> None:
    """Before anything is parsed, so that refusing takes no longer than showing: within these limits a page is parsed
    and laid out in a tenth of a second (`tests/faults/pages.py`)."""
    if (
        len(body) > BODY_LIMIT
        or body.count("\n") > LINE_LIMIT
        or len(_QUOTED.findall(body)) > QUOTED_LIMIT
        or body.count("[") > BRACKET_LIMIT
        or _most_open(body) > OPEN_LIMIT
        or len(_MARK.findall(body)) > MARK_LIMIT
        or _LONG_WORD.search(body)
    ):
        raise TooDeep


def _most_open(body: str) -> int:
    """How many square brackets are open at once, at most."""
    steps = (1 if bracket == "[" else -1 for bracket in _BRACKETS.findall(body))
    return max(accumulate(steps, lambda depth, step: max(depth + step, 0)), default=0)


def _refuse_too_deep(tokens: Sequence[Token]) -> None:
    depth: Counter[str] = Counter()
    count = columns = frames = pictures = 0
    for token in tokens:
        name = kind_of(token)
        container = "list" if name in ("bullet_list", "ordered_list") else name
        if container in DEPTH_LIMITS:
            depth[container] += token.nesting
        children = token.children or ()
        count += 1 + len(children)
        pictures += sum(child.type == "image" for child in children)
        frames += name in _FRAMES and token.nesting >= 0
        columns = 0 if name == "tr" else columns + (name in ("th", "td") and token.nesting == 1)
        if (
            count > TOKEN_LIMIT
            or frames > FRAME_LIMIT
            or pictures > PICTURE_LIMIT
            or columns > COLUMN_LIMIT
            or depth.total() > CONTAINER_LIMIT
            or depth[container] > DEPTH_LIMITS.get(container, 0)
            or any(child.level > INLINE_DEPTH_LIMIT for child in children)
        ):
            raise TooDeep


def _draw_task_boxes(tokens: Sequence[Token]) -> None:
    lists: list[Token] = []
    for number, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open" and (inline := tokens[min(number + 2, len(tokens) - 1)]).children:
            first = inline.children[0]
            if first.type == "text" and (box := _TASK.match(first.content)):
                first.content = ("☐ " if box[1] == " " else "☑ ") + first.content[box.end() :]
                lists[-1].attrSet("class", "tasks")


def kind_of(token: Token) -> str:
    """What a token opens or closes, such as `paragraph`."""
    return token.type.removesuffix("_open").removesuffix("_close")
