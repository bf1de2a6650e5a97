"""What the Sync page asks its person, with the answers that can be given right there. Read on worker threads."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from omi_desktop.domain import session
from omi_desktop.domain.clock import from_stamp
from omi_desktop.domain.revision import Kind, Revision, State, says_the_same
from omi_desktop.domain.session import Outcome
from omi_desktop.ui import sentences, words
from omi_desktop.ui.record.facts import facts, plan_facts, told_apart

if TYPE_CHECKING:
    from datetime import date

    from omi_desktop.domain.session import Details, Fault, PlanDetails
    from omi_desktop.services.desk import Desk
    from omi_desktop.services.erasures import Erasure
    from omi_desktop.services.plans import Plans
    from omi_desktop.services.questions import OpenQuestion
    from omi_desktop.services.records import RecordView
    from omi_desktop.services.sessions import Sessions

_LONGEST_ANSWER: Final = 36
_LONGEST_ASKED: Final = 48
_FIELDS: Final = (
    (r"places.*", "Where"),
    (r"date", "Date"),
    (r"start", "Start"),
    (r"minutes", "End"),
    (r"activity", "What"),
    (r"delivery", "In person or online"),
    (r"young_people\.\d+\.stages", "Year group"),
    (r"(young_people|expected).*", "Young people"),
    (r"group", "Code of the other ambassador"),
    (r"space_professionals|others_there", "Ambassadors"),
    (r"adults\.teachers", "Teachers and staff"),
    (r"adults\.parents", "Parents and carers"),
    (r"adults\..*", "Other adults"),
    (r"time\..*", "My time"),
    (r"class_name", "Class name"),
    (r"regulars", "Regulars"),
    (r"programme", "Programme"),
    (r"resources.*", "What we did"),
    (r"cancelled_because|outcome", "Why it didn't happen"),
)
"""The field of a body → what the form calls it."""
_SAME: Final = (
    ("same", "Yes", "Decided: the same young people. They count once."),
    ("different", "No", "Decided: different young people. All of them count."),
    ("not_sure", "Not sure", "Noted: not sure. The million shows both figures."),
)
_UNKNOWN_TO_THEM: Final = "schema_unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `work` gives it and `take_back` asks the question again; both belong in `tasks.run`.

    `decided` is what stands there afterwards. A `warning` is put to the person first.
    """

    text: str
    spoken: str
    decided: str
    work: Callable[[], object] = field(compare=False)
    take_back: Callable[[], object] | None = field(default=None, compare=False)
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only the person can decide.

    `subject` is what it is about; the `key` is another as soon as anything about it is. `opens` is where the window
    goes to see, or to put it right, with the words `open_text`.
    """

    subject: str
    key: str
    title: str
    lines: tuple[str, ...]
    answers: tuple[Answer, ...] = ()
    opens: str = ""
    open_text: str = "Open"
    left: str = "Left for later. Nothing is lost."


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was answered, in one sentence; `take_back` opens it again. `subject` as in Question."""

    subject: str
    text: str
    take_back: Callable[[], object] = field(compare=False)


def read_answered(desk: Desk, today: date) -> tuple[Answered, ...]:
    """Everything that was answered and can be answered otherwise."""
    said = {value: decided for value, _, decided in _SAME}
    return tuple(
        Answered(
            f"question {asked.id}",
            f"{_visit(asked, today)}. {said.get(asked.answer or '', '')}".strip(),
            partial(desk.questions.undo, asked.id),
        )
        for asked in desk.questions.answered()
    )


def read_questions(desk: Desk, today: date) -> tuple[Question, ...]:
    """Everything that waits for the person."""
    found: list[Question] = []
    sources: tuple[Sessions | Plans, ...] = (desk.sessions, desk.plans)
    for source in sources:
        for view in source.needs_you():
            record = view.record
            name = f"{sentences.known_as(view.details)}, {sentences.day(view.details.day, today)}"
            if record.rejected is not None:
                found.append(_refused(record, record.rejected, name))
            else:
                found.append(_versions(source, record, name))
    found += [_same_young_people(desk, asked, today) for asked in desk.questions.open()]
    found += [_erasure(desk, asked) for asked in desk.erasures.waiting()]
    return tuple(found)


def _same_young_people(desk: Desk, asked: OpenQuestion, today: date) -> Question:
    """Another ambassador was at the same place at the same time: `The same young people?`."""
    name = _visit(asked, today)
    mine = f" You recorded {words.number(asked.mine)}." if asked.mine is not None else ""
    lines = (
        f"Another ambassador recorded young people here at the same time.{mine}",
        "If they are the same, they count once. Until you say, the million shows both figures.",
    )
    answers = tuple(
        Answer(
            text,
            f"{text}. {name}: the same young people?",
            f"{name}. {decided}",
            partial(desk.questions.answer, asked.id, value),
            partial(desk.questions.undo, asked.id),
        )
        for value, text, decided in _SAME
    )
    opens = f"sessions/{asked.record_id}" if asked.record_id else ""
    subject = f"question {asked.id}"
    return Question(subject, subject, f"{name}: the same young people?", lines, answers, opens)


def _visit(asked: OpenQuestion, today: date) -> str:
    at = f", {asked.start:%H:%M}" if asked.start else ""
    return f"{asked.place}, {sentences.day(asked.date, today)}{at}"


def _erasure(desk: Desk, asked: Erasure) -> Question:
    """Erased on another laptop: here too, or kept here?"""
    where = (
        f" on {asked.device}" if asked.device and asked.device != sentences.UNNAMED else " on another laptop"
    )
    answers = (
        Answer(
            "Erase here too",
            f"Erase here too: {asked.what}",
            f"{asked.what}. Erased from this laptop.",
            partial(desk.erasures.confirm, [asked.record_id]),
            warning=f"Erase {asked.what} from this laptop for good? This can't be undone.",
        ),
        Answer(
            "Keep here",
            f"Keep here: {asked.what}",
            f"{asked.what}. Kept on this laptop only; it counts nowhere.",
            partial(desk.erasures.keep, [asked.record_id]),
        ),
    )
    lines = (
        f"You asked for it{where}, {words.moment(asked.asked_at)}. It is gone from OMI online.",
        "Kept here, it is on this laptop only and counts nowhere.",
    )
    subject = f"erasure {asked.record_id}"
    opens = f"sessions/{asked.record_id}"
    return Question(subject, subject, f"{asked.what}: erase it here too?", lines, answers, opens)


def _refused(record: RecordView, fault: Fault, name: str) -> Question:
    """OMI online did not accept it: why, where, and the way to put it right."""
    reason = fault.message.rstrip(".") or "OMI online did not say why"
    where = field_in_words(fault.field)
    key = f"{record.record_id} {record.head.rev_id} {fault.code}"
    opens = f"sessions/{record.record_id}"
    if fault.code == _UNKNOWN_TO_THEM:
        lines = (
            "It was saved by a newer version of the app than OMI online knows.",
            "It is safe on this laptop and tried again every day.",
        )
        return Question(record.record_id, key, f"{name}: not accepted yet", lines, (), opens)
    lines = (
        f"{where}: {reason}." if where else f"{reason}.",
        "Correct it and it is sent again. Until then it is safe on this laptop.",
    )
    opens += "/plan" if record.head.kind == Kind.PLAN else "/correct"
    return Question(
        record.record_id, key, f"{name}: not accepted", lines, opens=opens, open_text="Correct it"
    )


def field_in_words(name: str) -> str:
    """What the form calls a field of the body; nothing for one that it does not show."""
    return next((words_ for rule, words_ in _FIELDS if re.fullmatch(rule, name)), "")


def _versions(source: Sessions | Plans, record: RecordView, name: str) -> Question:
    """Two laptops or more say different things: `St Mary's, Thu 12 Nov: 28 or 31?`."""
    leaves = _distinct(record)
    shorts = _shorts(leaves)
    apart = _apart(leaves)
    answers, lines = [], []
    for leaf, short, more in zip(leaves, shorts, apart, strict=True):
        who = _who(leaf)
        text = short[:1].upper() + short[1:]
        first = who if _device(leaf) == short else f"{text} · {who}"
        lines.append(f"{first}.{f' {more}.' if more else ''}")
        button = "Keep it removed" if leaf.state is State.WITHDRAWN else text
        answers.append(
            Answer(
                button,
                f"{button}, {who}. {name}",
                f"{name}. Decided: {short}.",
                partial(source.settle, record.record_id, leaf.rev_id),
                partial(source.ask_again, record.record_id),
            )
        )
    asked = f"{', '.join(shorts[:-1])} or {shorts[-1]}?"
    if len(asked) > _LONGEST_ASKED or shorts[0] == _device(leaves[0]):
        asked = "which is right?"
    return Question(
        record.record_id,
        f"{record.record_id} {' '.join(sorted(leaf.rev_id for leaf in record.leaves))}",
        f"{name}: {asked}",
        tuple(lines),
        tuple(answers),
        f"sessions/{record.record_id}",
        left="Left for later. Nothing is lost: every version is kept.",
    )


def _distinct(record: RecordView) -> list[Revision]:
    """The versions to choose from, one of those that say the same, the first saved first: they stay put however
    they arrived."""
    found: list[Revision] = []
    for leaf in sorted(record.leaves, key=lambda leaf: (leaf.saved_at, leaf.device, leaf.rev_id)):
        if not any(says_the_same(leaf, other) for other in found):
            found.append(leaf)
    return found


def _shorts(leaves: Sequence[Revision]) -> list[str]:
    """What each version is called on its button: its number; else what sets it apart; else its laptop or time."""
    ways: tuple[Callable[[Revision], str], ...] = (_number, *_of_facts(leaves), _device, _moment)
    for named in ways:
        found = [named(leaf) for leaf in leaves]
        if len(set(found)) == len(found) and all(found):
            return found
    return [f"version {number}" for number, _ in enumerate(leaves, 1)]


def _number(leaf: Revision) -> str:
    if leaf.state is State.WITHDRAWN:
        return "removed"
    details = _read(leaf)
    if not isinstance(details, session.Details):
        return ""
    return "didn't happen" if details.outcome is Outcome.CANCELLED else words.number(details.total)


def _of_facts(leaves: Sequence[Revision]) -> list[Callable[[Revision], str]]:
    """One way of naming them for each field of the form in which they differ, if it is short."""

    def named(name: str) -> Callable[[Revision], str]:
        def text(leaf: Revision) -> str:
            if leaf.state is State.WITHDRAWN:
                return "removed"
            said = "; ".join(text for other, text in _facts(leaf) if other == name)
            return said if len(said) <= _LONGEST_ANSWER else ""

        return text

    names = dict.fromkeys(name for leaf in leaves for name, _ in _facts(leaf))
    return [named(name) for name in names]


def _device(leaf: Revision) -> str:
    return "" if leaf.device == sentences.UNNAMED else f"as on {leaf.device}"


def _moment(leaf: Revision) -> str:
    return words.moment(from_stamp(leaf.saved_at))


def _who(leaf: Revision) -> str:
    return _moment(leaf) if leaf.device == sentences.UNNAMED else f"{leaf.device}, {_moment(leaf)}"


def _apart(leaves: Sequence[Revision]) -> list[str]:
    """What sets each version apart besides its number. A removal says nothing more."""
    kept = [leaf for leaf in leaves if leaf.state is State.LIVE]
    numbers = [_number(leaf) for leaf in kept]
    but = ("Young people",) if len(set(numbers)) == len(numbers) else ()
    texts = iter(told_apart([_facts(leaf) for leaf in kept], but))
    return [next(texts) if leaf.state is State.LIVE else "" for leaf in leaves]


def _facts(leaf: Revision) -> list[tuple[str, str]]:
    details = _read(leaf)
    return facts(details) if isinstance(details, session.Details) else plan_facts(details)


def _read(leaf: Revision) -> Details | PlanDetails:
    return session.read(leaf.body) if leaf.kind == Kind.SESSION else session.read_plan(leaf.body)
