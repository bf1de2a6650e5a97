"""OMI online's questions: perhaps the same young people as another ambassador's. Asked, answered, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from omi_desktop.domain.counting import group_key, leaf_of
from omi_desktop.domain.faults import DIFFERENT, NOT_SURE, SAME
from omi_desktop.domain.revision import Kind
from omi_desktop.services.records import RecordGone, Records, RecordView
from omi_desktop.store import accounts, questions


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One question about one session of this account. `mine` is the number recorded here, None once it was removed;
    `answer` what was said: `same`, `different`, `not_sure`, or None. `record_id` is empty where no session fits any
    more."""

    id: str
    record_id: str
    date: date
    start: time | None
    place: str
    mine: int | None
    answer: str | None


class Questions:
    """The questions that the current account was asked. Nothing is ever merged without an answer."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def open(self) -> list[OpenQuestion]:
        """What was asked and not answered, the newest session first."""
        return [question for question in self._all() if question.answer is None]

    def answered(self) -> list[OpenQuestion]:
        """What was answered, the newest session first. Each may be answered anew or taken back."""
        return [question for question in self._all() if question.answer is not None]

    def answer(self, question_id: str, answer: str) -> None:
        """Say `same`, `different` or `not_sure`; it is saved as any record is. Raises NotSaved, RecordGone."""
        if answer not in (SAME, DIFFERENT, NOT_SURE):
            raise ValueError(answer)

        def say(body: Mapping[str, Any]) -> Mapping[str, Any]:
            return {**body, "question": question_id, "answer": answer}

        record_id = self._record_of_answer(question_id)
        self._records.save_known(Kind.GROUP_ANSWER, record_id, say, settles=True)

    def undo(self, question_id: str) -> None:
        """Take the last answer back: the one before it stands again, or the question is open. Raises RecordGone."""
        self._records.undo(self._record_of_answer(question_id))

    def _record_of_answer(self, question_id: str) -> str:
        with self._records.store.read() as connection:
            account = accounts.current(connection)
            if account is None or question_id not in {
                q.id for q in questions.kept(connection, account.owner)
            }:
                raise RecordGone("This question is not asked any more", hint="Look at Sync again.")
        return questions.record_of_answer(account.owner, question_id)

    def _all(self) -> list[OpenQuestion]:
        with self._records.store.read() as connection:
            account = accounts.current(connection)
            if account is None:
                return []
            asked = questions.kept(connection, account.owner)
            said = questions.answers(connection, account.owner, [each.id for each in asked])
        if not asked:
            return []
        of_group = self._of_groups()
        found = []
        for each in asked:
            view = of_group.get(each.my_group)
            found.append(
                OpenQuestion(
                    id=each.id,
                    record_id=view.record_id if view else "",
                    date=date.fromisoformat(each.date),
                    start=time.fromisoformat(each.start) if each.start else None,
                    place=each.place,
                    mine=leaf_of(view.head).young if view and not view.is_removed else None,
                    answer=said.get(each.id),
                )
            )
        return found

    def _of_groups(self) -> Mapping[str, RecordView]:
        """This account's sessions by the set of young people that any of their versions speaks of."""
        found: dict[str, RecordView] = {}
        for view in self._records.all_views(Kind.SESSION):
            found.setdefault(view.record_id, view)
            for version in view.leaves:
                found.setdefault(group_key(leaf_of(version), view.record_id), view)
        return found
