"""Erasure, its adjustments, and the audit log that only grows; indexes that find meetings without reading rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("log") as batch:
        batch.alter_column("canonical", existing_type=sa.LargeBinary(), nullable=True)
    op.add_column("account", sa.Column("erased_at", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("erased_records", sa.Integer(), nullable=False, server_default="0"))
    # The name on a code was for the account that it made, which has it now.
    op.execute("UPDATE code SET name = NULL WHERE used_at IS NOT NULL")
    op.create_table(
        "erased_record",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.CheckConstraint("length(account_id) = 32", name=op.f("ck_erased_record_account_id_is_id")),
        sa.CheckConstraint("length(record_id) = 32", name=op.f("ck_erased_record_record_id_is_id")),
        sa.PrimaryKeyConstraint("account_id", "record_id", name=op.f("pk_erased_record")),
    )
    op.create_table(
        "erasure_seen",
        sa.Column("id", sa.Text(), nullable=False),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_erasure_seen_id_is_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_seen")),
    )
    op.create_table(
        "adjustment",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("low >= 0", name=op.f("ck_adjustment_low_counts")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_adjustment")),
    )
    op.create_table(
        "audit",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("h", sa.Text(), nullable=False),
        sa.CheckConstraint("length(h) = 64", name=op.f("ck_audit_h_is_sha")),
        sa.CheckConstraint("n >= 1", name=op.f("ck_audit_n_counts")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit")),
    )
    op.drop_index(op.f("ix_leaf_place_day_place"), "leaf_place")
    op.create_index(
        op.f("ix_leaf_place_day_place_account_id"), "leaf_place", ["day", "place", "account_id"], unique=False
    )
    op.create_index(
        op.f("ix_leaf_place_account_id_day_place"), "leaf_place", ["account_id", "day", "place"], unique=False
    )
    for statement in _only_grows_on_sqlite() if is_sqlite else _only_grows_on_postgresql():
        op.execute(statement)


def _only_grows_on_sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER audit_no_{what} BEFORE {what} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
        for what in ("update", "delete")
    ]


def _only_grows_on_postgresql() -> list[str]:
    function = """
        CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'restrict_violation'; END
        $$
    """
    trigger = """
        CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
    """
    return [function, trigger]
