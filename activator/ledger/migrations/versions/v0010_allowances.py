"""What platforms have said they allow: until when they asked to wait, and what was used of their rations.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create two tables; nothing that exists is touched."""
    op.create_table(
        "platform_wait",
        sa.Column("quota", sa.String(length=200), nullable=False),
        sa.Column("until", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("quota"),
    )
    op.create_table(
        "platform_use",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("quota", sa.String(length=200), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("use_of_quota", "platform_use", ["quota", "at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("platform_use")
    op.drop_table("platform_wait")
