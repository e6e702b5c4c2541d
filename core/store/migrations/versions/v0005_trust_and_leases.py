"""Leases and their uses, what trust has earned and spent, and calendars of who is on duty."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.store.columns import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("shifts", "schedules", "offers_used", "granted_leases", "trust_spent", "trust_marks", "safety")

_Id = sa.String(length=64)
_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _trust()
    _leases()
    _schedules()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _trust() -> None:
    op.create_table(
        "safety",
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("state", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_safety_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_safety")),
    )
    op.create_table(
        "trust_marks",
        sa.Column("id", _Serial, sa.Identity(), nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("agent", _Id, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("made", sa.String(length=16), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("good", sa.Double(), nullable=False),
        sa.Column("bad", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_marks")),
    )
    op.create_index("ix_trust_marks_of", "trust_marks", ["organisation", "agent", "type"])
    op.create_table(
        "trust_spent",
        sa.Column("agent", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_trust_spent")),
    )
    op.create_index("ix_trust_spent_in", "trust_spent", ["organisation"])


def _leases() -> None:
    op.create_table(
        "granted_leases",
        sa.Column("id", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("project", _Id, nullable=False),
        sa.Column("agent", _Id, nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("state", Json(), nullable=False),
        sa.CheckConstraint("used <= uses", name=op.f("ck_granted_leases_never_used_too_often")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_granted_leases_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_granted_leases")),
    )
    op.create_index("ix_granted_leases_of_agent", "granted_leases", ["agent", "until"])
    op.create_index("ix_granted_leases_newest", "granted_leases", ["organisation", "id"])
    op.create_table(
        "offers_used",
        sa.Column("request", _Id, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("request", "revision", name=op.f("pk_offers_used")),
    )
    op.create_index(op.f("ix_offers_used_cause"), "offers_used", ["cause"])


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", _Id, nullable=False),
        sa.Column("organisation", _Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed_url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tried_at", UtcDateTime(), nullable=True),
        sa.Column("fetched_at", UtcDateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_schedules_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("organisation", "name", name=op.f("uq_schedules_organisation_name")),
    )
    op.create_table(
        "shifts",
        sa.Column("schedule", _Id, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_shifts_email_is_lower_case")),
        sa.ForeignKeyConstraint(["schedule"], ["schedules.id"], name=op.f("fk_shifts_schedule_schedules")),
        sa.PrimaryKeyConstraint("schedule", "email", "starts", name=op.f("pk_shifts")),
    )
    op.create_index("ix_shifts_of", "shifts", ["email", "starts"])
