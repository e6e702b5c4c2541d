"""What was asked together is shown together."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_Id = sa.String(length=64)


def upgrade() -> None:
    some: dict[str, Any] = {
        "postgresql_where": sa.text("batch IS NOT NULL"),
        "sqlite_where": sa.text("batch IS NOT NULL"),
    }
    op.add_column("requests", sa.Column("batch", _Id, nullable=True))
    op.create_index("ix_requests_batch", "requests", ["batch"], **some)
    op.add_column("deliveries", sa.Column("batch", _Id, nullable=True))
    op.create_index("ix_deliveries_batch", "deliveries", ["batch", "place"], **some)


def downgrade() -> None:
    """Each request has its card row; cards that stood for several are drawn for the last of them."""
    op.drop_index("ix_deliveries_batch", "deliveries")
    op.drop_column("deliveries", "batch")
    op.drop_index("ix_requests_batch", "requests")
    op.drop_column("requests", "batch")
