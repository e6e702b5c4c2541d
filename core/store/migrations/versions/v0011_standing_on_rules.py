"""Rules removed while requests may stand on them, and rules nobody can satisfy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.store.columns import Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_Id = sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "removed_rules",
        sa.Column("rule", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_removed_rules_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_removed_rules")),
    )
    op.create_table(
        "hopeless_rules",
        sa.Column("rule", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("missing", Json(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_hopeless_rules_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_hopeless_rules")),
    )
    op.create_index("ix_hopeless_rules_in", "hopeless_rules", ["organisation"])


def downgrade() -> None:
    op.drop_index("ix_hopeless_rules_in", "hopeless_rules")
    op.drop_table("hopeless_rules")
    op.drop_table("removed_rules")
