"""Alembic's entry: runs on the connection and in the transaction that `migrate` hands over."""

from alembic import context

from omi_desktop.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.revision.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
