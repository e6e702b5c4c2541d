"""The language that channels are spoken to in; what there is spoke English."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A plain addition: SQLite, too, adds it without making the table anew."""
    column = sa.Column("language", sa.String(length=35), server_default=sa.text("'en'"), nullable=False)
    op.add_column("organisations", column)


def downgrade() -> None:
    op.drop_column("organisations", "language")
