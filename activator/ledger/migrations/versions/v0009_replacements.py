"""Full refreshes that are under way.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create a table; nothing that exists is touched."""
    op.create_table(
        "replacement",
        sa.Column("destination", sa.String(length=40), nullable=False),
        sa.Column("audience_key", sa.String(length=120), nullable=False),
        sa.Column("plan_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("request_id", sa.Text(), server_default="", nullable=False),
        sa.Column("quiet_until", sa.String(length=32)),
        sa.PrimaryKeyConstraint("destination", "audience_key"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("replacement")
