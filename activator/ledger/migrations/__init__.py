"""Alembic migrations of the ledger; run on opening, never by hand."""
