"""Reviews of broken glass, freezes, and the role that may break it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.store.columns import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KNOWN = "ck_grants_role_is_known"
BEFORE = "role IN ('requester', 'approver', 'auditor', 'admin')"
AFTER = "role IN ('requester', 'approver', 'auditor', 'admin', 'break_glass')"

_Id = sa.String(length=64)


def upgrade() -> None:
    _roles(AFTER)
    _reviews()
    _freezes()


def downgrade() -> None:
    op.drop_index("ix_freezes_held", "freezes")
    op.drop_table("freezes")
    op.drop_index("ix_reviews_owed", "reviews")
    op.drop_table("reviews")
    op.execute("DELETE FROM grants WHERE role = 'break_glass'")
    _roles(BEFORE)


def _roles(allowed: str) -> None:
    with op.batch_alter_table("grants") as grants:
        grants.drop_constraint(op.f(KNOWN), type_="check")
        grants.create_check_constraint(op.f(KNOWN), sa.text(allowed))


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("glass", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("project", _Id, nullable=False),
        sa.Column("request", _Id, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("member", _Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("review_by", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_reviews_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("glass", name=op.f("pk_reviews")),
    )
    op.create_index(
        "ix_reviews_owed",
        "reviews",
        ["organisation", "member"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )


def _freezes() -> None:
    op.create_table(
        "freezes",
        sa.Column("id", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("project", _Id, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", _Id, nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_freezes_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freezes")),
    )
    op.create_index(
        "ix_freezes_held",
        "freezes",
        ["organisation"],
        postgresql_where=sa.text("lifted_at IS NULL"),
        sqlite_where=sa.text("lifted_at IS NULL"),
    )
