"""Ids before accounts in the indexes of the log: a look for ids can't become a look through an account."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("log") as batch:
        batch.drop_constraint(op.f("uq_log_account_id_rev_id"), type_="unique")
        batch.create_unique_constraint(op.f("uq_log_rev_id_account_id"), ["rev_id", "account_id"])
    op.drop_index(op.f("ix_log_account_id_record_id"), "log")
    op.create_index(op.f("ix_log_record_id_account_id"), "log", ["record_id", "account_id"], unique=False)
