"""Rule omi/1: how many interactions a set of records makes, always as a range.

The low end is the headline; with nothing open both ends are equal. Every figure here is a pure function of the
set of records, so a retry, a second laptop or a second ambassador in the same room cannot change it.
The definitions are those of the sync contract ("Counting").
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from omi_desktop.domain import session
from omi_desktop.domain.faults import DIFFERENT, NOT_SURE, REVIEW_ABOVE, SAME
from omi_desktop.domain.revision import Kind, Revision, State, leaves

RULE = "omi/1"
"""Young people who took part or watched, once per session and group. Passers-by and adults never."""


class Range(NamedTuple):
    """Two whole numbers of young people, low ≤ high."""

    low: int = 0
    high: int = 0

    def __add__(self, other: object) -> Range:
        if not isinstance(other, Range):
            return NotImplemented
        return Range(self.low + other.low, self.high + other.high)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is open."""
        return self.low == self.high


class Leaf(NamedTuple):
    """What one leaf of one session record says that matters for counting. `young` is by rule omi/1."""

    rev_id: str
    order: tuple[bool, int, str]
    day: date | None
    young: int
    group: str | None = None
    agreed: int | None = None
    place_keys: frozenset[str] = frozenset()
    start_minute: int | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One session record of one account: its leaves, head first."""

    account: str
    record_id: str
    leaves: tuple[Leaf, ...]

    @property
    def head(self) -> Leaf:
        """The leaf that every device shows."""
        return self.leaves[0]


@dataclass(frozen=True, slots=True)
class Question:
    """Perhaps the same young people: two groups at one place at one time, from different accounts."""

    id: str
    groups: tuple[str, str]
    accounts: tuple[str, str]
    day: date
    start: str | None
    place: str


@dataclass(frozen=True, slots=True)
class Count:
    """A total, with what is open in it."""

    range: Range
    open_questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the low end of a total, and the record whose place, day and activity it is told by."""

    low: int
    record: Record


Period = Callable[[date], bool]
"""Whether a day belongs to the period that is counted."""


def in_year(year: int) -> Period:
    """A calendar year, which the programme's million is counted in."""
    return lambda day: day.year == year


def leaf_of(revision: Revision) -> Leaf:
    """Read one leaf of a session record. A removal, a cancelled session or a body that follows a later schema
    counts nobody."""
    if revision.state is State.WITHDRAWN or not revision.is_countable:
        return Leaf(revision.rev_id, revision.order, None, 0)
    body = revision.body
    day, start, minutes = session.moment(body)
    agreed, group = body.get("agreed"), body.get("group")
    return Leaf(
        rev_id=revision.rev_id,
        order=revision.order,
        day=day,
        young=session.people_counted(body),
        group=group if isinstance(group, str) else None,
        agreed=agreed if type(agreed) is int else None,
        place_keys=session.place_keys(body),
        start_minute=start.hour * 60 + start.minute if start else None,
        minutes=minutes,
    )


def record_of(account: str, revisions: Iterable[Revision]) -> Record | None:
    """The record that some revisions of one id make; None when they are not of a session."""
    found = leaves(revisions)
    if not found or found[0].kind != Kind.SESSION:
        return None
    return Record(account, found[0].record_id, tuple(leaf_of(leaf) for leaf in found))


def record_range(record: Record, period: Period | None = None) -> Range:
    """From a record's least to its greatest leaf. More than 5,000 count in the high end only."""
    lows, highs = zip(*(_leaf_range(leaf, period) for leaf in record.leaves), strict=True)
    return Range(min(lows), max(highs))


def count_mine(records: Iterable[Record], period: Period | None = None) -> Range:
    """One ambassador's own figure: their records, joint sessions included ("you: 30")."""
    return sum((record_range(record, period) for record in records), Range())


def count_programme(
    records: Iterable[Record],
    answers: Mapping[str, Sequence[str]] | None = None,
    period: Period | None = None,
) -> Count:
    """The programme's figure: every group of young people once.

    `answers` maps a question's id to the answers given to it. Where two groups of different accounts met at one
    place at overlapping times and nobody has said whether they were the same young people, the low end takes
    the greater and the high end the sum.
    """
    counted = _counted(records, answers or {}, period)
    total = sum((joined for joined, _ in counted.joined), Range())
    for record in counted.loose:
        total += Range(0, record_range(record, period).high)
    return Count(total, tuple(counted.still_open))


def shares(
    records: Iterable[Record],
    answers: Mapping[str, Sequence[str]] | None = None,
    period: Period | None = None,
) -> list[Share]:
    """The low end of `count_programme` in parts that add up to it, each with the record that stands for it: of a
    group the one with the greatest (count, rev_id), of groups that are perhaps the same that of the greatest."""
    counted = _counted(records, answers or {}, period)
    found = []
    for (low, _), name in counted.joined:
        members = counted.groups[name]
        sure = [record for record in members if record_range(record, period).low]
        if low:
            stands = max(sure or members, key=lambda record: (record.head.young, record.head.rev_id))
            found.append(Share(low, stands))
    return found


def group_key(leaf: Leaf, record_id: str) -> str:
    """The id of the set of young people that a leaf speaks of: date and join code, or the record itself."""
    if leaf.group and leaf.day:
        return hashlib.sha256(f"{leaf.day.isoformat()} {leaf.group}".encode()).hexdigest()[:32]
    return record_id


def _counts(leaf: Leaf, period: Period | None) -> bool:
    return leaf.young > 0 and leaf.day is not None and (period is None or period(leaf.day))


def _leaf_range(leaf: Leaf, period: Period | None) -> Range:
    if not _counts(leaf, period):
        return Range()
    return Range(0 if leaf.young > REVIEW_ABOVE else leaf.young, leaf.young)


def _group(records: Iterable[Record]) -> tuple[dict[str, list[Record]], list[Record]]:
    """Records by group, and those whose leaves disagree about the group: these only widen the range."""
    groups: dict[str, list[Record]] = defaultdict(list)
    loose = []
    for record in records:
        keys = {group_key(leaf, record.record_id) for leaf in record.leaves if leaf.young}
        if len(keys) == 1:
            groups[keys.pop()].append(record)
        else:
            loose.append(record)
    return groups, loose


def _group_range(members: Sequence[Record], period: Period | None) -> Range:
    stated = {record.head.agreed for record in members if record.head.agreed is not None}
    if len(stated) == 1 and all(_counts(record.head, period) for record in members):
        agreed = stated.pop()
        return Range(0 if agreed > REVIEW_ABOVE else agreed, agreed)
    ranges = [record_range(record, period) for record in members]
    return Range(max(r.low for r in ranges), max(r.high for r in ranges))


def _questions(groups: Mapping[str, Sequence[Record]]) -> list[Question]:
    """Pairs of groups that may be the same young people, in a stable order.

    Every version of a record is asked about, since any of them may be the true one.
    """
    at_place: dict[tuple[date, str], list[_Visit]] = defaultdict(list)
    for name, members in groups.items():
        for record in members:
            for leaf in record.leaves:
                if leaf.day and leaf.young:
                    for key in leaf.place_keys:
                        at_place[leaf.day, key].append(_Visit(name, record.account, leaf))
    found: dict[str, Question] = {}
    for (day, key), visits in at_place.items():
        met = sorted(visits, key=lambda visit: (visit.group, visit.account, visit.leaf.rev_id))
        for index, visit in enumerate(met):
            for other in met[index + 1 :]:
                if visit.group != other.group and visit.account != other.account and _overlap(visit, other):
                    question = _question(day, key, visit, other)
                    found[question.id] = min(question, found.get(question.id, question), key=_stability)
    return [found[name] for name in sorted(found)]


class _Visit(NamedTuple):
    """One version of a record at one place."""

    group: str
    account: str
    leaf: Leaf


def _question(day: date, place: str, first: _Visit, second: _Visit) -> Question:
    start = first.leaf.start_minute
    return Question(
        id=hashlib.sha256(f"{first.group} {second.group}".encode()).hexdigest()[:32],
        groups=(first.group, second.group),
        accounts=(first.account, second.account),
        day=day,
        start=None if start is None else f"{start // 60:02}:{start % 60:02}",
        place=place,
    )


def _stability(question: Question) -> tuple[tuple[str, str], date, str, str]:
    """Of several meetings of two groups the same one is always spoken of, however the records arrived."""
    return (question.accounts, question.day, question.place, question.start or "")


def _overlap(visit: _Visit, other: _Visit) -> bool:
    """Whether two sessions may have been at one time: unknown times may."""
    one, two = visit.leaf, other.leaf
    if one.start_minute is None or two.start_minute is None:
        return True
    one_ends = one.start_minute + (one.minutes or 60)
    two_ends = two.start_minute + (two.minutes or 60)
    return one.start_minute < two_ends and two.start_minute < one_ends


class _Counted(NamedTuple):
    """Groups; records whose versions disagree about theirs; and each set of groups that are, or perhaps are, the
    same young people: its range, and the group that its low end is."""

    groups: Mapping[str, Sequence[Record]]
    loose: Sequence[Record]
    joined: Sequence[tuple[Range, str]]
    still_open: Sequence[Question]


def _counted(
    records: Iterable[Record], answers: Mapping[str, Sequence[str]], period: Period | None
) -> _Counted:
    found = [record for record in records if any(_counts(leaf, period) for leaf in record.leaves)]
    groups, loose = _group(found)
    ranges = {name: _group_range(members, period) for name, members in groups.items()}
    parted = _answered(_questions(groups), answers)
    return _Counted(groups, loose, _joined(ranges, parted.same, parted.open), parted.open)


class _Parted(NamedTuple):
    same: list[Question]
    open: list[Question]


def _answered(questions: Iterable[Question], answers: Mapping[str, Sequence[str]]) -> _Parted:
    """Questions answered "same" by all who were sure, and those still open. "Different" by all leaves neither."""
    same, still_open = [], []
    for question in questions:
        given = {answer for answer in answers.get(question.id, ()) if answer != NOT_SURE}
        if given == {SAME}:
            same.append(question)
        elif given != {DIFFERENT}:
            still_open.append(question)
    return _Parted(same, still_open)


def _joined(
    ranges: Mapping[str, Range], same: Iterable[Question], still_open: Iterable[Question]
) -> list[tuple[Range, str]]:
    """Sets of groups: those known to be the same count as the greatest of them, of those that perhaps are the low end
    is the greatest and the high end the sum. With each the group that its low end is."""
    known = _components(ranges, same)
    merged = {
        name: Range(max(ranges[g].low for g in members), max(ranges[g].high for g in members))
        for name, members in known.items()
    }
    where = {group: name for name, members in known.items() for group in members}
    perhaps = [(where[question.groups[0]], where[question.groups[1]]) for question in still_open]
    found = []
    for members in _components(merged, perhaps).values():
        total = Range(max(merged[name].low for name in members), sum(merged[name].high for name in members))
        greatest = max(
            (g for name in members for g in known[name]), key=lambda group: (ranges[group].low, group)
        )
        found.append((total, greatest))
    return found


def _components(
    names: Iterable[str], pairs: Iterable[Question] | Iterable[tuple[str, str]]
) -> dict[str, list[str]]:
    """Names joined by pairs, keyed by one of each set."""
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for pair in pairs:
        one, two = pair.groups if isinstance(pair, Question) else pair
        leader[find(one)] = find(two)
    found: dict[str, list[str]] = defaultdict(list)
    for name in leader:
        found[find(name)].append(name)
    return found
