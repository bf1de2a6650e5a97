"""Perhaps the same young people: the open questions that one account can answer.

Only the days are looked at on which another account was at one of this account's places. What is said of the
other side is the id of its group and nothing more: day, time and place are as this account wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from omi_desktop.central.database import seeing_everyone
from omi_desktop.central.leaves import place_hash
from omi_desktop.central.programme import count, on_days_met, said
from omi_desktop.central.tables import log
from omi_desktop.domain import session
from omi_desktop.domain.counting import Leaf, Record, count_programme, group_key
from omi_desktop.domain.revision import Revision
from omi_desktop.wire.messages import QuestionAsked

QUESTION_LIMIT = 100
"""Questions in one answer; the newest sessions first."""


def open_questions(connection: Connection, account_id: str, days: Sequence[str]) -> list[QuestionAsked]:
    """The questions still open in which one of this account's records met another account's.

    `days`: those on which they may have.
    """
    if not days:
        return []
    with seeing_everyone(connection):
        return _asked(connection, account_id, days)


def _asked(connection: Connection, account_id: str, days: Sequence[str]) -> list[QuestionAsked]:
    records = on_days_met(connection, days)
    mine: dict[str, Record] = {}
    for record in sorted(records, key=lambda record: record.record_id):
        keys = {group_key(read, record.record_id) for read in record.leaves if read.young}
        if record.account == account_id and len(keys) == 1:
            mine.setdefault(keys.pop(), record)
    possible = (question.id for question in count_programme(records).open_questions)
    found = count(records, said(connection, possible)).open_questions
    newest = sorted(found, key=lambda question: (question.day, question.id), reverse=True)
    sides = [
        (question, *(question.groups if question.groups[0] in mine else question.groups[::-1]))
        for question in newest
        if any(group in mine for group in question.groups)
    ][:QUESTION_LIMIT]
    written = _written(connection, account_id, {mine[my_group].head.rev_id for _, my_group, _ in sides})
    return [
        QuestionAsked(
            id=question.id,
            my_group=my_group,
            other_group=other_group,
            date=question.day.isoformat(),
            start=_start(mine[my_group].head),
            place=_label(written[mine[my_group].head.rev_id], question.place),
        )
        for question, my_group, other_group in sides
    ]


def _start(head: Leaf) -> str | None:
    minute = head.start_minute
    return None if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def _written(connection: Connection, account_id: str, rev_ids: Iterable[str]) -> dict[str, session.Details]:
    """What this account wrote in these of its revisions."""
    rows = connection.execute(
        select(log.c.rev_id, log.c.canonical).where(
            log.c.account_id == account_id, log.c.rev_id.in_(sorted(rev_ids))
        )
    )
    return {row.rev_id: session.read(Revision.from_canonical(row.canonical).body) for row in rows}


def _label(details: session.Details, place: str) -> str:
    """The place as this account's own record names it."""
    return next((p.label for p in details.places if place_hash(p.key) == place), details.place_label)
