"""The total out of the tables is the domain's total over the logs, for whatever ambassadors did, erasures included."""

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
from tests.central.laptop import NOW, answered, erased, place, recorded, removed
from tests.kit.centre import Centre

PEOPLE = 4
STEPS = 60
YEARS = (2025, 2026)


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
    """Record, correct, remove, undo, answer or erase something; what is erased may be corrected all the same."""
    if mine and chance.random() < 0.1:
        return erased(*{one.record_id for one in chance.sample(mine, min(2, len(mine)))})
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
    wanted = select(log.c.account_id, log.c.record_id, log.c.kind, log.c.canonical)
    with database.reading() as connection:
        rows = connection.execute(wanted).all()
    gone = {
        (account_id, record_id)
        for account_id, _, kind, data in rows
        if kind == Kind.ERASURE
        for record_id in Revision.from_canonical(data).body["records"]
    }
    for account_id, record_id, kind, data in rows:
        is_gone = kind != Kind.ERASURE and (account_id, record_id) in gone
        assert (data is None) is is_gone
        if data is not None:
            by_record[account_id, record_id].append(Revision.from_canonical(data))
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
        before = {year: totals.of(year, NOW) for year in YEARS}
        asked.update(push(database, devices[person], [revision]))
        after = {year: totals.of(year, NOW) for year in YEARS}
        for year in YEARS:
            fall = max(0, before[year].low - after[year].low) if revision.kind == Kind.ERASURE else 0
            assert after[year].adjustments == before[year].adjustments + fall
            if step % 10 == 9:
                assert (after[year].low, after[year].high) == recomputed(database, year)
                with database.reading() as connection:
                    parts = shares_of(in_calendar_year(connection, year), said(connection), in_year(year))
                assert sum(part.low for part in parts) == after[year].low
