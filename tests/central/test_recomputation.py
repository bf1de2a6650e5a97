"""The total out of the tables is the domain's total over the logs, for whatever ambassadors did."""

from __future__ import annotations

import json
import random
from collections import defaultdict

import pytest
from sqlalchemy import select

from omi_desktop.central import accounts
from omi_desktop.central.database import Database
from omi_desktop.central.ingest import answer_sync
from omi_desktop.central.programme import accounts_in, in_calendar_year, said, shares_of
from omi_desktop.central.tables import log
from omi_desktop.central.totals import Totals
from omi_desktop.domain import join_code
from omi_desktop.domain.counting import Range, Record, count_programme, in_year, record_of
from omi_desktop.domain.revision import ROOT, Kind, Revision, State, leaves, new_id
from tests.central.laptop import NOW, answered, place, recorded, removed
from tests.kit.centre import Centre

PEOPLE = 4
STEPS = 60


@pytest.fixture
def database(centre: Centre) -> Database:
    return centre.database


def push(database: Database, device: accounts.Device, revisions: list[Revision]) -> list[str]:
    """Send without HTTP; the ids of the questions that come back."""
    request = {
        "nonce": new_id(),
        "protocol": 1,
        "cursor": {"n": 0, "h": ROOT},
        "push": [one.to_object() for one in revisions],
    }
    body = json.dumps(request).encode()
    answer = json.loads(answer_sync(database, new_id(), device, body, NOW))
    assert answer["rejected"] == []
    return [question["id"] for question in answer["questions"]]


def enrolled(database: Database) -> list[accounts.Device]:
    with database.writing() as connection:
        accounts.add_hub(connection, "Hub", NOW)
        codes = accounts.invite(connection, "Hub", PEOPLE, NOW)
        tokens = [accounts.enrol(connection, code, "Laptop", NOW).token for code in codes]
        return [accounts.device_of(connection, token) for token in tokens]


def anything(chance: random.Random, mine: list[Revision], asked: list[str], codes: list[str]) -> Revision:
    """Record, correct, remove, undo or answer something."""
    sessions = [one for one in mine if one.kind == Kind.SESSION]
    if asked and chance.random() < 0.3:
        answers = [one for one in mine if one.kind == Kind.GROUP_ANSWER]
        parents = chance.sample(answers, 1) if answers and chance.random() < 0.3 else []
        return answered(chance.choice(asked), chance.choice(["same", "different", "not_sure"]), parents)
    parents = chance.sample(sessions, 1) if sessions and chance.random() < 0.5 else []
    if parents and chance.random() < 0.3:
        return removed(*parents)
    return recorded(
        chance.choice([1, 28, 30, 6_000]),
        parents,
        date=chance.choice(["2026-03-01", "2026-03-02", "2025-03-01"]),
        start=chance.choice(["09:00", "09:30", "14:00", None]),
        group=chance.choice([*codes, None, None]),
        agreed=chance.choice([None, None, 29]),
        places=[place(chance.choice(["Ashby", "Beacon"]))],
    )


def recomputed(database: Database, year: int) -> Range:
    """The same figure from nothing but the canonical bytes and the domain."""
    by_record: dict[tuple[str, str], list[Revision]] = defaultdict(list)
    with database.reading() as connection:
        for account_id, data in connection.execute(select(log.c.account_id, log.c.canonical)):
            revision = Revision.from_canonical(data)
            by_record[account_id, revision.record_id].append(revision)
    records: list[Record] = []
    said = []
    for (account_id, _), members in by_record.items():
        head = leaves(members)[0]
        if head.kind == Kind.GROUP_ANSWER and head.state is State.LIVE:
            said.append((account_id, head.body["question"], head.body["answer"]))
        if record := record_of(account_id, members):
            records.append(record)
    groups = accounts_in(records)
    answers = {
        question.id: [
            answer
            for account_id, asked, answer in said
            if asked == question.id and any(account_id in groups[group] for group in question.groups)
        ]
        for question in count_programme(records, {}).open_questions
    }
    return count_programme(records, answers, in_year(year)).range


@pytest.mark.parametrize("seed", range(6))
def test_a_total_equals_a_recomputation_from_the_logs(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    devices = enrolled(database)
    totals = Totals(database)
    codes = [join_code.make() for _ in range(2)]
    mine: list[list[Revision]] = [[] for _ in devices]
    asked: set[str] = set()
    for step in range(STEPS):
        person = chance.randrange(PEOPLE)
        revision = anything(chance, mine[person], sorted(asked), codes)
        mine[person].append(revision)
        asked.update(push(database, devices[person], [revision]))
        if step % 10 == 9:
            for year in (2025, 2026):
                found = totals.of(year, NOW)
                assert (found.low, found.high) == recomputed(database, year)
                with database.reading() as connection:
                    parts = shares_of(in_calendar_year(connection, year), said(connection), in_year(year))
                assert sum(part.low for part in parts) == found.low
