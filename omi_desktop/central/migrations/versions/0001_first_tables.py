"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "centre",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("centre_id", sa.Text(), nullable=False),
        sa.Column("signing_key", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_centre_is_one")),
        sa.CheckConstraint("length(centre_id) = 32", name=op.f("ck_centre_centre_id_is_id")),
        sa.CheckConstraint("length(signing_key) = 32", name=op.f("ck_centre_signing_key_is_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre")),
    )
    op.create_table(
        "hub",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_hub_id_is_id")),
        sa.CheckConstraint("length(name) between 1 and 100", name=op.f("ck_hub_name_has_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub")),
        sa.UniqueConstraint("name", name=op.f("uq_hub_name")),
    )
    op.create_table(
        "leaf",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("rev_id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=True),
        sa.Column("young", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=True),
        sa.Column("agreed", sa.Integer(), nullable=True),
        sa.Column("start_minute", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "answer in ('same', 'different', 'not_sure')", name=op.f("ck_leaf_answer_is_known")
        ),
        sa.CheckConstraint("depth >= 1", name=op.f("ck_leaf_depth_is_positive")),
        sa.CheckConstraint("young >= 0", name=op.f("ck_leaf_young_counts")),
        sa.PrimaryKeyConstraint("account_id", "rev_id", name=op.f("pk_leaf")),
    )
    op.create_index(op.f("ix_leaf_account_id_record_id"), "leaf", ["account_id", "record_id"], unique=False)
    op.create_index(op.f("ix_leaf_kind_day"), "leaf", ["kind", "day"], unique=False)
    op.create_index(op.f("ix_leaf_question"), "leaf", ["question"], unique=False)
    op.create_table(
        "leaf_place",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("rev_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.CheckConstraint("length(place) = 32", name=op.f("ck_leaf_place_place_is_id")),
        sa.PrimaryKeyConstraint("account_id", "rev_id", "place", name=op.f("pk_leaf_place")),
    )
    op.create_index(op.f("ix_leaf_place_day_place"), "leaf_place", ["day", "place"], unique=False)
    op.create_table(
        "log",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rev_id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("sha", sa.Text(), nullable=False),
        sa.Column("h", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parents", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(account_id) = 32", name=op.f("ck_log_account_id_is_id")),
        sa.CheckConstraint("length(canonical) between 2 and 16384", name=op.f("ck_log_size_is_bounded")),
        sa.CheckConstraint("length(h) = 64", name=op.f("ck_log_h_is_sha")),
        sa.CheckConstraint("length(record_id) = 32", name=op.f("ck_log_record_id_is_id")),
        sa.CheckConstraint("length(rev_id) = 32", name=op.f("ck_log_rev_id_is_id")),
        sa.CheckConstraint("length(sha) = 64", name=op.f("ck_log_sha_is_sha")),
        sa.CheckConstraint("n >= 1", name=op.f("ck_log_n_counts")),
        sa.PrimaryKeyConstraint("account_id", "n", name=op.f("pk_log")),
        sa.UniqueConstraint("account_id", "rev_id", name=op.f("uq_log_account_id_rev_id")),
    )
    op.create_index(op.f("ix_log_account_id_record_id"), "log", ["account_id", "record_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hub_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("carry_key", sa.LargeBinary(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("h", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.CheckConstraint("length(carry_key) = 32", name=op.f("ck_account_carry_key_is_key")),
        sa.CheckConstraint("length(h) = 64", name=op.f("ck_account_h_is_sha")),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_account_id_is_id")),
        sa.CheckConstraint("n >= 0", name=op.f("ck_account_n_counts")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_account_hub_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_table(
        "code",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("hub_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("used_at", sa.Text(), nullable=True),
        sa.CheckConstraint("length(code_hash) = 64", name=op.f("ck_code_code_hash_is_sha")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_code_account_id")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_code_hub_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_code")),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.Column("unsent", sa.BigInteger(), nullable=True),
        sa.Column("oldest", sa.Text(), nullable=True),
        sa.CheckConstraint("length(id) = 32", name=op.f("ck_device_id_is_id")),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_device_token_hash_is_sha")),
        sa.CheckConstraint("unsent >= 0", name=op.f("ck_device_unsent_counts")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_device_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    op.create_index(op.f("ix_device_account_id"), "device", ["account_id"], unique=False)
