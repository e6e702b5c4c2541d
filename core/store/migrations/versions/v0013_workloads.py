"""Workloads: tokens of outside issuers that stand for an agent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.store.columns import Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_Id = sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "workloads",
        sa.Column("id", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("agent", _Id, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("verbs", Json(), nullable=False),
        sa.Column("projects", Json(), nullable=True),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name=op.f("fk_workloads_agent_agents")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_workloads_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workloads")),
    )
    op.create_index("ix_workloads_of", "workloads", ["organisation", "issuer"])


def downgrade() -> None:
    op.drop_index("ix_workloads_of", "workloads")
    op.drop_table("workloads")
