"""What a session or a plan says, as names and texts, and what sets versions of it apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omi_desktop.domain import join_code, stages
from omi_desktop.domain.clock import from_stamp
from omi_desktop.domain.dates import shown_moment
from omi_desktop.domain.session import Details, Mode, Outcome, Place, PlanDetails
from omi_desktop.ui import sentences, words
from omi_desktop.ui.record.line_row import MODES
from omi_desktop.ui.record.more import FOUR_LABELS

Fact = tuple[str, str]
"""The name of a field of the form, and what was given there."""
_NOT_GIVEN = "not given"


def facts(details: Details, title_of: Callable[[str], str] = str) -> list[Fact]:
    """The details that were given, by the names of the form's fields. `title_of` tells the titles of resources."""
    found = [("Where", _place(place)) for place in details.places]
    found += [("When", sentences.when(details)), ("What", sentences.what(details))]
    if details.outcome is Outcome.DELIVERED:
        found += [("Young people", text) for text in _lines(details)]
    if details.is_joint:
        code = f" · code {join_code.shown(details.group)}" if details.group else ""
        others = words.counted(details.space_professionals - 1, "other ambassador")
        found.append(("With", f"{others}{code}"))
    adults = (
        (details.teachers, "teacher or member of staff", "teachers and staff"),
        (details.parents, "parent or carer", "parents and carers"),
        (details.other_adults, "other adult", "other adults"),
    )
    came = [words.counted(count, one, many) for count, one, many in adults if count]
    times = (("preparing", details.prepare_minutes), ("travelling", details.travel_minutes))
    spent = [f"{words.counted(minutes, 'minute')} {name}" for name, minutes in times if minutes]
    more = (
        ("Adults", ", ".join(came)),
        ("My time", ", ".join(spent)),
        ("Class", details.class_name or ""),
        ("What we did", ", ".join(title_of(item) for item, _ in details.resources)),
        ("Meaningful", ". ".join(text for name, text in FOUR_LABELS.items() if details.four.get(name))),
        ("Regulars", words.number(details.regulars) if details.regulars else ""),
        ("Programme", details.programme or ""),
    )
    return found + [(name, text) for name, text in more if text]


def plan_facts(plan: PlanDetails) -> list[Fact]:
    """The same of a session to come."""
    found = [("Where", _place(place)) for place in plan.places]
    found += [("When", sentences.when(plan)), ("What", sentences.what(plan))]
    more = (
        ("Expected", sentences.expected(plan)),
        ("Class", plan.class_name or ""),
        ("What we'll do", ", ".join(item for item, _ in plan.resources)),
        ("Programme", plan.programme or ""),
    )
    return found + [(name, text) for name, text in more if text]


def told_apart(versions: Sequence[Sequence[Fact]], but: Sequence[str] = ()) -> list[str]:
    """For each version, what it says where not all say the same: `When: Thu 26 Nov 2026; Class: not given`.

    `but` names what is said elsewhere already.
    """
    joined = [_by_name(version) for version in versions]
    names = [name for name in dict.fromkeys(name for each in joined for name in each) if name not in but]
    apart = [name for name in names if len({each.get(name) for each in joined}) > 1]
    return ["; ".join(f"{name}: {each.get(name, _NOT_GIVEN)}" for name in apart) for each in joined]


def said(details: Details, *, is_removal: bool) -> str:
    """A version in one line: `28 young people, Year 8, Ashby Academy, LE65`."""
    return "Removed" if is_removal else f"{sentences.came(details)}, {details.place_label}"


def who_when(device: str, saved_at: str) -> str:
    """Which laptop saved a version, if that tells anything, and when."""
    moment = shown_moment(from_stamp(saved_at))
    return moment if device == sentences.UNNAMED else f"{device}, {moment}"


def _by_name(version: Sequence[Fact]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, text in version:
        found.setdefault(name, []).append(text)
    return {name: "; ".join(texts) for name, texts in found.items()}


def _place(place: Place) -> str:
    return ", ".join(part for part in (place.name, place.town, place.postcode) if part)


def _lines(details: Details) -> list[str]:
    modes = dict(MODES)
    names = {place.ref: place.name for place in details.places}
    found = []
    for line in details.young_people:
        where = f" at {names.get(line.place, '')}" if len(details.places) > 1 else ""
        mode = "" if line.mode is Mode.TOOK_PART else f", {modes[line.mode.value].lower()}"
        estimate = ", an estimate" if line.is_estimated else ""
        found.append(f"{words.number(line.count or 0)}, {stages.label(line.stages)}{where}{mode}{estimate}")
    return found
