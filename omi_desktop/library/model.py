"""The three kinds of content file, checked strictly. Imports pydantic: only for checking and indexing."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from omi_desktop.domain.stages import BY_CODE
from omi_desktop.library.items import OWN, Activity, Career, Chapter, Item, Kind, Source
from omi_desktop.library.read import Document, Fault, FaultyContent
from omi_desktop.library.targets import is_https, is_id, is_reference

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_T = TypeVar("_T")


def _ident(value: str) -> str:
    if not is_id(value):
        raise ValueError("must be kebab-case: a-z, 0-9 and single hyphens")
    return value


def _reference(value: str) -> str:
    if not is_reference(value):
        raise ValueError('must look like "handbook/recording", "activity/..." or "career/..."')
    return value


def _https(value: str) -> str:
    if not is_https(value):
        raise ValueError("must be an https address")
    return value


def _stage(value: str) -> str:
    if value not in BY_CODE:
        raise ValueError("is not a year group that we know, such as en.y8 or sc.p7")
    return value


def _plain(value: str) -> str:
    if value != value.strip() or _CONTROL.search(value):
        raise ValueError("must be one line without spaces around it")
    return value


def _distinct(value: list[_T]) -> list[_T]:
    if len({str(entry).casefold() for entry in value}) != len(value):
        raise ValueError("names something twice")
    return value


def _ages(value: list[int]) -> list[int]:
    if value[0] > value[1]:
        raise ValueError("must be [youngest, oldest]")
    return value


Text = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_plain)]
MaybeText = Annotated[str, Field(max_length=300), AfterValidator(_plain)]
Ident = Annotated[str, Field(max_length=64), AfterValidator(_ident)]
Reference = Annotated[str, AfterValidator(_reference)]
Https = Annotated[str, Field(max_length=500), AfterValidator(_https)]
MaybeHttps = Annotated[
    str, Field(max_length=500), AfterValidator(lambda value: _https(value) if value else "")
]
Minutes = Annotated[int, Field(ge=1, le=10_000)]
Texts = Annotated[list[Text], AfterValidator(_distinct)]
Ages = Annotated[
    list[Annotated[int, Field(ge=0, le=99)]], Field(min_length=2, max_length=2), AfterValidator(_ages)
]

Audience = Literal["ambassador", "employer", "teacher", "partnership"]
ActivityType = Literal[
    "hands-on", "experiment", "coding", "competition", "project", "lesson", "worksheet", "kit", "loan", "guide",
    "collection", "game", "show", "data", "award",
]  # fmt: skip
Cost = Literal["free", "low", "paid", "unknown"]
Place = Literal["classroom", "hall", "outdoors", "lab", "online", "home", "visit"]
Status = Literal["current", "historic", "closed", "unchecked"]
Medium = Literal["video", "podcast", "profile", "article", "role"]
Stream = Literal[
    "upstream", "downstream", "operations", "science", "software", "law", "finance", "design", "medicine", "support",
]  # fmt: skip
Route = Literal["school", "fe", "apprenticeship", "degree", "sideways"]


class _File(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """The fields that the file gives and a reader needs, lists as tuples."""
        fields = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.model_dump(exclude_unset=True, exclude={"worked"}).items()
        }
        if "sources" in fields:
            fields["sources"] = tuple(Source(**source) for source in fields["sources"])
        return fields


class SourceEntry(_File):
    """One `[[sources]]` table. `[^key]` in the text leads to it."""

    key: Ident
    title: Text
    url: Https
    year: Annotated[int, Field(ge=1600, le=2100)] | None = None
    read_on: date
    note: MaybeText = ""


class WorkedEntry(_File):
    """One `[[worked]]` table: a calculation of an activity, to be done again (`library.worked`)."""

    what: Text
    formula: Text
    values: dict[str, float | int]
    result: float | int
    unit: MaybeText = ""
    shown: Text


class ChapterFile(_File):
    """Front matter of `handbook/<id>.md`."""

    id: Ident
    title: Text
    summary: Text
    order: Annotated[int, Field(ge=0)]
    minutes: Annotated[int, Field(ge=1, le=120)]
    audience: Annotated[list[Audience], Field(min_length=1), AfterValidator(_distinct)]
    keywords: Texts
    asked: Texts = []
    checked_on: date
    related: Annotated[list[Reference], AfterValidator(_distinct)]
    sources: Annotated[list[SourceEntry], Field(min_length=1)]

    def item(self) -> Chapter:
        """The value for readers."""
        return Chapter(**self.given())


class _Resource(_File):
    """What activities and career stories share: somebody else's page, or our own text without one."""

    id: Ident
    title: Text
    provider: Text
    url: Annotated[MaybeHttps, Field(validate_default=True)] = ""
    sources: list[SourceEntry] = []

    @field_validator("url")
    @classmethod
    def _of_others(cls, url: str, info: ValidationInfo) -> str:
        if info.data.get("provider") == OWN and url:
            raise ValueError(f"what is by {OWN} is carried in full and has no address")
        if info.data.get("provider") != OWN and not url:
            raise ValueError(f"is missing: only what is by {OWN} has no address")
        return url


class ActivityFile(_Resource):
    """Front matter of `resources/activities/<id>.md`."""

    type: ActivityType
    ages: Ages | None = None
    stages: Annotated[list[Annotated[str, AfterValidator(_stage)]], AfterValidator(_distinct)] = []
    subjects: Texts
    curriculum: MaybeText = ""
    minutes: Minutes | None = None
    prep_minutes: Minutes | None = None
    group: MaybeText = ""
    cost: Cost
    kit: Texts = []
    place: Annotated[list[Place], AfterValidator(_distinct)] = []
    keywords: Texts
    licence: MaybeText = ""
    status: Status
    source: Text
    checked_on: date
    good_for: Text
    worked: list[WorkedEntry] = []

    def item(self) -> Activity:
        """The value for readers."""
        return Activity(**self.given())


class CareerFile(_Resource):
    """Front matter of `resources/careers/<id>.md`; its `kind` is `medium` in the app, where a kind is a shelf."""

    medium: Medium = Field(alias="kind")
    person: MaybeText = ""
    role: Text
    stream: Stream
    routes: Annotated[list[Route], AfterValidator(_distinct)] = []
    subjects: Texts = []
    interests: Texts = []
    minutes: Minutes | None = None
    keywords: Texts
    status: Status
    source: Text
    checked_on: date

    def item(self) -> Career:
        """The value for readers."""
        return Career(**self.given())


_FILES: dict[Kind, type[ChapterFile | ActivityFile | CareerFile]] = {
    "handbook": ChapterFile,
    "activity": ActivityFile,
    "career": CareerFile,
}


def to_item(document: Document) -> Item:
    """The checked item of a file. Raises FaultyContent naming every field that is wrong, with its line."""
    return to_file(document).item()


def to_file(document: Document) -> ChapterFile | ActivityFile | CareerFile:
    """The checked front matter of a file, with what only the checker needs. Raises FaultyContent as `to_item` does."""
    try:
        return _FILES[document.kind].model_validate(document.front)
    except ValidationError as error:
        raise FaultyContent(_fault(document, one) for one in error.errors()) from error


def _fault(document: Document, error: Any) -> Fault:
    path: tuple[str | int, ...] = error["loc"]
    name = ".".join(str(step) for step in path)
    match error["type"]:
        case "missing":
            message = f"{name} is missing"
        case "extra_forbidden":
            message = f"{name} is not a field of this kind of file"
        case _:
            message = f"{name}: {error['msg'].removeprefix('Value error, ')}"
    return Fault(document.file, document.line_of(*path), message)
