"""Markdown to the small HTML that the reader shows: an allow-list, nothing inline, nothing fetched, bounded depth.

Only the tags named here are written, everything else comes out as text; links are `omi:` or https, or they lose
their address. How deep a page may nest is bounded because Qt's layout time doubles with each nested table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from html import escape
from itertools import accumulate, islice, takewhile
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.items import Heading, Link, Page, Source
from omi_desktop.library.targets import diagram_in, is_allowed

BODY_LIMIT = 24 * 1024
"""Characters; the longest chapter has 10,300."""
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

_OWN_SOURCE = "Our own design, estimate or calculation."

_TAGS = {
    "paragraph": "p",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "blockquote": "blockquote",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tr": "tr",
    "th": "th",
    "td": "td",
    "em": "em",
    "strong": "strong",
    "s": "s",
}
_ENDS_A_LINE = {"p", "ul", "ol", "li", "blockquote", "table", "tr"}


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


def render(title: str, body: str) -> Page:
    """The page of a Markdown body; the title is its only h1. Raises TooDeep."""
    writer = Writer(title)
    writer.write(parse(body))
    return writer.page()


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
        name = _name(token)
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


def _name(token: Token) -> str:
    return token.type.removesuffix("_open").removesuffix("_close")


class Writer:
    """Writes tokens as HTML and gathers the contents and the links on the way."""

    def __init__(self, title: str, sources: Sequence[Source] = ()) -> None:
        self._title = title
        self._sources = sources
        self._numbers = {source.key: number for number, source in enumerate(sources, 1)}
        self._has_own = False
        self._out = [f"<h1>{escape(title)}</h1>\n"]
        self._contents: list[Heading] = []
        self._links: dict[str, str] = {}
        self._open_links: list[bool] = []
        self._anchors: Counter[str] = Counter()
        self._by_type: dict[str, Callable[[Token], object]] = {
            "inline": lambda token: self.write(token.children or ()),
            "text": lambda token: self.text(token.content),
            "image": lambda token: self.text(words_of([token])),
            "softbreak": lambda _token: self.text(" "),
            "hardbreak": lambda _token: self._out.append("<br>"),
            "hr": lambda _token: self._out.append("<hr>\n"),
            "code_inline": lambda token: self._out.append(f"<code>{escape(token.content)}</code>"),
            "fence": self._code,
            "code_block": self._code,
            "heading_close": lambda token: self._out.append(f"</h{_level(token)}>\n"),
            "link_close": self._close_link,
        }

    def page(self) -> Page:
        """What was written so far."""
        links = tuple(Link(text, target) for target, text in self._links.items())
        return Page(self._title, "".join(self._out), tuple(self._contents), links)

    def write(self, tokens: Sequence[Token]) -> None:
        """Append tokens."""
        within = 0
        for number, token in enumerate(tokens):
            if number < within:
                continue
            if diagram := _diagram_alone(tokens[number : number + 3]):
                self._picture(*diagram)
                within = number + 3
            elif token.type == "heading_open":
                self.heading(_level(token), words_of(tokens[number + 1].children or ()))
            elif token.type == "link_open":
                inner = takewhile(lambda later: later.type != "link_close", islice(tokens, number + 1, None))
                self._open_link(str(token.attrs["href"]), words_of(inner))
            elif token.type == "source_mark":
                self._source_mark(
                    token.content, follows=number > 0 and tokens[number - 1].type == "source_mark"
                )
            elif write := self._by_type.get(token.type):
                write(token)
            elif not token.hidden:
                self._tag(token)

    def text(self, text: str) -> None:
        """Append words."""
        self._out.append(escape(text))

    def paragraph(self, text: str, role: str) -> None:
        """Append a paragraph with a class that the style sheet knows."""
        self._out.append(f'<p class="{escape(role)}">{escape(text)}</p>\n')

    def notice(self, text: str) -> None:
        """Append something that must not be overlooked."""
        self._out.append(f'<blockquote class="notice"><p>{escape(text)}</p>\n</blockquote>\n')

    def section(self, text: str) -> None:
        """Append a whole heading of level 2."""
        self.heading(2, text)
        self._out.append(f"{escape(text)}</h2>\n")

    def heading(self, level: int, text: str) -> None:
        """Begin a heading and give it an anchor of its own."""
        anchor = re.sub(r"\W+", "-", text.casefold()).strip("-") or "section"
        self._anchors[anchor] += 1
        if self._anchors[anchor] > 1:
            anchor = f"{anchor}-{self._anchors[anchor]}"
        self._contents.append(Heading(level, text, anchor))
        self._out.append(f'<h{level} id="{escape(anchor)}">')

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Append a table of names and values."""
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>\n" for name, value in rows)
        self._out.append(f'<table class="facts">\n{cells}</table>\n')

    def link_list(self, entries: Iterable[tuple[str, str, str]]) -> None:
        """Append a list of links: words, target, and what follows the link."""
        self._out.append("<ul>")
        for words, target, after in entries:
            self._out.append("<li>")
            self._link(words, target)
            self.text(after)
            self._out.append("</li>\n")
        self._out.append("</ul>\n")

    def source_list(self) -> None:
        """Append the sources in the order of their numbers; a mark in the text leads here."""
        self._out.append("<ol>")
        for source in self._sources:
            self._out.append(f'<li id="source-{escape(source.key)}">')
            self._link(source.title, source.url)
            self.text(f", {source.year}" if source.year else f", read in {source.read_on.year}")
            self.text(f". {source.note}" if source.note else "")
            self._out.append("</li>\n")
        if self._has_own:
            self._out.append(f'<li id="source-{OWN_MARK}">{_OWN_SOURCE}</li>\n')
        self._out.append("</ol>\n")

    @property
    def has_sources(self) -> bool:
        """Whether there is anything for a list of sources."""
        return bool(self._sources) or self._has_own

    def link(self, words: str, target: str) -> None:
        """Append a paragraph that is one link."""
        self._out.append("<p>")
        self._link(words, target)
        self._out.append("</p>\n")

    def _link(self, words: str, target: str) -> None:
        self._open_link(target, words)
        self.text(words)
        self._close_link()

    def _source_mark(self, key: str, *, follows: bool) -> None:
        number = self._numbers.get(key)
        if key == OWN_MARK and number is None:
            self._has_own = True
            number = len(self._sources) + 1
        if number is None:
            self.text(f"[^{key}]")
            return
        comma = "<sup>, </sup>" if follows else ""
        self._out.append(f'{comma}<sup><a href="#source-{escape(key)}">{number}</a></sup>')

    def _picture(self, diagram: str, words: str) -> None:
        """A diagram of ours, and below it in words what it shows, for those who can't see it and for search."""
        said = escape(words)
        self._out.append(f'<p class="picture"><img src="omi:diagram/{diagram}" alt="{said}"></p>\n')
        self._out.append(f'<p class="caption">{said}</p>\n')

    def _tag(self, token: Token) -> None:
        tag = _TAGS.get(_name(token))
        if tag is None:
            self.text(token.content)
        elif token.nesting == 1:
            self._out.append(f"<{tag}{_attributes(tag, token)}>")
        else:
            self._out.append(f"</{tag}>" + ("\n" if tag in _ENDS_A_LINE else ""))

    def _code(self, token: Token) -> None:
        self._out.append(f"<pre>{escape(token.content.rstrip())}</pre>\n")

    def _open_link(self, target: str, words: str) -> None:
        self._open_links.append(is_allowed(target))
        if self._open_links[-1]:
            self._links.setdefault(target, words.strip() or target)
            self._out.append(f'<a href="{escape(target)}">')

    def _close_link(self, _token: Token | None = None) -> None:
        if self._open_links.pop():
            self._out.append("</a>")


def _diagram_alone(tokens: Sequence[Token]) -> tuple[str, str] | None:
    """The id and the words of the diagram that is all of the paragraph at the start of `tokens`."""
    children = (tokens[1].children or []) if len(tokens) == 3 and tokens[0].type == "paragraph_open" else []
    if len(children) == 1 and (diagram := diagram_in(str(children[0].attrs.get("src", "")))):
        return diagram, words_of(children)
    return None


def _level(token: Token) -> int:
    return min(max(int(token.tag.removeprefix("h")), 2), 4)


def _attributes(tag: str, token: Token) -> str:
    start = str(token.attrs.get("start", ""))
    if tag == "ol" and start.isdecimal():
        return f' start="{start}"'
    if tag == "ul" and "class" in token.attrs:
        return ' class="tasks"'
    align = str(token.attrs.get("style", "")).removeprefix("text-align:")
    if tag in ("th", "td") and align in ("left", "center", "right"):
        return f' align="{align}"'
    return ""
