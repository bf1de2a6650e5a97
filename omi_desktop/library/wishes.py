"""What someone wishes of a page: each wish a small question to an item, with its words on screen.

A wish is about a resource or a text, never about the people in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from omi_desktop.domain import stages
from omi_desktop.domain.stages import BY_CODE, BY_NATION, Nation
from omi_desktop.library.items import OWN, Activity, Career, Chapter, Item, Kind, age_range
from omi_desktop.library.labels import AUDIENCES, COSTS, MEDIA, PLACES, ROUTES, STREAMS, TYPES

COMPLETE: Final = "complete"
TIMES: Final = (10, 20, 30, 45, 60, 90)
"""Minutes in the room that a filter offers."""

_KIT_KINDS: Final = ("kit", "loan")
_THERE_ALREADY: Final = """
a an and board chair chalk each for group hand none nothing of one or pair paper pen pencil per plain printed projector
pupil scrap screen sheet table the voice whiteboard your
"""
_IN_ANY_ROOM: Final = frozenset(_THERE_ALREADY.split())
_INSIDE: Final = frozenset(("classroom", "hall", "lab"))
_WORD: Final = re.compile(r"[a-z]+")


class Wish(NamedTuple):
    """`kind` is the shelf that it chooses from; `field` and `value` say what for."""

    kind: Kind
    field: str
    value: str


class Filter(NamedTuple):
    """One filter of a shelf: its field, its name on screen, and the values that some page there has."""

    field: str
    name: str
    options: tuple[tuple[str, str], ...]


def label(wish: Wish) -> str:
    """The wish in a few words, such as `Year 5` or `Up to 30 minutes`."""
    value = wish.value
    match wish.field:
        case "years":
            return stages.label(value.split())
        case "ages":
            youngest, oldest = _range(value)
            return f"Age {youngest}" if youngest == oldest else f"Ages {age_range((youngest, oldest))}"
        case "minutes":
            return f"Up to {value} minute{'' if value == '1' else 's'}"
        case "preparation":
            return f"Up to {value} minutes to prepare"
        case "place":
            return _first_up(PLACES.get(value, value))
        case _:
            return _LABELS.get(wish.field, {}).get(value, value)


def fits(item: Item, wish: Wish) -> bool | None:
    """Whether an item is as wished; None when it does not say. A wish of another shelf asks nothing of it."""
    if item.kind != wish.kind:
        return True
    return _QUESTIONS[item.kind][wish.field](item, wish.value)


def doubt(item: Item, wishes: Sequence[Wish]) -> str | None:
    """What an item leaves unsaid of what is wished for, as a few words; None when it is not as wished."""
    answers = [(wish, fits(item, wish)) for wish in wishes]
    if any(answer is False for _wish, answer in answers):
        return None
    unsaid = list(dict.fromkeys(_DOUBTS[wish.field] for wish, answer in answers if answer is None))
    if not unsaid:
        return ""
    listed = unsaid[0] if len(unsaid) == 1 else f"{', '.join(unsaid[:-1])} or {unsaid[-1]}"
    return f"Does not say {listed}"


def choose(items: Sequence[Item], wishes: Sequence[Wish]) -> list[tuple[Item, str]]:
    """Those that are as wished, each with its `doubt`; the ones that leave something unsaid stand last."""
    found = [(item, said) for item in items if (said := doubt(item, wishes)) is not None]
    return sorted(found, key=lambda pair: bool(pair[1]))


def is_complete(item: Item) -> bool:
    """Whether it is an activity of our own that stands here in full."""
    return isinstance(item, Activity) and item.provider == OWN


def filters(kind: Kind, items: Sequence[Item], nation: Nation) -> tuple[Filter, ...]:
    """What a shelf can be filtered by. A value that no page of the shelf has is not offered."""
    found = []
    for field, name, values in _OFFERS[kind](items, nation):
        wishes = (Wish(kind, field, value) for value in values)
        options = tuple(
            (wish.value, label(wish)) for wish in wishes if any(fits(item, wish) for item in items)
        )
        if options:
            found.append(Filter(field, name, options))
    return tuple(found)


def _years(item: Activity, value: str) -> bool | None:
    codes = value.split()
    nations = {BY_CODE[code].nation for code in codes}
    there = [code for code in item.stages if BY_CODE[code].nation in nations]
    if there:
        return not set(codes).isdisjoint(there)
    return _overlap(_ages_of(item), _ages_of_years(codes))


def _ages(item: Activity, value: str) -> bool | None:
    return _overlap(_ages_of(item), _range(value))


def _ages_of(item: Activity) -> tuple[int, int] | None:
    return item.ages or _ages_of_years(item.stages)


def _ages_of_years(codes: Sequence[str]) -> tuple[int, int] | None:
    known = [BY_CODE[code] for code in codes]
    youngest = [stage.youngest for stage in known if stage.youngest is not None]
    oldest = [99 if stage.oldest is None else stage.oldest for stage in known if stage.youngest is not None]
    return (min(youngest), max(oldest)) if youngest else None


def _overlap(one: tuple[int, int] | None, other: tuple[int, int] | None) -> bool | None:
    """Year groups meet at a birthday: 9 to 10 is not for 10 to 14. A single age is met by every range that has it."""
    if one is None or other is None:
        return None
    common = min(one[1], other[1]) - max(one[0], other[0])
    return common > 0 or (common == 0 and (one[0] == one[1] or other[0] == other[1]))


def _minutes(item: Activity, value: str) -> bool | None:
    return None if item.minutes is None else item.minutes <= int(value)


def _preparation(item: Activity, value: str) -> bool | None:
    return None if item.prep_minutes is None else item.prep_minutes <= int(value)


def _kit(item: Activity, value: str) -> bool | None:
    """No kit: nothing but what lies in any room where young people meet. Simple: cheap things that one can list."""
    if item.type in _KIT_KINDS:
        return False
    if not item.kit:
        return True if is_complete(item) else None
    if all(_is_in_any_room(thing) for thing in item.kit):
        return True
    return value == "simple" and item.cost in ("free", "low")


def _is_in_any_room(thing: str) -> bool:
    words = _WORD.findall(thing.casefold())
    return all(word in _IN_ANY_ROOM or word.removesuffix("s") in _IN_ANY_ROOM for word in words)


def _place(item: Activity, value: str) -> bool | None:
    if not item.place:
        return None
    return value in item.place if value != "indoors" else not _INSIDE.isdisjoint(item.place)


def _cost(item: Activity, value: str) -> bool | None:
    if item.cost == "unknown":
        return None
    return item.cost in ("free", value)


def _type(item: Activity, value: str) -> bool | None:
    return is_complete(item) if value == COMPLETE else item.type == value


def _subject(item: Activity | Career, value: str) -> bool | None:
    return any(one.casefold() == value.casefold() for one in item.subjects) if item.subjects else None


def _range(value: str) -> tuple[int, int]:
    youngest, _, oldest = value.partition("-")
    return int(youngest), int(oldest or youngest)


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _used(values: Sequence[str]) -> list[str]:
    """Distinct values in alphabetical order, however each is capitalised."""
    return sorted({value.casefold(): value for value in values}.values(), key=str.casefold)


def _activity_filters(items: Sequence[Item], nation: Nation) -> list[tuple[str, str, Sequence[str]]]:
    activities = [item for item in items if isinstance(item, Activity)]
    return [
        ("type", "What it is", (COMPLETE, *TYPES)),
        ("years", "Year group", [stage.code for stage in BY_NATION[nation]]),
        ("minutes", "Time in the room", [str(minutes) for minutes in TIMES]),
        ("kit", "Kit", ("none", "simple")),
        ("place", "Where", tuple(PLACES)),
        ("cost", "Cost", ("free", "low")),
        ("subject", "Subject", _used([one for item in activities for one in item.subjects])),
    ]


def _career_filters(items: Sequence[Item], _nation: Nation) -> list[tuple[str, str, Sequence[str]]]:
    careers = [item for item in items if isinstance(item, Career)]
    return [
        ("medium", "What it is", tuple(MEDIA)),
        ("stream", "Part of space", tuple(STREAMS)),
        ("route", "Way in", tuple(ROUTES)),
        ("subject", "Subject", _used([one for item in careers for one in item.subjects])),
        ("interest", "Good if you like", _used([one for item in careers for one in item.interests])),
    ]


def _chapter_filters(_items: Sequence[Item], _nation: Nation) -> list[tuple[str, str, Sequence[str]]]:
    return [("audience", "Who you are", tuple(AUDIENCES))]


_OFFERS: Final[dict[Kind, Callable[[Sequence[Item], Nation], list[tuple[str, str, Sequence[str]]]]]] = {
    "handbook": _chapter_filters,
    "activity": _activity_filters,
    "career": _career_filters,
}


def _audience(item: Chapter, value: str) -> bool | None:
    return value in item.audience


def _route(item: Career, value: str) -> bool | None:
    return value in item.routes if item.routes else None


def _interest(item: Career, value: str) -> bool | None:
    return any(one.casefold() == value.casefold() for one in item.interests) if item.interests else None


_QUESTIONS: Final[dict[Kind, dict[str, Callable[..., bool | None]]]] = {
    "handbook": {"audience": _audience},
    "activity": {
        "years": _years,
        "ages": _ages,
        "minutes": _minutes,
        "preparation": _preparation,
        "kit": _kit,
        "place": _place,
        "cost": _cost,
        "type": _type,
        "subject": _subject,
    },
    "career": {
        "medium": lambda item, value: item.medium == value,
        "stream": lambda item, value: item.stream == value,
        "route": _route,
        "subject": _subject,
        "interest": _interest,
    },
}
_LABELS: Final[dict[str, dict[str, str]]] = {
    "kit": {"none": "No kit", "simple": "Simple kit"},
    "cost": COSTS | {"low": "Free or low cost"},
    "type": TYPES | {COMPLETE: "Complete activity"},
    "medium": MEDIA,
    "stream": {code: text.partition(":")[0] for code, text in STREAMS.items()},
    "route": {code: _first_up(text) for code, text in ROUTES.items()},
    "audience": AUDIENCES,
}
_DOUBTS: Final = {
    "years": "for which ages",
    "ages": "for which ages",
    "minutes": "how long it takes",
    "preparation": "how long to prepare",
    "kit": "which kit",
    "place": "where",
    "cost": "what it costs",
    "subject": "for which subject",
    "route": "the way in",
    "interest": "who would like it",
}
