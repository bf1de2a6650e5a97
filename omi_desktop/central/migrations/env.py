"""Run by Alembic, inside the transaction that `database.upgrade` opened."""

from __future__ import annotations

from alembic import context

from omi_desktop.central.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
