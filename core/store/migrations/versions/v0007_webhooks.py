"""Webhooks: endpoints and their secrets, what they have not taken yet, and what was tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.store.columns import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("attempts", "arrears", "endpoint_secrets", "endpoints")

_Id = sa.String(length=64)
_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", Json(), nullable=True),
        sa.Column("projects", Json(), nullable=True),
        sa.Column("types", Json(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("parked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_endpoints_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
        sa.UniqueConstraint("organisation", "name", name=op.f("uq_endpoints_organisation_name")),
    )
    op.create_table(
        "endpoint_secrets",
        sa.Column("id", _Id, nullable=False),
        sa.Column("endpoint", _Id, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        _of_endpoint("endpoint_secrets"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint_secrets")),
    )
    op.create_index(op.f("ix_endpoint_secrets_endpoint"), "endpoint_secrets", ["endpoint"])
    op.create_table(
        "arrears",
        sa.Column("endpoint", _Id, nullable=False),
        sa.Column("request", _Id, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("parked", sa.Boolean(), nullable=False),
        _of_endpoint("arrears"),
        sa.PrimaryKeyConstraint("endpoint", "request", name=op.f("pk_arrears")),
    )
    op.create_table(
        "attempts",
        sa.Column("id", _Serial, sa.Identity(), nullable=False),
        sa.Column("endpoint", _Id, nullable=False),
        sa.Column("request", _Id, nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        _of_endpoint("attempts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_at"), "attempts", ["at"])
    op.create_index("ix_attempts_of", "attempts", ["endpoint", "id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _of_endpoint(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["endpoint"], ["endpoints.id"], name=op.f(f"fk_{table}_endpoint_endpoints"))
