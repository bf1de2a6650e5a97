"""Leaves in the order of the log, and visits: a sync writes to half as many places of the file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ("leaf", "leaf_place"):
        op.execute(f"CREATE TABLE {table}_before AS SELECT * FROM {table}")  # noqa: S608 (names of ours)
        op.drop_table(table)
    _create_leaf()
    _create_visit()
    joined = "group_concat(place, ' ')" if is_sqlite else "string_agg(place, ' ')"
    op.execute(
        f"""
        INSERT INTO leaf
        SELECT b.account_id, log.n, b.rev_id, b.record_id, b.kind, b.withdrawn, b.depth, b.day, b.young, b.group_code,
            b.agreed, b.start_minute, b.minutes, b.question, b.answer, coalesce(p.places, '')
        FROM leaf_before AS b
        JOIN log ON log.account_id = b.account_id AND log.rev_id = b.rev_id
        LEFT JOIN (
            SELECT account_id, rev_id, {joined} AS places
            FROM (SELECT * FROM leaf_place_before ORDER BY account_id, rev_id, place) AS sorted
            GROUP BY account_id, rev_id
        ) AS p ON p.account_id = b.account_id AND p.rev_id = b.rev_id
        """  # noqa: S608 (two spellings of one function)
    )
    op.execute(
        """
        INSERT INTO visit (account_id, day, place, is_met)
        SELECT account_id, day, place, count(*) OVER (PARTITION BY day, place) > 1
        FROM (SELECT DISTINCT account_id, day, place FROM leaf_place_before) AS visited
        """
    )
    op.drop_table("leaf_before")
    op.drop_table("leaf_place_before")
    if not is_sqlite:
        _let_each_account_see_its_own()


def _create_leaf() -> None:
    op.create_table(
        "leaf",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
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
        sa.Column("places", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "answer in ('same', 'different', 'not_sure')", name=op.f("ck_leaf_answer_is_known")
        ),
        sa.CheckConstraint("depth >= 1", name=op.f("ck_leaf_depth_is_positive")),
        sa.CheckConstraint("n >= 1", name=op.f("ck_leaf_n_counts")),
        sa.CheckConstraint("young >= 0", name=op.f("ck_leaf_young_counts")),
        sa.PrimaryKeyConstraint("account_id", "n", name=op.f("pk_leaf")),
    )
    _index("leaf", "young > 0", "day")
    _index("leaf", "question IS NOT NULL", "question")
    _index("leaf", "kind = 'group_answer'", "account_id", "record_id")


def _create_visit() -> None:
    op.create_table(
        "visit",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("is_met", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(place) = 32", name=op.f("ck_visit_place_is_id")),
        sa.PrimaryKeyConstraint("account_id", "day", "place", name=op.f("pk_visit")),
    )
    _index("visit", "NOT is_met", "day", "place", unique=True)
    _index("visit", "is_met", "day", "place", "account_id")
    _index("visit", "is_met", "account_id", "day")


def _index(table: str, condition: str, *columns: str, unique: bool = False) -> None:
    where = sa.text(condition)
    name = op.f(f"ix_{table}_{'_'.join(columns)}")
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=where, postgresql_where=where)


def _let_each_account_see_its_own() -> None:
    """As step 0003 does for the tables that these replace."""
    setting = "(SELECT current_setting('omi.account_id', true))"
    for table in ("leaf", "visit"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_account ON {table} USING (account_id = {setting} OR {setting} = '*')")
