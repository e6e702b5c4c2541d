"""Whether an organisation has four eyes on, and where its admins are asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Both plain additions: SQLite, too, adds them without making the table anew."""
    op.add_column(
        "organisations", sa.Column("four_eyes", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("organisations", sa.Column("admin_channel", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("organisations", "admin_channel")
    op.drop_column("organisations", "four_eyes")
