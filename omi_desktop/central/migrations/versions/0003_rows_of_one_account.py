"""On PostgreSQL a connection that speaks for one account reads and writes the rows of that account alone."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

KEYED_BY_ACCOUNT = {
    "account": "id",
    "code": "account_id",
    "device": "account_id",
    "erased_record": "account_id",
    "leaf": "account_id",
    "leaf_place": "account_id",
    "log": "account_id",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    # In sub-selects, so that the setting is read once per statement and not once per row.
    setting = "(SELECT current_setting('omi.account_id', true))"
    for table, column in KEYED_BY_ACCOUNT.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        # Or it would not hold for the owner of the table, which is who the service is.
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_account ON {table} USING ({column} = {setting} OR {setting} = '*')")
