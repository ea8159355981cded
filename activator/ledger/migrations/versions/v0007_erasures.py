"""People to be forgotten: keyed digests of their keys, and how far their removal has come in each place.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create three tables; nothing that exists is touched."""
    op.create_table(
        "erasure",
        sa.Column("erasure_id", sa.String(length=32), nullable=False),
        sa.Column("requested_at", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("completed_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("erasure_id"),
    )
    op.create_table(
        "erasure_mac",
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("erasure_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("mac", "erasure_id"),
    )
    op.create_table(
        "erasure_place",
        sa.Column("erasure_id", sa.String(length=32), nullable=False),
        sa.Column("destination", sa.String(length=40), nullable=False),
        sa.Column("audience_key", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("again_after", sa.String(length=32), nullable=True),
        sa.Column("sent_at", sa.String(length=32), nullable=True),
        sa.Column("request_id", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("erasure_id", "destination", "audience_key"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("erasure_place", "erasure_mac", "erasure"):
        op.drop_table(table)
