"""Who counted somebody where on which day, and who met another account there: all that finding questions needs.

A visit is looked at once, when it is new: whoever was there already is told of it, and it of them. So an account's
past is never gone through to answer a sync, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from sqlalchemy import Connection, delete, select, text

from omi_desktop.central.database import as_everyone
from omi_desktop.central.statements import Prepared, Step, Steps, together
from omi_desktop.central.tables import leaf, visit

Visit = tuple[str, str]
"""A day (ISO), and the hash of a place's key."""

# Ordered, so that accounts which wait for each other all wait in one direction. With an OFFSET each is looked up by its
# index: else PostgreSQL, which keeps the plan that it made for small tables, may read all of an account.
_NEW = """
    INSERT INTO visit (account_id, day, place, is_met)
    SELECT CAST(:whose AS text), day, place, {is_met} FROM ({visits}) AS came
    WHERE {condition} (
        SELECT 1 FROM visit
        WHERE {among} AND day = came.day AND place = came.place LIMIT 1 OFFSET 0
    )
    ORDER BY day, place
    ON CONFLICT {on_conflict} DO UPDATE SET is_met = true WHERE {is_change}
"""
_VISITS = {
    "sqlite": "SELECT json_extract(value, '$[0]') AS day, json_extract(value, '$[1]') AS place FROM json_each(:visits)",
    "postgresql": "SELECT pair->>0 AS day, pair->>1 AS place FROM json_array_elements(CAST(:visits AS json)) AS pair",
}


def _statement(is_met: str, condition: str, among: str, on_conflict: str, is_change: str) -> Prepared:
    return Prepared(
        {
            dialect: text(
                _NEW.format(
                    is_met=is_met,
                    visits=visits,
                    condition=condition,
                    among=among,
                    on_conflict=on_conflict,
                    is_change=is_change,
                )
            )
            for dialect, visits in _VISITS.items()
        }
    )


_alone = _statement(
    "false",
    "NOT EXISTS",
    "account_id = CAST(:whose AS text)",
    "(day, place) WHERE NOT is_met",
    "visit.account_id <> excluded.account_id",
)
"""Each new visit as if nobody else had been there. Who was, and alone until now, is told; then there is no new row."""
_met = _statement(
    "true", "EXISTS", "is_met AND account_id <> :whose", "(account_id, day, place)", "NOT visit.is_met"
)
"""Those where others were. A statement of its own, since it must see what the one before has waited for."""
_days_met = Prepared(
    select(visit.c.day).distinct().where(visit.c.account_id == text(":whose"), text("is_met"))
)


def adding(connection: Connection, account_id: str, visits: Iterable[Visit]) -> Steps:
    """Take up visits of an account, whose row is locked. Those that are known already stay as they are."""
    found = sorted(set(visits))
    values = {"whose": account_id, "visits": orjson.dumps(found).decode()}
    return as_everyone(connection, [(_alone, values), (_met, values)] if found else [])


def add_visits(connection: Connection, account_id: str, visits: Iterable[Visit]) -> None:
    """Take them up now."""
    together(connection, adding(connection, account_id, visits))


def looking_for_days_met(account_id: str) -> Step:
    """The days on which another account was at one of this account's places, and perhaps some more, each in a row."""
    return _days_met, {"whose": account_id}


def days_met(connection: Connection, account_id: str) -> list[str]:
    """Those days now."""
    ((*days,),) = together(connection, [looking_for_days_met(account_id)])
    return [day for (day,) in days]


def rebuild_visits(connection: Connection, account_id: str) -> None:
    """Leave no visit of an account that is not in one of its leaves, after bodies were erased."""
    connection.execute(delete(visit).where(visit.c.account_id == account_id))
    mine = select(leaf.c.day, leaf.c.places).where(leaf.c.account_id == account_id, leaf.c.young > 0)
    rows = connection.execute(mine).all()
    add_visits(connection, account_id, [(day, place) for day, places in rows for place in places.split()])
