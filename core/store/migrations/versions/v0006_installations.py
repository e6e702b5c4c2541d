"""Slack workspaces and their tokens, one-time passes, people nobody is mapped to, and since when somebody is in a mirrored group."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.store.columns import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_Id = sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "installations",
        sa.Column("id", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("workspace", sa.String(length=32), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=True),
        sa.Column("enterprise", sa.String(length=32), nullable=True),
        sa.Column("enterprise_wide", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("bot_user", sa.Text(), nullable=False),
        sa.Column("bot", sa.Text(), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("sealed_token", sa.Text(), nullable=False),
        sa.Column("installed_by", sa.Text(), nullable=True),
        sa.Column("installed_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'uninstalled', 'revoked')", name=op.f("ck_installations_state_is_known")
        ),
        _of_organisation("installations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installations")),
        sa.UniqueConstraint("workspace", name=op.f("uq_installations_workspace")),
    )
    op.create_index("ix_installations_of", "installations", ["organisation"])
    op.create_table(
        "passes",
        sa.Column("hashed", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("organisation", _Id, nullable=True),
        sa.Column("member", _Id, nullable=True),
        sa.Column("bound", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hashed", name=op.f("pk_passes")),
    )
    op.create_index(op.f("ix_passes_expires_at"), "passes", ["expires_at"])
    op.create_table(
        "unmapped",
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        _of_organisation("unmapped"),
        sa.PrimaryKeyConstraint("organisation", "issuer", "user", name=op.f("pk_unmapped")),
    )
    op.create_index("ix_unmapped_newest", "unmapped", ["organisation", "seen_at"])
    op.add_column("group_members", sa.Column("since", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("group_members", "since")
    for table in ("unmapped", "passes", "installations"):
        op.drop_table(table)


def _of_organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation"], ["organisations.id"], name=op.f(f"fk_{table}_organisation_organisations")
    )
