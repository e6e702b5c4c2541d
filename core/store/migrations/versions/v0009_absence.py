"""Delegations, how each member likes to be told, and notices that wait to be told together."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.columns import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_Id = sa.String(length=64)


def upgrade() -> None:
    _delegations()
    _preferences()
    piled: dict[str, Any] = {"postgresql_where": sa.text("state = 'piled'"), "sqlite_where": sa.text("state = 'piled'")}
    op.create_index("ix_notices_piled", "notices", ["outlet", "organisation", "place", "next_try_at"], **piled)
    op.create_index("ix_notices_piled_due", "notices", ["outlet", "next_try_at"], **piled)


def downgrade() -> None:
    """What waits to be told together is told one by one."""
    op.drop_index("ix_notices_piled_due", "notices")
    op.drop_index("ix_notices_piled", "notices")
    op.execute("UPDATE notices SET state = 'lost' WHERE state = 'piled'")
    op.drop_index("ix_preferences_copies", "preferences")
    op.drop_index("ix_preferences_digest", "preferences")
    op.drop_table("preferences")
    op.drop_index("ix_delegations_made", "delegations")
    op.drop_index("ix_delegations_giver", "delegations")
    op.drop_index("ix_delegations_taker", "delegations")
    op.drop_table("delegations")


def _delegations() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("giver", _Id, nullable=False),
        sa.Column("taker", _Id, nullable=False),
        sa.Column("project", _Id, nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["giver"], ["members.id"], name=op.f("fk_delegations_giver_members")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_delegations_organisation_organisations")
        ),
        sa.ForeignKeyConstraint(["taker"], ["members.id"], name=op.f("fk_delegations_taker_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    held: dict[str, Any] = {
        "postgresql_where": sa.text("ended_at IS NULL"),
        "sqlite_where": sa.text("ended_at IS NULL"),
    }
    op.create_index("ix_delegations_taker", "delegations", ["taker", "until"], **held)
    op.create_index("ix_delegations_giver", "delegations", ["giver", "until"], **held)
    op.create_index("ix_delegations_made", "delegations", ["organisation", "made_at"])


def _preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("member", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("told", sa.String(length=16), nullable=False),
        sa.Column("quiet_from", sa.String(length=5), nullable=True),
        sa.Column("quiet_until", sa.String(length=5), nullable=True),
        sa.Column("working_days", sa.String(length=16), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("profile_zone", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("profile_locale", sa.String(length=35), nullable=True),
        sa.Column("country", sa.String(length=16), nullable=True),
        sa.Column("digest_at", sa.String(length=5), nullable=False),
        sa.Column("copies", sa.Boolean(), nullable=False),
        sa.Column("digest_due", UtcDateTime(), nullable=True),
        sa.Column("away", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name=op.f("fk_preferences_member_members")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_preferences_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_preferences")),
    )
    op.create_index(
        "ix_preferences_digest",
        "preferences",
        ["digest_due"],
        postgresql_where=sa.text("digest_due IS NOT NULL"),
        sqlite_where=sa.text("digest_due IS NOT NULL"),
    )
    op.create_index(
        "ix_preferences_copies",
        "preferences",
        ["organisation"],
        postgresql_where=sa.text("copies"),
        sqlite_where=sa.text("copies"),
    )
