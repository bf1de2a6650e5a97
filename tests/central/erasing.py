"""Erasing at a centre, and what is left after it: for the tests of erasure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from sqlalchemy import delete, insert, select

from omi_desktop.central import audit
from omi_desktop.central.erasure import Eraser, erase_account, prepare
from omi_desktop.central.tables import log, metadata
from tests.central.laptop import NOW, Laptop
from tests.kit.centre import Centre

CANARY = "Canary class 8B"


def totals(centre: Centre, year: int = 2026) -> tuple[int, int, int]:
    """low, high, adjustments"""
    answer = requests.get(f"{centre.url}/v1/totals?year={year}", timeout=10).json()
    return answer["low"], answer["high"], answer["adjustments"]


def enrolled(centre: Centre) -> Laptop:
    return Laptop.enrol(centre.url, centre.invite())


def bodies(centre: Centre, account_id: str) -> dict[str, bool]:
    """By revision, in the order of the log, whether its body is kept."""
    with centre.database.reading() as connection:
        kept = select(log.c.rev_id, log.c.canonical).where(log.c.account_id == account_id).order_by(log.c.n)
        return {rev_id: canonical is not None for rev_id, canonical in connection.execute(kept)}


def erase(centre: Centre, account_id: str) -> bool:
    identity = prepare(centre.database, NOW)
    eraser = Eraser(centre.database.erasures, identity.centre_id, NOW)
    with centre.database.writing() as connection:
        return erase_account(connection, eraser, account_id, actor=audit.OPERATOR)


Backup = Mapping[str, list[dict[str, Any]]]


def backed_up(centre: Centre) -> Backup:
    """All rows but the audit log's."""
    with centre.database.reading() as connection:
        return {
            table.name: [row._asdict() for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
            if table.name != "audit"
        }


@contextmanager
def restored(centre: Centre, backup: Backup) -> Iterator[None]:
    """The centre is stopped, what it had is replaced by the backup, and after the block it starts again."""
    centre.stop()
    with centre.database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "audit":
                connection.execute(delete(table))
        for table in metadata.sorted_tables:
            if backup.get(table.name):
                connection.execute(insert(table), backup[table.name])
    yield
    centre.start()
