"""Fewer pages to write for a sync: no index for what is seldom looked for, and what an account adds stands together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("log") as batch:
            batch.drop_constraint(op.f("uq_log_rev_id_account_id"), type_="unique")
            batch.create_unique_constraint(op.f("uq_log_account_id_rev_id"), ["account_id", "rev_id"])
    op.drop_index(op.f("ix_log_record_id_account_id"), "log")
    _index("ix_log_record_id_account_id", "log", "parents <> ''", "record_id", "account_id")
    op.drop_index(op.f("ix_leaf_day"), "leaf")
    _index("ix_leaf_day", "leaf", "group_code IS NOT NULL", "day")
    op.drop_index(op.f("ix_visit_day_place"), "visit")
    _index("ix_visit_place_day", "visit", "NOT is_met", "place", "day", unique=True)


def _index(name: str, table: str, condition: str, *columns: str, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(
        op.f(name), table, list(columns), unique=unique, sqlite_where=where, postgresql_where=where
    )
