"""Which texts each tier is told, and which of them a verdict was about.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns. Verdicts recorded before are about no texts that are known, so they confirm none."""
    op.add_column("tier_terms", sa.Column("texts", sa.String(length=64), server_default="", nullable=False))
    op.add_column("verdict", sa.Column("texts", sa.Text(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("verdict", "texts")
    op.drop_column("tier_terms", "texts")
