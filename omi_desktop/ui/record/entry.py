"""What the Record and Plan forms hold: texts as typed, and the way to and from a session or a plan.

An entry is also the draft: its dict is plain JSON, and reading one back never fails on an older form's draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from omi_desktop.domain import faults, join_code, session
from omi_desktop.domain.dates import shown_date, typed_date, typed_time
from omi_desktop.domain.revision import Kind
from omi_desktop.domain.session import (
    FOUR_CONDITIONS,
    Activity,
    CancelledBecause,
    Delivery,
    Details,
    Fault,
    Mode,
    Outcome,
    Place,
    PlaceKind,
    PlanDetails,
    YoungPeople,
)
from omi_desktop.domain.stages import Nation

COUNTED, ESTIMATE = "counted", "estimate"
ESTIMATE_OVER = 100
"""Above so many young people the form presets Estimate; nobody counts heads in a full hall."""

_ORDER = (
    "outcome", "cancelled_because", "places", "date", "start", "minutes", "activity", "delivery",
    "young_people", "space_professionals", "group", "adults", "time", "class_name", "resources", "four",
    "regulars", "programme", "",
)  # fmt: skip
"""Fields in the order of the form."""


@dataclass(frozen=True, slots=True)
class PlaceEntry:
    """One place: what was typed, and the place that was chosen or is being described."""

    ref: int = 1
    typed: str = ""
    is_chosen: bool = False
    is_new: bool = False
    kind: str = PlaceKind.SECONDARY_SCHOOL.value
    nation: str = ""
    town: str = ""
    postcode: str = ""
    scheme: str | None = None
    id: str | None = None

    @classmethod
    def of(cls, place: Place) -> PlaceEntry:
        """A chosen place."""
        nation = place.nation.value if place.nation else ""
        return cls(
            place.ref, place.name, True, False, place.kind.value, nation, place.town, place.postcode,
            place.scheme, place.id,
        )  # fmt: skip

    def place(self) -> Place:
        """The place as a session keeps it."""
        return Place(
            ref=self.ref,
            name=self.typed.strip(),
            kind=PlaceKind(self.kind),
            nation=Nation(self.nation) if self.nation else None,
            town=self.town.strip(),
            postcode=" ".join(self.postcode.upper().split()),
            scheme=self.scheme,
            id=self.id,
        )


@dataclass(frozen=True, slots=True)
class LineEntry:
    """One number of young people. `typed` is a year group that was typed and not yet chosen."""

    place: int = 1
    stages: tuple[str, ...] = ()
    typed: str = ""
    count: str = ""
    mode: str = Mode.TOOK_PART.value
    is_estimated: bool = False
    girls: int | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nobody has put anything into it."""
        return not (self.stages or self.typed.strip() or self.count.strip())


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole form. `estimate` is empty while the lines of a kept session differ in it."""

    places: tuple[PlaceEntry, ...] = (PlaceEntry(),)
    date: str = ""
    start: str = ""
    end: str = ""
    activity: str = Activity.CLASS_SESSION.value
    delivery: str = Delivery.IN_PERSON.value
    lines: tuple[LineEntry, ...] = (LineEntry(),)
    estimate: str = COUNTED
    is_estimate_chosen: bool = False
    is_joint: bool = False
    ambassadors: str = ""
    my_code: str = ""
    their_code: str = ""
    has_modes: bool = False
    teachers: str = ""
    parents: str = ""
    others: str = ""
    prepare: str = ""
    travel: str = ""
    class_name: str = ""
    resources: tuple[tuple[str, str], ...] = ()
    four: tuple[str, ...] = ()
    regulars: str = ""
    programme: str = ""
    because: str = ""
    is_off: bool = False
    plan_id: str | None = None

    def to_form(self) -> dict[str, Any]:
        """The draft of this form: plain JSON."""
        return asdict(self)


def from_form(form: Mapping[str, Any]) -> Entry:
    """The form that a draft kept. What this version does not know, or can't read, is left out."""
    parts: dict[str, Any] = _fitting(Entry(), form)
    parts["places"] = tuple(_read_places(form.get("places"))) or (PlaceEntry(),)
    parts["lines"] = tuple(_read_lines(form.get("lines"))) or (LineEntry(),)
    parts["resources"] = tuple(
        (str(pair[0]), str(pair[1]))
        for pair in form.get("resources") or ()
        if isinstance(pair, (list, tuple)) and len(pair) == 2
    )
    parts["four"] = tuple(name for name in form.get("four") or () if name in FOUR_CONDITIONS)
    return Entry(**parts)


def of_session(details: Details) -> Entry:
    """The form for correcting a session."""
    estimates = {line.is_estimated for line in details.young_people}
    estimate = "" if len(estimates) > 1 else (ESTIMATE if True in estimates else COUNTED)
    return Entry(
        places=tuple(PlaceEntry.of(place) for place in details.places) or (PlaceEntry(),),
        date=shown_date(details.day) if details.day else "",
        start=_clock(details.start),
        end=_clock(_end(details.start, details.minutes)),
        activity=details.activity.value,
        delivery=details.delivery.value,
        lines=_lines_of(details.young_people),
        estimate=estimate,
        is_estimate_chosen=True,
        is_joint=details.is_joint,
        ambassadors=str(details.space_professionals) if details.is_joint else "",
        my_code=details.group or "",
        has_modes=any(line.mode is not Mode.TOOK_PART for line in details.young_people),
        teachers=_figure(details.teachers),
        parents=_figure(details.parents),
        others=_figure(details.other_adults),
        prepare=_figure(details.prepare_minutes),
        travel=_figure(details.travel_minutes),
        class_name=details.class_name or "",
        resources=details.resources,
        four=tuple(name for name in FOUR_CONDITIONS if details.four.get(name)),
        regulars=_figure(details.regulars),
        programme=details.programme or "",
        because=details.cancelled_because.value if details.cancelled_because else "",
        is_off=details.outcome is Outcome.CANCELLED,
        plan_id=details.plan_id,
    )


def of_plan(plan: PlanDetails) -> Entry:
    """The form for changing a plan: its numbers are those expected."""
    entry = of_session(replace(plan.to_session(), young_people=plan.expected))
    return replace(entry, estimate=COUNTED, is_estimate_chosen=False)


def to_record(plan: PlanDetails, plan_id: str) -> Entry:
    """The form that records a planned session: everything from the plan but the numbers."""
    entry = replace(of_session(plan.to_session()), plan_id=plan_id, is_estimate_chosen=False)
    return replace(entry, estimate=preset_estimate(entry))


def another_like(entry: Entry, today: date) -> Entry:
    """A new form with the same place, kind of session and year groups. Numbers and codes are not carried over."""
    return replace(
        entry,
        date=shown_date(today),
        lines=tuple(replace(line, count="", girls=None) for line in entry.lines if not line.is_blank)
        or (LineEntry(),),
        my_code="",
        their_code="",
        ambassadors="",
        is_joint=False,
        is_estimate_chosen=False,
        regulars="",
        is_off=False,
        because="",
        plan_id=None,
    )


def preset_estimate(entry: Entry) -> str:
    """Estimate at festivals and over 100; Counted otherwise."""
    is_festival = entry.activity == Activity.FESTIVAL or any(
        place.kind == PlaceKind.FESTIVAL for place in entry.places
    )
    total = sum(count for line in entry.lines if (count := figure(line.count)) is not None)
    return ESTIMATE if is_festival or total > ESTIMATE_OVER else COUNTED


def to_session(entry: Entry, *, today: date, base: Details | None = None) -> tuple[Details, list[Fault]]:
    """The session that a form describes, and every fault of it in the form's order.

    `base` is the session that is being corrected: what the form does not show is taken from it.
    """
    base = base or Details()
    found: list[Fault] = []
    day, start, minutes = _when(entry, today, base.start, base.minutes, found, is_past=True)
    details = replace(
        base,
        outcome=Outcome.CANCELLED if entry.is_off else Outcome.DELIVERED,
        cancelled_because=CancelledBecause(entry.because) if entry.is_off and entry.because else None,
        day=day,
        start=start,
        minutes=minutes,
        activity=Activity(entry.activity),
        delivery=Delivery(entry.delivery),
        plan_id=entry.plan_id or base.plan_id,
        programme=_perhaps(entry.programme),
        class_name=_perhaps(entry.class_name),
        places=_written_places(entry),
        young_people=() if entry.is_off else _young_people(entry, found),
        parents=_number("adults.parents", entry.parents, found) or 0,
        teachers=_number("adults.teachers", entry.teachers, found) or 0,
        other_adults=_number("adults.others", entry.others, found) or 0,
        space_professionals=_ambassadors(entry, found),
        is_joint=entry.is_joint,
        group=(join_code.normalise(entry.their_code) or entry.my_code or None) if entry.is_joint else None,
        regulars=_number("regulars", entry.regulars, found),
        four=_four(entry.four, base.four),
        prepare_minutes=_number("time.prepare", entry.prepare, found),
        travel_minutes=_number("time.travel", entry.travel, found),
        resources=entry.resources,
    )
    found += _unchosen(entry)
    return details, _merged(found, faults.faults(session.write(details), today=today))


def to_plan(entry: Entry, *, today: date, base: PlanDetails | None = None) -> tuple[PlanDetails, list[Fault]]:
    """The plan that a form describes, and every fault of it."""
    base = base or PlanDetails()
    found: list[Fault] = []
    day, start, minutes = _when(entry, today, base.start, base.minutes, found, is_past=False)
    details = replace(
        base,
        day=day,
        start=start,
        minutes=minutes,
        activity=Activity(entry.activity),
        delivery=Delivery(entry.delivery),
        places=_written_places(entry),
        expected=() if all(line.is_blank for line in entry.lines) else _young_people(entry, found),
        resources=entry.resources,
    )
    found += _unchosen(entry)
    judged = faults.faults(session.write_plan(details), today=today, kind=Kind.PLAN)
    return details, _merged(found, judged)


def kept_lines(entry: Entry) -> list[int]:
    """Which lines become numbers of the session: all but blank ones, and one at least."""
    kept = [index for index, line in enumerate(entry.lines) if not line.is_blank]
    return kept or [0]


def figure(text: str) -> int | None:
    """A whole number as typed, thousands commas allowed; None when it isn't one."""
    plain = text.strip().replace(",", "").replace("\u2212", "-")
    try:
        return int(plain) if plain.removeprefix("-").isdecimal() else None
    except ValueError:
        return None


def resolved_date(text: str, today: date, *, is_past: bool) -> str:
    """A typed date in full, so that a draft of `-1` still means the same day tomorrow."""
    day = typed_date(text, today, is_past=is_past)
    return shown_date(day) if day else text


def _when(
    entry: Entry,
    today: date,
    base_start: time | None,
    base_minutes: int | None,
    found: list[Fault],
    *,
    is_past: bool,
) -> tuple[date | None, time | None, int | None]:
    day = typed_date(entry.date, today, is_past=is_past)
    if entry.date.strip() and day is None:
        found.append(Fault("date", "not_a_date", "This date can't be read. Type 24/11, mon or -1"))
    start, end = typed_time(entry.start), typed_time(entry.end)
    if entry.start.strip() and start is None:
        found.append(Fault("start", "not_a_time", "This time can't be read. Type it as 10:40"))
    if entry.end.strip() and end is None:
        found.append(Fault("minutes", "not_a_time", "This time can't be read. Type it as 11:30"))
    if start is None or end is None:
        if end is not None and not entry.start.strip():
            found.append(Fault("start", "missing", "Give the start too, or leave both empty"))
        # A length without a start came from somewhere else: the form can't show it, and leaves it alone.
        unshown = (
            base_minutes if base_start is None and not (entry.start.strip() or entry.end.strip()) else None
        )
        return day, start, unshown
    minutes = (end.hour - start.hour) * 60 + end.minute - start.minute
    if minutes <= 0:
        found.append(Fault("minutes", "before_start", "The end is not after the start"))
        return day, start, None
    return day, start, minutes


def _young_people(entry: Entry, found: list[Fault]) -> tuple[YoungPeople, ...]:
    lines = []
    refs = {place.ref for place in entry.places}
    for at, index in enumerate(kept_lines(entry)):
        line = entry.lines[index]
        is_estimated = line.is_estimated if not entry.estimate else entry.estimate == ESTIMATE
        count = _number(f"young_people.{at}.count", line.count, found)
        if line.typed.strip():
            found.append(
                Fault(
                    f"young_people.{at}.stages",
                    "not_chosen",
                    f"“{line.typed.strip()}” is not a year group here",
                )
            )
        lines.append(
            YoungPeople(
                place=line.place if line.place in refs else entry.places[0].ref,
                stages=line.stages,
                count=count,
                mode=Mode(line.mode) if line.mode in list(Mode) else Mode.TOOK_PART,
                is_estimated=is_estimated,
                girls=line.girls,
            )
        )
    return tuple(lines)


def _number(field: str, text: str, found: list[Fault]) -> int | None:
    value = figure(text)
    if value is None and text.strip():
        found.append(Fault(field, "not_a_number", "Type it in figures, such as 28"))
    return value


def _ambassadors(entry: Entry, found: list[Fault]) -> int:
    if not entry.is_joint:
        return 1
    stated = _number("space_professionals", entry.ambassadors, found)
    return 2 if stated is None else stated


def _written_places(entry: Entry) -> tuple[Place, ...]:
    return tuple(place.place() for place in entry.places if place.typed.strip())


def _unchosen(entry: Entry) -> list[Fault]:
    return [
        Fault(
            f"places.{index}.name",
            "not_chosen",
            f"Choose a place from the list, or add “{place.typed.strip()}” as a new place",
        )
        for index, place in enumerate(place for place in entry.places if place.typed.strip())
        if not place.is_chosen
    ]


def _merged(typed: Sequence[Fault], judged: Sequence[Fault]) -> list[Fault]:
    """What could not be read stands for what the validator says of the same field."""
    taken = {fault.field for fault in typed}
    # A place that is not chosen yet has no nation, kind or town to find fault with.
    open_places = {fault.field.removesuffix("name") for fault in typed if fault.code == "not_chosen"}
    judged = [fault for fault in judged if not fault.field.startswith(tuple(open_places))]
    every = [*typed, *(fault for fault in judged if fault.field not in taken)]
    if any(fault.field == "places" for fault in every):
        # With no place at all, that the young people belong to none goes without saying.
        every = [fault for fault in every if not fault.field.endswith(".place")]
    return sorted(every, key=lambda fault: _ORDER.index(_head(fault.field)))


def _head(field: str) -> str:
    first = field.partition(".")[0]
    return first if first in _ORDER else ""


def _four(ticked: Sequence[str], base: Mapping[str, str | bool | None]) -> dict[str, str | bool | None]:
    """Ticks laid over what was said before: a text stays while its tick does."""
    return {name: (base.get(name) or True) if name in ticked else None for name in FOUR_CONDITIONS}


def _lines_of(lines: Sequence[YoungPeople]) -> tuple[LineEntry, ...]:
    return tuple(
        LineEntry(
            place=line.place,
            stages=line.stages,
            count="" if line.count is None else str(line.count),
            mode=line.mode.value,
            is_estimated=line.is_estimated,
            girls=line.girls,
        )
        for line in lines
    ) or (LineEntry(),)


def _end(start: time | None, minutes: int | None) -> time | None:
    if start is None or not minutes:
        return None
    end = datetime.combine(date(2000, 1, 1), start) + timedelta(minutes=minutes)
    return end.time()


def _clock(moment: time | None) -> str:
    return f"{moment:%H:%M}" if moment else ""


def _figure(value: int | None) -> str:
    return str(value) if value else ""


def _perhaps(text: str) -> str | None:
    return text.strip() or None


def _fitting(default: object, form: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a draft that have the type of the default; the others are left out."""
    known = asdict(default)  # type: ignore[call-overload]
    return {
        name: form[name]
        for name, value in known.items()
        if name in form
        and not isinstance(value, tuple)
        and (isinstance(form[name], str) if value is None else type(form[name]) is type(value))
    }


def _read_places(value: object) -> list[PlaceEntry]:
    found = []
    for part in value if isinstance(value, list) else []:
        if isinstance(part, dict):
            entry = PlaceEntry(**_fitting(PlaceEntry(), part))
            is_known = entry.kind in list(PlaceKind) and (not entry.nation or entry.nation in list(Nation))
            found.append(entry if is_known else replace(entry, kind=PlaceKind.OTHER.value, nation=""))
    return found


def _read_lines(value: object) -> list[LineEntry]:
    found = []
    for part in value if isinstance(value, list) else []:
        if isinstance(part, dict):
            stages = tuple(code for code in part.get("stages") or () if isinstance(code, str))
            girls = part.get("girls")
            line = LineEntry(**_fitting(LineEntry(), {k: v for k, v in part.items() if k != "girls"}))
            found.append(replace(line, stages=stages, girls=girls if type(girls) is int else None))
    return found
