"""The first file: revisions with their parents, accounts, drafts, preferences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "revision",
        sa.Column("rev_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.Text(), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("sha", sa.Text(), nullable=False),
        sa.Column("is_leaf", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Text()),
        sa.Column("account_id", sa.Text()),
        sa.Column("n", sa.Integer()),
        sa.Column("rejected_code", sa.Text()),
        sa.Column("rejected_field", sa.Text()),
        sa.Column("rejected_message", sa.Text()),
        sa.Column("rejected_on", sa.Text()),
        sa.CheckConstraint("length(rev_id) = 32", name="rev_id_is_id"),
        sa.CheckConstraint("length(record_id) = 32", name="record_id_is_id"),
        sa.CheckConstraint("state in ('live', 'withdrawn')", name="state_is_known"),
        sa.CheckConstraint("depth >= 1", name="depth_is_positive"),
        sa.CheckConstraint("length(sha) = 64", name="sha_is_sha"),
        sa.CheckConstraint("length(canonical) between 2 and 16384", name="size_is_bounded"),
        sa.CheckConstraint("(centre_id is null) = (account_id is null)", name="owner_is_whole"),
        sa.CheckConstraint("n is null or (n >= 1 and centre_id is not null)", name="synced_has_owner"),
    )
    op.create_index("revision_by_record", "revision", ["record_id"])
    op.create_index("revision_by_leaf", "revision", ["kind"], sqlite_where=sa.text("is_leaf"))
    op.create_index("revision_unsynced", "revision", ["depth", "rev_id"], sqlite_where=sa.text("n is null"))
    op.create_table(
        "parent",
        sa.Column("rev_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("parent_id", sa.Text(), primary_key=True, nullable=False),
        sa.ForeignKeyConstraint(["rev_id"], ["revision.rev_id"], ondelete="CASCADE"),
    )
    op.create_index("parent_by_parent", "parent", ["parent_id"])
    op.create_table(
        "account",
        sa.Column("centre_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("account_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("centre_key", sa.Text(), nullable=False),
        sa.Column("cursor_n", sa.Integer(), nullable=False),
        sa.Column("cursor_h", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Integer(), nullable=False),
        sa.Column("leaves_unowned", sa.Integer(), nullable=False),
        sa.Column("last_success", sa.Text()),
        sa.Column("checked_on", sa.Text()),
        sa.CheckConstraint("length(centre_id) = 32", name="centre_id_is_id"),
        sa.CheckConstraint("cursor_n >= 0 and length(cursor_h) = 64", name="cursor_is_whole"),
    )
    op.create_index(
        "account_current", "account", ["is_current"], unique=True, sqlite_where=sa.text("is_current")
    )
    op.create_table(
        "draft",
        sa.Column("key", sa.Text(), primary_key=True, nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.Text(), nullable=False),
    )
    op.create_table(
        "preference",
        sa.Column("name", sa.Text(), primary_key=True, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
    )
