"""Policies, checks, and what they have answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.store.columns import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("outside_troubles", "inquiries", "check_definitions", "policies")

_Id = sa.String(length=64)


def upgrade() -> None:
    _judges("policies", sa.Text(), sa.Column("place", sa.BigInteger(), nullable=False))
    _judges("check_definitions", sa.String(length=60))
    _inquiries()
    op.create_table(
        "outside_troubles",
        sa.Column("about", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_outside_troubles")),
    )
    op.create_index("ix_outside_troubles_in", "outside_troubles", ["organisation"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _judges(table: str, name: sa.types.TypeEngine[str], *more: sa.Column[int]) -> None:
    op.create_table(
        table,
        sa.Column("id", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("name", name, nullable=False),
        *more,
        sa.Column("state", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f(f"fk_{table}_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("organisation", "name", name=op.f(f"uq_{table}_organisation_name")),
    )


def _inquiries() -> None:
    op.create_table(
        "inquiries",
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("request", _Id, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("about", _Id, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("answer", Json(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("request", "revision", "kind", "about", name=op.f("pk_inquiries")),
    )
    to_be_asked, unanswered = sa.text("state IN ('due', 'told')"), sa.text("state <> 'answered'")
    asked = sa.text("state IN ('answered', 'waiting')")
    op.create_index("ix_inquiries_old", "inquiries", ["next_try_at"], postgresql_where=asked, sqlite_where=asked)
    op.create_index(
        "ix_inquiries_due",
        "inquiries",
        ["next_try_at", "request"],
        postgresql_where=to_be_asked,
        sqlite_where=to_be_asked,
    )
    op.create_index("ix_inquiries_of", "inquiries", ["about"], postgresql_where=unanswered, sqlite_where=unanswered)
