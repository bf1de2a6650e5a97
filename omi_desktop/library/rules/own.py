"""Rules over what is all ours: complete activities, and role cards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from markdown_it.token import Token

from omi_desktop.domain.stages import BY_CODE, Nation
from omi_desktop.library.items import OWN
from omi_desktop.library.markdown import plain_text
from omi_desktop.library.model import ActivityFile, CareerFile, WorkedEntry
from omi_desktop.library.read import Fault
from omi_desktop.library.rules.entry import Entry, Section, blocks, cells
from omi_desktop.library.worked import AGREEMENT, NotArithmetic, agrees, calculate, is_rounded

LICENCE: Final = "CC BY 4.0"
PHYSICS: Final = "Check the physics"
STEPS: Final = "Step by step"
CONDITIONS: Final = "Four conditions"
SHEET: Final = "Pupil sheet"
ADAPTATIONS: Final = "Make it fit"
ACTIVITY_SECTIONS: Final = (
    "Purpose", "What they will learn", "Kit", "Risks", STEPS, "What to say", "Questions and answers", ADAPTATIONS,
    CONDITIONS, PHYSICS, SHEET,
)  # fmt: skip
ADAPTED_FOR: Final = ("Younger", "Older", "SEND", "Online")
MEANINGFUL: Final = ("clear purpose", "suited outcomes", "two-way time", "reflection")
"""The four conditions, as each line of their section begins."""
SHEET_WORDS: Final = 330
"""About an A4 page, with room to write."""
ROLE_SECTIONS: Final = (
    "What the job is", "A day", "You might like it if", "Ways in", "Who hires", "Pay", "Try it",
)  # fmt: skip
WAYS_IN: Final = {
    "school": "From school",
    "fe": "From college",
    "apprenticeship": "Apprenticeship",
    "degree": "Degree",
    "sideways": "From another job",
}

_FILLED: Final = (
    "ages", "stages", "subjects", "curriculum", "minutes", "prep_minutes", "group", "place", "keywords", "licence",
)  # fmt: skip
_TIMING = re.compile(r"(\d+)(?:\s*[\u2013-]\s*(\d+))?\s*(min(?:ute)?s?\b)?", re.IGNORECASE)
_ASKS_A_NAME = re.compile(
    r"\b(?:your|my|first|full|pupil|child)(?:'s|\u2019s)? names?\b|(?:^|\| )names?\s*[:_\u2026]",
    re.IGNORECASE,
)


class _Timing(NamedTuple):
    """A step's time: `start` is None when it is written as a length."""

    start: int | None
    minutes: int
    line: int


def activity(one: Entry) -> Iterator[Fault]:
    """A complete activity: every fact, every section, timings that add up, physics that can be calculated again."""
    file = one.file
    if not isinstance(file, ActivityFile):
        return
    if file.provider != OWN:
        if file.worked:
            yield one.fault(f"worked examples belong to activities by {OWN}", "worked", 0, "what")
        return
    yield from _facts(one, file)
    yield from _sections(one, ACTIVITY_SECTIONS)
    if section := one.section(STEPS):
        yield from _timings(one, section, file.minutes)
    if section := one.section(ADAPTATIONS):
        yield from _below(one, section, ADAPTED_FOR)
    if section := one.section(CONDITIONS):
        yield from _conditions(one, section)
    if section := one.section(PHYSICS):
        yield from _physics(one, section, file.worked)
    if section := one.section(SHEET):
        yield from _sheet(one, section)


def role(one: Entry) -> Iterator[Fault]:
    """A role card of our own: its sections, its ways in, pay only with a source."""
    file = one.file
    if not isinstance(file, CareerFile) or file.provider != OWN:
        return
    if file.medium != "role":
        yield one.fault(f'what is by {OWN} is a role card: kind must be "role"', "kind")
    for field in ("interests", "routes"):
        if not getattr(file, field):
            yield one.fault(f"a role card needs {field}", field)
    pay = one.section("Pay")
    yield from _sections(one, [title for title in ROLE_SECTIONS if title != "Pay" or pay])
    if pay and not any(block.keys for block in blocks(pay.tokens)):
        yield one.fault_in_body("Pay needs a source: add [^key], or leave the section out", pay.line)
    if section := one.section("Ways in"):
        titles = [below.title for below in one.sections if below.level == 3]
        yield from _below(one, section, [title for title in WAYS_IN.values() if title in titles])
        for route in file.routes:
            if WAYS_IN[route] not in titles:
                yield one.fault(f'routes names {route}: "### {WAYS_IN[route]}" is missing', "routes")


def _facts(one: Entry, file: ActivityFile) -> Iterator[Fault]:
    for field in _FILLED:
        if not getattr(file, field):
            yield one.fault(f"an activity by {OWN} needs {field}", field)
    if "kit" not in file.model_fields_set:
        yield one.fault(f"an activity by {OWN} needs kit: [] when it takes none", "kit")
    if file.cost == "unknown":
        yield one.fault(f"an activity by {OWN} has a cost that we know", "cost")
    if file.licence and file.licence != LICENCE:
        yield one.fault(f'licence must be "{LICENCE}"', "licence")
    nations = {BY_CODE[code].nation for code in file.stages}
    for nation in Nation:
        if nation not in nations:
            yield one.fault(f"no year group of {nation.label} is named", "stages")
    if not file.worked:
        yield one.fault("[[worked]] is missing: the physics as a calculation", "worked")


def _sections(one: Entry, wanted: Sequence[str]) -> Iterator[Fault]:
    """Exactly the headings wanted, in their order; the first that differs is named."""
    found = [section for section in one.sections if section.level == 2]
    for number, title in enumerate(wanted):
        if number >= len(found):
            yield one.fault_in_body(f'"## {title}" is missing at the end', 1)
            return
        if found[number].title != title:
            yield one.fault_in_body(
                f'"## {title}" must come here, not "## {found[number].title}"', found[number].line
            )
            return
    for section in found[len(wanted) :]:
        yield one.fault_in_body(f'"## {section.title}" is one section too many', section.line)
    for section in found:
        if not section.tokens:
            yield one.fault_in_body(f'"## {section.title}" is empty', section.line)


def _below(one: Entry, section: Section, wanted: Sequence[str]) -> Iterator[Fault]:
    """Exactly the headings wanted below a section."""
    ends = (later.line for later in one.sections if later.level == 2 and later.line > section.line)
    end = next(ends, one.document.body.count("\n") + 2)
    found = [below for below in one.sections if below.level == 3 and section.line < below.line < end]
    if [below.title for below in found] != list(wanted):
        names = ", ".join(f"### {title}" for title in wanted) or "### From school and so on"
        yield one.fault_in_body(f'"## {section.title}" must have exactly: {names}', section.line)
    for below in found:
        if not below.tokens:
            yield one.fault_in_body(f'"### {below.title}" is empty', below.line)


def _timings(one: Entry, section: Section, minutes: int | None) -> Iterator[Fault]:
    times = list(_steps(section.tokens))
    if not times:
        yield one.fault_in_body(f'"{STEPS}" has no timings such as "5 min" or "0\u20135 min"', section.line)
        return
    if len({time.start is None for time in times}) > 1:
        yield one.fault_in_body("timings must be all lengths or all from\u2013to", section.line)
        return
    for before, time in pairwise(times):
        if (
            time.start is not None
            and before.start is not None
            and before.start + before.minutes != time.start
        ):
            yield one.fault_in_body(
                f"this step starts at {time.start}, but the one before ends at {before.start + before.minutes}",
                time.line,
            )
    total = sum(time.minutes for time in times)
    if minutes is not None and total + (times[0].start or 0) != minutes:
        yield one.fault_in_body(f"the steps take {total} minutes, but minutes is {minutes}", section.line)


def _steps(tokens: Sequence[Token]) -> Iterator[_Timing]:
    """The time at the beginning of each table row, or of each list item when there is no table."""
    rows = list(cells(tokens))
    # In a table, the head of the first column may name the unit for all of them.
    has_unit = bool(rows) and rows[0][0][0].casefold().startswith("min")
    begins = [(row[0], line) for row, line in rows] or [(block.text, block.line) for block in blocks(tokens)]
    for text, line in begins:
        found = _TIMING.match(text)
        if found is None or not (found[3] or has_unit):
            continue
        first, last = int(found[1]), found[2]
        yield _Timing(first, int(last) - first, line) if last else _Timing(None, first, line)


def _conditions(one: Entry, section: Section) -> Iterator[Fault]:
    begins = [block.text.casefold() for block in blocks(section.tokens)]
    for condition in MEANINGFUL:
        if not any(text.startswith(condition) for text in begins):
            yield one.fault_in_body(
                f'"{CONDITIONS}" needs a line that begins "{condition.capitalize()}"', section.line
            )


def _physics(one: Entry, section: Section, worked: Sequence[WorkedEntry]) -> Iterator[Fault]:
    text = " ".join(plain_text(section.tokens).split())
    for number, example in enumerate(worked):
        place = ("worked", number)
        try:
            result = calculate(example.formula, example.values)
        except NotArithmetic as error:
            yield one.fault(str(error), *place, "formula")
            continue
        if not agrees(example.result, result):
            yield one.fault(
                f"result is {example.result:g}, but the formula gives {result:g}, more than {AGREEMENT:.1%} away",
                *place,
                "result",
            )
        try:
            if not is_rounded(example.shown, result):
                yield one.fault(f'"{example.shown}" is not {result:g} rounded', *place, "shown")
        except NotArithmetic as error:
            yield one.fault(str(error), *place, "shown")
        if " ".join(example.shown.split()) not in text:
            yield one.fault(f'"{example.shown}" does not stand in "{PHYSICS}"', *place, "shown")


def _sheet(one: Entry, section: Section) -> Iterator[Fault]:
    words = len(plain_text(section.tokens).split())
    if words > SHEET_WORDS:
        yield one.fault_in_body(
            f'"{SHEET}" has {words} words: at most {SHEET_WORDS} fit on a page', section.line
        )
    for block in blocks(section.tokens):
        if found := _ASKS_A_NAME.search(block.text):
            yield one.fault_in_body(f'"{found[0]}": a sheet never asks for a name', block.line)
