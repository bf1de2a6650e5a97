"""Favourites, notes and files of one's own beside the pages of the Library."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "favourite",
        sa.Column("page", sa.Text(), primary_key=True, nullable=False),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.CheckConstraint("length(page) between 8 and 100", name="page_is_page"),
    )
    op.create_table(
        "page_note",
        sa.Column("page", sa.Text(), primary_key=True, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.Text(), nullable=False),
        sa.CheckConstraint("length(page) between 8 and 100", name="page_is_page"),
        sa.CheckConstraint("length(text) between 1 and 4000", name="note_is_bounded"),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("suffix", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.Text()),
        sa.CheckConstraint("length(id) = 32", name="id_is_id"),
        sa.CheckConstraint("length(page) between 8 and 100", name="page_is_page"),
        sa.CheckConstraint("length(name) between 1 and 255", name="name_is_bounded"),
        sa.CheckConstraint("length(suffix) between 2 and 5", name="suffix_is_bounded"),
        sa.CheckConstraint("size >= 1", name="size_is_positive"),
    )
