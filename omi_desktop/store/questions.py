"""Questions of OMI online: perhaps the same young people as another ambassador's. What is open, what was said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from omi_desktop.domain.revision import Kind, Revision, State, leaves, says_the_same
from omi_desktop.store.columns import question, revision
from omi_desktop.store.driver import Prepared
from omi_desktop.store.revisions import Owner, is_of


class Asked(NamedTuple):
    """A question as OMI online asked it. `place` is as this account wrote it; `date` and `start` are UK civil time."""

    id: str
    my_group: str
    other_group: str
    date: str
    start: str | None
    place: str


_before = Prepared(
    select(question.c.id).where(
        question.c.centre_id == bindparam("centre_id"), question.c.account_id == bindparam("account_id")
    )
)


def record_of_answer(owner: Owner, question_id: str) -> str:
    """The id of the record that holds an account's answer, the same on all its laptops: two that answer give one record
    with two versions. The account is in it, since two accounts of one laptop may be asked the same."""
    return hashlib.sha256(f"answer of {owner.account_id} to {question_id}".encode()).hexdigest()[:32]


def replace_all(connection: Connection, owner: Owner, asked: Iterable[Asked], seen_at: str) -> None:
    """These are the questions now. One that was answered and is asked no more is kept, so that it can be undone."""
    before = [name for (name,) in _before.rows(connection, owner._asdict())]
    if before:
        c = question.c
        mine = and_(c.centre_id == owner.centre_id, c.account_id == owner.account_id)
        answered = sorted(
            name
            for name, versions in _versions(connection, owner, before).items()
            if any(version.state is State.LIVE for version in versions)
        )
        connection.execute(delete(question).where(mine, c.id.not_in(answered)))
    rows = [
        {"centre_id": owner.centre_id, "account_id": owner.account_id, "seen_at": seen_at} | each._asdict()
        for each in asked
    ]
    if rows:
        renew = insert(question)
        key = ["centre_id", "account_id", "id"]
        renewed = {name: renew.excluded[name] for name in (*Asked._fields[1:], "seen_at")}
        connection.execute(renew.on_conflict_do_update(index_elements=key, set_=renewed), rows)


def kept(connection: Connection, owner: Owner) -> list[Asked]:
    """Every question that is kept, the newest session first."""
    c = question.c
    rows = connection.execute(
        select(c.id, c.my_group, c.other_group, c.date, c.start, c.place)
        .where(c.centre_id == owner.centre_id, c.account_id == owner.account_id)
        .order_by(c.date.desc(), c.start.desc(), c.id)
    )
    return [asked for row in rows if is_readable(asked := Asked(*row))]


def is_readable(asked: Asked) -> bool:
    """Whether its date and time can be shown: neither an odd answer nor a failing disk is a reason to show nothing."""
    try:
        date.fromisoformat(asked.date)
        time.fromisoformat(asked.start or "00:00")
    except (ValueError, TypeError):
        return False
    return True


def answers(connection: Connection, owner: Owner, question_ids: Iterable[str]) -> Mapping[str, str]:
    """What this account says to these questions. Where two laptops said different things nothing is said."""
    said = {}
    for question_id, (head, *others) in _versions(connection, owner, question_ids).items():
        is_agreed = all(says_the_same(head, other) for other in others)
        if is_agreed and head.state is State.LIVE and isinstance(answer := head.body.get("answer"), str):
            said[question_id] = answer
    return said


def _versions(
    connection: Connection, owner: Owner, question_ids: Iterable[str]
) -> Mapping[str, Sequence[Revision]]:
    """The leaves of this account's answers to these questions, head first."""
    by_record = {record_of_answer(owner, name): name for name in question_ids}
    c = revision.c
    rows = connection.execute(
        select(c.record_id, c.canonical).where(c.kind == Kind.GROUP_ANSWER.value, c.is_leaf, is_of(owner))
    )
    found: dict[str, list[Revision]] = {}
    for record_id, canonical in rows:
        if record_id in by_record:
            found.setdefault(by_record[record_id], []).append(Revision.from_canonical(canonical))
    return {name: leaves(versions) for name, versions in found.items()}


def count_open(connection: Connection, owner: Owner) -> int:
    """How many questions this account has not answered."""
    ids = [each.id for each in kept(connection, owner)]
    return len(set(ids) - set(answers(connection, owner, ids))) if ids else 0
