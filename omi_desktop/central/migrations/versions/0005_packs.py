"""Content packs that the operator published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "pack",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pack_id", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("published_at", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("endorsement", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_pack_version_counts")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_pack_sha256_is_sha")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_pack")),
    )
