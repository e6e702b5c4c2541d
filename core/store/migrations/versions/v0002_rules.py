"""Rules, their versions and uses, the catalogue of types, and whose turn it is under a supersede key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.store.columns import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("rule_uses", "turns", "rule_versions", "rulebooks", "rules", "types")


def upgrade() -> None:
    op.create_table(
        "rule_uses",
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_rule_uses")),
    )
    op.create_table(
        "turns",
        sa.Column("project", sa.String(length=64), nullable=False),
        sa.Column("supersede_key", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("project", "supersede_key", name=op.f("pk_turns")),
    )
    op.create_index(op.f("ix_turns_at"), "turns", ["at"])
    _rules()
    _types()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _rules() -> None:
    op.create_table(
        "rulebooks",
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_rulebooks_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_rulebooks")),
    )
    op.create_table(
        "rules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_rules_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
    )
    op.create_index("ix_rules_of_organisation", "rules", ["organisation", "place"])
    op.create_table(
        "rule_versions",
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("state", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_rule_versions_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("rule", "version", name=op.f("pk_rule_versions")),
    )


def _types() -> None:
    op.create_table(
        "types",
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("state", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_types_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation", "word", name=op.f("pk_types")),
    )
