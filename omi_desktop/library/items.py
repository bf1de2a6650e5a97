"""What a reader of the library gets: plain frozen values, quick to import and safe to hand between threads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["handbook", "activity", "career"]
KINDS: tuple[Kind, ...] = ("handbook", "activity", "career")

OWN = "OMI"
"""The provider of the activities and role cards that are ours and stand here in full."""

_MARK, _END = "\x02", "\x03"


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts come from and the day it was read; `key` is its name in the text, `year` that of its figures."""

    title: str
    url: str
    read_on: date
    key: str
    note: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A handbook chapter without its text. `asked`: questions that it answers, as people type them in."""

    id: str
    title: str
    summary: str
    order: int
    minutes: int
    audience: tuple[str, ...]
    keywords: tuple[str, ...]
    checked_on: date
    related: tuple[str, ...]
    sources: tuple[Source, ...]
    asked: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """Which shelf it stands on."""
        return "handbook"


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity or resource. Empty and None mean that its source does not say; our own have no `url`."""

    id: str
    title: str
    provider: str
    type: str
    cost: str
    status: str
    source: str
    checked_on: date
    good_for: str
    url: str = ""
    ages: tuple[int, int] | None = None
    stages: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    curriculum: str = ""
    minutes: int | None = None
    prep_minutes: int | None = None
    group: str = ""
    kit: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    licence: str = ""
    sources: tuple[Source, ...] = ()

    @property
    def kind(self) -> Kind:
        """Which shelf it stands on."""
        return "activity"

    @property
    def summary(self) -> str:
        """One sentence for lists and search hits."""
        return self.good_for


@dataclass(frozen=True, slots=True)
class Career:
    """A career story: a video, podcast, profile or role that young people can meet; our role cards have no `url`."""

    id: str
    title: str
    medium: str
    provider: str
    role: str
    stream: str
    status: str
    source: str
    checked_on: date
    url: str = ""
    person: str = ""
    routes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    minutes: int | None = None
    keywords: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def kind(self) -> Kind:
        """Which shelf it stands on."""
        return "career"

    @property
    def summary(self) -> str:
        """One sentence for lists and search hits; of our role cards, whose title is the role, for whom it is."""
        if self.provider == OWN and self.interests:
            return f"For people who like {_listed(self.interests[:3])}"
        starts_a_word = self.role[1:2].islower()
        role = self.role[:1].lower() + self.role[1:] if starts_a_word else self.role
        return f"{self.person}, {role}" if self.person else self.role


Item: TypeAlias = Chapter | Activity | Career
_CLASSES: dict[Kind, type[Item]] = {"handbook": Chapter, "activity": Activity, "career": Career}


class Heading(NamedTuple):
    """One entry of a page's contents; `level` is 2 for a section, 3 below it."""

    level: int
    text: str
    anchor: str


class Link(NamedTuple):
    """A link of a page: `target` is `omi:<kind>/<id>` or an https address."""

    text: str
    target: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page ready to show: HTML of the allow-listed kind, its contents and its links, in reading order.

    `pictures` are the PNG files of its diagrams by what `<img src>` names, such as `omi:diagram/comet-tail`.
    """

    title: str
    html: str
    contents: tuple[Heading, ...]
    links: tuple[Link, ...]
    pictures: Mapping[str, bytes] = field(default_factory=dict, compare=False)


class Snippet(NamedTuple):
    """A few words of text; `marks` are the (start, end) ranges that matched."""

    text: str
    marks: tuple[tuple[int, int], ...]


class Hit(NamedTuple):
    """One search result; a higher score is a better match. A tuple, because making it is part of the search time."""

    kind: Kind
    id: str
    title: str
    summary: str
    marked: str
    score: float

    @property
    def snippet(self) -> Snippet:
        """The words around the match."""
        text, marks, start = "", [], 0
        for part in self.marked.replace(_MARK, _END + _MARK).split(_END):
            if part.startswith(_MARK):
                start = len(text)
                text += part[1:]
                marks.append((start, len(text)))
            else:
                text += part
        return Snippet(text, tuple(marks))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def age_range(ages: tuple[int, int]) -> str:
    """`8 to 12`, `4 and over` or `16`."""
    youngest, oldest = ages
    if youngest == oldest:
        return str(youngest)
    return f"{youngest} and over" if oldest == 99 else f"{youngest} to {oldest}"


def item_to_json(item: Item) -> str:
    """The stored form of an item."""
    return json.dumps(asdict(item), default=date.isoformat, ensure_ascii=False)


def item_from_json(kind: Kind, text: str) -> Item:
    """The item that `item_to_json` wrote."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()
    }
    fields["checked_on"] = date.fromisoformat(fields["checked_on"])
    if "sources" in fields:
        fields["sources"] = tuple(
            Source(**source | {"read_on": date.fromisoformat(source["read_on"])})
            for source in fields["sources"]
        )
    return _CLASSES[kind](**fields)


def page_to_json(page: Page) -> str:
    """The stored form of a page."""
    return json.dumps([page.title, page.html, page.contents, page.links], ensure_ascii=False)


def page_from_json(text: str) -> Page:
    """The page that `page_to_json` wrote."""
    title, html, contents, links = json.loads(text)
    return Page(
        title, html, tuple(Heading(*entry) for entry in contents), tuple(Link(*link) for link in links)
    )
