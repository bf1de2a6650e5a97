"""The tables as queries see them: names, no types or constraints.

`tables.py` declares them. Importing SQLModel for that costs a tenth of a second and 20 MB at every start, which only
migrations need to pay. A test holds the two the same.
"""

from __future__ import annotations

from sqlalchemy import TableClause, column, table


def _table(name: str, *names: str) -> TableClause:
    return table(name, *(column(each) for each in names))


revision = _table(
    "revision",
    "rev_id",
    "record_id",
    "kind",
    "state",
    "depth",
    "saved_at",
    "canonical",
    "sha",
    "is_leaf",
    "centre_id",
    "account_id",
    "n",
    "rejected_code",
    "rejected_field",
    "rejected_message",
    "rejected_on",
)
parent = _table("parent", "rev_id", "parent_id")
account = _table(
    "account",
    "centre_id",
    "account_id",
    "name",
    "hub",
    "url",
    "centre_key",
    "cursor_n",
    "cursor_h",
    "is_current",
    "leaves_unowned",
    "last_success",
    "checked_on",
)
draft = _table("draft", "key", "form", "kept_at")
preference = _table("preference", "name", "value")
tally = _table("tally", "id", "session", "line", "number", "is_set", "pressed_at")
question = _table(
    "question",
    "centre_id",
    "account_id",
    "id",
    "my_group",
    "other_group",
    "date",
    "start",
    "place",
    "seen_at",
)
attempt = _table(
    "attempt", "id", "at", "code", "title", "sent", "read_back", "received", "rejected", "seconds"
)
erasure = _table("erasure", "centre_id", "account_id", "record_id", "rev_id", "asked_at", "decision")
favourite = _table("favourite", "page", "added_at")
page_note = _table("page_note", "page", "text", "kept_at")
attachment = _table("attachment", "id", "page", "name", "suffix", "size", "added_at", "removed_at")
ALL = (
    revision,
    parent,
    account,
    draft,
    preference,
    tally,
    question,
    attempt,
    erasure,
    favourite,
    page_note,
    attachment,
)
