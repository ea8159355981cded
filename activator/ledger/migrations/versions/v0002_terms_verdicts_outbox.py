"""What tiers are bid, what tests have said of them, and the outbox of changes.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create three tables; nothing that exists is touched."""
    op.create_table(
        "tier_terms",
        sa.Column("destination", sa.String(length=40), nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("plan_id", sa.String(length=64), nullable=False),
        sa.Column("multiplier_bp", sa.Integer(), nullable=True),
        sa.Column("base_share_ppm", sa.Integer(), nullable=True),
        sa.Column("daily_budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.String(length=32), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("destination", "tier"),
    )
    op.create_table(
        "verdict",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "outbox_event",
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("tag", sa.String(length=80), nullable=False),
        sa.Column("person_key", sa.String(length=32), nullable=False),
        sa.Column("occurred_at", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.String(length=32), nullable=False),
        sa.Column("delivered_at", sa.String(length=32), nullable=True),
        sa.Column("source_ids", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("outbox_due", "outbox_event", ["state", "next_attempt_at", "sequence"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("outbox_due", table_name="outbox_event")
    op.drop_table("outbox_event")
    op.drop_table("verdict")
    op.drop_table("tier_terms")
