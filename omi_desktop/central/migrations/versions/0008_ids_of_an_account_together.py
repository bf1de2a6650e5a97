"""On SQLite the ids of one account stand together in the indexes of the log: fewer pages to write for a sync."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    with op.batch_alter_table("log") as batch:
        batch.drop_constraint(op.f("uq_log_rev_id_account_id"), type_="unique")
        batch.create_unique_constraint(op.f("uq_log_account_id_rev_id"), ["account_id", "rev_id"])
    op.drop_index(op.f("ix_log_record_id_account_id"), "log")
    op.create_index(op.f("ix_log_account_id_record_id"), "log", ["account_id", "record_id"], unique=False)
