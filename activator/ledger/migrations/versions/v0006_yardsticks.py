"""What guards compare the next plan with: how exports looked, whose identifiers they held, and who was in which tier.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns. Plans applied before have none of it, so the guard `no-evidence` asks about the first one after."""
    op.add_column("plan", sa.Column("uses", sa.Integer(), nullable=True))
    op.add_column("plan", sa.Column("tier_people", sa.Text(), nullable=True))
    op.add_column("source_use", sa.Column("columns", sa.Text(), server_default="[]", nullable=False))
    op.add_column("source_use", sa.Column("dialect", sa.Text(), server_default="", nullable=False))
    op.add_column("source_use", sa.Column("usable_bp", sa.Integer(), nullable=True))
    op.add_column("source_use", sa.Column("written_at", sa.String(length=32), nullable=True))
    op.add_column("source_use", sa.Column("restarted", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Drop them."""
    for column in ("restarted", "written_at", "usable_bp", "dialect", "columns"):
        op.drop_column("source_use", column)
    op.drop_column("plan", "tier_people")
    op.drop_column("plan", "uses")
