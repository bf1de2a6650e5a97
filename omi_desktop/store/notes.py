"""What never leaves this laptop: drafts and preferences."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from omi_desktop.domain.clock import is_stamp
from omi_desktop.domain.errors import FileDamaged
from omi_desktop.store.columns import draft, preference

_UNREADABLE = object()


def keep_draft(connection: Connection, key: str, form: dict[str, Any], kept_at: str) -> None:
    """Keep what a form holds, over what was kept under this key."""
    row = {"key": key, "form": json.dumps(form), "kept_at": kept_at}
    connection.execute(insert(draft).values(row).on_conflict_do_update(index_elements=["key"], set_=row))


def get_draft(connection: Connection, key: str) -> tuple[dict[str, Any], str] | None:
    """The kept form and when it was kept. Raises FileDamaged where that is not what was written."""
    row = connection.execute(select(draft.c.form, draft.c.kept_at).where(draft.c.key == key)).first()
    if row is None:
        return None
    form = _read(row.form)
    if not isinstance(form, dict) or not is_stamp(row.kept_at):
        raise FileDamaged
    return form, row.kept_at


def drafts(connection: Connection) -> list[tuple[str, str]]:
    """Every draft's key and when it was kept, newest first."""
    rows = connection.execute(select(draft.c.key, draft.c.kept_at).order_by(draft.c.kept_at.desc()))
    return [(row.key, row.kept_at) for row in rows]


def discard_draft(connection: Connection, key: str) -> None:
    """Let a draft go."""
    connection.execute(delete(draft).where(draft.c.key == key))


def put_preference(connection: Connection, name: str, value: object) -> None:
    """Keep a choice."""
    row = {"name": name, "value": json.dumps(value)}
    connection.execute(
        insert(preference).values(row).on_conflict_do_update(index_elements=["name"], set_=row)
    )


def preferences(connection: Connection) -> dict[str, Any]:
    """Every choice. One that a failing disk made unreadable is as if it had never been made: the program starts."""
    found = {row.name: _read(row.value) for row in connection.execute(select(preference))}
    return {name: value for name, value in found.items() if value is not _UNREADABLE}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return _UNREADABLE
