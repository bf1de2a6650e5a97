"""Markdown to the small HTML that the reader shows: an allow-list, nothing inline, nothing fetched.

Only the tags named here are written, everything else comes out as text; links are `omi:` or https, or they lose
their address.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import islice, takewhile

from markdown_it.token import Token

from omi_desktop.library.items import Heading, Link, Page, Source
from omi_desktop.library.markdown import OWN_MARK, kind_of, parse, words_of
from omi_desktop.library.targets import diagram_in, is_allowed

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


def render(title: str, body: str) -> Page:
    """The page of a Markdown body; the title is its only h1. Raises TooDeep."""
    writer = Writer(title)
    writer.write(parse(body))
    return writer.page()


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
                before = [one for one in tokens[max(number - 2, 0) : number] if one.content != " "]
                follows = bool(before) and before[-1].type == "source_mark"
                self._source_mark(token.content, follows=follows)
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
        if self._out:
            self._out[-1] = self._out[-1].rstrip(" ")  # with a space before it, a mark could begin a line
        comma = "<sup>, </sup>" if follows else ""
        self._out.append(f'{comma}<sup><a href="#source-{escape(key)}">{number}</a></sup>')

    def _picture(self, diagram: str, words: str) -> None:
        """A diagram of ours, and below it in words what it shows, for those who can't see it and for search."""
        said = escape(words)
        self._out.append(f'<p class="picture"><img src="omi:diagram/{diagram}" alt="{said}"></p>\n')
        self._out.append(f'<p class="caption">{said}</p>\n')

    def _tag(self, token: Token) -> None:
        tag = _TAGS.get(kind_of(token))
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
