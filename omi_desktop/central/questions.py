"""Perhaps the same young people: the open questions that one account can answer.

Only the days are looked at on which another account was at one of this account's places. What is said of the
other side is the id of its group and nothing more: day, time and place are as this account wrote them.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from omi_desktop.central.leaves import place_hash
from omi_desktop.central.programme import count, records_where, said
from omi_desktop.central.tables import leaf, leaf_place, log
from omi_desktop.domain import session
from omi_desktop.domain.counting import Leaf, Record, count_programme, group_key
from omi_desktop.domain.revision import Revision
from omi_desktop.wire.messages import QuestionAsked

QUESTION_LIMIT = 100
"""Questions in one answer; the newest sessions first."""


def open_questions(connection: Connection, account_id: str) -> list[QuestionAsked]:
    """The questions still open in which one of this account's records met another account's."""
    days = _days_met(connection, account_id)
    if not days:
        return []
    records = records_where(connection, leaf.c.day.in_(days))
    mine: dict[str, Record] = {}
    for record in sorted(records, key=lambda record: record.record_id):
        keys = {group_key(read, record.record_id) for read in record.leaves if read.young}
        if record.account == account_id and len(keys) == 1:
            mine.setdefault(keys.pop(), record)
    asked: list[QuestionAsked] = []
    possible = (question.id for question in count_programme(records).open_questions)
    found = count(records, said(connection, possible)).open_questions
    for question in sorted(found, key=lambda question: (question.day, question.id), reverse=True):
        for my_group, other_group in (question.groups, question.groups[::-1]):
            if my_group in mine and len(asked) < QUESTION_LIMIT:
                head = mine[my_group].head
                asked.append(
                    QuestionAsked(
                        id=question.id,
                        my_group=my_group,
                        other_group=other_group,
                        date=question.day.isoformat(),
                        start=_start(head),
                        place=_label(connection, account_id, head, question.place),
                    )
                )
                break
    return asked


def _days_met(connection: Connection, account_id: str) -> list[str]:
    mine, other = leaf_place.alias("mine"), leaf_place.alias("other")
    is_same = (mine.c.day == other.c.day) & (mine.c.place == other.c.place)
    rows = connection.execute(
        select(mine.c.day)
        .distinct()
        .select_from(mine.join(other, is_same & (mine.c.account_id != other.c.account_id)))
        .where(mine.c.account_id == account_id)
    )
    return list(rows.scalars())


def _start(head: Leaf) -> str | None:
    minute = head.start_minute
    return None if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def _label(connection: Connection, account_id: str, head: Leaf, place: str) -> str:
    """The place as this account's own record names it."""
    data = connection.execute(
        select(log.c.canonical).where(log.c.account_id == account_id, log.c.rev_id == head.rev_id)
    ).scalar_one()
    details = session.read(Revision.from_canonical(data).body)
    return next((p.label for p in details.places if place_hash(p.key) == place), details.place_label)
