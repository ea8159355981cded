"""Leases per audience, owed adds, compaction and re-assertion of the membership log.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for longer names of leases, and add a column and two tables."""
    with op.batch_alter_table("lease") as lease:
        lease.alter_column("name", existing_type=sa.String(80), type_=sa.String(200), existing_nullable=False)
    op.add_column("batch", sa.Column("owed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "reassertion",
        sa.Column("destination", sa.String(length=40), nullable=False),
        sa.Column("audience_key", sa.String(length=120), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("destination", "audience_key"),
    )
    op.create_table(
        "retired_file",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Take them away; leases are only worth something to a run at work."""
    op.drop_table("retired_file")
    op.drop_table("reassertion")
    with op.batch_alter_table("batch") as batch:
        batch.drop_column("owed")
    op.execute("DELETE FROM lease")
    with op.batch_alter_table("lease") as lease:
        lease.alter_column("name", existing_type=sa.String(200), type_=sa.String(80), existing_nullable=False)
