"""The programme's records, read from the leaves, and counted by the domain's rules.

Every figure is the domain's over the same records: the tables only save reading each body again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, text, tuple_, union

from omi_desktop.central.statements import among
from omi_desktop.central.tables import leaf, visit
from omi_desktop.domain.counting import (
    Count,
    Leaf,
    Period,
    Question,
    Record,
    Share,
    count_programme,
    group_key,
    shares,
)
from omi_desktop.domain.revision import Kind

Said = Mapping[str, Sequence[tuple[str, str]]]
"""By question, the accounts that answered and what they said."""
_IS_ANSWER = text("leaf.kind = 'group_answer'")
"""As the index of answers has it: with a parameter in it neither database would look there."""
_AT_ONCE = 500
"""Values in one `IN`, well under both databases' limits."""


def records_where(
    connection: Connection, condition: ColumnElement[bool], accounts: Sequence[str] | None = None
) -> list[Record]:
    """The session records that have a leaf that counts somebody and for which `condition` holds, with all their leaves.

    All leaves are gone through, or those of some accounts, which then are all whose records are looked for.
    """
    given: dict[str, Sequence[str]] = {} if accounts is None else {"accounts": accounts}
    among_them = () if accounts is None else (among(leaf.c.account_id, "accounts"),)
    wanted = select(leaf.c.account_id, leaf.c.record_id).where(
        leaf.c.young > 0, leaf.c.kind == Kind.SESSION.value, condition, *among_them
    )
    # So that neither database goes through an account once for each of its records.
    of_record = tuple_(leaf.c.account_id + "", leaf.c.record_id)
    rows = connection.execute(select(leaf).where(*among_them, of_record.in_(wanted)), given)
    found: dict[tuple[str, str], list[tuple[str, Leaf]]] = defaultdict(list)
    for row in rows:
        found[row.account_id, row.record_id].append((row.kind, _leaf(row)))
    records = []
    for (account_id, record_id), members in found.items():
        members.sort(key=lambda member: member[1].order, reverse=True)
        if members[0][0] == Kind.SESSION:
            records.append(Record(account_id, record_id, tuple(read for _, read in members)))
    return records


def in_calendar_year(connection: Connection, year: int) -> list[Record]:
    """The session records that have a leaf in a calendar year."""
    return records_where(connection, between(date(year, 1, 1), date(year, 12, 31)))


def on_days_met(connection: Connection, days: Sequence[str]) -> list[Record]:
    """The session records of some days that a question can be about: those of whoever met another account then, and of
    whoever gave a join code, since their group may have."""
    met = select(visit.c.account_id).where(text("visit.is_met"), visit.c.day.in_(days))
    joint = select(leaf.c.account_id).where(leaf.c.group_code.is_not(None), leaf.c.day.in_(days))
    accounts = sorted(connection.execute(union(met, joint)).scalars())
    return records_where(connection, leaf.c.day.in_(days), accounts)


def between(first: date, last: date) -> ColumnElement[bool]:
    """The condition that a leaf's day is one of these days."""
    return leaf.c.day.between(first.isoformat(), last.isoformat())


def said(connection: Connection, questions: Iterable[str] | None = None) -> Said:
    """What the heads of `group_answer` records say to these questions, or to all."""
    return said_by(answer_heads(connection, questions))


def answer_heads(connection: Connection, questions: Iterable[str] | None = None) -> list[Row[Any]]:
    """The heads of the `group_answer` records that speak of these questions, or of any; rows of `leaf`."""
    if questions is None:
        rows = list(connection.execute(select(leaf).where(_IS_ANSWER)))
    else:
        rows, ids = [], sorted(questions)
        for start in range(0, len(ids), _AT_ONCE):
            asked = leaf.c.question.in_(ids[start : start + _AT_ONCE])
            wanted = select(leaf.c.account_id, leaf.c.record_id).where(asked)
            rows += connection.execute(
                select(leaf).where(_IS_ANSWER, tuple_(leaf.c.account_id, leaf.c.record_id).in_(wanted))
            )
    heads: dict[tuple[str, str], Row[Any]] = {}
    for row in rows:
        record = (row.account_id, row.record_id)
        if record not in heads or _order(row) > _order(heads[record]):
            heads[record] = row
    return list(heads.values())


def said_by(heads: Iterable[Row[Any]]) -> Said:
    """What these heads say, by question."""
    answers: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for head in heads:
        if head.question:
            answers[head.question].append((head.account_id, head.answer))
    return answers


def accounts_in(records: Iterable[Record]) -> Mapping[str, set[str]]:
    """By group of young people, the accounts that recorded it."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        keys = {group_key(read, record.record_id) for read in record.leaves if read.young}
        if len(keys) == 1:
            found[keys.pop()].add(record.account)
    return found


def count(records: Sequence[Record], answers: Said, period: Period | None = None) -> Count:
    """Count records once per group; an answer counts only from an account that is in the question."""
    unanswered = count_programme(records, {}, period)
    if not answers:
        return unanswered
    return count_programme(records, _heard(records, answers, unanswered.open_questions), period)


def shares_of(records: Sequence[Record], answers: Said, period: Period | None = None) -> list[Share]:
    """The low end of `count` in parts."""
    asked = count_programme(records, {}, period).open_questions if answers else ()
    return shares(records, _heard(records, answers, asked), period)


def _heard(records: Sequence[Record], answers: Said, asked: Iterable[Question]) -> Mapping[str, list[str]]:
    accounts = accounts_in(records)
    return {
        question.id: [
            answer for account, answer in answers.get(question.id, ()) if _is_in(account, question, accounts)
        ]
        for question in asked
    }


def _is_in(account: str, question: Question, accounts: Mapping[str, set[str]]) -> bool:
    return any(account in accounts.get(group, ()) for group in question.groups)


def _leaf(row: Any) -> Leaf:
    return Leaf(
        rev_id=row.rev_id,
        order=_order(row),
        day=date.fromisoformat(row.day) if row.day else None,
        young=row.young,
        group=row.group_code,
        agreed=row.agreed,
        place_keys=frozenset(row.places.split()),
        start_minute=row.start_minute,
        minutes=row.minutes,
    )


def _order(row: Any) -> tuple[bool, int, str]:
    return (bool(row.withdrawn), row.depth, row.rev_id)
