"""Everything there is at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.store.columns import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _answered()
    _counters()
    _deliveries()
    _events()
    _leases()
    _notices()
    _organisations()
    _refusals()
    _replies()
    _seals()
    _waiting()
    _agents()
    _grants()
    _groups()
    _members()
    _projects()
    _api_keys()
    _group_members()
    _identities()
    _login_codes()
    _requests()
    _tokens()


def downgrade() -> None:
    op.drop_table("tokens")
    op.drop_table("requests")
    op.drop_table("login_codes")
    op.drop_table("identities")
    op.drop_table("group_members")
    op.drop_table("api_keys")
    op.drop_table("projects")
    op.drop_table("members")
    op.drop_table("groups")
    op.drop_table("grants")
    op.drop_table("agents")
    op.drop_table("waiting")
    op.drop_table("seals")
    op.drop_table("replies")
    op.drop_table("refusals")
    op.drop_table("organisations")
    op.drop_table("notices")
    op.drop_table("leases")
    op.drop_table("events")
    op.drop_table("deliveries")
    op.drop_table("counters")
    op.drop_table("answered")


def _answered() -> None:
    op.create_table(
        "answered",
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("request", "decision", name=op.f("pk_answered")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_answered_by", "answered", ["organisation", "member", "created_at", "request"])


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_counters")),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("outlet", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('new', 'shown', 'unknown', 'lost')", name=op.f("ck_deliveries_state_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("request", "outlet", "place", name=op.f("uq_deliveries_request_outlet_place")),
    )
    op.create_index(
        "ix_deliveries_behind",
        "deliveries",
        ["outlet", "next_try_at", "id"],
        postgresql_where=sa.text("wanted > shown AND state <> 'lost'"),
        sqlite_where=sa.text("wanted > shown AND state <> 'lost'"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("payload_digest", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("request", "seq", name=op.f("uq_events_request_seq")),
    )
    op.create_index(
        "ix_events_position",
        "events",
        ["organisation", "position"],
        unique=True,
        postgresql_where=sa.text("position IS NOT NULL"),
        sqlite_where=sa.text("position IS NOT NULL"),
    )
    op.create_index(
        "ix_events_unsealed",
        "events",
        ["organisation", "id"],
        postgresql_where=sa.text("position IS NULL"),
        sqlite_where=sa.text("position IS NULL"),
    )


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("outlet", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("event", "place", "outlet", name=op.f("uq_notices_event_place_outlet")),
    )
    op.create_index(
        "ix_notices_due",
        "notices",
        ["outlet", "next_try_at", "id"],
        postgresql_where=sa.text("state = 'due'"),
        sqlite_where=sa.text("state = 'due'"),
    )


def _organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ledger_hash", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )


def _refusals() -> None:
    op.create_table(
        "refusals",
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("request", "actor", "command", "code", name=op.f("pk_refusals")),
    )
    op.create_index(op.f("ix_refusals_at"), "refusals", ["at"])


def _replies() -> None:
    op.create_table(
        "replies",
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("credential", "key", name=op.f("pk_replies")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_replies_at"), "replies", ["at"])


def _seals() -> None:
    op.create_table(
        "seals",
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "number", name=op.f("pk_seals")),
    )


def _waiting() -> None:
    op.create_table(
        "waiting",
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("deadline", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("request", "principal", name=op.f("pk_waiting")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_waiting_by_deadline", "waiting", ["organisation", "principal", "deadline", "request"])
    op.create_index("ix_waiting_newest", "waiting", ["organisation", "principal", "created_at", "request"])


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("acts_for", sa.String(length=16), nullable=False),
        sa.Column("owners", sa.Text(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("acts_for IN ('always', 'sometimes', 'never')", name=op.f("ck_agents_acts_for_is_known")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_agents_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("organisation", "name", name=op.f("uq_agents_organisation_name")),
    )


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "role IN ('requester', 'approver', 'auditor', 'admin')", name=op.f("ck_grants_role_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_grants_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation", "principal", "project", "role", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_principal", "grants", ["principal"])


def _groups() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mirrors", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_groups_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("organisation", "name", name=op.f("uq_groups_organisation_name")),
    )


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_members_email_is_lower_case")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_members_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("organisation", "email", name=op.f("uq_members_organisation_email")),
    )
    op.create_index("ix_members_of_organisation", "members", ["organisation", "id"])


def _projects() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_projects_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("organisation", "name", name=op.f("uq_projects_organisation_name")),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("verbs", sa.Text(), nullable=False),
        sa.Column("projects", sa.Text(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("hashed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name=op.f("fk_api_keys_agent_agents")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_api_keys_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hashed", name=op.f("uq_api_keys_hashed")),
    )
    op.create_index(op.f("ix_api_keys_agent"), "api_keys", ["agent"])


def _group_members() -> None:
    op.create_table(
        "group_members",
        sa.Column("group", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["group"], ["groups.id"], name=op.f("fk_group_members_group_groups")),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name=op.f("fk_group_members_member_members")),
        sa.PrimaryKeyConstraint("group", "member", name=op.f("pk_group_members")),
    )
    op.create_index(op.f("ix_group_members_member"), "group_members", ["member"])


def _identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("pinned_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name=op.f("fk_identities_member_members")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_identities_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("kind", "issuer", "user", name=op.f("uq_identities_kind_issuer_user")),
    )
    op.create_index(op.f("ix_identities_member"), "identities", ["member"])
    op.create_index("ix_identities_of_organisation", "identities", ["organisation"])


def _login_codes() -> None:
    op.create_table(
        "login_codes",
        sa.Column("hashed", sa.Text(), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name=op.f("fk_login_codes_member_members")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_login_codes_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("hashed", name=op.f("pk_login_codes")),
    )
    op.create_index(op.f("ix_login_codes_expires_at"), "login_codes", ["expires_at"])


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("on_behalf_of", sa.String(length=64), nullable=True),
        sa.Column("subject_kind", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("supersede_key", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deadline", UtcDateTime(), nullable=False),
        sa.Column("next_due", UtcDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("ledger_hash", sa.Text(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'asked_question', 'approved', 'approved_with_edits', 'rejected', 'expired', 'cancelled', 'auto_approved', 'auto_rejected')",
            name=op.f("ck_requests_status_is_known"),
        ),
        sa.ForeignKeyConstraint(["project"], ["projects.id"], name=op.f("fk_requests_project_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("organisation", "number", name=op.f("uq_requests_organisation_number")),
    )
    op.create_index("ix_requests_by_project", "requests", ["organisation", "project", "status", "created_at", "id"])
    op.create_index("ix_requests_by_requester", "requests", ["organisation", "requester", "status", "created_at", "id"])
    op.create_index("ix_requests_by_status", "requests", ["organisation", "status", "created_at", "id"])
    op.create_index(
        "ix_requests_by_subject",
        "requests",
        ["organisation", "subject_kind", "subject_id", "created_at", "id"],
        postgresql_where=sa.text("subject_id IS NOT NULL"),
        sqlite_where=sa.text("subject_id IS NOT NULL"),
    )
    op.create_index(
        "ix_requests_by_team",
        "requests",
        ["organisation", "team", "status", "created_at", "id"],
        postgresql_where=sa.text("team IS NOT NULL"),
        sqlite_where=sa.text("team IS NOT NULL"),
    )
    op.create_index("ix_requests_by_type", "requests", ["organisation", "type", "status", "created_at", "id"])
    op.create_index(
        "ix_requests_due",
        "requests",
        ["next_due"],
        postgresql_where=sa.text("next_due IS NOT NULL"),
        sqlite_where=sa.text("next_due IS NOT NULL"),
    )
    op.create_index("ix_requests_newest", "requests", ["organisation", "created_at", "id"])
    op.create_index(
        "ix_requests_open_by_deadline",
        "requests",
        ["organisation", "deadline", "id"],
        postgresql_where=sa.text("status IN ('pending', 'asked_question')"),
        sqlite_where=sa.text("status IN ('pending', 'asked_question')"),
    )
    op.create_index(
        "ix_requests_to_supersede",
        "requests",
        ["project", "supersede_key"],
        postgresql_where=sa.text("supersede_key IS NOT NULL"),
        sqlite_where=sa.text("supersede_key IS NOT NULL"),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("may_decide", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("hashed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name=op.f("fk_tokens_member_members")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_tokens_organisation_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("hashed", name=op.f("uq_tokens_hashed")),
    )
    op.create_index(op.f("ix_tokens_member"), "tokens", ["member"])
