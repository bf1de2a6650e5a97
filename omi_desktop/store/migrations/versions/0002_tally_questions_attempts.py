"""Presses in the classroom, open questions, the history of syncing, and erasures that reached this laptop."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the index that finds records of several versions without reading every leaf."""
    op.create_index("revision_leaves", "revision", ["record_id", "is_leaf"], sqlite_where=sa.text("is_leaf"))
    op.create_table(
        "tally",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_set", sa.Integer(), nullable=False),
        sa.Column("pressed_at", sa.Text(), nullable=False),
        sa.CheckConstraint("number between -99999 and 99999", name="number_is_bounded"),
        sa.CheckConstraint("number >= 0 or not is_set", name="set_is_count"),
    )
    op.create_index("tally_by_session", "tally", ["session", "line", "number", "is_set"])
    op.create_index("account_answer", "account", ["leaves_unowned"])
    op.create_table(
        "question",
        sa.Column("centre_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("account_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("my_group", sa.Text(), nullable=False),
        sa.Column("other_group", sa.Text(), nullable=False),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("start", sa.Text()),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("read_back", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
    )
    op.create_table(
        "erasure",
        sa.Column("centre_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("account_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("record_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("rev_id", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text()),
        sa.CheckConstraint("decision in ('erased', 'kept')", name="decision_is_known"),
    )
