"""Alembic's entry: the connection is handed in by ledger.database, so there is no URL and no ini file."""

from alembic import context

from activator.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
